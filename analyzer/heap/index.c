/* index.c: see index.h. */
#include "heap/index.h"

#include <stdlib.h>

static uint64_t last_byte(const struct block *b)
{
	return b->addr + b->size; /* inclusive: one past the end is a reference too */
}

static struct branch *branch_at(struct block_index *x, uint64_t addr)
{
	index_link *link = &x->branches[(addr >> BRANCH_SHIFT) - x->first_branch];

	if (!*link || *link & 1) {
		struct branch *fresh = calloc(1, sizeof *fresh);
		if (!fresh)
			return NULL;
		*link = (index_link)fresh;
	}
	return (struct branch *)*link;
}

/* Makes the leaf if there is none. `before`: blocks that start before the leaf. */
static struct leaf *leaf_at(struct block_index *x, uint64_t addr, uint32_t before)
{
	struct branch *branch = branch_at(x, addr);

	if (!branch)
		return NULL;
	index_link *link = &branch->leaves[addr >> LEAF_SHIFT & (BRANCH_LEAVES - 1)];
	if (!*link || *link & 1) {
		struct leaf *fresh = calloc(1, sizeof *fresh);
		if (!fresh)
			return NULL;
		for (uint32_t i = 0; i < LEAF_CELLS; i++)
			fresh->cells[i].before = before;
		*link = (index_link)fresh;
	}
	return (struct leaf *)*link;
}

/* Links the whole leaves and branches inside a large block to it. */
static bool fill_inside(struct block_index *x, uint32_t number, uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to;) {
		index_link inside = (index_link)number << 1 | 1;

		if (at % (1ULL << BRANCH_SHIFT) == 0 && to - at >= 1ULL << BRANCH_SHIFT) {
			x->branches[(at >> BRANCH_SHIFT) - x->first_branch] = inside;
			at += 1ULL << BRANCH_SHIFT;
			continue;
		}
		struct branch *branch = branch_at(x, at);
		if (!branch)
			return false;
		branch->leaves[at >> LEAF_SHIFT & (BRANCH_LEAVES - 1)] = inside;
		at += 1ULL << LEAF_SHIFT;
	}
	return true;
}

/* Sets the block's start, and moves on the count of every later cell of the leaf. The leaves a block reaches exist
 * afterwards; blocks come in order of address, so `before` is right in fresh ones. */
static bool index_block(struct block_index *x, uint32_t number)
{
	const struct block *b = &x->blocks[number];
	uint64_t first = b->addr >> LEAF_SHIFT, last = last_byte(b) >> LEAF_SHIFT;
	struct leaf *leaf = leaf_at(x, b->addr, number);

	if (!leaf)
		return false;
	leaf->cells[b->addr >> CELL_SHIFT & (LEAF_CELLS - 1)].starts |= 1ULL << (b->addr >> 3 & 63);
	if (last == first)
		return true;
	return fill_inside(x, number, (first + 1) << LEAF_SHIFT, last << LEAF_SHIFT) &&
	       leaf_at(x, last << LEAF_SHIFT, number + 1);
}

/* Once all starts are set: the blocks before each cell. */
static void count_cells(struct leaf *leaf)
{
	uint32_t before = leaf->cells[0].before;

	for (uint32_t i = 0; i < LEAF_CELLS; i++) {
		leaf->cells[i].before = before;
		before += (uint32_t)__builtin_popcountll(leaf->cells[i].starts);
	}
}

static void each_leaf(struct block_index *x, void (*visit)(struct leaf *))
{
	for (size_t i = 0; i < x->nbranches; i++) {
		struct branch *branch = (struct branch *)x->branches[i];

		if (!branch || x->branches[i] & 1)
			continue;
		for (uint32_t k = 0; k < BRANCH_LEAVES; k++)
			if (branch->leaves[k] && !(branch->leaves[k] & 1))
				visit((struct leaf *)branch->leaves[k]);
	}
}

int index_build(struct block_index *x, const struct heap *h)
{
	*x = (struct block_index){ .blocks = h->blocks, .low = 1 };
	if (!h->nblocks)
		return 0;
	x->low = h->blocks[0].addr;
	x->high = last_byte(&h->blocks[h->nblocks - 1]);
	x->first_branch = x->low >> BRANCH_SHIFT;
	x->nbranches = (size_t)((x->high >> BRANCH_SHIFT) - x->first_branch + 1);
	x->branches = calloc(x->nbranches, sizeof *x->branches);
	if (!x->branches)
		return -1;
	for (uint32_t i = 0; i < h->nblocks; i++)
		if (!index_block(x, i))
			return -1;
	each_leaf(x, count_cells);
	return 0;
}

static void free_leaf(struct leaf *leaf)
{
	free(leaf);
}

void index_free(struct block_index *x)
{
	if (!x->branches)
		return;
	each_leaf(x, free_leaf);
	for (size_t i = 0; i < x->nbranches; i++)
		if (!(x->branches[i] & 1))
			free((void *)x->branches[i]);
	free(x->branches);
	*x = (struct block_index){ 0 };
}
