/* table.c: see table.h. */
#include "heap/table.h"

#include "base/huge.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SHIFT 20 /* 4096 slots */

static uint32_t room_of(uint32_t mask)
{
	return (mask + 1) / 8 * 5;
}

bool table_open(struct table *t)
{
	*t = (struct table){ .shift = FIRST_SHIFT, .mask = (1u << (32 - FIRST_SHIFT)) - 1 };
	t->room = room_of(t->mask);
	t->slots = calloc((size_t)t->mask + 1, sizeof *t->slots);
	t->blocks = malloc(t->room * sizeof *t->blocks);
	if (t->slots && t->blocks)
		return true;
	table_free(t);
	return false;
}

void table_free(struct table *t)
{
	free(t->slots);
	free(t->blocks);
	*t = (struct table){ 0 };
}

/* ---- looking up ---------------------------------------------------------------------------------------- */

/* The slot of the address's block, or the empty one where it belongs. */
static struct table_slot *slot_of(const struct table *t, uint64_t addr)
{
	uint32_t tag = table_tag(addr);

	for (uint32_t at = tag >> t->shift;; at = (at + 1) & t->mask) {
		struct table_slot *slot = &t->slots[at];

		if (!slot->place || (slot->tag == tag && t->blocks[slot->place - 1].addr == addr))
			return slot;
	}
}

struct block *table_find(const struct table *t, uint64_t addr)
{
	const struct table_slot *slot = slot_of(t, addr);

	return slot->place ? &t->blocks[slot->place - 1] : NULL;
}

/* ---- room ---------------------------------------------------------------------------------------------- */

static void place_slot(struct table *t, struct table_slot slot)
{
	uint32_t at = slot.tag >> t->shift;

	while (t->slots[at].place)
		at = (at + 1) & t->mask;
	t->slots[at] = slot;
}

/* Blocks that have ended go, and the others close up. */
static void tidy(struct table *t)
{
	uint32_t n = 0;

	memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof *t->slots);
	for (uint32_t i = 0; i < t->used; i++) {
		struct block b = t->blocks[i];

		if (b.ended)
			continue;
		t->blocks[n++] = b;
		place_slot(t, (struct table_slot){ table_tag(b.addr), n });
	}
	t->used = n;
	t->nended = 0;
}

/* Not by realloc: memory that the kernel moves does not stay on huge pages. */
static bool grow(struct table *t)
{
	struct table bigger = {
		.used = t->used, .nended = t->nended, .shift = t->shift - 1, .mask = 2 * t->mask + 1
	};
	size_t bytes = ((size_t)bigger.mask + 1) * sizeof *bigger.slots;

	if (t->shift <= 1)
		return false;
	bigger.room = room_of(bigger.mask);
	bigger.slots = huge_pages(calloc(1, bytes), bytes);
	bigger.blocks = huge_alloc(bigger.room * sizeof *bigger.blocks);
	if (!bigger.slots || !bigger.blocks) {
		table_free(&bigger);
		return false;
	}
	for (size_t i = 0; i <= t->mask; i++)
		if (t->slots[i].place)
			place_slot(&bigger, t->slots[i]);
	memcpy(bigger.blocks, t->blocks, t->used * sizeof *t->blocks);
	table_free(t);
	*t = bigger;
	return true;
}

static bool make_room(struct table *t)
{
	if (t->nended <= t->used / 2)
		return grow(t);
	tidy(t);
	return true;
}

struct block *table_take(struct table *t, uint64_t addr)
{
	struct table_slot *slot = slot_of(t, addr);

	if (slot->place)
		return &t->blocks[slot->place - 1];
	if (t->used == t->room) {
		if (!make_room(t))
			return NULL;
		slot = slot_of(t, addr);
	}
	struct block *b = &t->blocks[t->used++];
	*b = (struct block){ .addr = addr, .ended = 1 };
	t->nended++;
	*slot = (struct table_slot){ table_tag(addr), t->used };
	return b;
}
