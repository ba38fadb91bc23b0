/* counts.c: see counts.h. Two looks: along the graph's references; then, for what seems to count too many, through all
 * of the memory for pointers that no scan of aligned words can see. */
#include "passes/counts.h"

#include <stdlib.h>
#include <string.h>

const char *count_verdict_name(enum count_verdict verdict)
{
	static const char *const names[COUNT_VERDICTS] = { "none", "exact", "within", "surplus", "deficit" };

	return verdict < COUNT_VERDICTS ? names[verdict] : "?";
}

uint64_t counted_missing(const struct counted *o)
{
	int64_t strong = o->stored - (int64_t)o->strong - o->maybe;
	int64_t all = o->stored_weak == NO_COUNT ? 0 : strong + o->stored_weak - o->weak;
	int64_t most = all > strong ? all : strong;

	return o->stored == NO_COUNT || most < 0 ? 0 : (uint64_t)most;
}

/* ---- along the references ---------------------------------------------------------------------------- */

/* One word that points at an object. */
static void add_word(struct counted *c, const struct models *m, uint32_t to, struct owner_word w,
		     bool is_exact, bool is_doubtful)
{
	enum share share = models_share(m, to, &w);

	if (share == SHARE_MAYBE || (share && is_doubtful)) {
		c->maybe++;
	} else if (share && w.kind == REF_WEAK) {
		c->weak++;
	} else if (share) {
		c->strong++;
		c->exact += is_exact;
	}
}

static void add_references(struct count_set *c, const struct models *m, const struct graph *g, uint32_t block)
{
	struct object o;
	bool is_exact = models_object(m, block, &o) && o.owns_exactly;

	for (uint64_t e = g->first[block]; e < g->first[block + 1]; e++) {
		struct ref r = g->refs[e];
		struct owner_word w = { g->heap->blocks[block].addr + ref_offset(r), ref_kind(r), false };

		add_word(&c->of[r.to], m, r.to, w, is_exact, false);
	}
}

static void add_roots(struct count_set *c, const struct models *m, const struct graph *g)
{
	for (uint64_t i = 0; i < g->nroot_refs; i++) {
		const struct root_ref *r = &g->root_refs[i];
		struct owner_word w = { r->at, (enum ref_kind)r->kind,
					g->regions[r->region].kind == ROOT_REGISTER };

		add_word(&c->of[r->to], m, r->to, w, false, models_doubt_root(m, r));
	}
}

/* A word that may be left over owns nothing when the object's count is explained without it. */
static bool is_left_over(const struct count_set *c, const struct models *m, uint32_t to)
{
	const struct counted *o = &c->of[to];
	struct object object;

	if (o->stored != NO_COUNT)
		return o->stored <= (int64_t)o->strong;
	return o->strong && models_object(m, to, &object) && object.is_part;
}

/* Owners point at the object itself: what points elsewhere into it owns nothing either then. */
static bool is_vague(enum ref_kind kind)
{
	return kind == REF_INTERIOR || kind == REF_PAST_END;
}

static void drop_left_over(const struct count_set *c, const struct models *m, struct graph *g)
{
	for (uint64_t i = 0; i < g->nroot_refs; i++) {
		struct root_ref *r = &g->root_refs[i];

		if (is_left_over(c, m, r->to) &&
		    (is_vague((enum ref_kind)r->kind) || models_doubt_root(m, r)))
			r->kind = REF_BORROWED;
	}
	for (uint64_t e = 0; e < g->first[g->heap->nblocks]; e++)
		if (is_vague(ref_kind(g->refs[e])) && is_left_over(c, m, g->refs[e].to))
			g->refs[e] = ref_of_kind(g->refs[e], REF_BORROWED);
}

/* Of what has more owners than it counts those are looked at again that its model knows one by one. */
static void confirm_owners(struct count_set *c, const struct models *m, const struct graph *g)
{
	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		for (uint64_t e = g->first[i]; e < g->first[i + 1]; e++) {
			uint64_t at = g->heap->blocks[i].addr + ref_offset(g->refs[e]);
			struct counted *o = &c->of[g->refs[e].to];

			if (o->stored != NO_COUNT && o->stored < (int64_t)o->strong &&
			    ref_kind(g->refs[e]) == REF_START && models_owns_surely(m, g->refs[e].to, i, at))
				o->exact++;
		}
}

