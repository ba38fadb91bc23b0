/* memory.c: see models/memory.h. */
#include "models/memory.h"

#include <string.h>

/* Most reads are near the one before. */
static const struct trace_memory *range_at(struct memory *m, uint64_t addr)
{
	const struct trace_snapshot *s = m->snapshot;

	if (m->last < s->nmemory && addr - s->memory[m->last].start < s->memory[m->last].bytes)
		return &s->memory[m->last];
	size_t at = memory_after(s->memory, s->nmemory, addr);
	if (at == s->nmemory || s->memory[at].start > addr)
		return NULL;
	m->last = at;
	return &s->memory[at];
}

bool memory_held(struct memory *m, uint64_t addr, uint64_t *word)
{
	const struct trace_memory *range = addr % 8 ? NULL : range_at(m, addr);

	if (range)
		*word = range->words[(addr - range->start) / 8];
	return range || snapshot_word(m->snapshot, addr, word);
}

bool memory_word(struct memory *m, uint64_t addr, uint64_t *word)
{
	return memory_held(m, addr, word) || names_bytes(m->names, addr, word, sizeof *word);
}

bool memory_bytes(struct memory *m, uint64_t addr, void *bytes, size_t n)
{
	char *to = bytes;

	if (addr > UINT64_MAX - n)
		return false;
	while (n) {
		uint64_t word, skip = addr % 8, take = 8 - skip < n ? 8 - skip : n;

		if (memory_held(m, addr - skip, &word))
			memcpy(to, (const char *)&word + skip, take);
		else if (!names_bytes(m->names, addr, to, take)) /* its section may end within the word */
			return false;
		to += take;
		addr += take;
		n -= take;
	}
	return true;
}

bool memory_text(struct memory *m, uint64_t addr, char *text, size_t room)
{
	for (size_t i = 0; i < room; i++) {
		if (!memory_bytes(m, addr + i, &text[i], 1))
			return false;
		if (!text[i])
			return i > 0;
		if (text[i] < ' ' || text[i] == 0x7f)
			return false;
	}
	return false;
}
