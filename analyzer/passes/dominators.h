/* dominators.h: who keeps what alive. A block's dominator is the nearest block or root without which nothing would
 * reach it; what a block retains is all that would be freed with it.
 *
 * Nodes: 0 is above all roots; 1 .. ngroups are groups of root words that the caller chose (a variable, a stack);
 * then the blocks. Lost blocks hang on the oldest member of each head, and hold only each other. References of all
 * owning kinds count, vague ones too: what is retained is never promised too much. */
#ifndef LG_PASSES_DOMINATORS_H
#define LG_PASSES_DOMINATORS_H

#include "passes/passes.h"

/* Root words that are one holder to the reader. */
struct root_groups {
	const uint32_t *of; /* nroot_refs: 0 .. n - 1 */
	uint32_t n;
	const struct scoped_ref *scoped; /* by ref; NULL: none */
	size_t nscoped;
};

/* A reference out of a block that is a holder of its own, and not the block's: a global variable of an interpreter's. */
struct scoped_ref {
	uint64_t ref; /* its number in the graph */
	uint32_t block, group;
};

#define NODE_TOP 0u

struct dominators {
	const struct classes *classes; /* with its graph */
	struct root_groups groups; /* borrowed */
	uint32_t nnodes;
	uint32_t *idom; /* nnodes: the dominator's node */
	struct sum *retained; /* nnodes: itself (if a block) and all that it dominates */
};

static inline uint32_t node_of_group(uint32_t group)
{
	return 1 + group;
}
static inline uint32_t node_of_block(const struct dominators *d, uint32_t block)
{
	return 1 + d->groups.n + block;
}
static inline bool node_is_block(const struct dominators *d, uint32_t node)
{
	return node > d->groups.n;
}
static inline uint32_t block_of_node(const struct dominators *d, uint32_t node)
{
	return node - 1 - d->groups.n;
}

int dominators_find(struct dominators *d, const struct classes *c, const struct root_groups *groups,
		    struct err *err);
void dominators_free(struct dominators *d);

/* Does `above` dominate `node`, or is it the same? */
bool dominates(const struct dominators *d, uint32_t above, uint32_t node);

/* The only node that holds the block, but for those that it holds itself: what the block retains would be freed if that let
 * go. NODE_TOP: there is none, or more than one. No reference may be scoped. */
uint32_t dominators_sole_owner(const struct dominators *d, uint32_t block);

#endif
