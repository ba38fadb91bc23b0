/* mapped.c: see mapped.h. Memory is reserved for the most parts that there can be and used for those that there are. */
#include "record/mapped.h"

#include <sys/mman.h>

#define PART_BYTES (1ULL << MAPPED_PART_BITS)

/* A mapping needs a part for each of its ends, and all of them share one for what lies between. */
static size_t bytes_for(size_t nmappings)
{
	return sizeof(struct mapped) + (2 + 2 * nmappings) * sizeof(struct mapped_part);
}

static void mark(struct mapped_part *part, uint64_t start, uint64_t end)
{
	uint64_t page = start % PART_BYTES / LG_PAGE, last = page + (end - start) / LG_PAGE;

	for (; page < last && page % 64; page++)
		part->pages[page / 64] |= 1ULL << page % 64;
	for (; page + 64 <= last; page += 64)
		part->pages[page / 64] = UINT64_MAX;
	for (; page < last; page++)
		part->pages[page / 64] |= 1ULL << page % 64;
}

struct building {
	struct mapped *m;
	uint32_t nparts;
	uint32_t full; /* part of which all pages are mapped, 0: none yet */
};

/* The bytes from `start` to `end` of one part. */
static void add(struct building *b, uint64_t start, uint64_t end)
{
	uint32_t *place = &b->m->part_of[start >> MAPPED_PART_BITS];

	if (end - start == PART_BYTES && b->full) {
		*place = b->full;
		return;
	}
	if (!*place)
		*place = b->nparts++;
	if (end - start == PART_BYTES)
		b->full = *place;
	mark(&b->m->parts[*place], start, end);
}

struct mapped *mapped_new(const struct trace_mapping *mappings, size_t n)
{
	void *memory = mmap(NULL, bytes_for(n), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct building b = { .m = memory, .nparts = 1 };

	if (memory == MAP_FAILED)
		return NULL;
	for (const struct trace_mapping *m = mappings; m < mappings + n; m++) {
		if (m->flags & LG_MAPPING_SHIM)
			continue;
		uint64_t last = m->end >> MAPPED_SPACE_BITS ? 1ULL << MAPPED_SPACE_BITS : m->end, next;

		for (uint64_t at = m->start; at < last; at = next) {
			next = (at | (PART_BYTES - 1)) + 1;
			next = next < last ? next : last;
			add(&b, at, next);
		}
	}
	return b.m;
}

void mapped_free(struct mapped *m, size_t nmappings)
{
	if (m)
		munmap(m, bytes_for(nmappings));
}
