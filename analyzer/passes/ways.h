/* ways.h: all ways on from roots and blocks, laid out for a walk that goes everywhere: what it asks of a node lies
 * together, so that each step waits for memory once. */
#ifndef LG_PASSES_WAYS_H
#define LG_PASSES_WAYS_H

#include "passes/dominators.h"

/* What lost blocks hold on to keeps nothing alive that is not lost. */
bool leads_on(const struct classes *c, uint32_t block, struct ref r);

struct stop {
	uint32_t number; /* in the order of the walk; UNMET before */
	uint32_t
	    least; /* before: how many ways lead on; then the least number of those above it that lead here */
	uint32_t to[]; /* places; room for all that the block refers to */
};
#define UNMET UINT32_MAX
#define STOP_WORDS (sizeof(struct stop) / sizeof(uint32_t))

/* Of the nodes of dominators.h. A place is where a node's stop begins, in words. */
struct ways {
	const struct dominators *d; /* borrowed */
	uint32_t *words; /* stops of the top, of the groups, of the blocks */
	uint64_t groups_at, blocks_at; /* places of the first group and block */
	uint64_t *group_first; /* ngroups + 1: words of all groups before */
	uint64_t nwords, nways;
};

static inline struct stop *ways_stop(const struct ways *w, uint32_t place)
{
	return (struct stop *)(w->words + place);
}

static inline uint32_t ways_block(const struct ways *w, uint32_t block)
{
	return (uint32_t)(w->blocks_at + STOP_WORDS * block + w->d->classes->graph->first[block]);
}

/* 0, or -1: not enough memory. */
int ways_build(struct ways *w, const struct dominators *d);
void ways_free(struct ways *w); /* safe on a zeroed or half-built one */

/* Of all that were met, by number: the node, and the least that leads there. */
void ways_list_met(const struct ways *w, uint32_t *nodes, uint32_t *least);

#endif
