/* sort.c: radix sort from the lowest digit up; digits that all keys share cost nothing. */
#include "base/sort.h"

#include "base/huge.h"

#include <stdlib.h>
#include <string.h>

#define DIGIT_BITS 11
#define DIGIT_VALUES (1u << DIGIT_BITS)
#define FEW 64u /* are sorted in place */
#define DIGITS ((64 + DIGIT_BITS - 1) / DIGIT_BITS)

static unsigned digit(uint64_t key, unsigned d)
{
	return (unsigned)(key >> (d * DIGIT_BITS)) & (DIGIT_VALUES - 1);
}

static void insert_sort(struct sort_pair *pairs, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct sort_pair p = pairs[i];
		size_t at = i;

		for (; at && pairs[at - 1].key > p.key; at--)
			pairs[at] = pairs[at - 1];
		pairs[at] = p;
	}
}

static void count_digits(size_t (*counts)[DIGIT_VALUES], const struct sort_pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (unsigned d = 0; d < DIGITS; d++)
			counts[d][digit(pairs[i].key, d)]++;
}

/* Moves all pairs by one digit. `places` holds how often each digit occurs and is used up. */
static void scatter(struct sort_pair *to, const struct sort_pair *from, size_t n, unsigned d, size_t *places)
{
	size_t place = 0;

	for (unsigned v = 0; v < DIGIT_VALUES; v++) {
		size_t count = places[v];
		places[v] = place;
		place += count;
	}
	for (size_t i = 0; i < n; i++)
		to[places[digit(from[i].key, d)]++] = from[i];
}

int sort_pairs_in(struct sort_pair *pairs, struct sort_pair *room, size_t n)
{
	if (n <= FEW) {
		insert_sort(pairs, n);
		return 0;
	}
	size_t(*counts)[DIGIT_VALUES] = calloc(DIGITS, sizeof *counts);
	if (!counts)
		return -1;
	struct sort_pair *from = pairs, *to = room;
	count_digits(counts, pairs, n);
	for (unsigned d = 0; d < DIGITS; d++) {
		if (counts[d][digit(pairs[0].key, d)] == n)
			continue;
		scatter(to, from, n, d, counts[d]);
		struct sort_pair *swap = from;
		from = to;
		to = swap;
	}
	if (from != pairs)
		memcpy(pairs, from, n * sizeof *pairs);
	free(counts);
	return 0;
}

int sort_pairs(struct sort_pair *pairs, size_t n)
{
	struct sort_pair *room = n > FEW ? huge_pages(malloc(n * sizeof *room), n * sizeof *room) : NULL;
	int failed = n > FEW && !room ? -1 : sort_pairs_in(pairs, room, n);

	free(room);
	return failed;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void sort_numbers(uint32_t *numbers, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (numbers[i - 1] > numbers[i]) {
			qsort(numbers, n, sizeof *numbers, by_number);
			return;
		}
}
