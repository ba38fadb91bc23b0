/* headers.c: see headers.h.
 *
 * Redis' strings lie behind their lengths, Lua's threads behind 8 bytes for the host, the nodes of an intrusive list are known
 * by their links: no word points at the start of such a block, and that none does is the program's habit, not a cursor that
 * moved on. So it has to be so for blocks that one place in the code makes, several of them; of a single block several words
 * have to agree. A place is the stack, or where others are needed its innermost frames: those of the program's own
 * allocators. Words of stacks and registers, which may be left over, show no habit. */
#include "models/headers.h"

#include <stdlib.h>

#define HEADER_MAX 64u /* bytes before the object */
#define HABIT_BLOCKS 3u
#define HABIT_WORDS 2u
#define HABIT_SHARE                                                                                          \
	16u /* of so many blocks one may be pointed at otherwise, by a word that was there before */

/* What points at a block. */
struct seen {
	uint8_t lowest; /* nearest to the start that a word points; 0: none points near it */
	uint8_t words; /* so many do, from 255 on not counted */
	bool is_known; /* from outside of itself */
	bool has_start; /* a word points at its start */
};

/* Of the blocks of one place. */
struct tally {
	uint32_t behind, starts; /* blocks that are pointed at behind their start only, and at their start */
};

struct headers {
	const struct models *models;
	struct graph *graph;
	struct seen *seen; /* nblocks */
	struct tally *places; /* by stack */
	bool *has_habit; /* by stack */
	uint32_t nplaces;
};

/* Where in the block the word points that the graph calls an interior reference; 0: not near its start. */
static uint8_t header_bytes(const struct headers *h, uint64_t at, uint32_t to)
{
	uint64_t value, addr = h->graph->heap->blocks[to].addr;

	if (models_says_owners(h->models, to) || !memory_held(h->models->world.memory, at, &value))
		return 0;
	return value - addr <= HEADER_MAX ? (uint8_t)(value - addr) : 0;
}

static void see(struct headers *h, uint64_t at, uint32_t to, enum ref_kind kind, bool is_own)
{
	struct seen *s = &h->seen[to];
	uint8_t bytes = kind == REF_INTERIOR ? header_bytes(h, at, to) : 0;

	s->has_start |= kind == REF_START && !is_own;
	if (!bytes || (s->lowest && bytes > s->lowest))
		return;
	s->words = (uint8_t)(bytes != s->lowest ? 1 : s->words < UINT8_MAX ? s->words + 1 : UINT8_MAX);
	s->lowest = bytes;
	s->is_known |= !is_own;
}

static bool shows_habit(const struct headers *h, const struct root_ref *r)
{
	return !root_kind_is_weak(h->graph->regions[r->region].kind) && !models_doubt_root(h->models, r);
}

static void see_all(struct headers *h)
{
	const struct graph *g = h->graph;

	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		for (uint64_t e = g->first[i]; e < g->first[i + 1]; e++)
			see(h, g->heap->blocks[i].addr + ref_offset(g->refs[e]), g->refs[e].to,
			    ref_kind(g->refs[e]), g->refs[e].to == i);
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		if (shows_habit(h, &g->root_refs[i]))
			see(h, g->root_refs[i].at, g->root_refs[i].to, (enum ref_kind)g->root_refs[i].kind,
			    false);
}

static bool is_behind(const struct seen *s)
{
	return s->lowest && s->is_known && !s->has_start;
}

/* ---- places ---------------------------------------------------------------------------------------------- */

static void tally_blocks(struct headers *h)
{
	for (uint32_t i = 0; i < h->graph->heap->nblocks; i++) {
		uint32_t stack = h->graph->heap->blocks[i].stack;

		if (stack >= h->nplaces)
			continue;
		h->places[stack].behind += is_behind(&h->seen[i]);
		h->places[stack].starts += h->seen[i].has_start;
	}
}

static bool is_habit(const struct tally *t)
{
	return t->behind >= HABIT_BLOCKS && t->starts <= t->behind / HABIT_SHARE;
}

