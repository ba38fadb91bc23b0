/* counted.c: see counted.h. */
#include "report/counted.h"
#include "passes/retained.h"

#include <stdlib.h>

/* ---- a leak ------------------------------------------------------------------------------------------ */

/* The heads of a leak, all instances. */
struct heads {
	uint64_t counted, surplus, collected;
	const struct counted *oldest; /* that keeps a count, one with a surplus first; NULL: none */
	const char *collector;
};

static void look_at_head(struct heads *h, const struct analysis *a, uint32_t block)
{
	const struct counted *c = &a->counts.of[block];
	struct object o;

	if (c->verdict == COUNT_NONE || !models_object(&a->models, block, &o))
		return;
	if (!h->oldest || (c->verdict == COUNT_SURPLUS && h->oldest->verdict != COUNT_SURPLUS))
		h->oldest = c;
	h->counted++;
	h->surplus += c->verdict == COUNT_SURPLUS;
	h->collected += o.is_collected;
	h->collector = models_collector(&a->models, block);
}

/* Of weak references alone it counts more than there are. */
static bool lacks_weak(const struct counted *c)
{
	return c->verdict == COUNT_SURPLUS && c->stored <= (int64_t)c->strong + c->maybe;
}

static const char *verdict_of(const struct heads *h, enum leak_class kind, struct pool *pool)
{
	if (h->surplus && h->counted == 1 && lacks_weak(h->oldest))
		return "it counts weak references that are nowhere: they were leaked";
	if (h->surplus)
		return h->counted == 1
			   ? "it counts references that are nowhere: they were leaked"
			   : pool_print(pool,
					"%llu of %llu objects count references that are nowhere: "
					"they were leaked",
					(unsigned long long)h->surplus, (unsigned long long)h->counted);
	if (kind != CLASS_CYCLE)
		return NULL;
	if (h->collected == h->counted && h->collector)
		return pool_print(pool, "garbage: the cycle explains all counts, %s would free it",
				  h->collector);
	return "the cycle explains all counts: nothing else holds it";
}

int counted_leak(struct report_leak *out, const struct analysis *a, const struct leak *leak,
		 struct pool *pool)
{
	struct heads h = { 0 };

	for (uint32_t i = 0; a->counts.of && i < leak->nblocks; i++)
		look_at_head(&h, a, leak->blocks[i]);
	if (!h.counted)
		return 0;
	out->is_counted = true;
	bool is_weak = lacks_weak(h.oldest);
	out->count = (uint64_t)(is_weak ? h.oldest->stored_weak : h.oldest->stored);
	out->references = is_weak ? h.oldest->weak : h.oldest->strong;
	out->verdict = verdict_of(&h, leak->kind, pool);
	return out->verdict || (!h.surplus && leak->kind != CLASS_CYCLE) ? 0 : -1;
}

/* ---- a process --------------------------------------------------------------------------------------- */

/* Findings of one verdict, type and place. */
struct group {
	uint32_t first, n; /* in `found` */
	struct sum retained;
};

struct grouping {
	struct analysis *a;
	uint32_t *found; /* blocks, group by group, by birth within */
	uint32_t nfound;
	struct group *groups;
	uint32_t ngroups;
};

static int compare_keys(const struct analysis *a, uint32_t left, uint32_t right)
{
	uint64_t keys[][2] = { { a->counts.of[left].verdict, a->counts.of[right].verdict },
			       { graph_alike(&a->graph, left), graph_alike(&a->graph, right) },
			       { a->models.of[left].type, a->models.of[right].type } };

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	return 0;
}

static int by_key(const void *left, const void *right, void *context)
{
	const struct analysis *a = context;
	uint32_t x = *(const uint32_t *)left, y = *(const uint32_t *)right;
	int order = compare_keys(a, x, y);

	if (order)
		return order;
	return a->heap.blocks[x].birth < a->heap.blocks[y].birth ? -1 : 1;
}

static void make_groups(struct grouping *g)
{
	qsort_r(g->found, g->nfound, sizeof *g->found, by_key, g->a);
	for (uint32_t i = 0; i < g->nfound; i++)
		if (i && !compare_keys(g->a, g->found[i - 1], g->found[i]))
			g->groups[g->ngroups - 1].n++;
		else
			g->groups[g->ngroups++] = (struct group){ .first = i, .n = 1 };
}

