/* index.h: which block does a word point at? Two cache lines an answer.
 *
 * The address space is cut into cells of 512 bytes; a cell holds one bit for every eight bytes, set where a block
 * starts, and the number of blocks that start before the cell. So a block's number is one popcount away. Cells lie in
 * leaves of 256 KiB, leaves in branches of 1 GiB; inside a large block a leaf or branch is replaced by a link that
 * names the block, so that no size costs memory. */
#ifndef LG_HEAP_INDEX_H
#define LG_HEAP_INDEX_H

#include "heap/heap.h"

#define CELL_SHIFT 9
#define LEAF_SHIFT 18
#define BRANCH_SHIFT 30
#define LEAF_CELLS (1u << (LEAF_SHIFT - CELL_SHIFT))
#define BRANCH_LEAVES (1u << (BRANCH_SHIFT - LEAF_SHIFT))

struct cell {
	uint64_t starts;
	uint32_t before; /* blocks that start before this cell */
};
struct leaf {
	struct cell cells[LEAF_CELLS];
};

/* 0: no block here; odd: (number of the one block that covers it all) << 1 | 1; else a pointer. */
typedef uintptr_t index_link;

struct branch {
	index_link leaves[BRANCH_LEAVES];
};

struct block_index {
	const struct block *blocks;
	uint64_t low, high; /* first byte of the first block; end of the last, inclusive */
	uint64_t first_branch; /* low >> BRANCH_SHIFT */
	size_t nbranches;
	index_link *branches;
};

int index_build(struct block_index *x, const struct heap *h); /* -1: out of memory */
void index_free(struct block_index *x);

/* The last block that starts at or before `addr`, if addr may lie in it or at its end; else NO_BLOCK.
 * `addr` lies within low .. high. */
static inline const struct cell *index_cell(const struct block_index *x, uint64_t addr, uint32_t *whole)
{
	index_link link = x->branches[(addr >> BRANCH_SHIFT) - x->first_branch];

	*whole = NO_BLOCK;
	if (link && !(link & 1))
		link = ((const struct branch *)link)->leaves[addr >> LEAF_SHIFT & (BRANCH_LEAVES - 1)];
	if (link & 1)
		*whole = (uint32_t)(link >> 1);
	else if (link)
		return &((const struct leaf *)link)->cells[addr >> CELL_SHIFT & (LEAF_CELLS - 1)];
	return NULL;
}

static inline uint32_t cell_block(const struct cell *cell, uint64_t addr)
{
	uint64_t upto = ~0ULL >> (63 - (addr >> 3 & 63));

	return cell->before + (uint32_t)__builtin_popcountll(cell->starts & upto) - 1; /* wraps to NO_BLOCK */
}

#endif
