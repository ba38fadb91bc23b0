/* ways.c: see ways.h. */
#include "passes/ways.h"

#include "base/huge.h"

#include <stdlib.h>
#include <string.h>

#define BATCH 64u /* blocks whose ways find their places together */

/* ---- what leads on ------------------------------------------------------------------------------------- */

static bool owns(enum ref_kind kind)
{
	return KINDS_OWNING >> kind & 1;
}

static bool is_lost(const struct classes *c, uint32_t block)
{
	return c->of[block] <= CLASS_INDIRECT;
}

bool leads_on(const struct classes *c, uint32_t block, struct ref r)
{
	return owns(ref_kind(r)) && (!is_lost(c, block) || is_lost(c, r.to));
}

/* The words of all groups, one a call; false: there are no more. */
static bool next_word(const struct ways *w, uint64_t *i, uint32_t *group, uint32_t *to)
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

/* The oldest member of a component that is a leak's head hangs on the top. */
static bool is_entry(const struct classes *c, uint32_t component, uint32_t *oldest)
{
	*oldest = c->components.members[c->components.first[component]];
	return c->of[*oldest] != CLASS_INDIRECT;
}

/* ---- places -------------------------------------------------------------------------------------------- */

static uint32_t place_of_group(const struct ways *w, uint32_t group)
{
	return (uint32_t)(w->groups_at + STOP_WORDS * group + w->group_first[group]);
}

static uint32_t count_entries(const struct classes *c)
{
	uint32_t n = 0, oldest;

	for (uint32_t k = 0; k < c->components.ncomponents; k++)
		n += is_entry(c, k, &oldest);
	return n;
}

static void count_words(struct ways *w)
{
	uint32_t group, to;

	for (uint64_t i = 0; next_word(w, &i, &group, &to);)
		w->group_first[group + 1]++;
	for (uint32_t k = 1; k <= w->d->groups.n; k++)
		w->group_first[k] += w->group_first[k - 1];
}

/* Where each part begins; false: places would not fit. */
static bool lay_out(struct ways *w)
{
	const struct graph *g = w->d->classes->graph;
	const struct root_groups *groups = &w->d->groups;

	w->groups_at = STOP_WORDS + groups->n + count_entries(w->d->classes);
	w->blocks_at = w->groups_at + STOP_WORDS * groups->n + w->group_first[groups->n];
	w->nwords = w->blocks_at + STOP_WORDS * g->heap->nblocks + g->first[g->heap->nblocks];
	return w->nwords < UNMET;
}

/* ---- stops --------------------------------------------------------------------------------------------- */

static struct stop *open_stop(const struct ways *w, uint32_t place)
{
	struct stop *stop = ways_stop(w, place);

	*stop = (struct stop){ .number = UNMET };
	return stop;
}

static void fill_top(struct ways *w)
{
	const struct classes *c = w->d->classes;
	struct stop *top = open_stop(w, 0);
	uint32_t oldest;

	for (uint32_t k = 0; k < w->d->groups.n; k++)
		top->to[top->least++] = place_of_group(w, k);
	for (uint32_t k = 0; k < c->components.ncomponents; k++)
		if (is_entry(c, k, &oldest))
			top->to[top->least++] = ways_block(w, oldest);
	w->nways += top->least;
}

static void fill_groups(struct ways *w)
{
	uint32_t group, to;

	for (uint32_t k = 0; k < w->d->groups.n; k++)
		open_stop(w, place_of_group(w, k));
	for (uint64_t i = 0; next_word(w, &i, &group, &to);) {
		struct stop *stop = ways_stop(w, place_of_group(w, group));

		stop->to[stop->least++] = ways_block(w, to);
		w->nways++;
	}
}

/* `scoped` moves past the block's: references that are a group's words are not its own. */
static void list_blocks_ways(struct ways *w, uint32_t block, size_t *scoped)
{
	const struct classes *c = w->d->classes;
	const struct graph *g = c->graph;
	const struct root_groups *groups = &w->d->groups;
	struct stop *stop = open_stop(w, ways_block(w, block));

	for (uint64_t e = g->first[block]; e < g->first[block + 1]; e++) {
		while (*scoped < groups->nscoped && groups->scoped[*scoped].ref < e)
			(*scoped)++;
		if (*scoped < groups->nscoped && groups->scoped[*scoped].ref == e)
			continue;
		if (!leads_on(c, block, g->refs[e]))
			continue;
		__builtin_prefetch(&g->first[g->refs[e].to]);
		stop->to[stop->least++] = g->refs[e].to;
	}
	w->nways += stop->least;
}

/* First blocks, then their places, whose memory has been asked for meanwhile. */
static void fill_blocks(struct ways *w)
{
	uint32_t n = w->d->classes->graph->heap->nblocks;
	size_t scoped = 0;

	for (uint32_t start = 0; start < n; start += BATCH) {
		uint32_t end = n - start < BATCH ? n : start + BATCH;

		for (uint32_t block = start; block < end; block++)
			list_blocks_ways(w, block, &scoped);
		for (uint32_t block = start; block < end; block++) {
			struct stop *stop = ways_stop(w, ways_block(w, block));
			for (uint32_t k = 0; k < stop->least; k++)
				stop->to[k] = ways_block(w, stop->to[k]);
		}
	}
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

int ways_build(struct ways *w, const struct dominators *d)
{
	*w = (struct ways){ .d = d };
	w->group_first = calloc((size_t)d->groups.n + 2, sizeof *w->group_first);
	if (!w->group_first)
		return -1;
	count_words(w);
	if (!lay_out(w))
		return -1;
	w->words = huge_pages(malloc(w->nwords * sizeof *w->words), w->nwords * sizeof *w->words);
	if (!w->words)
		return -1;
	fill_top(w);
	fill_groups(w);
	fill_blocks(w);
	return 0;
}

void ways_free(struct ways *w)
{
	free(w->words);
	free(w->group_first);
	*w = (struct ways){ 0 };
}

struct met {
	const struct ways *w;
	uint32_t *nodes, *least;
};

static void list_one(const struct met *met, uint32_t place, uint32_t node)
{
	const struct stop *stop = ways_stop(met->w, place);

	if (stop->number == UNMET)
		return;
	met->nodes[stop->number] = node;
	met->least[stop->number] = stop->least;
}

void ways_list_met(const struct ways *w, uint32_t *nodes, uint32_t *least)
{
	const struct dominators *d = w->d;
	const struct met met = { w, nodes, least };

	list_one(&met, 0, NODE_TOP);
	for (uint32_t k = 0; k < d->groups.n; k++)
		list_one(&met, place_of_group(w, k), node_of_group(k));
	for (uint32_t block = 0; block < d->classes->graph->heap->nblocks; block++)
		list_one(&met, ways_block(w, block), node_of_block(d, block));
}
