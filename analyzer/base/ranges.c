/* ranges.c: see ranges.h. */
#include "base/ranges.h"

#include <stdlib.h>

static bool ranges_grow(struct ranges *r)
{
	size_t room = r->room ? 2 * r->room : 16;
	struct lg_range *at = realloc(r->at, room * sizeof *at);

	if (!at) {
		r->failed = true;
		return false;
	}
	r->at = at;
	r->room = room;
	return true;
}

void ranges_add(struct ranges *r, uint64_t start, uint64_t end)
{
	if (start >= end || (r->n == r->room && !ranges_grow(r)))
		return;
	r->at[r->n++] = (struct lg_range){ start, end };
}

static int by_start(const void *a, const void *b)
{
	const struct lg_range *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

void ranges_tidy(struct ranges *r)
{
	size_t n = 0;

	if (r->n)
		qsort(r->at, r->n, sizeof *r->at, by_start);
	for (size_t i = 0; i < r->n; i++) {
		if (!n || r->at[i].start > r->at[n - 1].end)
			r->at[n++] = r->at[i];
		else if (r->at[i].end > r->at[n - 1].end)
			r->at[n - 1].end = r->at[i].end;
	}
	r->n = n;
}

void ranges_subtract(struct ranges *from, const struct ranges *what)
{
	struct ranges rest = { .failed = from->failed };
	size_t w = 0;

	for (size_t i = 0; i < from->n; i++) {
		uint64_t start = from->at[i].start, end = from->at[i].end;

		while (w < what->n && what->at[w].end <= start)
			w++;
		for (size_t k = w; k < what->n && what->at[k].start < end; k++) {
			if (what->at[k].start > start)
				ranges_add(&rest, start, what->at[k].start);
			start = what->at[k].end;
		}
		ranges_add(&rest, start, end);
	}
	free(from->at);
	*from = rest;
}

void ranges_invert(struct ranges *r)
{
	struct ranges all = { .failed = r->failed };

	ranges_add(&all, 0, UINT64_MAX);
	ranges_subtract(&all, r);
	free(r->at);
	*r = all;
}

size_t ranges_after(const struct ranges *r, uint64_t addr)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (r->at[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

bool ranges_overlap(const struct ranges *r, uint64_t start, uint64_t end)
{
	size_t i = ranges_after(r, start);

	return i < r->n && r->at[i].start < end;
}

void ranges_free(struct ranges *r)
{
	free(r->at);
	*r = (struct ranges){ 0 };
}
