/* replay.c: see replay.h for the rules.
 *
 * Blocks are found by address through a table. Both are far larger than any cache, so a batch is walked with the
 * slots and blocks of the events ahead on their way. */
#include "heap/replay.h"

#include "base/ahead.h"
#include "base/huge.h"
#include "base/sort.h"
#include "heap/pages.h"
#include "heap/table.h"

#include <stdlib.h>
#include <string.h>

#define OPEN_MAX 1024u /* releases open at once; the oldest is settled when there are more */
#define THREADS_MAX (1u << 20) /* numbers beyond are not counted as threads */

/* A block between its RELEASE and its RESIZE. */
struct open_release {
	struct block block; /* no address: it was not known */
	uint32_t thread;
};

struct replay {
	uint64_t sample_bytes;
	struct table table;
	struct open_release open[OPEN_MAX];
	uint32_t nopen;
	struct pages touched;
	struct heap_totals totals;
	struct block *sorted; /* in the end: the live blocks, by address */
	uint32_t nsorted;
	struct stray_free *strays; /* room for all once there is one */
	size_t nstrays, nmismatches;
	uint64_t seen_threads[THREADS_MAX / 64];
};

struct replay *replay_new(uint64_t sample_bytes)
{
	struct replay *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->sample_bytes = sample_bytes;
	if (table_open(&r->table))
		return r;
	free(r);
	return NULL;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	table_free(&r->table);
	pages_free(&r->touched);
	free(r->sorted);
	free(r->strays);
	free(r);
}

/* ---- beginnings and ends ----------------------------------------------------------------------------- */

/* Inherited blocks are in nobody's counts: a child's totals are its own. */
static void count_live(struct replay *r, const struct block *b, uint64_t key)
{
	struct heap_totals *t = &r->totals;
	struct sum sum = block_sum(r->sample_bytes, b);

	if (b->inherited)
		return;
	t->live_blocks += sum.blocks;
	t->live_bytes += sum.bytes;
	if (t->live_bytes > t->peak_bytes) {
		t->peak_bytes = t->live_bytes;
		t->peak_blocks = t->live_blocks;
		t->peak_key = key;
		t->peak_events = t->events + 1;
	}
}

static void count_dead(struct replay *r, const struct block *b)
{
	struct sum sum = block_sum(r->sample_bytes, b);

	if (b->inherited)
		return;
	r->totals.live_blocks -= sum.blocks;
	r->totals.live_bytes -= sum.bytes;
}

static void count_allocation(struct replay *r, const struct block *b)
{
	struct sum sum = block_sum(r->sample_bytes, b);

	if (b->inherited)
		return;
	r->totals.allocations += sum.blocks;
	r->totals.allocated_bytes += sum.bytes;
	r->totals.recorded++;
}

/* It keeps its place until the table needs it. */
static void end_block(struct replay *r, struct block *b)
{
	count_dead(r, b);
	b->ended = 1;
	r->table.nended++;
}

/* The block lives from here on; one that was live at its address ended unseen. */
static bool put_block(struct replay *r, const struct block *b, struct block *guess)
{
	struct block *place = table_guessed(guess, b->addr) ? guess : table_take(&r->table, b->addr);

	if (!place)
		return false;
	if (!place->ended) {
		r->totals.implied_frees += !place->inherited;
		end_block(r, place);
	}
	if (!b->size || b->size > place->size) /* else its pages are marked */
		pages_mark(&r->touched, b->addr, b->size);
	*place = *b;
	r->table.nended--;
	return true;
}

/* A new block, or the same one moved: `old` lends its birth. */
static bool begin(struct replay *r, const struct trace_event *e, const struct block *old, struct block *guess)
{
	uint64_t number = r->totals.events;
	struct block b = { .addr = e->addr,
			   .size = e->size,
			   .birth = old ? old->birth : number,
			   .key = old ? old->key : e->key,
			   .stack = e->stack,
			   .thread = e->thread,
			   .entry = e->entry,
			   .align = e->aligns & 15u,
			   .resized = e->type == LG_EV_RESIZE,
			   .inherited = old && old->inherited,
			   .latest_high = number >> 32 & 0xfff,
			   .latest_low = (uint32_t)number };

	if (!b.addr || b.addr >= ADDRESS_END)
		return true; /* LG_UNRECORDED, or damage: nothing lives there */
	if (b.size > ADDRESS_END - b.addr)
		b.size = ADDRESS_END - b.addr;
	count_allocation(r, &b);
	if (!put_block(r, &b, guess))
		return false;
	count_live(r, &b, e->key);
	return true;
}

