/* holders.c: see holders.h. */
#include "report/holders.h"

#include "base/sort.h"
#include "report/model.h"
#include "report/roots.h"

#include <stdlib.h>
#include <string.h>

/* ---- root words become holders ----------------------------------------------------------------------- */

static struct holder holder_of_word(struct analysis *a, uint64_t word)
{
	const struct root_ref *ref = &a->graph.root_refs[word];
	const struct root_region *r = &a->graph.regions[ref->region];
	struct holder h = { .region = ref->region, .at = r->start, .main_block = NO_BLOCK };
	const char *symbol;
	uint64_t offset;

	if ((r->kind == ROOT_GLOBAL || r->kind == ROOT_RELRO) &&
	    names_data(a->names, r->module, ref->at, &symbol, &offset)) {
		h.at = ref->at - offset;
		h.sort = HOLDER_SYMBOL;
	}
	return h;
}

/* -1: no memory */
static int add_holder(struct holders *h, struct holder holder)
{
	if (h->n == h->room) {
		uint32_t room = h->room ? 2 * h->room : 64;
		struct holder *grown = realloc(h->at, room * sizeof *grown);

		if (!grown)
			return -1;
		h->at = grown;
		h->room = room;
	}
	h->at[h->n++] = holder;
	return 0;
}

/* Root references come grouped by region, by address within: a holder's words are neighbours. What a model calls the same
 * is one holder's. */
static int group_words(struct holders *h, struct analysis *a)
{
	uint64_t n = a->graph.nroot_refs;
	struct root_words names[2] = { 0 };

	h->group_of = malloc((n + 1) * sizeof *h->group_of);
	for (uint64_t i = 0; h->group_of && i < n; i++) {
		struct holder next = holder_of_word(a, i);
		const struct holder *last = h->n ? &h->at[h->n - 1] : NULL;
		struct root_words *name = &names[i % 2], *before = &names[1 - i % 2];

		if (models_root(&a->models, &a->graph.root_refs[i], name)) {
			next.sort = HOLDER_WORDS;
			next.word = i;
		}
		bool is_same =
		    last && last->sort == next.sort && last->region == next.region &&
		    (next.sort == HOLDER_WORDS ? !strcmp(name->text, before->text) : last->at == next.at);
		if (!is_same && add_holder(h, next))
			return -1;
		h->group_of[i] = h->n - 1;
	}
	return h->group_of ? 0 : -1;
}

/* ---- global variables in blocks ----------------------------------------------------------------------- */

static int add_scoped(struct holders *h, size_t *room, uint32_t block, uint64_t ref, uint64_t offset)
{
	struct holder global = {
		.sort = HOLDER_GLOBAL, .region = block, .at = offset, .main_block = NO_BLOCK
	};

	if (h->nscoped == *room) {
		*room = *room ? 2 * *room : 64;
		struct scoped_ref *grown = realloc(h->scoped, *room * sizeof *grown);

		if (!grown)
			return -1;
		h->scoped = grown;
	}
	if (add_holder(h, global))
		return -1;
	h->scoped[h->nscoped++] = (struct scoped_ref){ ref, block, h->n - 1 };
	return 0;
}

/* Those of what is lost hold nothing. */
static int find_globals(struct holders *h, const struct analysis *a)
{
	const struct graph *g = &a->graph;
	char name[REPORT_FIELD_MAX];
	size_t room = 0;

	for (uint32_t block = 0; block < a->heap.nblocks; block++)
		for (uint64_t e = g->first[block]; e < g->first[block + 1]; e++) {
			uint64_t offset = ref_offset(g->refs[e]);

			if (KINDS_OWNING >> ref_kind(g->refs[e]) & 1 &&
			    a->classes.of[block] > CLASS_INDIRECT &&
			    models_global(&a->models, block, offset, name, sizeof name) &&
			    add_scoped(h, &room, block, e, offset))
				return -1;
		}
	return 0;
}

/* ---- what they are called ------------------------------------------------------------------------------ */

const char *holder_text(struct pool *pool, struct analysis *a, const struct holder *h)
{
	const struct root_region *region = &a->graph.regions[h->region];
	char name[REPORT_FIELD_MAX];

	switch (h->sort) {
	case HOLDER_GLOBAL:
		models_global(&a->models, h->region, h->at, name, sizeof name);
		return pool_text(pool, name);
	case HOLDER_WORDS:
		return root_name(pool, a, &a->graph.root_refs[h->word]).text;
	default:
		return root_holder_text(pool, a->names, &a->heap, region, h->at, h->sort == HOLDER_SYMBOL);
	}
}

enum root_kind holder_kind(const struct analysis *a, const struct holder *h)
{
	return h->sort == HOLDER_GLOBAL ? ROOT_GLOBAL : a->graph.regions[h->region].kind;
}