/* Stands for so many innermost frames of the stack. */
static uint64_t frames_key(const struct trace *t, uint32_t stack, unsigned frames)
{
	uint64_t key = frames;

	for (uint32_t node = stack; node && frames--; node = t->nodes[node].parent)
		key = (key ^ t->nodes[node].frame) * 0x9e3779b97f4a7c15u;
	return key | 1;
}

/* Puts the places together that have so many innermost frames in common. */
static int join_places(struct headers *h, unsigned frames)
{
	const struct trace *t = h->graph->heap->trace;
	struct tally *joined = calloc((size_t)h->nplaces + 1, sizeof *joined);
	struct map first = { 0 };
	bool failed = !joined;

	for (uint32_t i = 0; i < h->nplaces && !failed; i++) {
		uint64_t key = frames_key(t, i, frames);
		struct tally *all = map_get(&first, key);

		if (!h->places[i].behind && !h->places[i].starts)
			continue;
		if (!all)
			failed = !map_put(&first, key, all = &joined[i]);
		all->behind += h->places[i].behind;
		all->starts += h->places[i].starts;
	}
	for (uint32_t i = 0; i < h->nplaces && !failed; i++)
		if (h->places[i].behind)
			h->has_habit[i] |= is_habit(map_get(&first, frames_key(t, i, frames)));
	map_free(&first);
	free(joined);
	return failed ? -1 : 0;
}

static int find_habits(struct headers *h)
{
	static const unsigned frames[] = { 4, 2 };

	tally_blocks(h);
	for (uint32_t i = 0; i < h->nplaces; i++)
		h->has_habit[i] = is_habit(&h->places[i]);
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
		if (join_places(h, frames[i]))
			return -1;
	return 0;
}

/* ---- references ------------------------------------------------------------------------------------------ */

static bool has_header(const struct headers *h, uint32_t block)
{
	const struct seen *s = &h->seen[block];
	uint32_t stack = h->graph->heap->blocks[block].stack;

	if (!is_behind(s))
		return false;
	return (stack < h->nplaces && h->has_habit[stack]) || (s->words >= HABIT_WORDS && s->lowest % 8 == 0);
}

static enum ref_kind recognised(const struct headers *h, uint64_t at, uint32_t to, enum ref_kind kind)
{
	bool is_object =
	    kind == REF_INTERIOR && has_header(h, to) && header_bytes(h, at, to) == h->seen[to].lowest;

	return is_object ? REF_RECOGNISED : kind;
}

static void recognise_all(struct headers *h)
{
	struct graph *g = h->graph;

	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		for (uint64_t e = g->first[i]; e < g->first[i + 1]; e++) {
			uint64_t at = g->heap->blocks[i].addr + ref_offset(g->refs[e]);
			struct ref r = g->refs[e];

			g->refs[e] = ref_of_kind(r, recognised(h, at, r.to, ref_kind(r)));
		}
	for (uint64_t i = 0; i < g->nroot_refs; i++) {
		struct root_ref *r = &g->root_refs[i];

		r->kind = (uint8_t)recognised(h, r->at, r->to, (enum ref_kind)r->kind);
	}
}

/* ---- the whole ------------------------------------------------------------------------------------------- */

static bool has_interior(const struct graph *g)
{
	for (uint64_t e = 0; e < g->first[g->heap->nblocks]; e++)
		if (ref_kind(g->refs[e]) == REF_INTERIOR)
			return true;
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		if (g->root_refs[i].kind == REF_INTERIOR)
			return true;
	return false;
}

int headers_recognise(const struct models *m, struct graph *g)
{
	struct headers h = { .models = m, .graph = g, .nplaces = g->heap->trace->nnodes };

	if (!has_interior(g))
		return 0;
	h.seen = calloc((size_t)g->heap->nblocks + 1, sizeof *h.seen);
	h.places = calloc((size_t)h.nplaces + 1, sizeof *h.places);
	h.has_habit = calloc((size_t)h.nplaces + 1, sizeof *h.has_habit);
	int failed = !h.seen || !h.places || !h.has_habit;
	if (!failed) {
		see_all(&h);
		failed = find_habits(&h);
	}
	if (!failed)
		recognise_all(&h);
	free(h.seen);
	free(h.places);
	free(h.has_habit);
	return failed ? -1 : 0;
}
