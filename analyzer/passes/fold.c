/* fold.c: equal leaks become one.
 *
 * Two heads are equal when their signatures are: class, number of members, the kinds of the members (graph_kind(): their
 * stacks; types of all but the oldest where the stacks may be others'), and the set of kinds of the blocks behind them.
 * Lost blocks and possible ones are folded alike, each as a forest. */
#include "passes/forest.h"
#include "passes/ring.h"

#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

/* What hangs behind each head, gathered per head component. */
struct behind {
	uint32_t *first; /* ncomponents + 1 into kinds */
	uint32_t *kinds;
	struct sum *sums; /* ncomponents */
};

/* A signature is words: class, members, kinds of members, distinct kinds behind. They lie in one arena. */
struct signatures {
	uint32_t *words;
	size_t used, room;
};

struct folding {
	const struct forest *forest;
	struct sort_pair *heads; /* components, by birth of their oldest member */
	uint32_t nheads;
	struct behind behind;
	struct signatures signatures;
	struct leak *leaks;
	size_t *signature_of; /* nleaks + 1: where each leak's signature begins */
	uint32_t nleaks, room;
	uint32_t *table; /* leak + 1 by hash of its signature */
	uint32_t table_mask;
	uint32_t *leak_of; /* ncomponents: heads' leak; NO_LABEL elsewhere */
	bool is_possible;
};

/* ---- what hangs behind ------------------------------------------------------------------------------- */

/* The kind of a block that does not stand for its leak: its stack may be another object's. */
static uint32_t kind_of_other(const struct graph *g, uint32_t block)
{
	return graph_is_reused(g, block) ? g->reused[block] : graph_kind(g, block);
}

static bool is_behind(const struct forest *f, uint32_t block)
{
	return f->head[block] != NO_COMPONENT && f->components.of[block] != f->head[block];
}

static int behind_build(struct behind *b, const struct forest *f)
{
	uint32_t n = f->components.ncomponents, nblocks = f->subset.graph->heap->nblocks;

	b->first = calloc((size_t)n + 2, sizeof *b->first);
	b->kinds = malloc(((size_t)f->n + 1) * sizeof *b->kinds);
	b->sums = calloc((size_t)n + 1, sizeof *b->sums);
	if (!b->first || !b->kinds || !b->sums)
		return -1;
	uint32_t *place = b->first + 1;
	for (uint32_t block = 0; block < nblocks; block++)
		if (is_behind(f, block))
			place[f->head[block] + 1]++;
	for (uint32_t k = 1; k <= n; k++)
		place[k] += place[k - 1];
	for (uint32_t block = 0; block < nblocks; block++) {
		uint32_t head = f->head[block];
		if (!is_behind(f, block))
			continue;
		b->kinds[place[head]++] = kind_of_other(f->subset.graph, block);
		heap_add(&b->sums[head], f->subset.graph->heap, block);
	}
	return 0;
}

static void behind_free(struct behind *b)
{
	free(b->first);
	free(b->kinds);
	free(b->sums);
}

/* ---- signatures -------------------------------------------------------------------------------------- */

static uint32_t *signature_room(struct signatures *s, size_t words)
{
	if (s->room - s->used < words) {
		size_t room = 2 * s->room + words;
		uint32_t *grown = realloc(s->words, room * sizeof *grown);
		if (!grown)
			return NULL;
		s->words = grown;
		s->room = room;
	}
	return s->words + s->used;
}

static size_t drop_repeats(uint32_t *numbers, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!kept || numbers[i] != numbers[kept - 1])
			numbers[kept++] = numbers[i];
	return kept;
}

/* Appends the head's signature and returns its length in words, 0 without memory. */
static size_t sign(struct folding *f, uint32_t head, enum leak_class kind)
{
	const struct components *c = &f->forest->components;
	const struct graph *g = f->forest->subset.graph;
	uint32_t members = component_size(c, head);
	size_t behind = f->behind.first[head + 1] - f->behind.first[head];
	uint32_t *words = signature_room(&f->signatures, 2 + (size_t)members + behind);

	if (!words)
		return 0;
	words[0] = kind;
	words[1] = members;
	words[2] = graph_alike(g, c->members[c->first[head]]);
	for (uint32_t i = 1; i < members; i++)
		words[2 + i] = kind_of_other(g, c->members[c->first[head] + i]);
	sort_numbers(words + 2, members);
	uint32_t *rest = words + 2 + members;
	if (behind)
		memcpy(rest, f->behind.kinds + f->behind.first[head], behind * sizeof *rest);
	sort_numbers(rest, behind);
	return 2 + (size_t)members + drop_repeats(rest, behind);
}

