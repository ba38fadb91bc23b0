/* places.c: see places.h. */
#include "report/places.h"
#include "base/sort.h"

#include <stdlib.h>

/* Chosen blocks, sorted by birth and then, stably, by kind. Returns how many, or -1. */
static int64_t sorted_blocks(struct sort_pair *pairs, const struct heap *h, const uint32_t *kinds,
			     const uint8_t *classes, enum leak_class class)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < h->nblocks; i++)
		if (!classes || classes[i] == class)
			pairs[n++] = (struct sort_pair){ h->blocks[i].birth, i };
	if (sort_pairs(pairs, n))
		return -1;
	for (uint32_t i = 0; i < n; i++)
		pairs[i].key = kinds ? kinds[pairs[i].value] : h->blocks[pairs[i].value].stack;
	return sort_pairs(pairs, n) ? -1 : (int64_t)n;
}

static uint32_t count_kinds(const struct sort_pair *pairs, uint32_t n)
{
	uint32_t kinds = 0;

	for (uint32_t i = 0; i < n; i++)
		kinds += !i || pairs[i].key != pairs[i - 1].key;
	return kinds;
}

static void fill(struct places *out, const struct heap *h, const struct sort_pair *pairs, uint32_t n)
{
	struct place *at = out->at;

	for (uint32_t i = 0; i < n; i++) {
		if (!i || pairs[i].key != pairs[i - 1].key)
			*at++ = (struct place){ .first = i };
		at[-1].nblocks++;
		heap_add(&at[-1].sum, h, pairs[i].value);
		out->blocks[i] = pairs[i].value;
	}
	out->n = (uint32_t)(at - out->at);
}

/* By bytes falling; sorting by birth first makes equal ones stand in order of birth. */
static int order(struct places *out, const struct heap *h)
{
	struct sort_pair *pairs = malloc(((size_t)out->n + 1) * sizeof *pairs);
	struct place *sorted = malloc(((size_t)out->n + 1) * sizeof *sorted);
	bool is_done = false;

	for (uint32_t i = 0; pairs && i < out->n; i++)
		pairs[i] = (struct sort_pair){ h->blocks[out->blocks[out->at[i].first]].birth, i };
	if (pairs && sorted && !sort_pairs(pairs, out->n)) {
		for (uint32_t i = 0; i < out->n; i++)
			pairs[i].key = ~out->at[pairs[i].value].sum.bytes;
		is_done = !sort_pairs(pairs, out->n);
	}
	for (uint32_t i = 0; is_done && i < out->n; i++)
		sorted[i] = out->at[pairs[i].value];
	free(pairs);
	if (!is_done) {
		free(sorted);
		return -1;
	}
	free(out->at);
	out->at = sorted;
	return 0;
}

int places_find(struct places *out, const struct heap *h, const uint32_t *kinds, const uint8_t *classes,
		enum leak_class class)
{
	struct sort_pair *pairs = malloc(((size_t)h->nblocks + 1) * sizeof *pairs);
	int64_t n = pairs ? sorted_blocks(pairs, h, kinds, classes, class) : -1;

	*out = (struct places){ 0 };
	if (n >= 0) {
		out->at = malloc(((size_t)count_kinds(pairs, (uint32_t)n) + 1) * sizeof *out->at);
		out->blocks = malloc(((size_t)n + 1) * sizeof *out->blocks);
	}
	if (out->at && out->blocks)
		fill(out, h, pairs, (uint32_t)n);
	free(pairs);
	return out->at && out->blocks ? order(out, h) : -1;
}

void places_free(struct places *p)
{
	free(p->at);
	free(p->blocks);
	*p = (struct places){ 0 };
}
