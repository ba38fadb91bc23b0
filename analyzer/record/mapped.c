/* mapped.c: see mapped.h. Memory is reserved for the most parts that there can be and used for those that there are. */
#include "record/mapped.h"

#include <string.h>
#include <sys/mman.h>

#define PART_BYTES (1ULL << MAPPED_PART_BITS)
#define SPARE_MAPPINGS 1024u /* one made for fewer has room for as many */

/* A mapping needs a part for each of its ends, and all of them share one for what lies between. */
static size_t bytes_for(size_t nmappings)
{
	size_t most = nmappings < SPARE_MAPPINGS ? SPARE_MAPPINGS : nmappings;

	return sizeof(struct mapped) + (2 + 2 * most) * sizeof(struct mapped_part);
}

/* ---- pieces: what of a mapping lies in one part ---------------------------------------------------------- */

typedef void piece_handler(struct mapped *m, uint64_t start, uint64_t end);

static void for_pieces(struct mapped *m, const struct trace_mapping *mappings, size_t n,
		       piece_handler *handle)
{
	for (const struct trace_mapping *from = mappings; from < mappings + n; from++) {
		if (from->flags & LG_MAPPING_SHIM)
			continue;
		uint64_t last = from->end >> MAPPED_SPACE_BITS ? 1ULL << MAPPED_SPACE_BITS : from->end, next;

		for (uint64_t at = from->start; at < last; at = next) {
			next = (at | (PART_BYTES - 1)) + 1;
			next = next < last ? next : last;
			handle(m, at, next);
		}
	}
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

static void add(struct mapped *m, uint64_t start, uint64_t end)
{
	uint32_t *place = &m->part_of[start >> MAPPED_PART_BITS];

	if (end - start == PART_BYTES && m->full) {
		*place = m->full;
		return;
	}
	if (!*place)
		*place = m->nparts++;
	if (end - start == PART_BYTES)
		m->full = *place;
	mark(&m->parts[*place], start, end);
}

static void wipe(struct mapped *m, uint64_t start, uint64_t end)
{
	uint32_t place = m->part_of[start >> MAPPED_PART_BITS];
	uint64_t first = start % PART_BYTES / LG_PAGE / 64, last = (end - 1) % PART_BYTES / LG_PAGE / 64;

	if (place != m->full) /* that one once for all */
		memset(&m->parts[place].pages[first], 0, (last - first + 1) * sizeof(uint64_t));
}

static void forget(struct mapped *m, uint64_t start, uint64_t end)
{
	(void)end;
	m->part_of[start >> MAPPED_PART_BITS] = 0;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static void make_empty(struct mapped *m, const struct trace_mapping *mappings, size_t n)
{
	for_pieces(m, mappings, n, wipe);
	for_pieces(m, mappings, n, forget);
	if (m->full)
		memset(&m->parts[m->full], 0, sizeof *m->parts);
	m->full = 0;
}

struct mapped *mapped_new(const struct trace_mapping *mappings, size_t n, struct mapped_spare *spare)
{
	struct mapped *m = n <= SPARE_MAPPINGS ? atomic_exchange(&spare->empty, NULL) : NULL;

	if (!m)
		m = mmap(NULL, bytes_for(n), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (m == MAP_FAILED)
		return NULL;
	m->nparts = 1;
	for_pieces(m, mappings, n, add);
	return m;
}

void mapped_free(struct mapped *m, const struct trace_mapping *mappings, size_t n, struct mapped_spare *spare)
{
	if (m && n <= SPARE_MAPPINGS) {
		make_empty(m, mappings, n);
		m = atomic_exchange(&spare->empty, m);
	}
	if (m)
		munmap(m, bytes_for(n));
}

void mapped_spare_free(struct mapped_spare *spare)
{
	struct mapped *m = atomic_exchange(&spare->empty, NULL);

	if (m)
		munmap(m, bytes_for(0));
}
