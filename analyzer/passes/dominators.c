/* dominators.c: semi-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", 2005), with
 * stacks of its own: a list may be millions of blocks long.
 *
 * All after the first walk happens in preorder numbers: a node's number is its place in the walk, and smaller
 * numbers are nearer to the roots. */
#include "passes/dominators.h"

#include "base/ahead.h"
#include "base/huge.h"
#include "passes/forest.h"

#include <stdlib.h>
#include <string.h>

#define UNMET UINT32_MAX

struct walk {
	struct dominators *d;
	uint64_t *group_first; /* ngroups + 1 into group_to */
	uint32_t *group_to; /* blocks that a group's words point at */
	uint32_t *entries; /* lost blocks that hang on the top */
	uint32_t nentries;

	uint32_t *order; /* number -> node */
	uint32_t *number; /* node -> number, UNMET */
	uint32_t *parent; /* number -> number; path compression shortens it */
	uint32_t met; /* nodes met so far */

	uint64_t *pred_first; /* met + 1 into pred */
	uint32_t *pred; /* numbers */
	uint32_t *label, *semi, *idom; /* by number */
	uint32_t *stack;
	uint64_t *cursor; /* of the first walk's stack: the next reference to look at */
};

static void *take(size_t n, size_t size)
{
	void *memory = malloc((n + 1) * size);

	return huge_pages(memory, n * size);
}

/* ---- successors -------------------------------------------------------------------------------------- */

static bool owns(enum ref_kind kind)
{
	return KINDS_OWNING >> kind & 1;
}

static bool is_lost(const struct classes *c, uint32_t block)
{
	return c->of[block] <= CLASS_INDIRECT;
}

/* What is lost keeps nothing alive that is not. */
static bool holds(const struct classes *c, uint32_t block, struct ref r)
{
	return owns(ref_kind(r)) && (is_lost(c, r.to) || !is_lost(c, block));
}

/* Root words by group: counting sort, so that each group's are in order. */
static int sort_groups(struct walk *w)
{
	const struct graph *g = w->d->classes->graph;
	const struct root_groups *groups = &w->d->groups;

	w->group_first = calloc((size_t)groups->n + 2, sizeof *w->group_first);
	w->group_to = take(g->nroot_refs, sizeof *w->group_to);
	if (!w->group_first || !w->group_to)
		return -1;
	uint64_t *place = w->group_first + 1;
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		if (owns(g->root_refs[i].kind))
			place[groups->of[i] + 1]++;
	for (uint32_t k = 1; k <= groups->n; k++)
		place[k] += place[k - 1];
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		if (owns(g->root_refs[i].kind))
			w->group_to[place[groups->of[i]]++] = g->root_refs[i].to;
	return 0;
}

/* The oldest member of each component that is a leak's head. */
static int list_entries(struct walk *w)
{
	const struct components *c = &w->d->classes->components;

	w->entries = take(c->ncomponents, sizeof *w->entries);
	if (!w->entries)
		return -1;
	for (uint32_t k = 0; k < c->ncomponents; k++) {
		uint32_t oldest = c->members[c->first[k]];
		if (w->d->classes->of[oldest] != CLASS_INDIRECT)
			w->entries[w->nentries++] = oldest;
	}
	return 0;
}

/* The k-th successor of a node, in its own counting; false when there are no more. `*k` moves past what does not
 * own. */
static bool successor(const struct walk *w, uint32_t node, uint64_t *k, uint32_t *to)
{
	const struct dominators *d = w->d;
	const struct graph *g = d->classes->graph;

	if (node == NODE_TOP) {
		if (*k >= (uint64_t)d->groups.n + w->nentries)
			return false;
		*to = *k < d->groups.n ? node_of_group((uint32_t)*k)
				       : node_of_block(d, w->entries[*k - d->groups.n]);
		(*k)++;
		return true;
	}
	if (!node_is_block(d, node)) {
		if (w->group_first[node - 1] + *k >= w->group_first[node])
			return false;
		*to = node_of_block(d, w->group_to[w->group_first[node - 1] + (*k)++]);
		return true;
	}
	uint32_t block = block_of_node(d, node);
	for (uint64_t e = g->first[block] + *k; e < g->first[block + 1]; e++, (*k)++)
		if (holds(d->classes, block, g->refs[e])) {
			(*k)++;
			*to = node_of_block(d, g->refs[e].to);
			return true;
		}
	return false;
}