static bool has_more_owners(const struct count_set *c, uint32_t nblocks)
{
	for (uint32_t i = 0; i < nblocks; i++)
		if (c->of[i].stored != NO_COUNT && c->of[i].stored < (int64_t)c->of[i].strong)
			return true;
	return false;
}

/* ---- through the memory ------------------------------------------------------------------------------ */

/* Objects that seem to count too many, by address. */
struct search {
	struct count_set *c;
	uint64_t low, high; /* their addresses */
	struct map blocks; /* address to block + 1 */
	const struct models *models;
	const struct graph *graph;
	struct hidden_ref *found;
	size_t nfound;
	bool failed; /* out of memory */
};

static bool search_open(struct search *s, const struct models *m)
{
	uint32_t nblocks = m->world.heap->nblocks;

	s->low = UINT64_MAX;
	for (uint32_t i = 0; i < nblocks; i++) {
		uint64_t addr = models_counted_addr(m, i);

		if (!counted_missing(&s->c->of[i]))
			continue;
		s->low = addr < s->low ? addr : s->low;
		s->high = addr > s->high ? addr : s->high;
		if (!map_put(&s->blocks, addr, (void *)((uintptr_t)i + 1)))
			return false;
	}
	return true;
}

static void keep(struct search *s, struct hidden_ref found)
{
	if ((s->nfound & (s->nfound - 1)) == 0) {
		struct hidden_ref *more = realloc(s->found, (s->nfound ? 2 * s->nfound : 1) * sizeof *more);

		s->failed |= !more;
		if (!more)
			return;
		s->found = more;
	}
	s->found[s->nfound++] = found;
}

/* A holder is a block that lives, in a word that may own, or a root; other memory holds what was there before. */
static bool may_hold(const struct search *s, uint64_t at, uint32_t to)
{
	const struct heap *h = s->graph->heap;
	uint32_t holder = heap_find(h, at);

	if (holder == NO_BLOCK)
		return graph_region(s->graph, at) != NO_REGION;
	enum ref_kind kind = models_label(s->models, holder, at - h->blocks[holder].addr, to);
	return KINDS_INSIDE >> kind & 1;
}

static void note(struct search *s, uint64_t value, uint64_t at)
{
	uintptr_t block = (uintptr_t)map_get(&s->blocks, value & ~7ull);

	if (!block || s->failed || !may_hold(s, at, (uint32_t)(block - 1)))
		return;
	s->c->of[block - 1].maybe++;
	keep(s, (struct hidden_ref){ at, (uint32_t)(block - 1) });
}

static bool is_near(const struct search *s, uint64_t value)
{
	return value >= s->low && value <= (s->high | 7);
}

/* A word with a tag in its low bits, and what begins in one word and ends in the next. */
static void look_into(struct search *s, const struct trace_memory *m)
{
	size_t n = (size_t)(m->bytes / 8);

	for (size_t i = 0; i < n; i++) {
		uint64_t word = m->words[i], next = i + 1 < n ? m->words[i + 1] : 0, at = m->start + 8 * i;

		if (word & 7 && is_near(s, word))
			note(s, word, at);
		if (!word && !next)
			continue;
		for (unsigned shift = 8; shift < 64; shift += 8) {
			uint64_t value = word >> shift | next << (64 - shift);

			if (is_near(s, value))
				note(s, value, at + shift / 8);
		}
	}
}

/* Only references that a count asks for are real. */
static int add_asked(struct search *s, struct graph *g)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nfound; i++)
		if (!counted_missing(&s->c->of[s->found[i].to]))
			s->found[n++] = s->found[i];
	return graph_add_hidden(g, s->found, n);
}

static int search_memory(struct count_set *c, const struct models *m, struct graph *g)
{
	const struct trace_snapshot *snapshot = g->heap->snapshot;
	struct search s = { .c = c, .models = m, .graph = g };
	bool opened = search_open(&s, m);

	for (size_t i = 0; opened && s.blocks.used && i < snapshot->nmemory; i++)
		look_into(&s, &snapshot->memory[i]);
	int failed = !opened || s.failed || add_asked(&s, g);
	map_free(&s.blocks);
	free(s.found);
	return failed ? -1 : 0;
}

