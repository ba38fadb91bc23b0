/* places.h: blocks folded by what makes them alike: as a rule, where they were allocated. */
#ifndef LG_REPORT_PLACES_H
#define LG_REPORT_PLACES_H

#include "passes/passes.h"

struct place {
	uint32_t first, nblocks; /* its blocks are blocks[first .. first + nblocks), by birth */
	struct sum sum;
};

struct places {
	struct place *at; /* owned; by bytes falling, then by birth of the first block */
	uint32_t n;
	uint32_t *blocks; /* owned */
};

/* The blocks of one class; all blocks when `classes` is NULL. `kinds` as in struct graph. -1: no memory. */
int places_find(struct places *out, const struct heap *h, const uint32_t *kinds, const uint8_t *classes,
		enum leak_class class);
void places_free(struct places *p);

#endif
