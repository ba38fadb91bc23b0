/* canvas.c: see canvas.h. */
#include "heap/canvas.h"

#include <stdlib.h>

void canvas_open(struct canvas *c, const struct ranges *paintable)
{
	*c = (struct canvas){ 0 };
	for (size_t i = 0; i < paintable->n; i++)
		ranges_add(&c->taken, paintable->at[i].start, paintable->at[i].end);
	ranges_invert(&c->taken);
}

static void push(struct canvas *c, struct root_region **list, size_t *n, size_t *room,
		 struct root_region region)
{
	if (*n == *room) {
		size_t more = *room ? 2 * *room : 64;
		struct root_region *grown = realloc(*list, more * sizeof *grown);
		if (!grown) {
			c->failed = true;
			return;
		}
		*list = grown;
		*room = more;
	}
	(*list)[(*n)++] = region;
}

void canvas_add(struct canvas *c, struct root_region region)
{
	push(c, &c->regions, &c->nregions, &c->regions_room, region);
}

void canvas_paint(struct canvas *c, struct root_region region)
{
	if (region.start < region.end)
		push(c, &c->layer, &c->nlayer, &c->layer_room, region);
}

static int by_start(const void *a, const void *b)
{
	const struct root_region *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

static void add_part(struct canvas *c, struct root_region region, uint64_t start, uint64_t end)
{
	region.start = start;
	region.end = end;
	if (start < end && region.kind != ROOT_NOBODY)
		canvas_add(c, region);
}

/* Adds what no earlier layer took of a region. `from` is the first taken range that may touch it. */
static void add_free_parts(struct canvas *c, const struct root_region *region, size_t from)
{
	uint64_t start = region->start;

	for (size_t i = from; i < c->taken.n && c->taken.at[i].start < region->end; i++) {
		add_part(c, *region, start, c->taken.at[i].start);
		if (c->taken.at[i].end > start)
			start = c->taken.at[i].end;
	}
	add_part(c, *region, start, region->end);
}

void canvas_dry(struct canvas *c)
{
	uint64_t painted = 0;

	if (c->nlayer)
		qsort(c->layer, c->nlayer, sizeof *c->layer, by_start);
	for (size_t i = 0; i < c->nlayer; i++) {
		struct root_region *region = &c->layer[i];
		if (region->start < painted)
			region->start = painted;
		if (region->start >= region->end)
			continue;
		painted = region->end;
		add_free_parts(c, region, ranges_after(&c->taken, region->start));
	}
	for (size_t i = 0; i < c->nlayer; i++)
		ranges_add(&c->taken, c->layer[i].start, c->layer[i].end);
	ranges_tidy(&c->taken);
	c->nlayer = 0;
	c->failed |= c->taken.failed;
}

void canvas_free(struct canvas *c)
{
	ranges_free(&c->taken);
	free(c->layer);
	free(c->regions);
	*c = (struct canvas){ 0 };
}
