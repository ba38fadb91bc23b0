/* headers.c: see headers.h.
 *
 * Redis' strings lie behind their lengths, Lua's threads behind 8 bytes for the host, the nodes of an intrusive list are known
 * by their links: no word points at the start of such a block, and that none does is the program's habit, not a cursor that
 * moved on. So it has to be so for blocks that one place in the code makes, several of them; of a single block several words
 * have to agree. A place is the stack, or where others are needed its innermost frames: those of the program's own
 * allocators. Words of stacks and registers, which may be left over, show no habit.
 *
 * SQLite's pages are known by what stands behind their 4 KiB, and pointed into besides: so far from the start that is the
 * offset by which most blocks of a place are known, and they have to be more. */
#include "models/headers.h"

#include <stdlib.h>

#define HEADER_MAX 64u /* bytes before the object; more are far */
#define HABIT_BLOCKS 3u
#define HABIT_FAR_BLOCKS 8u
#define HABIT_FAR_VOTES 4u /* so many more than others are known by the same offset */
#define HABIT_WORDS 2u
#define HABIT_SHARE                                                                                          \
	16u /* of so many blocks one may be pointed at otherwise, by a word that was there before */

/* What points at a block. */
struct seen {
	uint32_t lowest; /* nearest to the start that a word outside points; 0: none points into it */
	uint8_t words; /* so many do, from 255 on not counted */
	bool has_start; /* a word points at its start */
};

/* Of the blocks of one place. */
struct tally {
	uint32_t behind, starts; /* blocks that are pointed at behind their start only, and at their start */
	uint32_t far; /* ... only far behind it */
	uint32_t at,
	    votes; /* the offset of most of these, and how many more they are than the others, at least */
};

struct headers {
	const struct models *models;
	struct graph *graph;
	struct seen *seen; /* nblocks */
	struct tally *places; /* by stack */
	bool *has_habit; /* by stack */
	uint32_t
	    *far_at; /* by stack: the offset by which its blocks are known far behind their starts; 0: none */
	uint32_t nplaces;
};

/* Where in the block the word points that the graph calls an interior reference; 0: it is known who owns it. */
static uint32_t header_bytes(const struct headers *h, uint64_t at, uint32_t to)
{
	uint64_t value, addr = h->graph->heap->blocks[to].addr;

	if (models_says_owners(h->models, to) || !memory_held(h->models->world.memory, at, &value))
		return 0;
	return value - addr <= UINT32_MAX ? (uint32_t)(value - addr) : 0;
}

static void see(struct headers *h, uint64_t at, uint32_t to, enum ref_kind kind)
{
	struct seen *s = &h->seen[to];
	uint32_t bytes = kind == REF_INTERIOR ? header_bytes(h, at, to) : 0;

	s->has_start |= kind == REF_START;
	if (!bytes || (s->lowest && bytes > s->lowest))
		return;
	s->words = (uint8_t)(bytes != s->lowest ? 1 : s->words < UINT8_MAX ? s->words + 1 : UINT8_MAX);
	s->lowest = bytes;
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
			if (g->refs[e].to != i)
				see(h, g->heap->blocks[i].addr + ref_offset(g->refs[e]), g->refs[e].to,
				    ref_kind(g->refs[e]));
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		if (shows_habit(h, &g->root_refs[i]))
			see(h, g->root_refs[i].at, g->root_refs[i].to, (enum ref_kind)g->root_refs[i].kind);
}

static bool is_behind(const struct seen *s)
{
	return s->lowest && !s->has_start;
}

/* ---- places ---------------------------------------------------------------------------------------------- */

/* The majority of both, by Boyer and Moore's vote. */
static void add(struct tally *to, const struct tally *more)
{
	bool wins = more->votes > to->votes;
	uint32_t most = wins ? more->votes : to->votes, least = wins ? to->votes : more->votes;

	to->votes = to->at == more->at ? most + least : most - least;
	to->at = wins ? more->at : to->at;
	to->far += more->far;
	to->behind += more->behind;
	to->starts += more->starts;
}

static void tally_blocks(struct headers *h)
{
	for (uint32_t i = 0; i < h->graph->heap->nblocks; i++) {
		uint32_t stack = h->graph->heap->blocks[i].stack;
		const struct seen *s = &h->seen[i];
		bool is_far = is_behind(s) && s->lowest > HEADER_MAX;

		if (stack < h->nplaces)
			add(&h->places[stack], &(struct tally){ .behind = is_behind(s) && !is_far,
								.starts = s->has_start,
								.far = is_far,
								.at = is_far ? s->lowest : 0,
								.votes = is_far });
	}
}

static bool is_far_habit(const struct tally *t)
{
	return t->far >= HABIT_FAR_BLOCKS && t->starts <= t->far / HABIT_SHARE &&
	       t->votes >= HABIT_FAR_VOTES && t->votes > t->far / HABIT_SHARE;
}

/* Asked of a stack first, and then of fewer and fewer of its frames. */
static void find_habit(struct headers *h, uint32_t stack, const struct tally *t)
{
	h->has_habit[stack] |= t->behind >= HABIT_BLOCKS && t->starts <= t->behind / HABIT_SHARE;
	if (!h->far_at[stack] && is_far_habit(t))
		h->far_at[stack] = t->at;
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

		if (!h->places[i].behind && !h->places[i].far && !h->places[i].starts)
			continue;
		if (!all)
			failed = !map_put(&first, key, all = &joined[i]);
		add(all, &h->places[i]);
	}
	for (uint32_t i = 0; i < h->nplaces && !failed; i++)
		if (h->places[i].behind || h->places[i].far)
			find_habit(h, i, map_get(&first, frames_key(t, i, frames)));
	map_free(&first);
	free(joined);
	return failed ? -1 : 0;
}

static int find_habits(struct headers *h)
{
	static const unsigned frames[] = { 4, 2 };

	tally_blocks(h);
	for (uint32_t i = 0; i < h->nplaces; i++)
		find_habit(h, i, &h->places[i]);
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
		if (join_places(h, frames[i]))
			return -1;
	return 0;
}

/* ---- references ------------------------------------------------------------------------------------------ */

/* Where the object begins in the block; 0: at its start, or it is not known. */
static uint32_t object_at(const struct headers *h, uint32_t block)
{
	const struct seen *s = &h->seen[block];
	uint32_t stack = h->graph->heap->blocks[block].stack;
	bool is_near = s->lowest <= HEADER_MAX;

	if (!is_behind(s))
		return 0;
	if (is_near &&
	    ((stack < h->nplaces && h->has_habit[stack]) || (s->words >= HABIT_WORDS && s->lowest % 8 == 0)))
		return s->lowest;
	return stack < h->nplaces ? h->far_at[stack] : 0;
}

static enum ref_kind recognised(const struct headers *h, uint64_t at, uint32_t to, enum ref_kind kind)
{
	uint32_t object = kind == REF_INTERIOR ? object_at(h, to) : 0;

	return object && header_bytes(h, at, to) == object ? REF_RECOGNISED : kind;
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
	h.far_at = calloc((size_t)h.nplaces + 1, sizeof *h.far_at);
	int failed = !h.seen || !h.places || !h.has_habit || !h.far_at;
	if (!failed) {
		see_all(&h);
		failed = find_habits(&h);
	}
	if (!failed)
		recognise_all(&h);
	free(h.seen);
	free(h.places);
	free(h.has_habit);
	free(h.far_at);
	return failed ? -1 : 0;
}
