/* snapshot.c: a snapshot's memory, sorted and searched.
 *
 * Once sealed, mappings, memory and unread are each sorted by start and disjoint, so every look-up is a binary
 * search. */
#include "trace/file.h"

#include <stdlib.h>
#include <string.h>

#define ORDER_BY_START(name, type)                                                                           \
	static int name(const void *a, const void *b)                                                        \
	{                                                                                                    \
		uint64_t x = ((const type *)a)->start, y = ((const type *)b)->start;                         \
		return x < y ? -1 : x > y;                                                                   \
	}
ORDER_BY_START(by_mapping_start, struct trace_mapping)
ORDER_BY_START(by_memory_start, struct trace_memory)
ORDER_BY_START(by_unread_start, struct trace_unread)

static void sort(void *items, size_t n, size_t item_bytes, int (*order)(const void *, const void *))
{
	if (n > 1)
		qsort(items, n, item_bytes, order);
}

static void seal_mappings(struct trace *t, struct trace_snapshot *s)
{
	size_t kept = 0;

	sort(s->mappings, s->nmappings, sizeof *s->mappings, by_mapping_start);
	for (size_t i = 0; i < s->nmappings; i++) {
		struct trace_mapping *m = &s->mappings[i];
		if (kept && m->start < s->mappings[kept - 1].end)
			free(m->path);
		else
			s->mappings[kept++] = *m;
	}
	if (kept < s->nmappings)
		trace_note(t, "snapshot %llu: %zu mappings overlap others", (unsigned long long)s->id,
			   s->nmappings - kept);
	s->nmappings = kept;
}

/* Sorted ranges become disjoint ones: of overlapping ones the first stays whole, the others lose what it has. */
static void join_memory(struct trace_snapshot *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->nmemory; i++) {
		struct trace_memory m = s->memory[i];
		const struct trace_memory *before = kept ? &s->memory[kept - 1] : NULL;
		uint64_t covered = before ? before->start + before->bytes : 0;

		if (m.start < covered) {
			uint64_t cut = covered - m.start < m.bytes ? covered - m.start : m.bytes;

			m = (struct trace_memory){ m.start + cut, m.bytes - cut, m.words + cut / 8 };
		}
		if (m.bytes)
			s->memory[kept++] = m;
	}
	s->nmemory = kept;
}

static void seal_memory(struct trace *t, struct trace_snapshot *s)
{
	size_t kept = 0;

	sort(s->memory, s->nmemory, sizeof *s->memory, by_memory_start);
	for (size_t i = 0; i < s->nmemory; i++) {
		const struct trace_memory *m = &s->memory[i], *before = kept ? &s->memory[kept - 1] : NULL;
		if (!before || m->start - before->start >= before->bytes)
			s->memory[kept++] = *m;
	}
	if (kept < s->nmemory)
		trace_note(t, "snapshot %llu: %zu ranges of memory overlap others", (unsigned long long)s->id,
			   s->nmemory - kept);
	s->nmemory = kept;
}

/* Where the memory holds a word of `kept`, the word is replaced; what it does not hold becomes a range of memory.
 * Returns how many words from `at` on went the same way. */
static size_t put_over(const struct trace_snapshot *s, const struct trace_memory *kept, size_t at,
		       bool *is_held)
{
	uint64_t start = kept->start + 8 * at, bytes = kept->bytes - 8 * at;
	size_t after = memory_after(s->memory, s->nmemory, start);
	const struct trace_memory *m = after < s->nmemory ? &s->memory[after] : NULL;

	*is_held = m && m->start <= start;
	if (*is_held) {
		uint64_t left = m->start + m->bytes - start;

		bytes = bytes < left ? bytes : left;
		memcpy((uint64_t *)(uintptr_t)&m->words[(start - m->start) / 8], &kept->words[at], bytes);
	} else if (m && m->start - start < bytes) {
		bytes = m->start - start;
	}
	return (size_t)(bytes / 8);
}