/* A free of what was inherited is the end of no block of this image's. */
static void count_free(struct replay *r, const struct block *b)
{
	r->totals.frees += b->inherited ? 0 : block_sum(r->sample_bytes, b).blocks;
	r->totals.unknown_frees += b->inherited;
}

/* Without memory for it nothing is claimed of it. */
static void note_stray(struct replay *r, uint64_t addr, bool is_mismatch)
{
	size_t known = is_mismatch ? r->nmismatches : r->nstrays - r->nmismatches;

	if (!r->strays)
		r->strays = malloc(2 * (size_t)STRAYS_MOST * sizeof *r->strays);
	if (!r->strays || known == STRAYS_MOST)
		return;
	r->strays[r->nstrays++] = (struct stray_free){ r->totals.events, addr, is_mismatch };
	r->nmismatches += is_mismatch;
}

/* It is ended by a call of another family than the one that began it, or that claims another size or alignment. */
static void note_mismatch(struct replay *r, const struct trace_event *e, const struct block *b)
{
	bool fits = lg_entry_ends(e->entry) >> b->entry & 1 && (!e->size || e->size == (uint32_t)b->size) &&
		    (!e->aligns || e->aligns == b->align);

	if (e->entry && b->entry && !fits)
		note_stray(r, e->addr, true);
}

static struct block *live_block(const struct replay *r, uint64_t addr, struct block *guess)
{
	struct block *b = table_guessed(guess, addr) ? guess : table_find(&r->table, addr);

	return b && !b->ended ? b : NULL;
}

/* ---- realloc ----------------------------------------------------------------------------------------- */

/* The released block lives on, unless its address has been handed out again: then it did move away. */
static bool put_back(struct replay *r, const struct block *b, uint64_t key)
{
	const struct block *now = table_find(&r->table, b->addr);

	if (now && !now->ended) {
		count_free(r, b);
		return true;
	}
	if (!put_block(r, b, NULL))
		return false;
	count_live(r, b, key);
	return true;
}

static struct open_release take_open(struct replay *r, uint32_t i)
{
	struct open_release taken = r->open[i];

	memmove(&r->open[i], &r->open[i + 1], (--r->nopen - i) * sizeof r->open[0]);
	return taken;
}

static bool settle_oldest(struct replay *r, uint64_t key)
{
	struct open_release oldest = take_open(r, 0);

	return !oldest.block.addr || put_back(r, &oldest.block, key);
}

static bool release(struct replay *r, const struct trace_event *e, struct block *guess)
{
	struct open_release open = { .thread = e->thread };
	struct block *b;

	if (r->nopen == OPEN_MAX && !settle_oldest(r, e->key))
		return false;
	b = live_block(r, e->addr, guess);
	if (b) {
		note_mismatch(r, e, b);
		open.block = *b;
		end_block(r, b);
	} else {
		note_stray(r, e->addr, false);
	}
	r->open[r->nopen++] = open;
	return true;
}

/* The thread's latest release: a realloc in a signal handler is over before the one that it interrupted. */
static bool last_open(struct replay *r, uint32_t thread, struct open_release *found)
{
	for (uint32_t i = r->nopen; i-- > 0;)
		if (r->open[i].thread == thread) {
			*found = take_open(r, i);
			return true;
		}
	return false;
}

static bool resize(struct replay *r, const struct trace_event *e, struct block *guess)
{
	struct open_release from = { 0 };
	bool released = last_open(r, e->thread, &from), known = from.block.addr;

	if (!e->addr)
		return !known || put_back(r, &from.block, e->key);
	if (!known) {
		r->totals.unknown_frees += released;
		return begin(r, e, NULL, guess);
	}
	count_free(r, &from.block);
	return begin(r, e, &from.block, guess);
}

/* ---- the walk ---------------------------------------------------------------------------------------- */

