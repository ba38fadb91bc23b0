/* told.c: see told.h. Ranges are counted: told twice and taken back once, they still hold. */
#include "heap/told.h"

#include "heap/members.h"

#include <stdlib.h>
#include <string.h>

/* One of a trace's words, and its place among them. */
struct word {
	const struct trace_told *told;
	uint64_t addr, bytes, order;
};

/* ---- which hold -------------------------------------------------------------------------------------- */

/* The block that it is about; NO_BLOCK: that one is gone, or became another since. */
static uint32_t block_told_of(const struct heap *h, const struct trace_told *told)
{
	uint32_t block = heap_find(h, told->addr);

	return block != NO_BLOCK && block_latest(&h->blocks[block]) < told->events ? block : NO_BLOCK;
}

static bool is_of(const struct trace_told *told, enum lg_told what)
{
	return told->what == (uint32_t)what;
}

/* ---- ranges ------------------------------------------------------------------------------------------ */

static int by_range(const void *left, const void *right)
{
	const struct word *a = left, *b = right;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Weak words in a block go with it; a root stays one whatever becomes of the memory. */
static bool is_gone(const struct heap *h, const struct trace_told *told)
{
	return is_of(told, LG_TOLD_WEAK) && heap_find(h, told->addr) != NO_BLOCK &&
	       block_told_of(h, told) == NO_BLOCK;
}

/* Those words of equal range that follow each other. */
static size_t add_range(struct ranges *out, const struct word *words, size_t n, enum lg_told begins)
{
	uint64_t count = 0;
	size_t i = 0;

	for (; i < n && words[i].addr == words->addr && words[i].bytes == words->bytes; i++)
		if (is_of(words[i].told, begins))
			count++;
		else
			count -= count != 0;
	if (count && words->bytes <= UINT64_MAX - words->addr)
		ranges_add(out, words->addr, words->addr + words->bytes);
	return i;
}

static int find_ranges(struct ranges *out, const struct heap *h, enum lg_told begins, enum lg_told ends)
{
	struct word *words = malloc((h->trace->ntold + 1) * sizeof *words);
	size_t n = 0;

	if (!words)
		return -1;
	for (size_t i = 0; i < h->trace->ntold; i++) {
		const struct trace_told *told = &h->trace->told[i];

		if ((is_of(told, begins) || is_of(told, ends)) && heap_was_told(h, told) && !is_gone(h, told))
			words[n++] = (struct word){ told, told->addr, told->bytes, i };
	}
	qsort(words, n, sizeof *words, by_range);
	for (size_t i = 0; i < n;)
		i += add_range(out, words + i, n - i, begins);
	free(words);
	ranges_tidy(out);
	return out->failed ? -1 : 0;
}

/* ---- blocks ------------------------------------------------------------------------------------------ */

static int by_block(const void *left, const void *right)
{
	const struct told_block *a = left, *b = right;

	if (a->block != b->block)
		return a->block < b->block ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* The last word about each block. */
static int find_blocks(struct told_block **out, uint32_t *nout, const struct heap *h, enum lg_told what)
{
	struct told_block *blocks = malloc((h->trace->ntold + 1) * sizeof *blocks);
	uint32_t n = 0, kept = 0;

	if (!blocks)
		return -1;
	for (size_t i = 0; i < h->trace->ntold; i++) {
		const struct trace_told *told = &h->trace->told[i];
		uint32_t block =
		    is_of(told, what) && heap_was_told(h, told) ? block_told_of(h, told) : NO_BLOCK;

		if (block != NO_BLOCK)
			blocks[n++] = (struct told_block){ block, told->name, i };
	}
	qsort(blocks, n, sizeof *blocks, by_block);
	for (uint32_t i = 0; i < n; i++)
		if (i + 1 == n || blocks[i + 1].block != blocks[i].block)
			blocks[kept++] = blocks[i];
	*out = blocks;
	*nout = kept;
	return 0;
}

int told_find(struct heap *h)
{
	struct told *t = &h->told;

	t->has_left_out = h->trace->process.flags & LG_PROCESS_LEFT_OUT || h->trace->process.sample_bytes;
	for (size_t i = 0; i < h->trace->ntold; i++)
		t->has_left_out |=
		    is_of(&h->trace->told[i], LG_TOLD_LEFT_OUT) && heap_was_told(h, &h->trace->told[i]);
	if (!h->trace->ntold)
		return 0;
	return heap_add_members(h) || find_ranges(&t->roots, h, LG_TOLD_ROOT, LG_TOLD_NO_ROOT) ||
		       find_ranges(&t->weak, h, LG_TOLD_WEAK, LG_TOLD_NO_WEAK) ||
		       find_blocks(&t->ignored, &t->nignored, h, LG_TOLD_IGNORE) ||
		       find_blocks(&t->typed, &t->ntyped, h, LG_TOLD_TYPE) ||
		       find_blocks(&t->watched, &t->nwatched, h, LG_TOLD_WATCH)
		   ? -1
		   : 0;
}

/* ---- the graph --------------------------------------------------------------------------------------- */

static void weaken_block(struct graph *g, uint32_t block, struct lg_range weak)
{
	for (uint64_t e = g->first[block]; e < g->first[block + 1]; e++) {
		uint64_t at = g->heap->blocks[block].addr + ref_offset(g->refs[e]);

		if (at >= weak.start && at < weak.end)
			g->refs[e] = ref_of_kind(g->refs[e], REF_WEAK);
	}
}

static void weaken_blocks(struct graph *g, struct lg_range weak)
{
	const struct heap *h = g->heap;
	uint32_t inside = heap_find(h, weak.start),
		 i = inside == NO_BLOCK ? heap_after(h, weak.start) : inside;

	for (; i < h->nblocks && h->blocks[i].addr < weak.end; i++)
		weaken_block(g, i, weak);
}

/* What is left of a block that pools lie in: it lies before the first member. */
static void weaken_pool(struct graph *g, struct lg_range pool)
{
	uint32_t block = heap_find(g->heap, pool.start);

	if (block != NO_BLOCK && g->heap->blocks[block].entry != LG_ENTRY_POOL)
		weaken_block(g, block, pool);
}

static void weaken_roots(struct graph *g, const struct ranges *weak)
{
	for (uint64_t i = 0; i < g->nroot_refs; i++) {
		struct root_ref *r = &g->root_refs[i];

		if (root_kind_has_memory(g->regions[r->region].kind) &&
		    g->regions[r->region].kind != ROOT_REGISTER && ranges_overlap(weak, r->at, r->at + 1))
			r->kind = REF_WEAK;
	}
}

static int hold_ignored(struct graph *g)
{
	const struct told *t = &g->heap->told;
	uint32_t *blocks = malloc(((size_t)t->nignored + 1) * sizeof *blocks);

	for (uint32_t i = 0; blocks && i < t->nignored; i++)
		blocks[i] = t->ignored[i].block;
	int failed = !blocks || graph_keep(g, ROOT_IGNORED, blocks, t->nignored);
	free(blocks);
	return failed ? -1 : 0;
}

int told_apply(struct graph *g)
{
	const struct told *t = &g->heap->told;

	for (size_t i = 0; i < t->npools; i++)
		weaken_pool(g, t->pools[i].range);
	for (size_t i = 0; i < t->weak.n; i++)
		weaken_blocks(g, t->weak.at[i]);
	if (t->weak.n)
		weaken_roots(g, &t->weak);
	return t->nignored ? hold_ignored(g) : 0;
}
