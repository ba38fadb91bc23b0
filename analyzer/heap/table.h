/* table.h: live addresses to places in the replay's pool of blocks.
 *
 * Open addressing, linear probing, eight bytes a slot: the address itself stands in the pool only. A slot's tag is
 * the upper half of the address's hash and its top bits are the slot's home, so nothing is ever rehashed, and an
 * erased slot is closed by moving back what follows: no tombstones. */
#ifndef LG_HEAP_TABLE_H
#define LG_HEAP_TABLE_H

#include "heap/heap.h"

struct table_slot {
	uint32_t tag;
	uint32_t block; /* place in the pool + 1; 0: empty */
};

struct table {
	struct table_slot *slots; /* 1 << (32 - shift) of them */
	uint32_t used, mask, shift;
};

#define NO_SLOT UINT32_MAX

bool table_open(struct table *t);
void table_free(struct table *t);
uint32_t table_find(const struct table *t, const struct block *pool, uint64_t addr); /* slot or NO_SLOT */
bool table_insert(struct table *t, uint64_t addr, uint32_t place); /* addr is not in it; false: no memory */
void table_erase(struct table *t, uint32_t slot);

/* One multiplication is not enough: blocks of one size lie at a stride, and some strides would then crowd. */
static inline uint32_t table_tag(uint64_t addr)
{
	uint64_t hash = addr * 0x9e3779b97f4a7c15ULL;

	return (uint32_t)((hash ^ hash >> 32) * 0xd6e8feb86659fd93ULL >> 32);
}

static inline const struct table_slot *table_home(const struct table *t, uint64_t addr)
{
	return &t->slots[table_tag(addr) >> t->shift];
}

/* Whether a slot, which may be any number, holds this address. */
static inline bool table_holds(const struct table *t, const struct block *pool, uint32_t slot, uint64_t addr)
{
	return slot <= t->mask && t->slots[slot].block && pool[t->slots[slot].block - 1].addr == addr;
}

/* The slot that holds an address, as far as tags tell; NO_SLOT: probably none. */
static inline uint32_t table_guess(const struct table *t, uint64_t addr)
{
	uint32_t tag = table_tag(addr);

	for (uint32_t at = tag >> t->shift; t->slots[at].block; at = (at + 1) & t->mask)
		if (t->slots[at].tag == tag)
			return at;
	return NO_SLOT;
}

#endif
