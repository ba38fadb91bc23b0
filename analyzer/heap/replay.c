/* replay.c: see replay.h for the rules.
 *
 * Blocks live in a pool, found by address through a table. Both are far larger than any cache, so a batch is
 * walked with the slots and blocks of the events ahead on their way. */
#include "heap/replay.h"

#include "base/ahead.h"
#include "base/huge.h"
#include "base/sort.h"
#include "heap/pages.h"
#include "heap/table.h"

#include <stdlib.h>
#include <string.h>

#define ADDRESS_END                                                                                          \
	(1ULL << 48) /* no block lies beyond: the kernel gives more to those who ask for it by name */
#define OPEN_MAX 1024u /* releases open at once; the oldest is settled when there are more */
#define THREADS_MAX (1u << 20) /* numbers beyond are not counted as threads */
#define NO_PLACE UINT32_MAX

/* A block between its RELEASE and its RESIZE. It is in no table, but keeps its place in the pool. */
struct open_release {
	uint32_t thread;
	uint32_t place; /* NO_PLACE: the address was not known */
};

struct replay {
	uint64_t sample_bytes;
	struct block *pool; /* unused places have addr 0 and link through `stack` */
	uint32_t used, room, unused;
	struct table table;
	struct open_release open[OPEN_MAX];
	uint32_t nopen;
	struct pages touched;
	struct heap_totals totals;
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
	r->unused = NO_PLACE;
	if (table_open(&r->table))
		return r;
	free(r);
	return NULL;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	free(r->pool);
	table_free(&r->table);
	pages_free(&r->touched);
	free(r->strays);
	free(r);
}

/* ---- the pool ---------------------------------------------------------------------------------------- */

/* Not by realloc: memory that the kernel moves does not stay on huge pages. */
static bool pool_grow(struct replay *r)
{
	uint64_t room = r->room ? 2 * (uint64_t)r->room : 1024;
	struct block *pool = room < NO_PLACE ? huge_alloc(room * sizeof *pool) : NULL;

	if (!pool)
		return false;
	if (r->used)
		memcpy(pool, r->pool, r->used * sizeof *pool);
	free(r->pool);
	r->pool = pool;
	r->room = (uint32_t)room;
	return true;
}

static uint32_t pool_take(struct replay *r)
{
	uint32_t place = r->unused;

	if (place != NO_PLACE) {
		r->unused = r->pool[place].stack;
		return place;
	}
	if (r->used == r->room && !pool_grow(r))
		return NO_PLACE;
	return r->used++;
}

static void pool_give(struct replay *r, uint32_t place)
{
	r->pool[place] = (struct block){ .stack = r->unused };
	r->unused = place;
}

/* ---- beginnings and ends ----------------------------------------------------------------------------- */

/* Inherited blocks are in nobody's counts: a child's totals are its own. */
static void count_live(struct replay *r, const struct block *b)
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
		t->peak_key = b->key;
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

static void end_at(struct replay *r, uint32_t slot)
{
	uint32_t place = r->table.slots[slot].block - 1;

	count_dead(r, &r->pool[place]);
	table_erase(&r->table, slot);
	pool_give(r, place);
}