/* ---- the walk ---------------------------------------------------------------------------------------- */

static void meet(struct walk *w, uint32_t node, uint32_t parent)
{
	w->number[node] = w->met;
	w->order[w->met] = node;
	w->parent[w->met] = parent;
	w->met++;
}

/* Depth first from the top. */
static void walk_all(struct walk *w)
{
	uint32_t depth = 0;

	meet(w, NODE_TOP, 0);
	w->stack[0] = 0;
	w->cursor[0] = 0;
	for (;;) {
		uint32_t at = w->stack[depth], to;

		if (!successor(w, w->order[at], &w->cursor[depth], &to)) {
			if (!depth--)
				return;
		} else if (w->number[to] == UNMET) {
			meet(w, to, at);
			depth++;
			w->stack[depth] = w->met - 1;
			w->cursor[depth] = 0;
		}
	}
}

/* Who points at each number, by counting; in numbers, so that what follows runs through memory in order. */
static int list_predecessors(struct walk *w)
{
	uint32_t to;
	size_t bytes = ((size_t)w->met + 2) * sizeof *w->pred_first;

	w->pred_first = huge_pages(calloc(1, bytes), bytes);
	if (!w->pred_first)
		return -1;
	uint64_t *place = w->pred_first + 1;
	for (uint32_t i = 0; i < w->met; i++)
		for (uint64_t k = 0; successor(w, w->order[i], &k, &to);)
			place[w->number[to] + 1]++;
	for (uint32_t i = 1; i <= w->met; i++)
		place[i] += place[i - 1];
	w->pred = take(place[w->met], sizeof *w->pred);
	if (!w->pred)
		return -1;
	for (uint32_t i = 0; i < w->met; i++)
		for (uint64_t k = 0; successor(w, w->order[i], &k, &to);)
			w->pred[place[w->number[to]]++] = i;
	return 0;
}

/* ---- semi-dominators --------------------------------------------------------------------------------- */

/* The number of least semi-dominator on the way from v up to, and without, what is not linked yet. */
static uint32_t eval(struct walk *w, uint32_t v, uint32_t linked)
{
	uint32_t depth = 0;

	if (w->parent[v] < linked)
		return w->label[v];
	for (; w->parent[v] >= linked; v = w->parent[v])
		w->stack[depth++] = v;
	uint32_t above = v, best = w->label[v];
	while (depth) {
		v = w->stack[--depth];
		w->parent[v] = w->parent[above];
		if (w->semi[best] < w->semi[w->label[v]])
			w->label[v] = best;
		else
			best = w->label[v];
		above = v;
	}
	return w->label[v];
}

static void find_semi(struct walk *w)
{
	for (uint32_t i = w->met; i-- > 1;) {
		uint32_t semi = w->parent[i];

		for (uint64_t k = w->pred_first[i]; k < w->pred_first[i + 1]; k++) {
			uint32_t s = w->semi[eval(w, w->pred[k], i + 1)];
			semi = s < semi ? s : semi;
		}
		w->semi[i] = semi;
	}
}

/* The nearest common ancestor of a node's semi-dominator and its parent's dominators. */
static void find_idom(struct walk *w)
{
	for (uint32_t i = 1; i < w->met; i++) {
		uint32_t up = w->idom[i];

		while (up > w->semi[i])
			up = w->idom[up];
		w->idom[i] = up;
	}
}

/* ---- the result -------------------------------------------------------------------------------------- */

static void add_retained(const struct walk *w)
{
	struct dominators *d = w->d;

	for (uint32_t i = w->met; i-- > 0;) {
		uint32_t node = w->order[i], above = w->order[w->idom[i]];

		d->idom[node] = above;
		if (node_is_block(d, node)) {
			d->retained[node].blocks++;
			d->retained[node].bytes += d->classes->graph->heap->blocks[block_of_node(d, node)].size;
		}
		if (node == NODE_TOP)
			continue;
		d->retained[above].blocks += d->retained[node].blocks;
		d->retained[above].bytes += d->retained[node].bytes;
	}
}

