/* pages.c: see pages.h. */
#include "heap/pages.h"

#include <stdlib.h>

#define REGION_SHIFT 21
#define REGION_PAGES 512u

static struct page_region *region_slot(struct page_region *regions, size_t room, uint64_t number)
{
	size_t at = (size_t)(number * 0x9e3779b97f4a7c15ULL >> 20) & (room - 1);

	while (regions[at].number && regions[at].number != number)
		at = (at + 1) & (room - 1);
	return &regions[at];
}

static bool pages_grow(struct pages *p)
{
	size_t room = p->room ? 2 * p->room : 64;
	struct page_region *regions = calloc(room, sizeof *regions);

	if (!regions)
		return false;
	for (size_t i = 0; i < p->room; i++)
		if (p->regions[i].number)
			*region_slot(regions, room, p->regions[i].number) = p->regions[i];
	free(p->regions);
	p->regions = regions;
	p->room = room;
	p->last = NULL;
	return true;
}

static struct page_region *region_of(struct pages *p, uint64_t addr)
{
	uint64_t number = (addr >> REGION_SHIFT) + 1;

	if (p->last && p->last->number == number)
		return p->last;
	if (2 * p->nregions >= p->room && !pages_grow(p)) {
		p->failed = true;
		return NULL;
	}
	struct page_region *region = region_slot(p->regions, p->room, number);
	p->nregions += !region->number;
	region->number = number;
	p->last = region;
	return region;
}

/* A program may allocate the same large block a million times: tidy before growing. */
static void mark_large(struct pages *p, uint64_t start, uint64_t end)
{
	if (p->large.n == p->tidy_at) {
		ranges_tidy(&p->large);
		p->tidy_at = 2 * p->large.n + 64;
	}
	ranges_add(&p->large, start, end);
}

void pages_mark(struct pages *p, uint64_t addr, uint64_t bytes)
{
	uint64_t first = addr / LG_PAGE, last = (addr + (bytes ? bytes - 1 : 0)) / LG_PAGE;

	if (last - first >= REGION_PAGES) {
		mark_large(p, first * LG_PAGE, (last + 1) * LG_PAGE);
		return;
	}
	for (uint64_t page = first; page <= last; page++) {
		struct page_region *region = region_of(p, page * LG_PAGE);
		if (!region)
			return;
		region->bits[page % REGION_PAGES / 64] |= 1ULL << (page % 64);
	}
}

static void add_region(struct ranges *out, const struct page_region *region)
{
	uint64_t base = (region->number - 1) << REGION_SHIFT;

	for (unsigned i = 0; i < REGION_PAGES; i++) {
		unsigned from = i;

		while (i < REGION_PAGES && region->bits[i / 64] >> (i % 64) & 1)
			i++;
		ranges_add(out, base + (uint64_t)from * LG_PAGE, base + (uint64_t)i * LG_PAGE);
	}
}

struct ranges pages_ranges(const struct pages *p)
{
	struct ranges out = { .failed = p->failed || p->large.failed };

	for (size_t i = 0; i < p->room; i++)
		if (p->regions[i].number)
			add_region(&out, &p->regions[i]);
	for (size_t i = 0; i < p->large.n; i++)
		ranges_add(&out, p->large.at[i].start, p->large.at[i].end);
	ranges_tidy(&out);
	return out;
}

void pages_free(struct pages *p)
{
	free(p->regions);
	ranges_free(&p->large);
	*p = (struct pages){ 0 };
}
