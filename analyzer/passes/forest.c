/* forest.c: see forest.h. All walks have their own stack. */
#include "passes/forest.h"

#include "base/ahead.h"
#include "base/huge.h"
#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

#define AHEAD 8u /* steps between asking for memory and using it */

/* A walk takes three cache misses a block: its place, its references, what is noted of their targets. */
LOOK_AHEAD graph_look_ahead(const struct graph *g, const uint32_t *queue, uint32_t next, uint32_t n,
			    const uint32_t *noted)
{
	if (next + 3 * AHEAD < n)
		__builtin_prefetch(&g->first[queue[next + 3 * AHEAD]]);
	if (next + 2 * AHEAD < n)
		__builtin_prefetch(&g->refs[g->first[queue[next + 2 * AHEAD]]]);
	if (next + AHEAD >= n)
		return;
	uint64_t e = g->first[queue[next + AHEAD]], end = g->first[queue[next + AHEAD] + 1];
	for (unsigned k = 0; k < 8 && e < end; k++, e++)
		__builtin_prefetch(&noted[g->refs[e].to]);
}

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
			pairs[f->n++] = (struct sort_pair){ graph_age(f->subset.graph, i), i };
	bool sorted = pairs && f->by_birth && !sort_pairs(pairs, n);
	for (uint32_t i = 0; sorted && i < n; i++)
		f->by_birth[i] = pairs[i].value;
	free(pairs);
	return sorted ? 0 : -1;
}

/* What a block references in other components is no head. */
static void strike_heads(struct forest *f, uint32_t from)
{
	const struct graph *g = f->subset.graph;
	const uint32_t *component = f->components.of;

	for (uint64_t e = g->first[from]; e < g->first[from + 1]; e++) {
		if (e + AHEAD < g->first[g->heap->nblocks])
			__builtin_prefetch(&component[g->refs[e + AHEAD].to]);
		if (!(f->subset.kinds >> ref_kind(g->refs[e]) & 1))
			continue;
		uint32_t to = component[g->refs[e].to];
		if (to != NO_COMPONENT && to != component[from])
			f->is_head[to] = 0;
	}
}

static int find_heads(struct forest *f)
{
	const struct graph *g = f->subset.graph;
	const struct components *c = &f->components;

	f->is_head = malloc((size_t)c->ncomponents + 1);
	if (!f->is_head)
		return -1;
	memset(f->is_head, 1, c->ncomponents);
	for (uint32_t from = 0; from < g->heap->nblocks; from++) /* in order of memory: the fastest */
		if (c->of[from] != NO_COMPONENT)
			strike_heads(f, from);
	return 0;
}

/* Counts with head `c` all that it reaches and no older head did. */
static void claim(struct forest *f, uint32_t c, uint32_t start, uint32_t *queue)
{
	const struct graph *g = f->subset.graph;
	uint32_t next = 0, n = 0;

	f->head[start] = c;
	queue[n++] = start;
	while (next < n) {
		graph_look_ahead(g, queue, next, n, f->head);
		uint32_t from = queue[next++];
		for (uint64_t e = g->first[from]; e < g->first[from + 1]; e++) {
			struct ref r = g->refs[e];
			if (f->head[r.to] != NO_COMPONENT || !subset_follows(&f->subset, r))
				continue;
			f->head[r.to] = c;
			queue[n++] = r.to;
		}
	}
}

static int claim_all(struct forest *f)
{
	size_t bytes = ((size_t)f->subset.graph->heap->nblocks + 1) * sizeof *f->head;
	uint32_t *queue = malloc(((size_t)f->n + 1) * sizeof *queue);

	f->head = huge_pages(malloc(bytes), bytes);
	if (!queue || !f->head) {
		free(queue);
		return -1;
	}
	memset(f->head, 0xff, bytes); /* NO_COMPONENT */
	for (uint32_t i = 0; i < f->n; i++) {
		uint32_t c = f->components.of[f->by_birth[i]];
		if (f->is_head[c] && f->head[f->by_birth[i]] == NO_COMPONENT)
			claim(f, c, f->by_birth[i], queue);
	}
	free(queue);
	return 0;
}

int forest_build(struct forest *f, const struct subset *s)
{
	*f = (struct forest){ .subset = *s };
	if (sort_by_birth(f) || components_find(&f->components, s, f->by_birth, f->n) || find_heads(f))
		return -1;
	return claim_all(f);
}

int forest_borrow(struct forest *f, const struct subset *s, const struct components *components,
		  uint32_t *head)
{
	*f = (struct forest){ .subset = *s, .components = *components, .head = head };
	f->n = components->first[components->ncomponents];
	return find_heads(f);
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
		uint32_t component = f->components.of[g->refs[e].to];
		if (component == NO_COMPONENT || !(f->subset.kinds >> ref_kind(g->refs[e]) & 1))
			continue;
		uint32_t *to = &labels[component];
		if (*to == NO_LABEL)
			*to = labels[own];
		else if (*to != labels[own])
			*to = MANY_LABELS;
	}
}

LOOK_AHEAD spread_look_ahead(const struct forest *f, uint32_t i)
{
	const struct graph *g = f->subset.graph;
	const uint32_t *members = f->components.members;

	if (i >= 3 * AHEAD)
		__builtin_prefetch(&g->first[members[i - 3 * AHEAD]]);
	if (i >= 2 * AHEAD)
		__builtin_prefetch(&g->refs[g->first[members[i - 2 * AHEAD]]]);
	if (i < AHEAD)
		return;
	uint64_t e = g->first[members[i - AHEAD]], end = g->first[members[i - AHEAD] + 1];
	for (unsigned k = 0; k < 8 && e < end; k++, e++)
		__builtin_prefetch(&f->components.of[g->refs[e].to]);
}

/* References lead from higher to lower components, so one sweep down meets each after all that reach it. */
void forest_spread(const struct forest *f, uint32_t *labels)
{
	const struct components *c = &f->components;

	for (uint32_t i = f->n; i-- > 0;) {
		spread_look_ahead(f, i);
		spread_from(f, labels, c->members[i]);
	}
}
