/* forest.h: a subset of the blocks as what hangs on what: components, the heads that nothing else in the subset
 * references, and which head each block is counted with. Used for the lost blocks and for the possible ones. */
#ifndef LG_PASSES_FOREST_H
#define LG_PASSES_FOREST_H

#include "passes/passes.h"

#define NO_LABEL UINT32_MAX
#define MANY_LABELS (UINT32_MAX - 1)

struct forest {
	struct subset subset;
	uint32_t *by_birth; /* the subset's blocks, oldest first; NULL in a borrowed forest */
	uint32_t n; /* blocks in the subset */
	struct components components;
	uint8_t *is_head; /* ncomponents: nothing else in the subset references it */
	/* nblocks: the component of the oldest head that reaches the block; NO_COMPONENT outside */
	uint32_t *head;
};

int forest_build(struct forest *f, const struct subset *s); /* -1: out of memory; free it in any case */
/* The forest around components and heads that are there already; they stay their owner's. */
int forest_borrow(struct forest *f, const struct subset *s, const struct components *components,
		  uint32_t *head);
void forest_free(struct forest *f);

/* Two blocks or more, or one whose start it references itself. References into its own inside are no cycle: a short
 * std::string, an empty list head. */
bool component_is_cycle(const struct forest *f, uint32_t component);

/* labels[ncomponents]: set at heads, NO_LABEL elsewhere. Afterwards each component has the label of all heads that
 * reach it, or MANY_LABELS. */
void forest_spread(const struct forest *f, uint32_t *labels);

#endif