static void see_thread(struct replay *r, uint32_t number)
{
	uint64_t bit = 1ULL << (number % 64);

	if (number >= THREADS_MAX || r->seen_threads[number / 64] & bit)
		return;
	r->seen_threads[number / 64] |= bit;
	r->totals.threads++;
}

static void end(struct replay *r, const struct trace_event *e, struct block *guess)
{
	struct block *b = live_block(r, e->addr, guess);

	if (!b) {
		r->totals.unknown_frees++;
		note_stray(r, e->addr, false);
		return;
	}
	note_mismatch(r, e, b);
	count_free(r, b);
	end_block(r, b);
}

/* `guess` is where its address's block may be. */
static bool replay_one(struct replay *r, const struct trace_event *e, struct block *guess)
{
	switch (e->type) {
	case LG_EV_ALLOC:
		return begin(r, e, NULL, guess);
	case LG_EV_FREE:
		end(r, e, guess);
		return true;
	case LG_EV_RELEASE:
		return release(r, e, guess);
	case LG_EV_RESIZE:
		return resize(r, e, guess);
	default:
		return true;
	}
}

#define SLOT_AHEAD 24
#define BLOCK_AHEAD 12

/* Guesses at the blocks of the events ahead, by event modulo their number. */
struct guesses {
	struct block *of[16];
};
_Static_assert(BLOCK_AHEAD < 16, "a guess is used before another takes its place");

LOOK_AHEAD look_ahead(const struct table *t, const struct trace_event *events, size_t i, size_t n,
		      struct guesses *g)
{
	if (i + SLOT_AHEAD < n)
		__builtin_prefetch(table_home(t, events[i + SLOT_AHEAD].addr));
	if (i + BLOCK_AHEAD < n) {
		struct block *guess = table_guess(t, events[i + BLOCK_AHEAD].addr);
		const struct block *b = guess ? guess : table_block(t, t->used < t->room ? t->used : 0);

		g->of[(i + BLOCK_AHEAD) % 16] = guess;
		__builtin_prefetch(b, 1);
		__builtin_prefetch(&b->latest_low, 1); /* in the next cache line as often as not */
	}
}

int replay_events(struct replay *r, const struct trace_event *events, size_t n)
{
	struct guesses guesses = { 0 };

	for (size_t i = 0; i < n; i++) {
		look_ahead(&r->table, events, i, n, &guesses);
		see_thread(r, events[i].thread);
		if (!replay_one(r, &events[i], guesses.of[i % 16]))
			return -1;
		r->totals.events++;
	}
	return 0;
}

/* ---- the end ----------------------------------------------------------------------------------------- */

/* Newest first: of two releases of one address the later is the one that may still hold it. */
static bool settle_all(struct replay *r)
{
	while (r->nopen) {
		const struct block *b = &r->open[--r->nopen].block;
		if (b->addr && !put_back(r, b, b->key))
			return false;
	}
	return true;
}

static uint32_t list_live(const struct table *t, struct sort_pair *order)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->used; i++)
		if (!table_block(t, i)->ended)
			order[n++] = (struct sort_pair){ table_block(t, i)->addr, i };
	return n;
}

/* Places of the n live blocks, in the order of their addresses; owned by the caller. The room, of two pairs a block, is
 * for sorting. */
static uint32_t *live_places(const struct table *t, struct sort_pair *room, uint32_t n)
{
	uint32_t *places = huge_alloc(((size_t)n + 1) * sizeof *places);

	if (!places || sort_pairs_in(room, room + n, list_live(t, room))) {
		free(places);
		return NULL;
	}
	for (uint32_t i = 0; i < n; i++)
		places[i] = room[i].value;
	return places;
}

/* The table ends with that. What becomes the blocks is first used for sorting: memory that is new costs most. */
static bool sort_blocks(struct replay *r)
{
	_Static_assert(sizeof(struct block) >= 2 * sizeof(struct sort_pair), "there is room for two pairs");
	struct table *t = &r->table;
	uint32_t n = t->used - t->nended;
	struct block *sorted = huge_alloc(((size_t)n + 1) * sizeof *sorted);
	uint32_t *places = sorted ? live_places(t, (struct sort_pair *)sorted, n) : NULL;

	if (!places) {
		free(sorted);
		sorted = NULL;
	}
	for (uint32_t i = 0; sorted && i < n; i++) {
		const struct block *ahead = table_block(t, places[i + BLOCK_AHEAD < n ? i + BLOCK_AHEAD : i]);
		__builtin_prefetch(ahead);
		__builtin_prefetch(&ahead->latest_low);
		sorted[i] = *table_block(t, places[i]);
	}
	free(places);
	table_free(t);
	r->sorted = sorted;
	r->nsorted = sorted ? n : 0;
	return sorted;
}

