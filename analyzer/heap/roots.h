/* roots.h: what a snapshot's threads, modules and mappings hold by definition, as regions. */
#ifndef LG_HEAP_ROOTS_H
#define LG_HEAP_ROOTS_H

#include "heap/heap.h"

#define TCB_BYTES 2304u /* struct pthread of glibc 2.36, x86-64: holds the values of pthread_setspecific */

/* Fills *regions (owned by the caller), sorted as struct graph says. -1: out of memory. */
int roots_find(const struct heap *h, struct root_region **regions, uint32_t *nregions);

/* Whether a block belongs to the dynamic loader: its innermost frame lies there. */
struct loader_modules {
	uint8_t is_loader[65536]; /* by module id */
	uint32_t any; /* the id of one of them, 0: none was seen */
};
void loader_modules_find(struct loader_modules *l, const struct trace *t);
bool block_is_loaders(const struct loader_modules *l, const struct trace *t, const struct block *b);

/* How to read a thread's registers as roots: how many words, and whether word i counts. */
uint32_t thread_words(const struct trace_thread *t);
uint64_t thread_word(const struct trace_thread *t, uint32_t i);

#endif
