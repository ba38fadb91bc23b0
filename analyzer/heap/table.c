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

/* Pieces for all the room; false: no memory, and those that there were stay. */
static bool add_pieces(struct table *t, uint32_t room)
{
	size_t n = ((size_t)room + TABLE_PIECE - 1) / TABLE_PIECE;
	struct block **pieces = realloc(t->pieces, n * sizeof *pieces);

	if (!pieces)
		return false;
	t->pieces = pieces;
	for (; t->npieces < n; t->npieces++) {
		pieces[t->npieces] = huge_alloc(TABLE_PIECE * sizeof **pieces);
		if (!pieces[t->npieces])
			return false;
	}
	t->room = room;
	return true;
}

bool table_open(struct table *t)
{
	*t = (struct table){ .shift = FIRST_SHIFT, .mask = (1u << (32 - FIRST_SHIFT)) - 1 };
	t->slots = calloc((size_t)t->mask + 1, sizeof *t->slots);
	if (t->slots && add_pieces(t, room_of(t->mask)))
		return true;
	table_free(t);
	return false;
}

void table_free(struct table *t)
{
	for (uint32_t i = 0; i < t->npieces; i++)
		free(t->pieces[i]);
	free(t->pieces);
	free(t->slots);
	*t = (struct table){ 0 };
}

/* ---- looking up ---------------------------------------------------------------------------------------- */

/* The slot of the address's block, or the empty one where it belongs. */
static struct table_slot *slot_of(const struct table *t, uint64_t addr)
{
	uint32_t tag = table_tag(addr);

	for (uint32_t at = tag >> t->shift;; at = (at + 1) & t->mask) {
		struct table_slot *slot = &t->slots[at];

		if (!slot->place || (slot->tag == tag && table_block(t, slot->place - 1)->addr == addr))
			return slot;
	}
}

struct block *table_find(const struct table *t, uint64_t addr)
{
	const struct table_slot *slot = slot_of(t, addr);

	return slot->place ? table_block(t, slot->place - 1) : NULL;
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
		struct block *place = table_block(t, i), b = *place;

		*place = (struct block){ .ended = 1 };
		if (b.ended)
			continue;
		*table_block(t, n++) = b;
		place_slot(t, (struct table_slot){ table_tag(b.addr), n });
	}
	t->used = n;
	t->nended = 0;
}

/* More slots; the blocks stay where they are. */
static bool grow(struct table *t)
{
	struct table_slot *former = t->slots;
	size_t nformer = (size_t)t->mask + 1, bytes = 2 * nformer * sizeof *t->slots;
	struct table_slot *slots = t->shift > 1 ? huge_pages(calloc(1, bytes), bytes) : NULL;

	if (!slots || !add_pieces(t, room_of(2 * t->mask + 1))) {
		free(slots);
		return false;
	}
	t->slots = slots;
	t->mask = 2 * t->mask + 1;
	t->shift--;
	for (size_t i = 0; i < nformer; i++)
		if (former[i].place)
			place_slot(t, former[i]);
	free(former);
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
		return table_block(t, slot->place - 1);
	if (t->used == t->room) {
		if (!make_room(t))
			return NULL;
		slot = slot_of(t, addr);
	}
	struct block *b = table_block(t, t->used++);
	*b = (struct block){ .addr = addr, .ended = 1 };
	t->nended++;
	*slot = (struct table_slot){ table_tag(addr), t->used };
	return b;
}
