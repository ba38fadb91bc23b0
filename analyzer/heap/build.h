/* build.h: a trace's events up to a snapshot (or to their end when there is none) become live blocks, sorted by address. */
#ifndef LG_HEAP_BUILD_H
#define LG_HEAP_BUILD_H

#include "heap/heap.h"

int heap_build(struct heap *h, const struct trace *t, const struct trace_snapshot *upto, struct err *err);
/* The same, and seals the trace. */
int heap_build_sealing(struct heap *h, struct trace *t, const struct trace_snapshot *upto, struct err *err);

/* For a forked image: the blocks that it found when it was forked are not its own. */
int heap_build_forked(struct heap *h, const struct trace *t, const struct trace_snapshot *upto,
		      const struct lg_range *inherited, size_t ninherited, struct err *err);

/* A fork of an image: what lived at that moment. */
struct heap_fork {
	uint64_t key; /* in: when */
	size_t child; /* the caller's */
	/* out: owned by the caller, sorted, disjoint; NULL when there was no room for it */
	struct lg_range *live;
	size_t nlive;
};
/* Replays an image once, for its forks in order of their keys. `inherited` is what it found itself.
 * *room counts down the ranges that may still be kept. */
int heap_forks(const struct trace *t, const struct lg_range *inherited, size_t ninherited,
	       struct heap_fork *forks, size_t nforks, uint64_t *room);

#endif
