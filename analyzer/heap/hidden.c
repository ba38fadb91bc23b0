/* hidden.c: references that only those find who know what they look at join those that the scan has found. */
#include "heap/heap.h"

#include <stdlib.h>
#include <string.h>

uint32_t graph_region(const struct graph *g, uint64_t addr)
{
	for (uint32_t i = 0; i < g->nregions; i++) {
		const struct root_region *r = &g->regions[i];

		if (r->kind != ROOT_REGISTER && addr >= r->start && addr < r->end)
			return i;
	}
	return NO_REGION;
}

static int by_address(const void *left, const void *right)
{
	const struct hidden_ref *a = left, *b = right;

	return a->at < b->at ? -1 : a->at > b->at;
}

/* ---- out of blocks ----------------------------------------------------------------------------------- */

static uint64_t word_of(const struct graph *g, const struct hidden_ref *h, uint32_t from)
{
	return (h->at - g->heap->blocks[from].addr) / 8;
}

/* What the scan took for an interior reference is recognised now. False: it has not seen the word. */
static bool recognise_ref(struct graph *g, const struct hidden_ref *h, uint32_t from)
{
	for (uint64_t e = g->first[from]; e < g->first[from + 1]; e++)
		if (ref_offset(g->refs[e]) == 8 * word_of(g, h, from) && g->refs[e].to == h->to) {
			g->refs[e] = ref_of_kind(g->refs[e], REF_RECOGNISED);
			return true;
		}
	return false;
}

/* From the last to the first: each block's own move up to make room for what hides among them. */
static void merge_refs(struct graph *g, const struct hidden_ref *hidden, size_t n)
{
	uint64_t from = g->first[g->heap->nblocks], to = from + n;

	for (uint32_t b = g->heap->nblocks; n && b-- > 0;) {
		g->first[b + 1] = to;
		for (;;) {
			bool is_next = n && hidden[n - 1].at >= g->heap->blocks[b].addr;
			uint64_t word = is_next ? word_of(g, &hidden[n - 1], b) : 0;

			if (is_next && (from == g->first[b] || ref_offset(g->refs[from - 1]) <= 8 * word))
				g->refs[--to] =
				    (struct ref){ hidden[--n].to,
						  (uint32_t)word << REF_KIND_BITS | REF_RECOGNISED };
			else if (from > g->first[b])
				g->refs[--to] = g->refs[--from];
			else
				break;
		}
	}
}

/* ---- out of roots ------------------------------------------------------------------------------------ */

static int by_region(const void *left, const void *right)
{
	const struct root_ref *a = left, *b = right;

	if (a->region != b->region)
		return a->region < b->region ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static bool recognise_root_ref(struct graph *g, const struct root_ref *wanted)
{
	struct root_ref *found =
	    g->nroot_refs ? bsearch(wanted, g->root_refs, g->nroot_refs, sizeof *wanted, by_region) : NULL;

	if (found)
		found->kind = REF_RECOGNISED;
	return found != NULL;
}

/* ---- the whole --------------------------------------------------------------------------------------- */

static bool make_room(struct graph *g, size_t n)
{
	struct ref *refs = realloc(g->refs, (g->first[g->heap->nblocks] + n + 1) * sizeof *refs);
	struct root_ref *roots = realloc(g->root_refs, (g->nroot_refs + n + 1) * sizeof *roots);

	g->refs = refs ? refs : g->refs;
	g->root_refs = roots ? roots : g->root_refs;
	return refs && roots;
}

/* Roots' are appended; those of blocks are moved to the front of `hidden`. Returns how many these are. */
static size_t share_out(struct graph *g, struct hidden_ref *hidden, size_t n, uint64_t *nroots)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t from = heap_find(g->heap, hidden[i].at);
		uint32_t region = from == NO_BLOCK ? graph_region(g, hidden[i].at) : NO_REGION;
		struct root_ref root = {
			.at = hidden[i].at, .region = region, .to = hidden[i].to, .kind = REF_RECOGNISED
		};

		if (from != NO_BLOCK && word_of(g, &hidden[i], from) > UINT32_MAX >> REF_KIND_BITS)
			continue;
		if (from != NO_BLOCK && !recognise_ref(g, &hidden[i], from))
			hidden[kept++] = hidden[i];
		else if (region != NO_REGION && !recognise_root_ref(g, &root))
			g->root_refs[(*nroots)++] = root;
	}
	return kept;
}

int graph_add_hidden(struct graph *g, struct hidden_ref *hidden, size_t n)
{
	uint64_t nroots = g->nroot_refs;

	if (!n)
		return 0;
	if (!make_room(g, n))
		return -1;
	qsort(hidden, n, sizeof *hidden, by_address);
	merge_refs(g, hidden, share_out(g, hidden, n, &nroots));
	g->nroot_refs = nroots;
	qsort(g->root_refs, g->nroot_refs, sizeof *g->root_refs, by_region);
	return 0;
}

/* ---- what is held by definition ---------------------------------------------------------------------- */

/* Regions are sorted by kind: those of later kinds move up, and their references with them. */
static uint32_t insert_region(struct graph *g, enum root_kind kind)
{
	uint32_t at = g->nregions;

	while (at && g->regions[at - 1].kind > kind)
		at--;
	memmove(&g->regions[at + 1], &g->regions[at], (g->nregions - at) * sizeof *g->regions);
	g->regions[at] = (struct root_region){ .kind = kind, .path = "" };
	g->nregions++;
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		g->root_refs[i].region += g->root_refs[i].region >= at;
	return at;
}

int graph_keep(struct graph *g, enum root_kind kind, const uint32_t *blocks, uint32_t n)
{
	struct root_region *regions = realloc(g->regions, ((size_t)g->nregions + 1) * sizeof *regions);

	if (!regions)
		return -1;
	g->regions = regions;
	if (!make_room(g, n))
		return -1;
	uint32_t region = insert_region(g, kind);
	for (uint32_t i = 0; i < n; i++)
		g->root_refs[g->nroot_refs++] = (struct root_ref){ .at = g->heap->blocks[blocks[i]].addr,
								   .region = region,
								   .to = blocks[i],
								   .kind = REF_START };
	qsort(g->root_refs, g->nroot_refs, sizeof *g->root_refs, by_region);
	return 0;
}
