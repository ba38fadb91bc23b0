/* victim.h: what the victims share.
 *
 * A victim plants its blocks in functions that are never inlined into main, so that what held them while they were
 * made is dead once main is back, whatever gcc or clang left at -O0, -O1 or -O2. Nothing is wiped: stale words below
 * the stack pointer are the tool's business.
 *
 * Comments of the form "// word: ..." at the top of a victim are read by tests/run-cli; it documents them. */
#ifndef VICTIM_H
#define VICTIM_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __clang__
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE __attribute__((noinline, noclone))
#endif

/* Makes the compiler believe that p is used, so that it keeps the block and every store to it. */
static inline void escape(volatile void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

struct node {
	struct node *volatile next;
	uint64_t payload;
};

/* All words of what malloc returns are written: recycled memory holds old pointers. */
static inline struct node *node_clear(struct node *n)
{
	n->next = NULL;
	n->payload = 7;
	return n;
}

#endif
