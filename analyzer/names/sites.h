/* sites.h: the type of a block by the code that allocated it: what the program does with the pointer that it got. */
#ifndef LG_NAMES_SITES_H
#define LG_NAMES_SITES_H

#include "names/names.h"
#include "names/types.h"

/* The type that the program takes a block of that size from that stack for, from `*at` bytes on, behind a header of its own
 * allocator; NULL: not known. `through`: the allocator stores the block where that argument points, from 1 on; 0: it returns
 * it. The code is looked at once per stack. */
const struct type *names_site_type(struct names *n, uint32_t stack, unsigned through, uint64_t bytes,
				   uint32_t *at);
/* The same of items of that size, the first of which lies `at` bytes into the block, behind their count. */
const struct type *names_site_items(struct names *n, uint32_t stack, uint64_t at, uint64_t bytes);

/* What it is called by the name of the library's function that allocated it, where no debug information tells: "char[]" of a
 * std::string, "std::_List_node<Item>". Lives as long as the names; NULL: not known. */
const char *names_site_name(struct names *n, uint32_t stack);

#endif