/* What each group retains: kinds are the groups, and one for all other blocks. */
static int weigh_kinds(struct grouping *g, uint32_t *kinds, struct sum *retained, struct err *err)
{
	uint32_t nblocks = g->a->heap.nblocks, *roots = calloc(g->a->graph.nroot_refs + 1, sizeof *roots);
	struct root_groups one = { .of = roots, .n = 1 };
	struct dominators d = { 0 };

	for (uint32_t i = 0; i < nblocks; i++)
		kinds[i] = g->ngroups;
	for (uint32_t i = 0; i < g->ngroups; i++)
		for (uint32_t k = 0; k < g->groups[i].n; k++)
			kinds[g->found[g->groups[i].first + k]] = i;
	int failed = !roots || dominators_find(&d, &g->a->classes, &one, err) ||
		     retained_by_kind(&d, kinds, g->ngroups + 1, retained);
	dominators_free(&d);
	free(roots);
	return failed ? -1 : 0;
}

static int weigh(struct grouping *g, struct err *err)
{
	uint32_t *kinds = malloc(((size_t)g->a->heap.nblocks + 1) * sizeof *kinds);
	struct sum *retained = calloc((size_t)g->ngroups + 1, sizeof *retained);
	int failed = !kinds || !retained || weigh_kinds(g, kinds, retained, err);

	for (uint32_t i = 0; !failed && i < g->ngroups; i++)
		g->groups[i].retained = retained[i];
	free(kinds);
	free(retained);
	return failed ? -1 : 0;
}

static int by_weight(const void *left, const void *right, void *context)
{
	const struct grouping *g = context;
	const struct group *x = left, *y = right;
	enum count_verdict a = g->a->counts.of[g->found[x->first]].verdict;
	enum count_verdict b = g->a->counts.of[g->found[y->first]].verdict;

	if (a != b)
		return a < b ? -1 : 1;
	if (x->retained.bytes != y->retained.bytes)
		return x->retained.bytes > y->retained.bytes ? -1 : 1;
	return g->a->heap.blocks[g->found[x->first]].birth < g->a->heap.blocks[g->found[y->first]].birth ? -1
													 : 1;
}

static uint64_t wrong_references(const struct counted *c)
{
	return c->verdict == COUNT_SURPLUS ? counted_missing(c) : (uint64_t)(c->exact - c->stored);
}

static int fill(struct report_counted *out, const struct grouping *g, const struct group *group,
		struct stack_book *book, struct pool *pool)
{
	const uint32_t *blocks = g->found + group->first;
	const struct block *oldest = &g->a->heap.blocks[graph_place(&g->a->graph, blocks[0])];
	uint32_t kept = group->n < REPORT_ADDRESSES_MAX ? group->n : REPORT_ADDRESSES_MAX;
	uint64_t *addresses = pool_take(pool, kept * sizeof *addresses);

	*out = (struct report_counted){
		.type = pool_text(pool, models_type(&g->a->models, blocks[0])),
		.verdict = count_verdict_name(g->a->counts.of[blocks[0]].verdict),
		.objects = group->n,
		.retained = group->retained,
		.addresses = addresses,
		.naddresses = kept,
		.stack = stack_book_block(book, oldest),
		.is_reused = graph_place_is_doubtful(&g->a->graph, blocks[0]),
	};
	for (uint32_t i = 0; i < group->n; i++) {
		if (addresses && i < kept)
			addresses[i] = g->a->heap.blocks[blocks[i]].addr;
		out->references += wrong_references(&g->a->counts.of[blocks[i]]);
		out->reachable += g->a->classes.of[blocks[i]] == CLASS_REACHABLE;
	}
	return addresses && out->stack ? 0 : -1;
}

static int fill_all(struct report_counts *out, struct grouping *g, struct stack_book *book, struct pool *pool,
		    struct err *err)
{
	make_groups(g);
	if (weigh(g, err))
		return -1;
	qsort_r(g->groups, g->ngroups, sizeof *g->groups, by_weight, g);
	struct report_counted *found = pool_take(pool, g->ngroups * sizeof *found);
	for (uint32_t i = 0; found && i < g->ngroups; i++)
		if (fill(&found[i], g, &g->groups[i], book, pool))
			return -1;
	out->found = found;
	out->nfound = found ? g->ngroups : 0;
	return found ? 0 : -1;
}

int counted_process(struct report_process *p, struct analysis *a, struct stack_book *book, struct pool *pool,
		    struct err *err)
{
	const struct count_set *c = &a->counts;
	struct grouping g = { .a = a, .found = c->found, .nfound = c->nfound };

	p->counts = (struct report_counts){ .objects = c->objects,
					    .exact = c->sums[COUNT_EXACT],
					    .within = c->sums[COUNT_WITHIN],
					    .surplus = c->sums[COUNT_SURPLUS],
					    .deficit = c->sums[COUNT_DEFICIT] };
	if (!c->nfound)
		return 0;
	g.groups = malloc(c->nfound * sizeof *g.groups);
	int failed = !g.groups || fill_all(&p->counts, &g, book, pool, err);
	free(g.groups);
	return failed && !*err->text ? fail(err, "out of memory while making the report") : -failed;
}
