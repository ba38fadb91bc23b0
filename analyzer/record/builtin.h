/* builtin.h: allocators that a program uses under names of their own, beside the malloc that is recorded. */
#ifndef LG_RECORD_BUILTIN_H
#define LG_RECORD_BUILTIN_H

#include <stdbool.h>

struct builtin {
	const char *
	    name; /* what it calls for a block there, such as "je_malloc", or whose messages it has, "jemalloc" */
	bool is_imported; /* from a library, where malloc is the recorded one; else it has it built in */
};

/* false: neither symbols nor messages of it tell of one. */
bool builtin_allocator(const char *program, struct builtin *out);

#endif
