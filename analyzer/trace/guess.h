/* guess.h: what the writer and the reader of an EVENTS chunk both know at any point of it. An event that comes as
 * they guess takes one byte; leakgraph-trace(5) describes the guesses for other readers.
 *
 * All guesses start anew with every chunk, so a damaged chunk costs its own events only. Both sides make the same
 * calls in the same order. Every index is masked or bounded by the caller: what a file says cannot lead astray. */
#ifndef LG_TRACE_GUESS_H
#define LG_TRACE_GUESS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* For what is called a few times an event, and must not cost a call. */
#define GUESS static inline __attribute__((always_inline))

#define GUESS_LANES 8u /* threads share them by number */
#define GUESS_SITES 4096u /* stacks share them by number */
#define GUESS_CLASSES                                                                                        \
	66u /* of sizes: glibc's chunks of 32 bytes to 1040 are 2 to 65, what is larger is 65 too */
#define GUESS_STRAYS 0u /* the class of what was freed without its size being known */
#define GUESS_DEPTH 8u /* freed addresses remembered of a class */

/* What a stack allocated last. */
struct site {
	uint64_t size;
	uint32_t next; /* the stack that allocated after it, in the same lane */
	uint32_t entry;
};

/* glibc gives every thread a cache, which hands out what was freed last of a size. */
struct lane {
	uint64_t fresh; /* behind the last block that was not one of the freed: memory being carved up */
	uint32_t stack; /* of the last allocation */
	uint8_t tops[GUESS_CLASSES]; /* counts what was freed; the newest is below it */
	uint64_t freed[GUESS_CLASSES][GUESS_DEPTH];
};

struct guess {
	struct lane lanes[GUESS_LANES];
	struct site sites[GUESS_SITES];
	uint32_t highest; /* stack so far: a new one is one higher */
	uint32_t births; /* allocations of this chunk so far: each one's number is its ordinal */
	uint32_t ended; /* ordinal of the block that ended last */
	uint64_t freed; /* address that was freed last */
	uint8_t classes[65536]; /* by ordinal */
};

GUESS void guess_begin(struct guess *g, uint32_t highest)
{
	memset(g, 0, offsetof(struct guess, classes));
	g->highest = highest;
}

GUESS struct lane *guess_lane(struct guess *g, uint32_t thread)
{
	return &g->lanes[thread % GUESS_LANES];
}

GUESS struct site *guess_site(struct guess *g, uint32_t stack)
{
	return &g->sites[stack % GUESS_SITES];
}

/* The bytes that a glibc chunk takes: eight for its own size, sixteen-aligned, at least 32. */
GUESS uint64_t guess_chunk_bytes(uint64_t size)
{
	uint64_t bytes = (size + 8 + 15) & ~15ULL;

	return bytes < 32 ? 32 : bytes;
}

GUESS unsigned guess_class(uint64_t size)
{
	return size > 1024 ? GUESS_CLASSES - 1 : (unsigned)(guess_chunk_bytes(size) / 16);
}

/* The address of a class that was freed last and has not come back; 0: none. */
GUESS uint64_t *guess_newest(struct lane *lane, unsigned class)
{
	return &lane->freed[class][(lane->tops[class] - 1u) % GUESS_DEPTH];
}

GUESS void guess_push(struct lane *lane, unsigned class, uint64_t addr)
{
	lane->freed[class][lane->tops[class]++ % GUESS_DEPTH] = addr;
}

GUESS void guess_pop(struct lane *lane, unsigned class)
{
	*guess_newest(lane, class) = 0;
	lane->tops[class]--;
}

GUESS void guess_stack_was(struct guess *g, struct lane *lane, uint32_t stack)
{
	guess_site(g, lane->stack)->next = stack;
	lane->stack = stack;
	if (stack > g->highest)
		g->highest = stack;
}

/* ---- the byte that stands for an event ---------------------------------------------------------------- */

/* Bits 0 and 1: what it is. */
enum { TAG_ALLOC = 0, TAG_RESIZE = 1, TAG_FREE = 2, TAG_RELEASE = 3 };

/* ALLOC and RESIZE. Bits 2 and 3: the stack. */
enum { STACK_NEXT = 0, STACK_NEW = 1, STACK_GIVEN = 2, STACK_MODES };
#define TAG_STACK_SHIFT 2
/* Bit 4: size and entry are given, else they are the site's. */
#define TAG_SIZE 0x10u
/* Bits 5 to 7: the address. */
enum {
	PLACE_NEWEST = 0,
	PLACE_FRESH = 1,
	PLACE_AGAIN = 2, /* where a block of this chunk began before */
	PLACE_STEP = 3,
	PLACE_GIVEN = 4,
	PLACE_STRAY = 5, /* as PLACE_NEWEST, of no known size */
	PLACE_MODES
};
#define TAG_PLACE_SHIFT 5

/* FREE and RELEASE. Bit 2: the entry is given, else it is free or realloc. Bits 3 to 7: the address, by the block's
 * age (allocations since its own) where that is small, or: */
#define TAG_ENTRY 0x04u
enum {
	END_AGES = 26,
	END_AFTER = 26,
	END_BEFORE = 27,
	END_AGE = 28,
	END_STEP = 29,
	END_GIVEN = 30,
	END_NONE = 31
};
#define TAG_END_SHIFT 3

#endif
