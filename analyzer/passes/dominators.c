/* dominators.c: semi-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", 2005), with
 * stacks of its own: a list may be millions of blocks long.
 *
 * All after the first walk happens in preorder numbers: a node's number is its place in the walk, and smaller
 * numbers are nearer to the roots. Time goes into cache misses, so references are gone through in order of memory
 * and in batches, and what a climb asks of one number lies together. */
#include "passes/dominators.h"

#include "base/ahead.h"
#include "base/huge.h"

#include <stdlib.h>
#include <string.h>

#define UNMET UINT32_MAX
#define BATCH 64u

/* On the way up. */
struct climb {
	uint32_t parent; /* in the walk's tree; find_semi() shortens the ways */
	uint32_t least; /* semi-dominator on the way shortened so far; before its own is known: its number */
};

struct walk {
	struct dominators *d;
	uint64_t *group_first; /* ngroups + 1 into group_to */
	uint32_t *group_to; /* blocks that a group's words point at */
	uint8_t *is_scope; /* nblocks: it has scoped references; NULL: none has */
	uint32_t *entries; /* lost blocks that hang on the top */
	uint32_t nentries;

	uint32_t *order; /* number -> node */
	uint32_t *number; /* node -> number, UNMET; find_semi() uses it as its stack */
	struct climb *at; /* by number */
	uint32_t *semi; /* by number: its semi-dominator */
	uint32_t *idom; /* by number: its parent in the walk, then its dominator */
	uint32_t met; /* nodes met so far */

	uint64_t *pred_first; /* met + 1 into pred */
	uint32_t *pred; /* numbers */
};

static void *take(size_t n, size_t size)
{
	void *memory = malloc((n + 1) * size);

	return huge_pages(memory, n * size);
}

static void *take_zeroed(size_t n, size_t size)
{
	return huge_pages(calloc(n + 1, size), n * size);
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
	return owns(ref_kind(r)) && (!is_lost(c, block) || is_lost(c, r.to));
}

static int by_ref(const void *left, const void *right)
{
	const struct scoped_ref *a = left, *b = right;

	return a->ref < b->ref ? -1 : a->ref > b->ref;
}

static bool is_scoped(const struct walk *w, uint32_t block, uint64_t ref)
{
	const struct root_groups *groups = &w->d->groups;
	const struct scoped_ref wanted = { .ref = ref };

	return w->is_scope && w->is_scope[block] &&
	       bsearch(&wanted, groups->scoped, groups->nscoped, sizeof wanted, by_ref);
}

/* Whether the block's number-th reference in the graph is a way on from it. */
static bool leads_on(const struct walk *w, uint32_t block, uint64_t ref)
{
	const struct classes *c = w->d->classes;

	return holds(c, block, c->graph->refs[ref]) && !is_scoped(w, block, ref);
}

static int mark_scopes(struct walk *w)
{
	const struct root_groups *groups = &w->d->groups;

	if (!groups->nscoped)
		return 0;
	w->is_scope = calloc((size_t)w->d->classes->graph->heap->nblocks + 1, 1);
	for (size_t i = 0; w->is_scope && i < groups->nscoped; i++)
		w->is_scope[groups->scoped[i].block] = 1;
	return w->is_scope ? 0 : -1;
}

/* The words of all groups, one a call; false: there are no more. */
static bool next_word(const struct walk *w, uint64_t *i, uint32_t *group, uint32_t *to)
{
	const struct graph *g = w->d->classes->graph;
	const struct root_groups *groups = &w->d->groups;

	for (; *i < g->nroot_refs; (*i)++)
		if (owns(g->root_refs[*i].kind)) {
			*group = groups->of[*i];
			*to = g->root_refs[(*i)++].to;
			return true;
		}
	if (*i - g->nroot_refs >= groups->nscoped)
		return false;
	const struct scoped_ref *s = &groups->scoped[(*i)++ - g->nroot_refs];
	*group = s->group;
	*to = g->refs[s->ref].to;
	return true;
}

