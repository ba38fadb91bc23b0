/* existing.h: which pages of a process exist: present or swapped. The others hold nothing, and there may be terabytes of them.
 *
 * By the kernel's pagemap, from Linux 6.7 on in runs. Where that cannot be opened, the process that reads for us asks
 * mincore(2), while nothing of it is swapped, as that does not see what is. Where nobody tells, all pages may exist. */
#ifndef LG_RECORD_EXISTING_H
#define LG_RECORD_EXISTING_H

#include "record/space.h"

struct existing;

struct existing *existing_new(struct space *s); /* NULL: no memory */
void existing_free(struct existing *p); /* NULL is fine */
/* The first run of pages of the mapping, from `at` on, that exist; false: there is none. In the order of addresses. */
bool existing_next(struct existing *p, const struct trace_mapping *m, uint64_t at, struct lg_range *run);
/* Whether the last run was told, or is all that there may be. */
bool existing_is_told(const struct existing *p);

#endif
