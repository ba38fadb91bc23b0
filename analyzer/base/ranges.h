/* ranges.h: sets of addresses as sorted, disjoint ranges.
 *
 * ranges_add() only appends; ranges_tidy() makes the set sorted and disjoint again, and the other calls expect
 * it so. If memory runs out `failed` is set and the set is incomplete: a user checks once at the end. */
#ifndef LG_BASE_RANGES_H
#define LG_BASE_RANGES_H

#include "leakgraph/ring.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ranges {
	struct lg_range *at; /* owned */
	size_t n, room;
	bool failed;
};

void ranges_add(struct ranges *r, uint64_t start, uint64_t end); /* empty ones are dropped */
void ranges_tidy(struct ranges *r);
void ranges_subtract(struct ranges *from, const struct ranges *what);
void ranges_invert(struct ranges *r); /* all other addresses */
/* The first range that ends after addr, or n. */
size_t ranges_after(const struct ranges *r, uint64_t addr);
bool ranges_overlap(const struct ranges *r, uint64_t start, uint64_t end);
void ranges_free(struct ranges *r);

#endif