static uint64_t hash_words(const uint32_t *words, size_t n)
{
	uint64_t hash = n;

	for (size_t i = 0; i < n; i++) {
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	return hash;
}

/* ---- leaks ------------------------------------------------------------------------------------------- */

static bool leaks_grow(struct folding *f)
{
	uint32_t room = f->room ? 2 * f->room : 64;
	struct leak *leaks = realloc(f->leaks, room * sizeof *leaks);

	if (leaks)
		f->leaks = leaks;
	size_t *starts = realloc(f->signature_of, ((size_t)room + 1) * sizeof *starts);
	if (starts)
		f->signature_of = starts;
	uint32_t *table = calloc(4 * (size_t)room, sizeof *table);
	if (!leaks || !starts || !table) {
		free(table);
		return false;
	}
	free(f->table);
	f->table = table;
	f->table_mask = 4 * room - 1;
	f->room = room;
	for (uint32_t i = 0; i < f->nleaks; i++) {
		const uint32_t *words = f->signatures.words + f->signature_of[i];
		uint32_t at = (uint32_t)hash_words(words, f->signature_of[i + 1] - f->signature_of[i]);
		while (f->table[at & f->table_mask])
			at++;
		f->table[at & f->table_mask] = i + 1;
	}
	return true;
}

static bool same_signature(const struct folding *f, uint32_t leak, size_t words)
{
	size_t start = f->signature_of[leak];

	return f->signature_of[leak + 1] - start == words &&
	       !memcmp(f->signatures.words + start, f->signatures.words + f->signatures.used, words * 4);
}

/* The leak with the signature that was just appended; a new one keeps the signature. NO_LABEL: out of memory. */
static uint32_t leak_with_signature(struct folding *f, size_t words, enum leak_class kind)
{
	if (f->nleaks == f->room && !leaks_grow(f))
		return NO_LABEL;
	uint32_t at = (uint32_t)hash_words(f->signatures.words + f->signatures.used, words);
	for (; f->table[at & f->table_mask]; at++)
		if (same_signature(f, f->table[at & f->table_mask] - 1, words))
			return f->table[at & f->table_mask] - 1;
	f->table[at & f->table_mask] = f->nleaks + 1;
	f->leaks[f->nleaks] = (struct leak){ .kind = kind };
	f->signature_of[f->nleaks] = f->signatures.used;
	f->signatures.used += words;
	f->signature_of[f->nleaks + 1] = f->signatures.used;
	return f->nleaks++;
}

static void add_instance(struct folding *f, struct leak *leak, uint32_t head)
{
	const struct components *c = &f->forest->components;
	const struct graph *g = f->forest->subset.graph;
	const struct heap *h = g->heap;
	const struct block *oldest = &h->blocks[graph_place(g, c->members[c->first[head]])];

	if (!leak->instances++) {
		leak->stack = oldest->stack;
		leak->first_birth = oldest->birth;
		leak->members = leak->kind == CLASS_CYCLE ? component_size(c, head) : 0;
	}
	for (uint32_t i = c->first[head]; i < c->first[head + 1]; i++)
		heap_add(&leak->heads, h, c->members[i]);
	leak->nblocks += component_size(c, head);
	leak->indirect.blocks += f->behind.sums[head].blocks;
	leak->indirect.bytes += f->behind.sums[head].bytes;
}

static enum leak_class kind_of(const struct folding *f, uint32_t head)
{
	if (f->is_possible)
		return CLASS_POSSIBLE;
	return component_is_cycle(f->forest, head) ? CLASS_CYCLE : CLASS_DIRECT;
}

/* A component is as old as its oldest member, which is its first. */
static int list_heads(struct folding *f)
{
	const struct components *c = &f->forest->components;
	const struct graph *g = f->forest->subset.graph;

	for (uint32_t k = 0; k < c->ncomponents; k++)
		f->nheads += f->forest->is_head[k];
	f->heads = malloc(((size_t)f->nheads + 1) * sizeof *f->heads);
	if (!f->heads)
		return -1;
	for (uint32_t k = 0, n = 0; k < c->ncomponents; k++)
		if (f->forest->is_head[k])
			f->heads[n++] = (struct sort_pair){ graph_age(g, c->members[c->first[k]]), k };
	return sort_pairs(f->heads, f->nheads);
}

static int gather_leaks(struct folding *f)
{
	for (uint32_t i = 0; i < f->nheads; i++) {
		uint32_t head = f->heads[i].value;
		enum leak_class kind = kind_of(f, head);
		size_t words = sign(f, head, kind);
		uint32_t leak = words ? leak_with_signature(f, words, kind) : NO_LABEL;
		if (leak == NO_LABEL)
			return -1;
		f->leak_of[head] = leak;
		add_instance(f, &f->leaks[leak], head);
	}
	return 0;
}

static int list_blocks(struct folding *f)
{
	const struct components *c = &f->forest->components;

	for (uint32_t i = 0; i < f->nleaks; i++) {
		f->leaks[i].blocks = malloc(f->leaks[i].nblocks * sizeof(uint32_t));
		if (!f->leaks[i].blocks)
			return -1;
		f->leaks[i].nblocks = 0;
	}
	for (uint32_t i = 0; i < f->nheads; i++) {
		uint32_t head = f->heads[i].value, n = component_size(c, head);
		struct leak *leak = &f->leaks[f->leak_of[head]];
		memcpy(leak->blocks + leak->nblocks, c->members + c->first[head], n * sizeof(uint32_t));
		leak->nblocks += n;
	}
	return 0;
}

static int find_rings(struct folding *f)
{
	struct ring_finder finder = { 0 };
	int answer = 0;

	for (uint32_t i = 0; i < f->nleaks && !answer; i++) {
		if (f->leaks[i].kind != CLASS_CYCLE)
			continue;
		if (!finder.parent)
			answer = ring_open(&finder, f->forest);
		if (!answer)
			answer = ring_find(&finder, f->leaks[i].blocks[0], &f->leaks[i]);
	}
	ring_close(&finder);
	return answer;
}

/* What only the heads of one leak reach goes when they go. Uses up leak_of: it holds labels afterwards. */
static void add_retained(struct folding *f)
{
	const struct forest *forest = f->forest;
	const struct heap *h = forest->subset.graph->heap;

	forest_spread(forest, f->leak_of);
	for (uint32_t i = 0; i < h->nblocks; i++) {
		uint32_t component = forest->components.of[i];
		if (component != NO_COMPONENT && f->leak_of[component] < f->nleaks)
			f->leaks[f->leak_of[component]].retained_bytes +=
			    block_sum(h->trace->process.sample_bytes, &h->blocks[i]).bytes;
	}
}

static int fold_forest(struct folding *f)
{
	uint32_t n = f->forest->components.ncomponents;

	f->leak_of = malloc(((size_t)n + 1) * sizeof *f->leak_of);
	if (!f->leak_of)
		return -1;
	memset(f->leak_of, 0xff, (size_t)n * sizeof *f->leak_of); /* NO_LABEL */
	if (list_heads(f) || behind_build(&f->behind, f->forest) || gather_leaks(f) || list_blocks(f) ||
	    find_rings(f))
		return -1;
	add_retained(f);
	return 0;
}

static void folding_free(struct folding *f)
{
	free(f->heads);
	behind_free(&f->behind);
	free(f->signatures.words);
	free(f->signature_of);
	free(f->table);
	free(f->leak_of);
}

/* ---- the whole --------------------------------------------------------------------------------------- */

static void free_leaks(struct leak *leaks, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		free(leaks[i].blocks);
		free(leaks[i].edges);
	}
	free(leaks);
}

