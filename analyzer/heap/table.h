/* table.h: the blocks that a replay has met, by address.
 *
 * Open addressing, linear probing, eight bytes a slot: the address itself stands in its block only. A slot's tag is
 * the upper half of the address's hash and its top bits are the slot's home, so growing hashes nothing anew. Nothing
 * is erased: allocators hand out the same addresses again and again, so a block that has ended keeps its place until
 * the room is full and most of it is of such. Blocks lie in pieces, so that room for more moves none. */
#ifndef LG_HEAP_TABLE_H
#define LG_HEAP_TABLE_H

#include "heap/heap.h"

struct table_slot {
	uint32_t tag;
	uint32_t place; /* among the blocks, + 1; 0: empty */
};

/* 48 MiB: whole huge pages, and so many that malloc() gives them back to the system once they are freed. What is never
 * touched costs nothing. */
#define TABLE_PIECE_SHIFT 20
#define TABLE_PIECE (1u << TABLE_PIECE_SHIFT)

struct table {
	struct table_slot *slots; /* 1 << (32 - shift) of them */
	/* Of TABLE_PIECE blocks: those in use hold each address once */
	struct block **pieces;
	uint32_t npieces;
	uint32_t used, room; /* used <= room, which is five slots of eight */
	uint32_t mask, shift;
	uint32_t nended; /* of the blocks in use, those that have ended */
};

bool table_open(struct table *t);
void table_free(struct table *t);
static inline struct block *table_block(const struct table *t, uint32_t place)
{
	return &t->pieces[place >> TABLE_PIECE_SHIFT][place % TABLE_PIECE];
}

/* The block that begins, or has begun, at the address; NULL: there was none. */
struct block *table_find(const struct table *t, uint64_t addr);
/* The same, else a new one that has the address and has ended. Others may move when the room is full. NULL: no memory. */
struct block *table_take(struct table *t, uint64_t addr);

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

/* The address's block, as far as tags tell; NULL: there is none. Looks at no block. */
static inline struct block *table_guess(const struct table *t, uint64_t addr)
{
	uint32_t tag = table_tag(addr), at = tag >> t->shift;

	while (t->slots[at].place && t->slots[at].tag != tag)
		at = (at + 1) & t->mask;
	return t->slots[at].place ? table_block(t, t->slots[at].place - 1) : NULL;
}

/* Whether a guess of any time is right. What moved left no address behind. */
static inline bool table_guessed(const struct block *guess, uint64_t addr)
{
	return guess && guess->addr == addr;
}

#endif