static int walk_open(struct walk *w)
{
	uint32_t n = w->d->nnodes;

	w->order = take(n, sizeof *w->order);
	w->number = take(n, sizeof *w->number);
	w->parent = take(n, sizeof *w->parent);
	w->stack = take(n, sizeof *w->stack);
	w->cursor = take(n, sizeof *w->cursor);
	if (!w->order || !w->number || !w->parent || !w->stack || !w->cursor)
		return -1;
	memset(w->number, 0xff, n * sizeof *w->number); /* UNMET */
	return sort_groups(w) || list_entries(w) ? -1 : 0;
}

static int semi_open(struct walk *w)
{
	free(w->cursor);
	w->cursor = NULL;
	w->label = take(w->met, sizeof *w->label);
	w->semi = take(w->met, sizeof *w->semi);
	w->idom = take(w->met, sizeof *w->idom);
	if (!w->label || !w->semi || !w->idom)
		return -1;
	for (uint32_t i = 0; i < w->met; i++) {
		w->label[i] = w->semi[i] = i;
		w->idom[i] = w->parent[i];
	}
	return 0;
}

static void walk_close(struct walk *w)
{
	free(w->group_first);
	free(w->group_to);
	free(w->entries);
	free(w->order);
	free(w->number);
	free(w->parent);
	free(w->pred_first);
	free(w->pred);
	free(w->label);
	free(w->semi);
	free(w->idom);
	free(w->stack);
	free(w->cursor);
}

static int find(struct dominators *d)
{
	struct walk w = { .d = d };
	int failed = walk_open(&w);

	if (!failed) {
		walk_all(&w);
		failed = list_predecessors(&w) || semi_open(&w);
	}
	if (!failed) {
		find_semi(&w);
		find_idom(&w);
		d->idom = take(d->nnodes, sizeof *d->idom);
		d->retained = calloc((size_t)d->nnodes + 1, sizeof *d->retained);
		failed = !d->idom || !d->retained;
	}
	if (!failed)
		add_retained(&w);
	walk_close(&w);
	return failed ? -1 : 0;
}

int dominators_find(struct dominators *d, const struct classes *c, const struct root_groups *groups,
		    struct err *err)
{
	*d = (struct dominators){ .classes = c, .groups = *groups };
	d->nnodes = 1 + groups->n + c->graph->heap->nblocks;
	if (!find(d))
		return 0;
	dominators_free(d);
	return fail(err, "not enough memory for the dominators of %u blocks", c->graph->heap->nblocks);
}

void dominators_free(struct dominators *d)
{
	free(d->idom);
	free(d->retained);
	*d = (struct dominators){ 0 };
}

/* ---- questions --------------------------------------------------------------------------------------- */

bool dominates(const struct dominators *d, uint32_t above, uint32_t node)
{
	while (node != above && node != NODE_TOP)
		node = d->idom[node];
	return node == above;
}

static bool is_held_by_others(const struct dominators *d, uint32_t from, uint32_t block)
{
	const struct graph *g = d->classes->graph;
	uint32_t node = node_of_block(d, block);

	for (uint64_t i = 0; i < g->nroot_refs; i++)
		if (g->root_refs[i].to == block && owns(g->root_refs[i].kind) &&
		    node_of_group(d->groups.of[i]) != from)
			return true;
	for (uint32_t b = 0; b < g->heap->nblocks; b++)
		for (uint64_t e = g->first[b]; e < g->first[b + 1]; e++)
			if (g->refs[e].to == block && holds(d->classes, b, g->refs[e]) &&
			    node_of_block(d, b) != from && !dominates(d, node, node_of_block(d, b)))
				return true;
	return false;
}

struct sum dominators_cut(const struct dominators *d, uint32_t from, uint32_t block)
{
	return is_held_by_others(d, from, block) ? (struct sum){ 0, 0 } : d->retained[node_of_block(d, block)];
}
