/* unsure.c: see unsure.h.
 *
 * What sure references reach from the roots is held. All else is in doubt: there an object that live words point at, all
 * of them in doubt, may be owned by lost blocks alone. It cannot where more live words point at it than it counts weak
 * ones, or where no lost block points at it: its owner is alive then. So it is held too, with what it reaches, until
 * nothing changes. Every cycle that the words in doubt can hide is in what remains. */
#include "passes/unsure.h"

#include <stdlib.h>

#define ROUNDS_MAX 64u /* what is not settled then stays in doubt */

/* Who points at a block that is not held. */
struct pointed {
	uint32_t steady; /* live words, but those of stacks and registers, which may be left over */
	uint32_t others; /* these */
	uint32_t lost; /* words of blocks that are not held */
};

struct doubt {
	const struct graph *graph;
	const struct models *models;
	uint8_t *is_held; /* nblocks */
	struct pointed *by; /* nblocks */
	uint32_t *queue; /* nblocks */
	uint32_t head, tail;
};

static void hold(struct doubt *d, uint32_t block)
{
	if (!d->is_held[block])
		d->queue[d->tail++] = block;
	d->is_held[block] = true;
}

/* What is held holds what it surely refers to. */
static void spread(struct doubt *d)
{
	const struct graph *g = d->graph;

	for (; d->head < d->tail; d->head++) {
		uint32_t from = d->queue[d->head];

		for (uint64_t e = g->first[from]; e < g->first[from + 1]; e++)
			if (ref_kind_is_strong(ref_kind(g->refs[e])) && !d->is_held[g->refs[e].to] &&
			    !models_may_be_weak(d->models, from,
						g->heap->blocks[from].addr + ref_offset(g->refs[e]),
						g->refs[e].to))
				hold(d, g->refs[e].to);
	}
}

static bool root_holds(const struct graph *g, const struct root_ref *r)
{
	return ref_kind_is_strong((enum ref_kind)r->kind) && !root_kind_is_weak(g->regions[r->region].kind);
}

static void hold_by_roots(struct doubt *d)
{
	const struct graph *g = d->graph;

	for (uint64_t i = 0; i < g->nroot_refs; i++) {
		const struct root_ref *r = &g->root_refs[i];
		enum root_kind kind = g->regions[r->region].kind;

		if (root_holds(g, r) && (!root_kind_has_memory(kind) || kind == ROOT_REGISTER ||
					 !models_may_be_weak(d->models, NO_BLOCK, r->at, r->to)))
			hold(d, r->to);
	}
	spread(d);
}

static void count_roots(struct doubt *d)
{
	const struct graph *g = d->graph;

	for (uint64_t i = 0; i < g->nroot_refs; i++) {
		const struct root_ref *r = &g->root_refs[i];

		if (!root_holds(g, r))
			continue;
		if (models_doubt_root(d->models, r))
			d->by[r->to].others++;
		else
			d->by[r->to].steady++;
	}
}

static void count_blocks(struct doubt *d)
{
	const struct graph *g = d->graph;

	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		for (uint64_t e = g->first[i]; e < g->first[i + 1]; e++) {
			struct pointed *by = &d->by[g->refs[e].to];

			if (ref_kind_is_strong(ref_kind(g->refs[e])))
				*(d->is_held[i] ? &by->steady : &by->lost) += 1;
		}
}

/* Whether lost blocks alone may own an object that live words point at. */
static bool may_be_lost(const struct doubt *d, uint32_t block)
{
	const struct pointed *by = &d->by[block];
	struct object o;

	return by->lost && models_object(d->models, block, &o) && by->steady <= (uint64_t)o.weak_count;
}

/* Whether any more is held now. */
static bool settle(struct doubt *d)
{
	uint32_t before = d->tail, n = d->graph->heap->nblocks;

	for (uint32_t i = 0; i < n; i++)
		d->by[i] = (struct pointed){ 0 };
	count_roots(d);
	count_blocks(d);
	for (uint32_t i = 0; i < n; i++)
		if (!d->is_held[i] && d->by[i].steady + d->by[i].others && !may_be_lost(d, i))
			hold(d, i);
	spread(d);
	return d->tail != before;
}

static void add_up(struct sum *unsure, const struct doubt *d, const struct classes *c)
{
	for (uint32_t i = 0; i < d->graph->heap->nblocks; i++)
		if (c->of[i] == CLASS_REACHABLE && !d->is_held[i])
			heap_add(unsure, d->graph->heap, i);
}

int unsure_find(struct sum *unsure, const struct classes *c, const struct models *m)
{
	struct doubt d = { .graph = c->graph, .models = m };
	size_t n = (size_t)c->graph->heap->nblocks + 1;

	*unsure = (struct sum){ 0 };
	if (!models_doubt_kinds(m))
		return 0;
	d.is_held = calloc(n, 1);
	d.by = malloc(n * sizeof *d.by);
	d.queue = malloc(n * sizeof *d.queue);
	int failed = !d.is_held || !d.by || !d.queue;
	if (!failed) {
		hold_by_roots(&d);
		for (unsigned round = 0; round < ROUNDS_MAX && settle(&d);)
			round++;
		add_up(unsure, &d, c);
	}
	free(d.is_held);
	free(d.by);
	free(d.queue);
	return failed ? -1 : 0;
}
