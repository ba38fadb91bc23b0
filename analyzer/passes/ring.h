/* ring.h: the shortest way around a cycle. */
#ifndef LG_PASSES_RING_H
#define LG_PASSES_RING_H

#include "passes/forest.h"

struct ring_finder {
	const struct forest *forest;
	uint32_t *parent; /* nblocks; NO_BLOCK: not met in this search */
	uint64_t *edge; /* nblocks: the reference that led here */
	uint32_t *queue;
};

int ring_open(struct ring_finder *r, const struct forest *f); /* -1: out of memory */
void ring_close(struct ring_finder *r);
/* Fills edges, nedges and cycle_length of a leak whose oldest block is `start`. -1: out of memory. */
int ring_find(struct ring_finder *r, uint32_t start, struct leak *leak);

#endif
