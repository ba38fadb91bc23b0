/* classify.c: every live block gets its class, by the glossary:
 *   reachable  start (or recognised) references all the way from a root that is not stale
 *   possible   else, any references from any root
 *   the rest is lost: heads are direct or cycle leaks, what hangs on them is indirect. */
#include "passes/forest.h"

#include "base/ahead.h"
#include "base/huge.h"

#include <stdlib.h>
#include <string.h>

#define CLASS_LOST CLASS_DIRECT /* until the lost blocks are told apart */

const char *leak_class_name(enum leak_class class)
{
	static const char *const names[] = {
#define X(name, text) text,
		LG_CLASSES(X)
#undef X
	};
	return class < LEAK_CLASSES ? names[class] : "?";
}

/* ---- what roots reach -------------------------------------------------------------------------------- */

/* A breadth-first flood: lost blocks that it meets get the class `to`. */
struct flood {
	const struct graph *graph;
	uint8_t *of;
	uint32_t *queue; /* nblocks */
	uint32_t head, tail;
	uint8_t to;
	uint8_t kinds; /* of references to follow */
};

static void flood_push(struct flood *f, uint32_t block)
{
	if (f->of[block] != CLASS_LOST)
		return;
	f->of[block] = f->to;
	f->queue[f->tail++] = block;
}

static void flood_follow(struct flood *f, uint32_t block, uint8_t kinds)
{
	const struct graph *g = f->graph;

	for (uint64_t i = g->first[block]; i < g->first[block + 1]; i++)
		if (kinds >> ref_kind(g->refs[i]) & 1)
			flood_push(f, g->refs[i].to);
}

/* Each step of a walk is three cache misses: the block's place, its references, their targets. */
LOOK_AHEAD flood_look_ahead(const struct flood *f)
{
	const struct graph *g = f->graph;

	if (f->head + 24 < f->tail)
		__builtin_prefetch(&g->first[f->queue[f->head + 24]]);
	if (f->head + 16 < f->tail)
		__builtin_prefetch(&g->refs[g->first[f->queue[f->head + 16]]]);
	if (f->head + 8 < f->tail) {
		uint32_t block = f->queue[f->head + 8];
		for (uint64_t i = g->first[block]; i < g->first[block + 1] && i < g->first[block] + 8; i++)
			__builtin_prefetch(&f->of[g->refs[i].to]);
	}
}

static void flood_run(struct flood *f)
{
	while (f->head < f->tail) {
		flood_look_ahead(f);
		flood_follow(f, f->queue[f->head++], f->kinds);
	}
	f->head = f->tail = 0;
}

static void flood_reachable(struct flood *f)
{
	const struct graph *g = f->graph;

	f->to = CLASS_REACHABLE;
	f->kinds = KINDS_STRONG;
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		if (ref_kind_is_strong(g->root_refs[i].kind) &&
		    !root_kind_is_weak(g->regions[g->root_refs[i].region].kind))
			flood_push(f, g->root_refs[i].to);
	flood_run(f);
}

static void flood_possible(struct flood *f)
{
	const struct graph *g = f->graph;

	f->to = CLASS_POSSIBLE;
	f->kinds = KINDS_OWNING;
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		if (KINDS_OWNING >> g->root_refs[i].kind & 1)
			flood_push(f, g->root_refs[i].to);
	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		if (f->of[i] == CLASS_REACHABLE)
			flood_follow(f, i, KINDS_OWNING & ~KINDS_STRONG);
	flood_run(f);
}

static int flood_all(struct classes *c)
{
	uint32_t nblocks = c->graph->heap->nblocks;
	struct flood f = { .graph = c->graph, .of = c->of };

	f.queue = malloc(((size_t)nblocks + 1) * sizeof *f.queue);
	if (!f.queue)
		return -1;
	flood_reachable(&f);
	flood_possible(&f);
	free(f.queue);
	return 0;
}

/* ---- the lost ---------------------------------------------------------------------------------------- */

static uint8_t class_of_component(const struct forest *f, uint32_t component)
{
	if (!f->is_head[component])
		return CLASS_INDIRECT;
	return component_is_cycle(f, component) ? CLASS_CYCLE : CLASS_DIRECT;
}

static void set_classes(struct classes *c, const struct forest *f)
{
	const struct components *all = &f->components;

	for (uint32_t k = 0; k < all->ncomponents; k++) {
		uint8_t class = class_of_component(f, k);
		for (uint32_t i = all->first[k]; i < all->first[k + 1]; i++)
			c->of[all->members[i]] = class;
	}
}

static int find_shared(struct classes *c, const struct forest *f)
{
	uint32_t n = f->components.ncomponents;
	uint32_t *labels = malloc(((size_t)n + 1) * sizeof *labels);

	if (!labels)
		return -1;
	for (uint32_t k = 0; k < n; k++)
		labels[k] = f->is_head[k] ? k : NO_LABEL;
	forest_spread(f, labels);
	for (uint32_t i = 0; i < f->n; i++)
		c->shared[f->by_birth[i]] = labels[f->components.of[f->by_birth[i]]] == MANY_LABELS;
	free(labels);
	return 0;
}

static int tell_lost_apart(struct classes *c)
{
	struct forest f;
	struct subset lost = { c->graph, c->of, CLASS_LOST, CLASS_LOST, KINDS_INSIDE };
	int answer = forest_build(&f, &lost);

	if (!answer)
		answer = find_shared(c, &f);
	if (!answer) {
		set_classes(c, &f); /* last: the subset is known by its class */
		c->components = f.components;
		c->head = f.head;
		f.components = (struct components){ 0 };
		f.head = NULL;
	}
	forest_free(&f);
	return answer;
}

static void add_up(struct classes *c)
{
	for (uint32_t i = 0; i < c->graph->heap->nblocks; i++)
		heap_add(&c->sums[c->of[i]], c->graph->heap, i);
}

/* Where blocks were sampled no loss is certain. */
static void doubt_lost(struct classes *c)
{
	const struct heap *h = c->graph->heap;

	for (uint32_t i = 0; i < h->nblocks && h->trace->process.sample_bytes; i++)
		if (c->of[i] == CLASS_LOST)
			c->of[i] = CLASS_POSSIBLE;
}

int classify(struct classes *c, const struct graph *g, struct err *err)
{
	uint32_t nblocks = g->heap->nblocks;

	*c = (struct classes){ .graph = g };
	c->of = huge_pages(calloc((size_t)nblocks + 1, 1), nblocks); /* CLASS_LOST */
	c->shared = calloc((size_t)nblocks + 1, 1);
	int failed = !c->of || !c->shared || flood_all(c);
	if (!failed)
		doubt_lost(c);
	if (failed || tell_lost_apart(c)) {
		classes_free(c);
		return fail(err, "not enough memory to classify %u blocks", nblocks);
	}
	add_up(c);
	return 0;
}

void classes_free(struct classes *c)
{
	free(c->of);
	free(c->head);
	free(c->shared);
	components_free(&c->components);
	*c = (struct classes){ 0 };
}
