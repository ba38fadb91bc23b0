/* pages.h: which pages ever held a block. One bit a page in bitmaps of 2 MiB; large blocks are kept as ranges,
 * so that no size makes anything loop over pages. */
#ifndef LG_HEAP_PAGES_H
#define LG_HEAP_PAGES_H

#include "base/ranges.h"

struct page_region {
	uint64_t number; /* address >> 21, plus 1; 0: unused */
	uint64_t bits[8];
};

struct pages {
	struct page_region *regions; /* open addressing over `room`, a power of two */
	size_t nregions, room;
	struct page_region *last; /* where the last block was */
	struct ranges large;
	size_t tidy_at; /* when `large` has this many it is tidied before it grows */
	bool failed; /* out of memory: the set is incomplete */
};

void pages_mark(struct pages *p, uint64_t addr, uint64_t bytes); /* addr + bytes does not overflow */
struct ranges pages_ranges(const struct pages *p); /* sorted, disjoint page ranges, owned by the caller */
void pages_free(struct pages *p);

#endif
