/* dominators.c: semi-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", 2005), with
 * stacks of its own: a list may be millions of blocks long.
 *
 * A node's number is its place in a walk depth first, and smaller numbers are nearer to the roots. Of the ways that lead
 * to a node, those from smaller numbers come from above it and are looked at as the walk takes them; only the others have
 * to be kept until what lies below is known. Time goes into cache misses, so memory is asked for ahead. */
#include "passes/dominators.h"

#include "base/ahead.h"
#include "base/huge.h"
#include "passes/ways.h"

#include <stdlib.h>
#include <string.h>

#define AHEAD 8u /* steps that memory is asked for ahead */

/* On the way up. */
struct climb {
	uint32_t parent; /* in the walk's tree; find_semi() shortens the ways */
	uint32_t least; /* semi-dominator on the way shortened so far */
};

/* A way to a node from a larger number. */
struct later {
	uint32_t to, from; /* numbers */
};

struct walk {
	struct dominators *d;
	struct ways ways;

	uint32_t *idom; /* by number: its parent in the walk, then its dominator */
	uint32_t met; /* nodes met so far */
	struct later *later; /* room for all ways; memory that is never touched costs nothing */
	uint32_t nlater;

	uint32_t *from_first; /* met + 1 into from: those of `later` by where they lead */
	uint32_t *from;
	struct climb *at; /* by number */
	uint32_t *order; /* number -> node */
	uint32_t *semi; /* by number: the least of what leads to it from above, then its semi-dominator */
	uint32_t *stack; /* of a climb: as deep as the walk's tree is */
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

/* ---- the walk ---------------------------------------------------------------------------------------- */

/* A way that waits to be taken, and the number of who has it. */
struct waiting {
	uint32_t place, parent;
};

struct waiting_stack {
	struct waiting *at; /* room for all ways */
	size_t n;
};

static uint32_t distance(uint32_t a, uint32_t b)
{
	return a < b ? b - a : a - b;
}

/* The nearest in memory is taken first: what is near one block mostly refers to what is near, too. */
static void keep_nearest_on_top(struct waiting *top, uint32_t place)
{
	struct waiting below = top[-1];

	if (distance(below.place, place) < distance(top->place, place)) {
		top[-1] = *top;
		*top = below;
	}
}

static void meet(struct walk *w, struct waiting_stack *s, struct waiting who)
{
	struct stop *stop = ways_stop(&w->ways, who.place);
	uint32_t nways = stop->least, number = w->met++;

	stop->number = number;
	stop->least = who.parent;
	w->idom[number] = who.parent;
	for (uint32_t k = 0; k < nways; k++) {
		__builtin_prefetch(ways_stop(&w->ways, stop->to[k]), 1);
		s->at[s->n++] = (struct waiting){ stop->to[k], number };
		if (k)
			keep_nearest_on_top(&s->at[s->n - 1], who.place);
	}
}

/* A further way to a node that was met. */
static void meet_again(struct walk *w, struct stop *stop, uint32_t from)
{
	if (from < stop->number) {
		stop->least = from < stop->least ? from : stop->least;
	} else if (from > stop->number) {
		w->later[w->nlater++] = (struct later){ stop->number, from };
	}
}

/* Depth first from the top: who is met is whoever came last onto the stack, by whom it came. */
static int walk_all(struct walk *w)
{
	struct waiting_stack s = { .at = take(w->ways.nways + 1, sizeof *s.at) };

	if (!s.at)
		return -1;
	s.at[s.n++] = (struct waiting){ 0, 0 };
	while (s.n) {
		struct waiting next = s.at[--s.n];
		struct stop *stop = ways_stop(&w->ways, next.place);

		if (s.n >= AHEAD)
			__builtin_prefetch(ways_stop(&w->ways, s.at[s.n - AHEAD].place), 1);
		if (stop->number == UNMET)
			meet(w, &s, next);
		else
			meet_again(w, stop, next.parent);
	}
	free(s.at);
	return 0;
}

/* ---- what leads up ------------------------------------------------------------------------------------- */

/* Each way's list is needed soon, and then its place in it. */
LOOK_AHEAD sort_look_ahead(const struct walk *w, uint32_t k)
{
	if (k + 4 * AHEAD >= w->nlater)
		return;
	__builtin_prefetch(&w->from_first[w->later[k + 4 * AHEAD].to + 1], 1);
	__builtin_prefetch(&w->from[w->from_first[w->later[k + 2 * AHEAD].to + 1]], 1);
}

/* Counting sort by where they lead. */
static int sort_later(struct walk *w)
{
	w->from_first = take_zeroed((size_t)w->met + 1, sizeof *w->from_first);
	w->from = take(w->nlater, sizeof *w->from);
	if (!w->from_first || !w->from)
		return -1;
	uint32_t *place = w->from_first + 1;
	for (uint32_t k = 0; k < w->nlater; k++) {
		if (k + 4 * AHEAD < w->nlater)
			__builtin_prefetch(&place[w->later[k + 4 * AHEAD].to + 1], 1);
		place[w->later[k].to + 1]++;
	}
	for (uint32_t i = 1; i < w->met; i++)
		place[i] += place[i - 1];
	for (uint32_t k = 0; k < w->nlater; k++) {
		sort_look_ahead(w, k);
		w->from[place[w->later[k].to]++] = w->later[k].from;
	}
	free(w->later);
	w->later = NULL;
	return 0;
}

/* ---- semi-dominators --------------------------------------------------------------------------------- */

/* The least semi-dominator on the way from v up to, and without, the first that is not linked yet. */
static uint32_t eval(struct walk *w, uint32_t v, uint32_t linked)
{
	struct climb *at = w->at;
	uint32_t *stack = w->stack, depth = 0;

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
LOOK_AHEAD climb_look_ahead(const struct walk *w, uint32_t k)
{
	const struct climb *at = w->at;

	if (k < 3 * AHEAD)
		return;
	__builtin_prefetch(&at[w->from[k - 3 * AHEAD]]);
	__builtin_prefetch(&at[at[w->from[k - 2 * AHEAD]].parent]);
	__builtin_prefetch(&at[at[at[w->from[k - AHEAD]].parent].parent]);
}

static void find_semi(struct walk *w)
{
	for (uint32_t i = 0; i < w->met; i++)
		w->at[i].parent = w->idom[i];
	for (uint32_t i = w->met; i-- > 1;) {
		uint32_t semi = w->semi[i];

		for (uint32_t k = w->from_first[i + 1]; k-- > w->from_first[i];) {
			climb_look_ahead(w, k);
			uint32_t least = eval(w, w->from[k], i + 1);
			semi = least < semi ? least : semi;
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

static void climbs_free(struct walk *w)
{
	free(w->later);
	free(w->from_first);
	free(w->from);
	free(w->at);
	free(w->semi);
	free(w->stack);
	w->later = NULL;
	w->at = NULL;
	w->from_first = w->from = w->semi = w->stack = NULL;
}

static void walk_close(struct walk *w)
{
	ways_free(&w->ways);
	climbs_free(w);
	free(w->order);
	free(w->idom);
}

static int walk_through(struct walk *w)
{
	if (ways_build(&w->ways, w->d))
		return -1;
	w->idom = take(w->d->nnodes, sizeof *w->idom);
	w->later = take(w->ways.nways, sizeof *w->later);
	return w->idom && w->later ? walk_all(w) : -1;
}

static int list_met(struct walk *w)
{
	w->order = take(w->met, sizeof *w->order);
	w->semi = take(w->met, sizeof *w->semi);
	if (!w->order || !w->semi)
		return -1;
	ways_list_met(&w->ways, w->order, w->semi);
	ways_free(&w->ways);
	return 0;
}

static int climb_all(struct walk *w)
{
	if (sort_later(w))
		return -1;
	w->at = take(w->met, sizeof *w->at);
	w->stack = take(w->met, sizeof *w->stack);
	if (!w->at || !w->stack)
		return -1;
	find_semi(w);
	find_idom(w);
	climbs_free(w);
	return 0;
}

static int sum_up(struct walk *w)
{
	struct dominators *d = w->d;

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
	int failed = walk_through(&w) || list_met(&w) || climb_all(&w) || sum_up(&w) ? -1 : 0;

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
		if (g->root_refs[i].to == block && (KINDS_OWNING >> g->root_refs[i].kind & 1) &&
		    !add_owner(d, block, &sole, node_of_group(d->groups.of[i])))
			return NODE_TOP;
	for (uint32_t b = 0; b < g->heap->nblocks; b++)
		for (uint64_t e = g->first[b]; e < g->first[b + 1]; e++)
			if (g->refs[e].to == block && leads_on(d->classes, b, g->refs[e]) &&
			    !add_owner(d, block, &sole, node_of_block(d, b)))
				return NODE_TOP;
	return sole;
}
