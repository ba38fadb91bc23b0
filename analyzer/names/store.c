/* store.c: see store.h. */
#include "names/store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/* ---- arena ------------------------------------------------------------------------------------------- */

#define ARENA_BLOCK_BYTES (256u * 1024u)
#define ARENA_ALIGN 16u

struct arena_block {
	struct arena_block *before;
	size_t used, room; /* of bytes[] */
	_Alignas(ARENA_ALIGN) unsigned char bytes[];
};

static struct arena_block *arena_grow(struct arena *a, size_t bytes)
{
	size_t room = bytes > ARENA_BLOCK_BYTES ? bytes : ARENA_BLOCK_BYTES;
	struct arena_block *block = calloc(1, sizeof *block + room);

	if (!block)
		return NULL;
	block->room = room;
	block->before = a->last;
	a->last = block;
	return block;
}

void *arena_take(struct arena *a, size_t bytes)
{
	struct arena_block *block = a->last;

	if (bytes > SIZE_MAX / 2)
		return NULL;
	bytes = (bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (!block || block->room - block->used < bytes)
		block = arena_grow(a, bytes);
	if (!block)
		return NULL;
	block->used += bytes;
	return block->bytes + block->used - bytes;
}

char *arena_copy(struct arena *a, const char *text, size_t length)
{
	char *copy = arena_take(a, length + 1);

	if (copy)
		memcpy(copy, text, length);
	return copy;
}

char *arena_format(struct arena *a, const char *format, ...)
{
	va_list args;
	char *text = NULL, *copy = NULL;

	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return NULL;
	copy = arena_copy(a, text, (size_t)length);
	free(text);
	return copy;
}

void arena_free(struct arena *a)
{
	while (a->last) {
		struct arena_block *before = a->last->before;
		free(a->last);
		a->last = before;
	}
}

/* ---- map --------------------------------------------------------------------------------------------- */

static struct map_slot *map_slot(const struct map *m, uint64_t key)
{
	size_t i = (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 20) & (m->nslots - 1);

	while (m->slots[i].key && m->slots[i].key != key)
		i = (i + 1) & (m->nslots - 1);
	return &m->slots[i];
}

void *map_get(const struct map *m, uint64_t key)
{
	return m->nslots && key ? map_slot(m, key)->value : NULL;
}

static bool map_grow(struct map *m)
{
	struct map bigger = { .nslots = m->nslots ? m->nslots * 2 : 1024, .used = m->used };

	bigger.slots = calloc(bigger.nslots, sizeof *bigger.slots);
	if (!bigger.slots)
		return false;
	for (size_t i = 0; i < m->nslots; i++)
		if (m->slots[i].key)
			*map_slot(&bigger, m->slots[i].key) = m->slots[i];
	free(m->slots);
	*m = bigger;
	return true;
}

bool map_put(struct map *m, uint64_t key, void *value)
{
	if (!key || (m->used >= m->nslots / 2 && !map_grow(m)))
		return false;
	struct map_slot *slot = map_slot(m, key);
	if (!slot->key)
		m->used++;
	*slot = (struct map_slot){ key, value };
	return true;
}

void map_free(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}

/* ---- texts ------------------------------------------------------------------------------------------- */

static bool texts_grow(struct texts *t)
{
	uint32_t room = t->room ? 2 * t->room : 256;
	const char **at = realloc(t->at, room * sizeof *at);

	if (!at)
		return false;
	t->at = at;
	t->room = room;
	return true;
}

uint32_t texts_number(struct texts *t, const char *text)
{
	uint64_t hash = XXH3_64bits(text, strlen(text)) | 1;
	void *number;

	for (; (number = map_get(&t->numbers, hash)); hash += 2)
		if (!strcmp(t->at[(uintptr_t)number - 1], text))
			return (uint32_t)(uintptr_t)number - 1;
	if ((t->n == t->room && !texts_grow(t)) || !map_put(&t->numbers, hash, (void *)((uintptr_t)t->n + 1)))
		return NO_TEXT;
	t->at[t->n] = text;
	return t->n++;
}

void texts_free(struct texts *t)
{
	free(t->at);
	map_free(&t->numbers);
	*t = (struct texts){ 0 };
}

/* ---- ranges ------------------------------------------------------------------------------------------ */

bool spans_add(struct spans *r, uint64_t low, uint64_t high, uint32_t item)
{
	if (low >= high)
		return true;
	if (r->n == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		struct span *at = reallocarray(r->at, room, sizeof *at);
		if (!at)
			return false;
		r->at = at;
		r->room = room;
	}
	r->at[r->n++] = (struct span){ .low = low, .high = high, .item = item };
	return true;
}

static int range_order(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	if (a->high != b->high)
		return a->high > b->high ? -1 : 1;
	return a->item < b->item ? -1 : a->item > b->item; /* qsort is not stable; equal input, equal order */
}

void spans_sort(struct spans *r)
{
	uint64_t reach = 0;

	if (r->n)
		qsort(r->at, r->n, sizeof *r->at, range_order);
	for (size_t i = 0; i < r->n; i++) {
		if (r->at[i].high > reach)
			reach = r->at[i].high;
		r->at[i].reach = reach;
	}
}

void spans_free(struct spans *r)
{
	free(r->at);
	*r = (struct spans){ 0 };
}

/* The nearest range before `from` that covers the address; `from` itself is not looked at. */
static const struct span *spans_back(const struct spans *r, size_t from, uint64_t address)
{
	while (from > 0 && r->at[from - 1].reach > address)
		if (r->at[--from].high > address)
			return &r->at[from];
	return NULL;
}

const struct span *spans_first(const struct spans *r, uint64_t address)
{
	size_t low = 0, high = r->n; /* lows before `low` are <= address, from `high` on they are above */

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (r->at[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return spans_back(r, low, address);
}

const struct span *spans_next(const struct spans *r, const struct span *c, uint64_t address)
{
	return spans_back(r, (size_t)(c - r->at), address);
}