/* ---- verdicts ---------------------------------------------------------------------------------------- */

static enum count_verdict judge(const struct counted *o)
{
	if (o->stored == NO_COUNT)
		return COUNT_NONE;
	if (counted_missing(o))
		return COUNT_SURPLUS;
	if (o->stored < o->exact)
		return COUNT_DEFICIT;
	return o->stored == o->strong ? COUNT_EXACT : COUNT_WITHIN;
}

static int add_finding(struct count_set *c, uint32_t block)
{
	if ((c->nfound & (c->nfound - 1)) == 0) {
		uint32_t *found = realloc(c->found, (c->nfound ? 2 * (size_t)c->nfound : 1) * sizeof *found);

		if (!found)
			return -1;
		c->found = found;
	}
	c->found[c->nfound++] = block;
	return 0;
}

static int by_birth(const void *left, const void *right, void *context)
{
	const struct block *blocks = context;
	uint64_t a = blocks[*(const uint32_t *)left].birth, b = blocks[*(const uint32_t *)right].birth;

	return a < b ? -1 : a > b;
}

static void sort_findings(uint32_t *found, uint32_t n, const struct block *blocks)
{
	if (n > 1)
		qsort_r(found, n, sizeof *found, by_birth, (void *)(uintptr_t)blocks);
}

static int gather(struct count_set *c, const struct heap *h)
{
	for (enum count_verdict wanted = COUNT_SURPLUS; wanted <= COUNT_DEFICIT; wanted++) {
		uint32_t before = c->nfound;

		for (uint32_t i = 0; i < h->nblocks; i++)
			if (c->of[i].verdict == wanted && add_finding(c, i))
				return -1;
		if (c->nfound > before)
			sort_findings(c->found + before, c->nfound - before, h->blocks);
		c->nsurplus = wanted == COUNT_SURPLUS ? c->nfound : c->nsurplus;
	}
	return 0;
}

static void judge_all(struct count_set *c, uint32_t nblocks)
{
	for (uint32_t i = 0; i < nblocks; i++) {
		c->of[i].verdict = judge(&c->of[i]);
		c->sums[c->of[i].verdict]++;
	}
	c->objects = nblocks - c->sums[COUNT_NONE];
}

/* Corpses count nothing, and nobody owns them. */
static bool take_counts(struct count_set *c, const struct models *m, uint32_t nblocks)
{
	bool any = false;

	for (uint32_t i = 0; i < nblocks; i++) {
		struct object o;

		c->of[i].stored = models_object(m, i, &o) && !o.is_dead ? o.count : NO_COUNT;
		c->of[i].stored_weak = o.weak_count;
		any |= c->of[i].stored != NO_COUNT;
	}
	return any;
}

static int find(struct count_set *c, const struct models *m, struct graph *g)
{
	uint32_t nblocks = g->heap->nblocks;

	c->of = calloc((size_t)nblocks + 1, sizeof *c->of);
	if (!c->of)
		return -1;
	if (!take_counts(c, m, nblocks)) {
		counts_free(c);
		return 0;
	}
	for (uint32_t i = 0; i < nblocks; i++)
		add_references(c, m, g, i);
	add_roots(c, m, g);
	drop_left_over(c, m, g);
	if (has_more_owners(c, nblocks))
		confirm_owners(c, m, g);
	if (search_memory(c, m, g))
		return -1;
	judge_all(c, nblocks);
	return gather(c, g->heap);
}

int counts_find(struct count_set *c, const struct models *m, struct graph *g, struct err *err)
{
	*c = (struct count_set){ 0 };
	if (!m->of || !find(c, m, g))
		return 0;
	counts_free(c);
	return fail(err, "not enough memory to compare the counts of %u blocks", g->heap->nblocks);
}

void counts_free(struct count_set *c)
{
	free(c->of);
	free(c->found);
	*c = (struct count_set){ 0 };
}
