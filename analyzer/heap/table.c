/* table.c: see table.h. */
#include "heap/table.h"

#include "base/huge.h"

#include <stdlib.h>

#define FIRST_SHIFT 20 /* 4096 slots */

bool table_open(struct table *t)
{
	*t = (struct table){ .shift = FIRST_SHIFT, .mask = (1u << (32 - FIRST_SHIFT)) - 1 };
	t->slots = calloc((size_t)t->mask + 1, sizeof *t->slots);
	return t->slots != NULL;
}

void table_free(struct table *t)
{
	free(t->slots);
	*t = (struct table){ 0 };
}

uint32_t table_find(const struct table *t, const struct block *pool, uint64_t addr)
{
	uint32_t tag = table_tag(addr);

	for (uint32_t at = tag >> t->shift;; at = (at + 1) & t->mask) {
		struct table_slot slot = t->slots[at];
		if (!slot.block)
			return NO_SLOT;
		if (slot.tag == tag && pool[slot.block - 1].addr == addr)
			return at;
	}
}

static void place_slot(struct table *t, struct table_slot slot)
{
	uint32_t at = slot.tag >> t->shift;

	while (t->slots[at].block)
		at = (at + 1) & t->mask;
	t->slots[at] = slot;
}

static bool table_grow(struct table *t)
{
	struct table bigger = { .used = t->used, .shift = t->shift - 1, .mask = 2 * t->mask + 1 };

	if (t->shift <= 1)
		return false;
	size_t bytes = ((size_t)bigger.mask + 1) * sizeof *bigger.slots;
	bigger.slots = huge_pages(calloc(1, bytes), bytes);
	if (!bigger.slots)
		return false;
	for (size_t i = 0; i <= t->mask; i++)
		if (t->slots[i].block)
			place_slot(&bigger, t->slots[i]);
	free(t->slots);
	*t = bigger;
	return true;
}

bool table_insert(struct table *t, uint64_t addr, uint32_t place)
{
	if (t->used > t->mask / 8 * 5 && !table_grow(t))
		return false;
	place_slot(t, (struct table_slot){ table_tag(addr), place + 1 });
	t->used++;
	return true;
}

/* Closes the hole with the nearest slot behind it whose home is not past the hole, and so on to the run's end. */
void table_erase(struct table *t, uint32_t hole)
{
	struct table_slot *slots = t->slots;

	for (uint32_t next = (hole + 1) & t->mask; slots[next].block; next = (next + 1) & t->mask) {
		uint32_t home = slots[next].tag >> t->shift;

		if (((next - home) & t->mask) >= ((next - hole) & t->mask)) {
			slots[hole] = slots[next];
			hole = next;
		}
	}
	slots[hole] = (struct table_slot){ 0 };
	t->used--;
}
