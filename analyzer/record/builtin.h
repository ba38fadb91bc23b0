/* builtin.h: allocators that a program uses under names of their own, beside the malloc that is recorded. */
#ifndef LG_RECORD_BUILTIN_H
#define LG_RECORD_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct builtin {
	const char *
	    name; /* what it calls for a block there, such as "je_malloc", or whose messages it has, "jemalloc" */
	bool is_imported; /* from a library, where malloc is the recorded one; else it has it built in */
};

/* false: neither symbols nor messages of it tell of one. */
bool builtin_allocator(const char *program, struct builtin *out);

/* What was found in files, by their state then: a run has many processes of few programs. Zeros to begin with. */
struct builtin_memory {
	struct {
		struct stat file;
		struct builtin found;
	} known[16];
	size_t next; /* whose place is taken next */
};
/* The same, without another look at a file that has not changed since. */
bool builtin_recall(struct builtin_memory *m, const char *program, struct builtin *out);

#endif
