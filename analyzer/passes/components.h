/* components.h: the strongly connected components of a subset of the blocks. Depth may be the number of blocks. */
#ifndef LG_PASSES_COMPONENTS_H
#define LG_PASSES_COMPONENTS_H

#include "heap/heap.h"

#define NO_COMPONENT UINT32_MAX

/* The blocks whose class lies in low .. high, and their references of the kinds in the mask. */
struct subset {
	const struct graph *graph;
	const uint8_t *of; /* nblocks: enum leak_class */
	uint8_t low, high;
	uint8_t kinds; /* 1 << enum ref_kind, or-ed */
};

static inline bool subset_has(const struct subset *s, uint32_t block)
{
	return s->of[block] >= s->low && s->of[block] <= s->high;
}

static inline bool subset_follows(const struct subset *s, struct ref r)
{
	return s->kinds >> ref_kind(r) & 1 && subset_has(s, r.to);
}

struct components {
	uint32_t *of; /* nblocks: component of a block; NO_COMPONENT outside the subset */
	uint32_t *first; /* ncomponents + 1 into members */
	uint32_t *members; /* blocks, grouped by component, by birth within */
	uint32_t ncomponents; /* numbered so that references go from higher to lower numbers */
};

static inline uint32_t component_size(const struct components *c, uint32_t component)
{
	return c->first[component + 1] - c->first[component];
}

/* by_birth: the n blocks of the subset, oldest first. -1: out of memory; free it in any case. */
int components_find(struct components *c, const struct subset *s, const uint32_t *by_birth, uint32_t n);
void components_free(struct components *c);

#endif