/* A new block, or the same one moved: `old` lends its birth. */
static bool begin(struct replay *r, const struct trace_event *e, const struct block *old)
{
	uint64_t number = r->totals.events;
	struct block b = { .addr = e->addr,
			   .size = e->size,
			   .birth = number,
			   .key = e->key,
			   .stack = e->stack,
			   .thread = e->thread,
			   .entry = e->entry,
			   .align = e->aligns & 15u,
			   .resized = e->type == LG_EV_RESIZE };

	if (!b.addr || b.addr >= ADDRESS_END)
		return true; /* LG_UNRECORDED, or damage: nothing lives there */
	if (b.size > ADDRESS_END - b.addr)
		b.size = ADDRESS_END - b.addr;
	b.latest_high = (uint16_t)(number >> 32);
	b.latest_low = (uint32_t)number;
	b.inherited = old && old->inherited;
	count_allocation(r, &b);

	uint32_t slot = table_find(&r->table, r->pool, b.addr), place;
	if (slot != NO_SLOT) {
		place = r->table.slots[slot].block - 1;
		r->totals.implied_frees += !r->pool[place].inherited;
		count_dead(r, &r->pool[place]);
	} else {
		place = pool_take(r);
		if (place == NO_PLACE || !table_insert(&r->table, b.addr, place))
			return false;
	}
	count_live(r, &b);
	if (old) {
		b.birth = old->birth;
		b.key = old->key;
	}
	r->pool[place] = b;
	pages_mark(&r->touched, b.addr, b.size);
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

/* ---- realloc ----------------------------------------------------------------------------------------- */

/* The released block lives on, unless its address has been handed out again: then it did move away. */
static bool put_back(struct replay *r, uint32_t place, uint64_t key)
{
	struct block *b = &r->pool[place];

	if (table_find(&r->table, r->pool, b->addr) != NO_SLOT) {
		count_free(r, b);
		pool_give(r, place);
		return true;
	}
	if (!table_insert(&r->table, b->addr, place))
		return false;
	uint64_t birth_key = b->key;
	b->key = key; /* for the peak: now */
	count_live(r, b);
	b->key = birth_key;
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

	return oldest.place == NO_PLACE || put_back(r, oldest.place, key);
}

static bool release(struct replay *r, const struct trace_event *e)
{
	uint32_t slot = table_find(&r->table, r->pool, e->addr), place = NO_PLACE;

	if (r->nopen == OPEN_MAX && !settle_oldest(r, e->key))
		return false;
	if (slot != NO_SLOT) {
		place = r->table.slots[slot].block - 1;
		note_mismatch(r, e, &r->pool[place]);
		count_dead(r, &r->pool[place]);
		table_erase(&r->table, slot);
	} else {
		note_stray(r, e->addr, false);
	}
	r->open[r->nopen++] = (struct open_release){ e->thread, place };
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

static bool resize(struct replay *r, const struct trace_event *e)
{
	struct open_release from = { 0, NO_PLACE };
	bool released = last_open(r, e->thread, &from);

	if (!e->addr)
		return from.place == NO_PLACE || put_back(r, from.place, e->key);
	if (from.place == NO_PLACE) {
		r->totals.unknown_frees += released;
		return begin(r, e, NULL);
	}
	struct block old = r->pool[from.place];
	count_free(r, &old);
	pool_give(r, from.place);
	return begin(r, e, &old);
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

/* `guess` may be where the block's slot was a few events ago. */
static void end(struct replay *r, const struct trace_event *e, uint32_t guess)
{
	uint32_t slot =
	    table_holds(&r->table, r->pool, guess, e->addr) ? guess : table_find(&r->table, r->pool, e->addr);

	if (slot == NO_SLOT) {
		r->totals.unknown_frees++;
		note_stray(r, e->addr, false);
		return;
	}
	const struct block *b = &r->pool[r->table.slots[slot].block - 1];
	note_mismatch(r, e, b);
	count_free(r, b);
	end_at(r, slot);
}

static bool replay_one(struct replay *r, const struct trace_event *e, uint32_t guess)
{
	switch (e->type) {
	case LG_EV_ALLOC:
		return begin(r, e, NULL);
	case LG_EV_FREE:
		end(r, e, guess);
		return true;
	case LG_EV_RELEASE:
		return release(r, e);
	case LG_EV_RESIZE:
		return resize(r, e);
	default:
		return true;
	}
}

#define SLOT_AHEAD 24
#define BLOCK_AHEAD 12

/* Guesses at the slots of the blocks that the events ahead end, by event modulo their number. */
struct guesses {
	uint32_t slots[16];
};
_Static_assert(BLOCK_AHEAD < 16, "a guess is used before another takes its place");

LOOK_AHEAD look_ahead(const struct replay *r, const struct trace_event *events, size_t i, size_t n,
		      struct guesses *g)
{
	const struct trace_event *e = &events[i + BLOCK_AHEAD];

	if (i + SLOT_AHEAD < n)
		__builtin_prefetch(table_home(&r->table, events[i + SLOT_AHEAD].addr));
	if (i + BLOCK_AHEAD < n && (e->type == LG_EV_FREE || e->type == LG_EV_RELEASE)) {
		uint32_t slot = table_guess(&r->table, e->addr);
		g->slots[(i + BLOCK_AHEAD) % 16] = slot;
		if (slot != NO_SLOT) {
			const struct block *b = &r->pool[r->table.slots[slot].block - 1];
			__builtin_prefetch(b);
			__builtin_prefetch(&b->latest_low); /* in the next cache line as often as not */
		}
	}
}

int replay_events(struct replay *r, const struct trace_event *events, size_t n)
{
	struct guesses guesses;

	memset(&guesses, 0xff, sizeof guesses);
	for (size_t i = 0; i < n; i++) {
		look_ahead(r, events, i, n, &guesses);
		see_thread(r, events[i].thread);
		if (!replay_one(r, &events[i], guesses.slots[i % 16]))
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
		struct open_release o = r->open[--r->nopen];
		if (o.place != NO_PLACE && !put_back(r, o.place, r->pool[o.place].key))
			return false;
	}
	return true;
}

/* Places of the live blocks in the pool, in the order of their addresses; owned by the caller. */
static uint32_t *live_places(const struct replay *r, uint32_t *n)
{
	size_t bytes = ((size_t)r->used + 1) * sizeof(struct sort_pair);
	struct sort_pair *order = huge_alloc(bytes);
	uint32_t *places = NULL;

	*n = 0;
	for (uint32_t i = 0; order && i < r->used; i++)
		if (r->pool[i].addr)
			order[(*n)++] = (struct sort_pair){ r->pool[i].addr, i };
	if (order && sort_pairs(order, *n) == 0)
		places = malloc(((size_t)*n + 1) * sizeof *places);
	for (uint32_t i = 0; places && i < *n; i++)
		places[i] = order[i].value;
	free(order);
	return places;
}

/* Sorts the live blocks by address, into a new pool. */
static bool sort_pool(struct replay *r)
{
	uint32_t n, *places = live_places(r, &n);
	struct block *sorted = places ? huge_alloc(((size_t)n + 1) * sizeof *sorted) : NULL;

	for (uint32_t i = 0; sorted && i < n; i++) {
		const struct block *ahead = &r->pool[places[i + BLOCK_AHEAD < n ? i + BLOCK_AHEAD : i]];
		__builtin_prefetch(ahead);
		__builtin_prefetch(&ahead->latest_low);
		sorted[i] = r->pool[places[i]];
	}
	free(places);
	if (!sorted)
		return false;
	free(r->pool);
	r->pool = sorted;
	r->used = r->room = n;
	r->unused = NO_PLACE;
	return true;
}

/* Blocks that overlap (a free went unseen, or the file is damaged) cannot both live: the later event is right.
 * No two starts share eight bytes afterwards either, which the index counts on. */
static void drop_overlaps(struct replay *r)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->used; i++) {
		struct block b = r->pool[i];
		bool keep = true;

		while (n && keep) {
			struct block *before = &r->pool[n - 1];
			if (before->addr + (before->size ? before->size : 1) <= (b.addr & ~7ULL))
				break;
			keep = block_latest(before) < block_latest(&b);
			r->totals.implied_frees += !(keep ? before : &b)->inherited;
			count_dead(r, keep ? before : &b);
			n -= keep;
		}
		if (keep)
			r->pool[n++] = b;
	}
	r->used = n;
}

int replay_inherit(struct replay *r, const struct lg_range *blocks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t place = pool_take(r);

		if (place == NO_PLACE)
			return -1;
		r->pool[place] = (struct block){ .addr = blocks[i].start,
						 .size = blocks[i].end - blocks[i].start,
						 .inherited = 1 };
		if (!table_insert(&r->table, blocks[i].start, place))
			return -1;
		pages_mark(&r->touched, blocks[i].start, blocks[i].end - blocks[i].start);
	}
	return 0;
}