/* ---- the heaviest ------------------------------------------------------------------------------------ */

static int rank(struct holders *h)
{
	struct sort_pair *pairs = malloc(((size_t)h->n + 1) * sizeof *pairs);
	uint32_t n = 0;

	h->heaviest = malloc(HOLDERS_MAX * sizeof *h->heaviest);
	for (uint32_t i = 0; pairs && i < h->n; i++) {
		h->at[i].retained = h->dominators.retained[node_of_group(i)];
		if (h->at[i].retained.blocks)
			pairs[n++] = (struct sort_pair){ ~h->at[i].retained.bytes, i };
	}
	int failed = !pairs || !h->heaviest || sort_pairs(pairs, n);
	for (uint32_t i = 0; !failed && i < n && i < HOLDERS_MAX; i++)
		h->heaviest[h->nheaviest++] = pairs[i].value;
	free(pairs);
	return failed ? -1 : 0;
}

#define UNRANKED UINT8_MAX
#define UNKNOWN (UINT8_MAX - 1)

/* Which of the heaviest dominates each node: answers are left along the way up. */
static uint8_t rank_of(const struct dominators *d, uint8_t *ranks, uint32_t node)
{
	uint32_t top = node;

	while (ranks[top] == UNKNOWN)
		top = d->idom[top];
	for (uint8_t found = ranks[top]; ranks[node] == UNKNOWN; node = d->idom[node])
		ranks[node] = found;
	return ranks[top];
}

static uint8_t *rank_nodes(const struct holders *h)
{
	const struct dominators *d = &h->dominators;
	uint8_t *ranks = malloc((size_t)d->nnodes + 1);

	if (!ranks)
		return NULL;
	memset(ranks, UNKNOWN, d->nnodes);
	memset(ranks, UNRANKED, 1 + (size_t)h->n);
	for (uint8_t i = 0; i < h->nheaviest; i++)
		ranks[node_of_group(h->heaviest[i])] = i;
	return ranks;
}

static void take_place(struct holder *holder, const struct heap *h, const struct sort_pair *pairs, size_t n)
{
	const struct block *blocks = h->blocks;
	struct sum sum = { 0, 0 };
	uint32_t oldest = pairs[0].value;

	for (size_t i = 0; i < n; i++) {
		heap_add(&sum, h, pairs[i].value);
		if (blocks[pairs[i].value].birth < blocks[oldest].birth)
			oldest = pairs[i].value;
	}
	if (holder->main_block != NO_BLOCK &&
	    (sum.bytes < holder->main.bytes ||
	     (sum.bytes == holder->main.bytes && blocks[oldest].birth > blocks[holder->main_block].birth)))
		return;
	holder->main = sum;
	holder->main_block = oldest;
}

/* Sorts what the heaviest retain by holder and place. */
static int find_main_places(struct holders *h, const struct heap *heap)
{
	uint8_t *ranks = rank_nodes(h);
	struct sort_pair *pairs = malloc(((size_t)heap->nblocks + 1) * sizeof *pairs);
	size_t n = 0;

	for (uint32_t i = 0; ranks && pairs && i < heap->nblocks; i++) {
		uint64_t found = rank_of(&h->dominators, ranks, node_of_block(&h->dominators, i));
		if (found != UNRANKED)
			pairs[n++] = (struct sort_pair){ found << 32 | heap->blocks[i].stack, i };
	}
	int failed = !ranks || !pairs || sort_pairs(pairs, n);
	for (size_t i = 0, end; !failed && i < n; i = end) {
		for (end = i + 1; end < n && pairs[end].key == pairs[i].key;)
			end++;
		take_place(&h->at[h->heaviest[pairs[i].key >> 32]], heap, pairs + i, end - i);
	}
	free(ranks);
	free(pairs);
	return failed ? -1 : 0;
}

static int find(struct holders *h, struct analysis *a, bool with_globals, struct err *err)
{
	*h = (struct holders){ 0 };
	int failed = group_words(h, a) || (with_globals && find_globals(h, a));
	struct root_groups groups = { h->group_of, h->n, h->scoped, h->nscoped };

	if (!failed && dominators_find(&h->dominators, &a->classes, &groups, err))
		return -1;
	if (!failed && !rank(h) && !find_main_places(h, &a->heap))
		return 0;
	return fail(err, "%s: not enough memory to find what holds its blocks", a->trace.path);
}

int holders_find(struct holders *h, struct analysis *a, struct err *err)
{
	return find(h, a, false, err);
}

int holders_find_variables(struct holders *h, struct analysis *a, struct err *err)
{
	return find(h, a, true, err);
}

void holders_free(struct holders *h)
{
	dominators_free(&h->dominators);
	free(h->at);
	free(h->group_of);
	free(h->scoped);
	free(h->heaviest);
	*h = (struct holders){ 0 };
}