/* Blocks that overlap (a free went unseen, or the file is damaged) cannot both live: the later event is right.
 * No two starts share eight bytes afterwards either, which the index counts on. */
static void drop_overlaps(struct replay *r)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->nsorted; i++) {
		struct block b = r->sorted[i];
		bool keep = true;

		while (n && keep) {
			struct block *before = &r->sorted[n - 1];
			if (before->addr + (before->size ? before->size : 1) <= (b.addr & ~7ULL))
				break;
			keep = block_latest(before) < block_latest(&b);
			r->totals.implied_frees += !(keep ? before : &b)->inherited;
			count_dead(r, keep ? before : &b);
			n -= keep;
		}
		if (keep)
			r->sorted[n++] = b;
	}
	r->nsorted = n;
}

int replay_inherit(struct replay *r, const struct lg_range *blocks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct block b = { .addr = blocks[i].start,
				   .size = blocks[i].end - blocks[i].start,
				   .inherited = 1 };

		if (!put_block(r, &b, NULL))
			return -1;
	}
	return 0;
}

static struct lg_range range_of(const struct block *b)
{
	return (struct lg_range){ b->addr, b->addr + b->size };
}

static int by_start(const void *left, const void *right)
{
	const struct lg_range *a = left, *b = right;

	return (a->start > b->start) - (a->start < b->start);
}

struct lg_range *replay_live(const struct replay *r, uint64_t most, size_t *n)
{
	const struct table *t = &r->table;
	uint64_t live = (uint64_t)t->used - t->nended + r->nopen;
	struct lg_range *ranges = live <= most ? malloc((live + 1) * sizeof *ranges) : NULL;

	*n = 0;
	if (!ranges)
		return NULL;
	for (uint32_t i = 0; i < t->used; i++)
		if (!table_block(t, i)->ended)
			ranges[(*n)++] = range_of(table_block(t, i));
	for (uint32_t i = 0; i < r->nopen; i++)
		if (r->open[i].block.addr)
			ranges[(*n)++] = range_of(&r->open[i].block);
	qsort(ranges, *n, sizeof *ranges, by_start);
	return ranges;
}

/* Takes the inherited blocks out, as ranges. */
static bool split_inherited(struct replay *r, struct heap *h)
{
	size_t inherited = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->nsorted; i++)
		inherited += r->sorted[i].inherited;
	h->inherited = malloc((inherited + 1) * sizeof *h->inherited);
	if (!h->inherited)
		return false;
	for (uint32_t i = 0; i < r->nsorted; i++) {
		const struct block *b = &r->sorted[i];

		if (b->inherited)
			h->inherited[h->ninherited++] = range_of(b);
		else
			r->sorted[n++] = *b;
	}
	r->nsorted = n;
	return true;
}

int replay_finish(struct replay *r, struct heap *h)
{
	if (!settle_all(r))
		return -1;
	free(r->table.slots); /* nothing is looked up any more */
	r->table.slots = NULL;
	if (!sort_blocks(r))
		return -1;
	drop_overlaps(r);
	if (!split_inherited(r, h))
		return -1;
	struct ranges touched = pages_ranges(&r->touched);
	if (touched.failed) {
		ranges_free(&touched);
		return -1;
	}
	struct block *blocks = realloc(r->sorted, ((size_t)r->nsorted + 1) * sizeof *blocks);
	h->blocks = blocks ? blocks : r->sorted;
	h->nblocks = r->nsorted;
	h->touched = touched.at;
	h->ntouched = touched.n;
	h->totals = r->totals;
	h->strays = r->strays;
	h->nstrays = r->nstrays;
	h->nmismatches = r->nmismatches;
	r->sorted = NULL;
	r->strays = NULL;
	return 0;
}
