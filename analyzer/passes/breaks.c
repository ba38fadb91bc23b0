/* breaks.c: see breaks.h.
 *
 * A kind of edge is all references at one offset of blocks of one type, or allocated at one place: cutting "prev" means
 * to cut it in every node. A cut opens the knot when nothing is left that can be walked around, which Kahn's algorithm
 * tells. */
#include "passes/breaks.h"

#include "passes/forest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define KINDS_TRIED 16u /* edges of a ring that are looked at */

bool is_back_name(const char *field)
{
	static const char *const names[] = { "parent", "prev", "previous", "owner",	"back", "up",
					     "super",  "boss", "employer", "container", "host", "outer" };
	const char *name = strrchr(field, '.');
	size_t n;

	name = name ? name + 1 : field;
	if (!strncmp(name, "m_", 2))
		name += 2;
	while (*name == '_')
		name++;
	for (n = 0; isalnum((unsigned char)name[n]);)
		n++;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strncasecmp(name, names[i], n) && !names[i][n] && n)
			return true;
	return false;
}

struct proposing {
	const struct classes *classes;
	struct models *models;
	uint32_t *degree; /* nblocks: references from within that are not yet walked away */
	uint32_t *queue;
};

static bool is_alike(const struct proposing *p, uint32_t a, uint32_t b)
{
	const struct block *blocks = p->classes->graph->heap->blocks;
	const char *type = models_type(p->models, a);

	return type ? type == models_type(p->models, b) : blocks[a].stack == blocks[b].stack;
}

static bool is_of_kind(const struct proposing *p, uint32_t from, struct ref r, const struct cycle_edge *kind)
{
	return ref_offset(r) == kind->offset && is_alike(p, kind->from, from);
}

/* Is the e-th reference cut? With a word the next one goes that leads to the same block: shared pointers are pairs. */
static bool is_cut(const struct proposing *p, uint32_t from, uint64_t e, const struct cycle_edge *cut)
{
	const struct graph *g = p->classes->graph;

	if (is_of_kind(p, from, g->refs[e], cut))
		return true;
	return e > g->first[from] && g->refs[e - 1].to == g->refs[e].to &&
	       ref_offset(g->refs[e - 1]) + 8 == ref_offset(g->refs[e]) &&
	       is_of_kind(p, from, g->refs[e - 1], cut);
}

/* Adds `step` to the degree of all that a block still refers to in its component once a kind of edge is cut. What
 * comes down to none is queued; returns the queue's end. */
static uint32_t walk_away(const struct proposing *p, uint32_t from, const struct cycle_edge *cut, int step,
			  uint32_t tail)
{
	const struct graph *g = p->classes->graph;
	const uint32_t *component = p->classes->components.of;

	for (uint64_t e = g->first[from]; e < g->first[from + 1]; e++) {
		enum ref_kind kind = ref_kind(g->refs[e]);
		uint32_t to = g->refs[e].to;
		bool is_followed = KINDS_INSIDE >> kind & 1 && (to != from || ref_kind_is_strong(kind));

		if (!is_followed || component[to] != component[from] || is_cut(p, from, e, cut))
			continue;
		p->degree[to] += (uint32_t)step;
		if (!p->degree[to])
			p->queue[tail++] = to;
	}
	return tail;
}

static bool opens_all(const struct proposing *p, uint32_t component, const struct cycle_edge *cut)
{
	const struct components *c = &p->classes->components;
	const uint32_t *members = c->members + c->first[component];
	uint32_t n = component_size(c, component), head = 0, tail = 0;

	for (uint32_t i = 0; i < n; i++)
		p->degree[members[i]] = 0;
	for (uint32_t i = 0; i < n; i++)
		walk_away(p, members[i], cut, 1, 0);
	for (uint32_t i = 0; i < n; i++)
		if (!p->degree[members[i]])
			p->queue[tail++] = members[i];
	while (head < tail)
		tail = walk_away(p, p->queue[head++], cut, -1, tail);
	return tail == n;
}

/* Whether a programmer can change the word: it is no part of what the source sees as one object, and none that is made for
 * good. */
static bool may_cut(const struct proposing *p, const struct cycle_edge *edge)
{
	struct object from;

	return !(models_object(p->models, edge->from, &from) && from.is_link) &&
	       !models_is_inner(p->models, edge->from, edge->offset) &&
	       !models_is_fixed(p->models, edge->from, edge->offset);
}

static bool is_oldest(const struct graph *g, const struct leak *leak, uint32_t block)
{
	for (uint32_t i = 0; i < leak->nedges; i++)
		if (graph_age(g, leak->edges[i].to) < graph_age(g, block))
			return false;
	return true;
}

/* The last edge that may be cut before the oldest block is as good as the one that points at it. */
static bool leads_to_oldest(const struct proposing *p, const struct leak *leak, uint32_t edge)
{
	uint32_t i = edge;

	do {
		if (is_oldest(p->classes->graph, leak, leak->edges[i].to))
			return true;
		i = (i + 1) % leak->nedges;
	} while (i != edge && !may_cut(p, &leak->edges[i]));
	return false;
}

static enum break_reason reason_of(const struct proposing *p, const struct leak *leak, uint32_t number)
{
	const struct cycle_edge *edge = &leak->edges[number];
	char field[256];
	enum break_reason reason = 0;

	if (models_field(p->models, edge->from, edge->offset, field, sizeof field) && is_back_name(field))
		reason |= BREAK_NAME;
	if (leads_to_oldest(p, leak, number))
		reason |= BREAK_AGE;
	if (opens_all(p, p->classes->components.of[edge->from], edge))
		reason |= BREAK_ALL;
	return reason;
}

/* What something weak can stand for goes first. Then a name is the best reason, then that nothing stays closed, then
 * age. */
static unsigned merit(const struct proposing *p, const struct cycle_edge *edge, enum break_reason reason)
{
	return (models_takes_weak(p->models, edge->to) ? 2u * BREAK_NAME : 0) + (unsigned)reason;
}

static void propose(const struct proposing *p, struct leak *leak)
{
	enum break_reason reason;
	unsigned best = 0;

	leak->break_edge = NO_BREAK;
	for (uint32_t i = 0; i < leak->nedges && i < KINDS_TRIED; i++) {
		if (!may_cut(p, &leak->edges[i]))
			continue;
		reason = reason_of(p, leak, i);
		if (leak->break_edge != NO_BREAK && merit(p, &leak->edges[i], reason) <= best)
			continue;
		best = merit(p, &leak->edges[i], reason);
		leak->break_reason = reason;
		leak->break_edge = i;
	}
}

static int make_room(struct proposing *p)
{
	size_t bytes = ((size_t)p->classes->graph->heap->nblocks + 1) * sizeof *p->degree;

	p->degree = malloc(bytes);
	p->queue = malloc(bytes);
	return p->degree && p->queue ? 0 : -1;
}

int breaks_propose(struct leak_set *leaks, const struct classes *c, struct models *models)
{
	struct proposing p = { .classes = c, .models = models };
	int failed = 0;

	for (uint32_t i = 0; i < leaks->nleaks && !failed; i++) {
		struct leak *leak = &leaks->leaks[i];

		leak->break_edge = NO_BREAK;
		if (leak->kind != CLASS_CYCLE || leak->nedges < 2)
			continue;
		if (!p.degree)
			failed = make_room(&p);
		if (!failed)
			propose(&p, leak);
	}
	free(p.degree);
	free(p.queue);
	return failed;
}