/* Words by group: counting sort, so that each group's are in order. */
static int sort_groups(struct walk *w)
{
	const struct root_groups *groups = &w->d->groups;
	uint32_t group, to;

	w->group_first = calloc((size_t)groups->n + 2, sizeof *w->group_first);
	w->group_to = take(w->d->classes->graph->nroot_refs + groups->nscoped, sizeof *w->group_to);
	if (!w->group_first || !w->group_to)
		return -1;
	uint64_t *place = w->group_first + 1;
	for (uint64_t i = 0; next_word(w, &i, &group, &to);)
		place[group + 1]++;
	for (uint32_t k = 1; k <= groups->n; k++)
		place[k] += place[k - 1];
	for (uint64_t i = 0; next_word(w, &i, &group, &to);)
		w->group_to[place[group]++] = to;
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

/* The k-th successor of a node in its own counting; false when there are no more. `*k` moves past what does not
 * hold. */
static bool successor(const struct walk *w, uint32_t node, uint32_t *k, uint32_t *to)
{
	const struct dominators *d = w->d;
	const struct graph *g = d->classes->graph;

	if (node == NODE_TOP) {
		if (*k >= d->groups.n + w->nentries)
			return false;
		*to = *k < d->groups.n ? node_of_group(*k) : node_of_block(d, w->entries[*k - d->groups.n]);
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
	for (uint64_t e = g->first[block] + *k; e < g->first[block + 1]; e++) {
		(*k)++;
		if (leads_on(w, block, e)) {
			*to = node_of_block(d, g->refs[e].to);
			return true;
		}
	}
	return false;
}

/* ---- the walk ---------------------------------------------------------------------------------------- */

/* A successor that waits to be met, and the number of who has it. */
struct waiting {
	uint32_t node, parent;
};

struct waiting_stack {
	struct waiting *at; /* room for every edge; memory that is never touched costs nothing */
	size_t n;
};

/* The one on top is needed next, the ones below soon: its number, its place, its references. */
LOOK_AHEAD walk_look_ahead(const struct walk *w, const struct waiting_stack *s)
{
	const struct dominators *d = w->d;
	const struct graph *g = d->classes->graph;

	if (s->n < 8)
		return;
	uint32_t node = s->at[s->n - 8].node;
	__builtin_prefetch(&w->number[node]);
	if (node_is_block(d, node))
		__builtin_prefetch(&g->first[block_of_node(d, node)]);
	node = s->at[s->n - 4].node;
	if (node_is_block(d, node))
		__builtin_prefetch(&g->refs[g->first[block_of_node(d, node)]]);
}

static void meet(struct walk *w, struct waiting_stack *s, struct waiting who)
{
	uint32_t to, i = w->met++;

	w->number[who.node] = i;
	w->order[i] = who.node;
	w->at[i] = (struct climb){ .parent = who.parent, .least = i };
	w->idom[i] = who.parent;
	for (uint32_t k = 0; successor(w, who.node, &k, &to);) {
		__builtin_prefetch(&w->number[to]);
		s->at[s->n++] = (struct waiting){ to, i };
	}
}

/* Depth first from the top: who is met is whoever came last onto the stack, by whom it came. */
static int walk_all(struct walk *w)
{
	const struct graph *g = w->d->classes->graph;
	struct waiting_stack s = { .at = take(g->first[g->heap->nblocks] + g->nroot_refs + w->d->nnodes,
					      sizeof *s.at) };

	if (!s.at)
		return -1;
	s.at[s.n++] = (struct waiting){ NODE_TOP, 0 };
	while (s.n) {
		walk_look_ahead(w, &s);
		struct waiting next = s.at[--s.n];
		if (w->number[next.node] == UNMET)
			meet(w, &s, next);
	}
	free(s.at);
	return 0;
}

/* ---- predecessors ------------------------------------------------------------------------------------ */

/* Edges on their way into the lists, in two steps so that each finds its memory there. */
struct edges {
	uint64_t *place; /* by number */
	uint32_t *pred; /* NULL: only count */
	uint32_t from[BATCH], to[BATCH]; /* numbers; `to` first as a node */
	unsigned n;
};

static void edges_flush(struct walk *w, struct edges *e)
{
	for (unsigned i = 0; i < e->n; i++) {
		e->to[i] = w->number[e->to[i]];
		__builtin_prefetch(&e->place[e->to[i]], 1);
	}
	for (unsigned i = 0; e->pred && i < e->n; i++)
		__builtin_prefetch(&e->pred[e->place[e->to[i]]], 1);
	for (unsigned i = 0; i < e->n; i++) {
		uint64_t place = e->place[e->to[i]]++;
		if (e->pred)
			e->pred[place] = e->from[i];
	}
	e->n = 0;
}

static void edges_add(struct walk *w, struct edges *e, uint32_t from, uint32_t to)
{
	__builtin_prefetch(&w->number[to]);
	e->from[e->n] = from;
	e->to[e->n++] = to;
	if (e->n == BATCH)
		edges_flush(w, e);
}

/* All edges between nodes that were met; of blocks in the order of memory. */
static void edges_all(struct walk *w, struct edges *e)
{
	const struct dominators *d = w->d;
	const struct graph *g = d->classes->graph;
	uint32_t to;

	for (uint32_t node = NODE_TOP; node <= d->groups.n; node++)
		for (uint32_t k = 0; successor(w, node, &k, &to);)
			edges_add(w, e, w->number[node], to);
	for (uint32_t block = 0; block < g->heap->nblocks; block++) {
		uint32_t number = w->number[node_of_block(d, block)];
		if (number == UNMET)
			continue;
		for (uint64_t i = g->first[block]; i < g->first[block + 1]; i++)
			if (leads_on(w, block, i))
				edges_add(w, e, number, node_of_block(d, g->refs[i].to));
	}
	edges_flush(w, e);
}

static int list_predecessors(struct walk *w)
{
	size_t bytes = ((size_t)w->met + 2) * sizeof *w->pred_first;

	w->pred_first = huge_pages(calloc(1, bytes), bytes);
	if (!w->pred_first)
		return -1;
	uint64_t *place = w->pred_first + 1;
	struct edges e = { .place = place + 1 };
	edges_all(w, &e);
	for (uint32_t i = 1; i <= w->met; i++)
		place[i] += place[i - 1];
	w->pred = take(place[w->met], sizeof *w->pred);
	if (!w->pred)
		return -1;
	e.place = place;
	e.pred = w->pred;
	edges_all(w, &e);
	return 0;
}

/* ---- semi-dominators --------------------------------------------------------------------------------- */

/* The least semi-dominator on the way from v up to, and without, the first that is not linked yet. */
static uint32_t eval(struct walk *w, uint32_t v, uint32_t linked)
{
	struct climb *at = w->at;
	uint32_t *stack = w->number, depth = 0;

	if (at[v].parent < linked)
		return at[v].least;
	for (; at[v].parent >= linked; v = at[v].parent)
		stack[depth++] = v;
	struct climb way = at[v];
	while (depth) {
		v = stack[--depth];
		way.least = way.least < at[v].least ? way.least : at[v].least;
		at[v] = way;
	}
	return way.least;
}

/* The first steps of the climbs that come soon. */
LOOK_AHEAD climb_look_ahead(const struct walk *w, uint64_t k)
{
	const struct climb *at = w->at;

	if (k < 24)
		return;
	__builtin_prefetch(&at[w->pred[k - 24]]);
	__builtin_prefetch(&at[at[w->pred[k - 16]].parent]);
	__builtin_prefetch(&at[at[at[w->pred[k - 8]].parent].parent]);
}

/* What lies before a node in the walk is not linked yet: it is its own semi-dominator. */
static void find_semi(struct walk *w)
{
	for (uint32_t i = w->met; i-- > 1;) {
		uint32_t semi = w->at[i].parent;

		for (uint64_t k = w->pred_first[i]; k < w->pred_first[i + 1]; k++) {
			climb_look_ahead(w, k);
			uint32_t v = w->pred[k], s = v <= i ? v : eval(w, v, i + 1);
			semi = s < semi ? s : semi;
		}
		w->at[i].least = w->semi[i] = semi;
	}
}

/* The nearest of the parent's dominators that is not below the semi-dominator. */
static void find_idom(struct walk *w)
{
	uint32_t *idom = w->idom;

	for (uint32_t i = 1; i < w->met; i++)
		while (idom[i] > w->semi[i])
			idom[i] = idom[idom[i]];
}

/* ---- the result -------------------------------------------------------------------------------------- */

LOOK_AHEAD add_look_ahead(const struct walk *w, uint32_t node)
{
	const struct dominators *d = w->d;

	__builtin_prefetch(&d->retained[node], 1);
	if (node_is_block(d, node))
		__builtin_prefetch(&d->classes->graph->heap->blocks[block_of_node(d, node)].size);
}

static void add_retained(const struct walk *w)
{
	struct dominators *d = w->d;

	for (uint32_t i = w->met; i-- > 0;) {
		uint32_t node = w->order[i], above = w->order[w->idom[i]];

		if (i >= 16)
			add_look_ahead(w, w->order[i - 16]);
		d->idom[node] = above;
		if (node_is_block(d, node))
			heap_add(&d->retained[node], d->classes->graph->heap, block_of_node(d, node));
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
	w->at = take(n, sizeof *w->at);
	w->semi = take(n, sizeof *w->semi);
	w->idom = take(n, sizeof *w->idom);
	if (!w->order || !w->number || !w->at || !w->semi || !w->idom)
		return -1;
	memset(w->number, 0xff, n * sizeof *w->number); /* UNMET */
	return mark_scopes(w) || sort_groups(w) || list_entries(w) ? -1 : 0;
}

static void predecessors_free(struct walk *w)
{
	free(w->pred_first);
	free(w->pred);
	w->pred_first = NULL;
	w->pred = NULL;
}

static void walk_close(struct walk *w)
{
	predecessors_free(w);
	free(w->group_first);
	free(w->group_to);
	free(w->is_scope);
	free(w->entries);
	free(w->order);
	free(w->number);
	free(w->at);
	free(w->semi);
	free(w->idom);
}

static int find_all(struct walk *w)
{
	struct dominators *d = w->d;

	if (walk_all(w) || list_predecessors(w))
		return -1;
	find_semi(w);
	predecessors_free(w);
	find_idom(w);
	d->idom = take_zeroed(d->nnodes, sizeof *d->idom);
	d->retained = take_zeroed(d->nnodes, sizeof *d->retained);
	if (!d->idom || !d->retained)
		return -1;
	add_retained(w);
	return 0;
}

static int find(struct dominators *d)
{
	struct walk w = { .d = d };
	int failed = walk_open(&w);

	if (!failed)
		failed = find_all(&w);
	walk_close(&w);
	return failed;
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

/* One more node that holds the block; NODE_TOP when it is not the only one. */
static bool add_owner(const struct dominators *d, uint32_t block, uint32_t *sole, uint32_t owner)
{
	if (owner != *sole && !dominates(d, node_of_block(d, block), owner)) {
		bool is_second = *sole != NODE_TOP;
		*sole = is_second ? NODE_TOP : owner;
		return !is_second;
	}
	return true;
}

uint32_t dominators_sole_owner(const struct dominators *d, uint32_t block)
{
	const struct graph *g = d->classes->graph;
	uint32_t sole = NODE_TOP;

	for (uint64_t i = 0; i < g->nroot_refs; i++)
		if (g->root_refs[i].to == block && owns(g->root_refs[i].kind) &&
		    !add_owner(d, block, &sole, node_of_group(d->groups.of[i])))
			return NODE_TOP;
	for (uint32_t b = 0; b < g->heap->nblocks; b++)
		for (uint64_t e = g->first[b]; e < g->first[b + 1]; e++)
			if (g->refs[e].to == block && holds(d->classes, b, g->refs[e]) &&
			    !add_owner(d, block, &sole, node_of_block(d, b)))
				return NODE_TOP;
	return sole;
}