/* The memory is sealed; so it is afterwards. */
static void lay_kept_over(struct trace *t, struct trace_snapshot *s)
{
	struct trace_memory *rest = NULL;
	size_t nrest = 0;

	for (size_t i = 0; i < s->nkept; i++) {
		const struct trace_memory *k = &s->kept[i];
		size_t n;

		for (size_t at = 0; at < k->bytes / 8; at += n) {
			bool is_held;

			n = put_over(s, k, at, &is_held);
			if (!is_held && array_grow(t, &rest, nrest, 1, sizeof *rest))
				rest[nrest++] =
				    (struct trace_memory){ k->start + 8 * at, 8 * n, k->words + at };
		}
	}
	if (nrest && array_grow(t, &s->memory, s->nmemory, nrest, sizeof *rest)) {
		memcpy(s->memory + s->nmemory, rest, nrest * sizeof *rest);
		s->nmemory += nrest;
		sort(s->memory, s->nmemory, sizeof *s->memory, by_memory_start);
		join_memory(s);
	}
	free(rest);
	free(s->kept);
	s->kept = NULL;
	s->nkept = 0;
}

/* What could not be read stays unread: overlaps are clipped, not dropped. */
static void seal_unread(struct trace_snapshot *s)
{
	uint64_t covered = 0;
	size_t kept = 0;

	sort(s->unread, s->nunread, sizeof *s->unread, by_unread_start);
	for (size_t i = 0; i < s->nunread; i++) {
		struct trace_unread u = s->unread[i];
		if (u.start < covered)
			u.start = covered;
		if (u.start >= u.end)
			continue;
		s->unread[kept++] = u;
		covered = u.end;
	}
	s->nunread = kept;
}

void snapshot_seal(struct trace *t, struct trace_snapshot *s)
{
	seal_mappings(t, s);
	seal_memory(t, s);
	lay_kept_over(t, s);
	seal_unread(s);
}

void snapshot_free(struct trace_snapshot *s)
{
	for (size_t i = 0; i < s->nthreads; i++)
		free(s->threads[i].vector);
	for (size_t i = 0; i < s->nmappings; i++)
		free(s->mappings[i].path);
	free(s->threads);
	free(s->mappings);
	free(s->memory);
	free(s->unread);
	free(s->kept);
	free(s->held);
	*s = (struct trace_snapshot){ 0 };
}

/* ---- look-ups ----------------------------------------------------------------------------------------- */

size_t mappings_after(const struct trace_mapping *mappings, size_t n, uint64_t addr)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (mappings[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

size_t memory_after(const struct trace_memory *memory, size_t n, uint64_t addr)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memory[middle].start + memory[middle].bytes > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Index of the last item that starts at or below addr, or n when there is none. Every kind of item begins with
 * its start address. */
static size_t last_at_or_below(const void *items, size_t n, size_t item_bytes, uint64_t addr)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t start;
		memcpy(&start, (const char *)items + middle * item_bytes, sizeof start);
		if (start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : n;
}
_Static_assert(offsetof(struct trace_mapping, start) == 0, "look-ups compare the first field");
_Static_assert(offsetof(struct trace_memory, start) == 0, "look-ups compare the first field");
_Static_assert(offsetof(struct trace_unread, start) == 0, "look-ups compare the first field");

/* A page that a read mapping does not hold is zero; in a snapshot with lost chunks nobody knows. */
static bool is_absent_zero(const struct trace_snapshot *s, uint64_t addr)
{
	size_t m = last_at_or_below(s->mappings, s->nmappings, sizeof *s->mappings, addr);
	size_t u = last_at_or_below(s->unread, s->nunread, sizeof *s->unread, addr + 7);

	if (!s->whole || m == s->nmappings || !(s->mappings[m].flags & LG_MAPPING_READ))
		return false;
	if (s->mappings[m].end <= addr || s->mappings[m].end - addr < 8)
		return false;
	return u == s->nunread || s->unread[u].end <= addr;
}

bool snapshot_word(const struct trace_snapshot *s, uint64_t addr, uint64_t *word)
{
	size_t i = last_at_or_below(s->memory, s->nmemory, sizeof *s->memory, addr);

	if (addr > UINT64_MAX - 7)
		return false;
	if (i < s->nmemory && addr - s->memory[i].start < s->memory[i].bytes) {
		uint64_t offset = addr - s->memory[i].start;
		if (s->memory[i].bytes - offset < 8)
			return false; /* an unaligned word across two ranges */
		memcpy(word, (const char *)s->memory[i].words + offset, 8);
		return true;
	}
	if (!is_absent_zero(s, addr))
		return false;
	*word = 0;
	return true;
}
