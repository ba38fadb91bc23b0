/* scan.c: see scan.h. */
#include "heap/scan.h"

#include "heap/owned.h"
#include "trace/items.h"

#include <sys/mman.h>

/* A pointer to the characters of a string of the old C++ ABI: three words before them tell the length, the capacity and how
 * many share it (libstdc++, basic_string.h, _Rep). Memcheck's heuristic "stdstring". */
#define OLD_STRING_HEADER 24

static bool is_old_string(const struct heap *h, const struct block *b)
{
	uint64_t length, capacity;

	return snapshot_word(h->snapshot, b->addr, &length) &&
	       snapshot_word(h->snapshot, b->addr + 8, &capacity) && capacity && length <= capacity &&
	       capacity < b->size && b->size - capacity > OLD_STRING_HEADER;
}

/* A pointer to the control bytes of a hash table of Rust's standard library: before them lie the buckets, a power of two
 * of them, then comes a byte for each and a group that repeats the first 16. The word beside the pointer is the number
 * of buckets less one (hashbrown, raw/mod.rs, RawTableInner; which comes first is the compiler's choice). */
#define GROUP_WIDTH 16

static bool is_word(const struct heap *h, uint64_t at, uint64_t expected)
{
	uint64_t word;

	return snapshot_word(h->snapshot, at, &word) && word == expected;
}

static bool is_hash_table(const struct heap *h, const struct block *b, const struct probe *p)
{
	uint64_t offset = p->value - b->addr, buckets = b->size - offset - GROUP_WIDTH;

	return offset % GROUP_WIDTH == 0 && buckets > 1 && !(buckets & (buckets - 1)) &&
	       (is_word(h, p->at + 8, buckets - 1) || is_word(h, p->at - 8, buckets - 1));
}

/* Tables of virtual functions are constants of a module. */
static bool is_in_constants(const struct trace_snapshot *s, uint64_t addr)
{
	const struct trace_mapping *m = addr % 8 ? NULL : mapping_at(s, addr);

	return m && m->prot == PROT_READ && m->path && *m->path == '/';
}

/* A pointer to another base than the first of an object: where it leads, and where the object begins, is a pointer to a
 * table of virtual functions. Memcheck's heuristic "multipleinheritance". */
static bool is_other_base(const struct heap *h, const struct block *b, uint64_t offset)
{
	uint64_t first, other;

	return offset % 8 == 0 && offset + 8 <= b->size && snapshot_word(h->snapshot, b->addr, &first) &&
	       is_in_constants(h->snapshot, first) && snapshot_word(h->snapshot, b->addr + offset, &other) &&
	       first != other && is_in_constants(h->snapshot, other);
}

static bool is_recognised(const struct heap *h, const struct block *b, const struct probe *p)
{
	uint64_t offset = p->value - b->addr;

	return items_counted(h->snapshot, b->addr, b->size, offset) ||
	       (offset == OLD_STRING_HEADER && is_old_string(h, b)) || is_other_base(h, b, offset) ||
	       is_hash_table(h, b, p);
}

static void resolve(struct scanner *s, struct probe *p)
{
	const struct block *blocks = s->heap->blocks;

	if (p->block == NO_BLOCK)
		return;
	if (p->value < blocks[p->block].addr && p->block-- == 0)
		return;
	const struct block *b = &blocks[p->block];
	uint64_t offset = p->value - b->addr;

	if (p->is_tagged && offset < b->size)
		s->found(s, p, REF_INTERIOR); /* perhaps no address at all */
	else if (offset == 0)
		s->found(s, p, REF_START);
	else if (offset == b->size)
		s->found(s, p, REF_PAST_END);
	else if (offset < b->size)
		s->found(s, p, is_recognised(s->heap, b, p) ? REF_RECOGNISED : REF_INTERIOR);
}

void scan_flush(struct scanner *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct probe *p = &s->probes[i];

		if (p->cell)
			p->block = cell_block(p->cell, p->value);
		if (p->block != NO_BLOCK)
			__builtin_prefetch(&s->heap->blocks[p->block]);
	}
	for (uint32_t i = 0; i < s->n; i++)
		resolve(s, &s->probes[i]);
	s->n = 0;
}

static void scan_word(struct scanner *s, uint64_t word, uint64_t at, uint32_t owner)
{
	struct probe *p = &s->probes[s->n];
	uint64_t value = word & LG_ADDRESS_BITS;

	p->value = value;
	p->is_tagged = value != word;
	p->at = at;
	p->owner = owner;
	p->cell = index_cell(s->index, value, &p->block);
	if (!p->cell && p->block == NO_BLOCK)
		return;
	__builtin_prefetch(p->cell);
	if (++s->n == SCAN_BATCH)
		scan_flush(s);
}

void scan_words(struct scanner *s, const uint64_t *words, size_t n, uint64_t at, uint32_t owner)
{
	uint64_t low = s->index->low, span = s->index->high - low;

	if (!s->heap->nblocks)
		return;
	for (size_t i = 0; i < n; i++)
		if ((words[i] & LG_ADDRESS_BITS) - low <= span)
			scan_word(s, words[i], at + 8 * i, owner);
}

/* Moves s->memory to the first range that ends after addr: a step when starts rise, else a search. */
static void find_memory(struct scanner *s, const struct trace_snapshot *m, uint64_t addr)
{
	size_t i = s->memory;

	if (i < m->nmemory && (!i || m->memory[i - 1].start + m->memory[i - 1].bytes <= addr)) {
		for (unsigned steps = 0; i < m->nmemory && steps < 4; i++, steps++)
			if (m->memory[i].start + m->memory[i].bytes > addr) {
				s->memory = i;
				return;
			}
	}
	s->memory = memory_after(m->memory, m->nmemory, addr);
}

void scan_range(struct scanner *s, uint64_t start, uint64_t end, uint32_t owner)
{
	const struct trace_snapshot *m = s->heap->snapshot;

	start = (start + 7) & ~7ULL;
	end &= ~7ULL;
	if (start >= end)
		return;
	find_memory(s, m, start);
	for (size_t i = s->memory; i < m->nmemory && m->memory[i].start < end; i++) {
		const struct trace_memory *range = &m->memory[i];
		uint64_t from = start > range->start ? start : range->start;
		uint64_t to = end < range->start + range->bytes ? end : range->start + range->bytes;

		if (from < to)
			scan_words(s, range->words + (from - range->start) / 8, (to - from) / 8, from, owner);
	}
}
