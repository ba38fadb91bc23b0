/* sort.h: sorting by a 64-bit key in linear time, stable, so that equal input gives equal order. */
#ifndef LG_BASE_SORT_H
#define LG_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

struct sort_pair {
	uint64_t key;
	uint32_t value;
};

/* Sorts by key, rising. Needs a copy's memory; -1 when there is none (the pairs are then as they were). */
int sort_pairs(struct sort_pair *pairs, size_t n);
/* The same, with room for the copy. */
int sort_pairs_in(struct sort_pair *pairs, struct sort_pair *room, size_t n);

/* Sorts plain numbers, rising, in place. */
void sort_numbers(uint32_t *numbers, size_t n);

#endif
