/* forest.c: see forest.h. All walks have their own stack. */
#include "passes/forest.h"

#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

static int sort_by_birth(struct forest *f)
{
	const struct heap *h = f->subset.graph->heap;
	uint32_t n = 0;

	for (uint32_t i = 0; i < h->nblocks; i++)
		n += subset_has(&f->subset, i);
	struct sort_pair *pairs = malloc(((size_t)n + 1) * sizeof *pairs);
	f->by_birth = malloc(((size_t)n + 1) * sizeof *f->by_birth);
	for (uint32_t i = 0; pairs && i < h->nblocks; i++)
		if (subset_has(&f->subset, i))
			pairs[f->n++] = (struct sort_pair){ h->blocks[i].birth, i };
	bool sorted = pairs && f->by_birth && !sort_pairs(pairs, n);
	for (uint32_t i = 0; sorted && i < n; i++)
		f->by_birth[i] = pairs[i].value;
	free(pairs);
	return sorted ? 0 : -1;
}

static int find_heads(struct forest *f)
{
	const struct graph *g = f->subset.graph;
	const struct components *c = &f->components;

	f->is_head = malloc((size_t)c->ncomponents + 1);
	if (!f->is_head)
		return -1;
	memset(f->is_head, 1, c->ncomponents);
	for (uint32_t i = 0; i < f->n; i++) {
		uint32_t from = f->by_birth[i];
		for (uint64_t e = g->first[from]; e < g->first[from + 1]; e++)
			if (subset_follows(&f->subset, g->refs[e]) && c->of[g->refs[e].to] != c->of[from])
				f->is_head[c->of[g->refs[e].to]] = 0;
	}
	return 0;
}

/* Counts with head `c` all that it reaches and no older head did. */
static void claim(struct forest *f, uint32_t c, uint32_t start, uint32_t *stack)
{
	const struct graph *g = f->subset.graph;
	uint32_t n = 0;

	f->head[start] = c;
	stack[n++] = start;
	while (n) {
		uint32_t from = stack[--n];
		for (uint64_t e = g->first[from]; e < g->first[from + 1]; e++) {
			struct ref r = g->refs[e];
			if (!subset_follows(&f->subset, r) || f->head[r.to] != NO_COMPONENT)
				continue;
			f->head[r.to] = c;
			stack[n++] = r.to;
		}
	}
}

static int claim_all(struct forest *f)
{
	uint32_t nblocks = f->subset.graph->heap->nblocks;
	uint32_t *stack = malloc(((size_t)f->n + 1) * sizeof *stack);

	f->head = malloc(((size_t)nblocks + 1) * sizeof *f->head);
	if (!stack || !f->head) {
		free(stack);
		return -1;
	}
	memset(f->head, 0xff, (size_t)nblocks * sizeof *f->head); /* NO_COMPONENT */
	for (uint32_t i = 0; i < f->n; i++) {
		uint32_t c = f->components.of[f->by_birth[i]];
		if (f->is_head[c] && f->head[f->by_birth[i]] == NO_COMPONENT)
			claim(f, c, f->by_birth[i], stack);
	}
	free(stack);
	return 0;
}

int forest_build(struct forest *f, const struct subset *s)
{
	*f = (struct forest){ .subset = *s };
	if (sort_by_birth(f) || components_find(&f->components, s, f->by_birth, f->n) || find_heads(f))
		return -1;
	return claim_all(f);
}

int forest_borrow(struct forest *f, const struct subset *s, const struct components *components, uint32_t *head)
{
	*f = (struct forest){ .subset = *s, .components = *components, .head = head };
	return sort_by_birth(f) || find_heads(f) ? -1 : 0;
}

void forest_free(struct forest *f)
{
	free(f->by_birth);
	components_free(&f->components);
	free(f->is_head);
	free(f->head);
	*f = (struct forest){ 0 };
}

bool component_is_cycle(const struct forest *f, uint32_t component)
{
	const struct components *c = &f->components;
	const struct graph *g = f->subset.graph;
	uint32_t block = c->members[c->first[component]];

	if (component_size(c, component) > 1)
		return true;
	for (uint64_t e = g->first[block]; e < g->first[block + 1]; e++)
		if (g->refs[e].to == block && ref_kind_is_strong(ref_kind(g->refs[e])))
			return true;
	return false;
}

static void spread_from(const struct forest *f, uint32_t *labels, uint32_t from)
{
	const struct graph *g = f->subset.graph;
	uint32_t own = f->components.of[from];

	for (uint64_t e = g->first[from]; e < g->first[from + 1]; e++) {
		if (!subset_follows(&f->subset, g->refs[e]))
			continue;
		uint32_t *to = &labels[f->components.of[g->refs[e].to]];
		if (*to == NO_LABEL)
			*to = labels[own];
		else if (*to != labels[own])
			*to = MANY_LABELS;
	}
}

/* References lead from higher to lower components, so one sweep down meets each after all that reach it. */
void forest_spread(const struct forest *f, uint32_t *labels)
{
	const struct components *c = &f->components;

	for (uint32_t k = c->ncomponents; k-- > 0;)
		for (uint32_t i = c->first[k]; i < c->first[k + 1]; i++)
			spread_from(f, labels, c->members[i]);
}