static int append_leaks(struct leak_set *out, struct folding *f)
{
	struct leak *all = realloc(out->leaks, ((size_t)out->nleaks + f->nleaks + 1) * sizeof *all);

	if (!all)
		return -1;
	if (f->nleaks)
		memcpy(all + out->nleaks, f->leaks, f->nleaks * sizeof *all);
	out->leaks = all;
	out->nleaks += f->nleaks;
	free(f->leaks);
	f->leaks = NULL;
	f->nleaks = 0;
	return 0;
}

static int fold_into(struct leak_set *out, const struct forest *forest, bool is_possible)
{
	struct folding f = { .forest = forest, .is_possible = is_possible };
	int answer = fold_forest(&f);

	if (!answer)
		answer = append_leaks(out, &f);
	free_leaks(f.leaks, f.nleaks);
	folding_free(&f);
	return answer;
}

/* The lost blocks' forest was grown by classify(); it is borrowed, not grown again. */
static int fold_lost(struct leak_set *out, const struct classes *c)
{
	struct subset lost = { c->graph, c->of, CLASS_DIRECT, CLASS_INDIRECT, KINDS_INSIDE };
	struct forest forest;
	int answer = forest_borrow(&forest, &lost, &c->components, c->head);

	if (!answer)
		answer = fold_into(out, &forest, false);
	forest.components = (struct components){ 0 };
	forest.head = NULL;
	forest_free(&forest);
	return answer;
}

static int fold_possible(struct leak_set *out, const struct classes *c)
{
	struct subset possible = { c->graph, c->of, CLASS_POSSIBLE, CLASS_POSSIBLE, KINDS_STRONG };
	struct forest forest;
	int answer = forest_build(&forest, &possible);

	if (!answer)
		answer = fold_into(out, &forest, true);
	forest_free(&forest);
	return answer;
}

static int falling(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

static int by_weight(const void *x, const void *y)
{
	const struct leak *a = x, *b = y;
	int order = (a->kind == CLASS_POSSIBLE) - (b->kind == CLASS_POSSIBLE);

	if (!order)
		order = falling(a->heads.bytes + a->indirect.bytes, b->heads.bytes + b->indirect.bytes);
	if (!order)
		order = falling(a->heads.blocks + a->indirect.blocks, b->heads.blocks + b->indirect.blocks);
	return order ? order : -falling(a->first_birth, b->first_birth);
}

int fold_leaks(struct leak_set *out, const struct classes *c, struct err *err)
{
	*out = (struct leak_set){ 0 };
	if (fold_lost(out, c) || fold_possible(out, c)) {
		leak_set_free(out);
		return fail(err, "not enough memory to fold the leaks");
	}
	if (out->nleaks)
		qsort(out->leaks, out->nleaks, sizeof *out->leaks, by_weight);
	return 0;
}

void leak_set_free(struct leak_set *set)
{
	free_leaks(set->leaks, set->nleaks);
	*set = (struct leak_set){ 0 };
}