static int by_start(const void *left, const void *right)
{
	const struct lg_range *a = left, *b = right;

	return (a->start > b->start) - (a->start < b->start);
}

struct lg_range *replay_live(const struct replay *r, uint64_t most, size_t *n)
{
	size_t live = 0;

	for (uint32_t i = 0; i < r->used; i++)
		live += r->pool[i].addr != 0;
	struct lg_range *ranges = live <= most ? malloc((live + 1) * sizeof *ranges) : NULL;
	if (!ranges)
		return NULL;
	*n = 0;
	for (uint32_t i = 0; i < r->used; i++)
		if (r->pool[i].addr)
			ranges[(*n)++] =
			    (struct lg_range){ r->pool[i].addr, r->pool[i].addr + r->pool[i].size };
	qsort(ranges, *n, sizeof *ranges, by_start);
	return ranges;
}

/* Takes the inherited blocks out of the pool, as ranges. */
static bool split_inherited(struct replay *r, struct heap *h)
{
	size_t inherited = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->used; i++)
		inherited += r->pool[i].inherited;
	h->inherited = malloc((inherited + 1) * sizeof *h->inherited);
	if (!h->inherited)
		return false;
	for (uint32_t i = 0; i < r->used; i++) {
		const struct block *b = &r->pool[i];

		if (b->inherited)
			h->inherited[h->ninherited++] = (struct lg_range){ b->addr, b->addr + b->size };
		else
			r->pool[n++] = *b;
	}
	r->used = n;
	return true;
}

int replay_finish(struct replay *r, struct heap *h)
{
	if (!settle_all(r))
		return -1;
	table_free(&r->table);
	if (!sort_pool(r))
		return -1;
	drop_overlaps(r);
	if (!split_inherited(r, h))
		return -1;
	struct ranges touched = pages_ranges(&r->touched);
	if (touched.failed) {
		ranges_free(&touched);
		return -1;
	}
	struct block *blocks = realloc(r->pool, ((size_t)r->used + 1) * sizeof *blocks);
	h->blocks = blocks ? blocks : r->pool;
	h->nblocks = r->used;
	h->touched = touched.at;
	h->ntouched = touched.n;
	h->totals = r->totals;
	h->strays = r->strays;
	h->nstrays = r->nstrays;
	h->nmismatches = r->nmismatches;
	r->pool = NULL;
	r->strays = NULL;
	r->used = r->room = 0;
	return 0;
}
