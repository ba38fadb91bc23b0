/* encoder.c: events into the columns of an EVENTS chunk, one pass over each event.
 *
 * The recorder shares its processors with the program that it watches, so this is about nanoseconds: what comes as
 * guess.h guesses costs a byte and no search. Blocks are found again by a table that only remembers: a later block
 * takes the place of an earlier one, and what is not found is written by its address. */
#include "base/ahead.h"
#include "trace/guess.h"
#include "trace/trace.h"

#include <stdlib.h>
#include <string.h>

#define SLICE 1024u /* events between two looks at the columns' room */
#define MEMORY_BITS 14

enum column { TAGS, STACKS, SIZES, ENTRIES, PLACES, AGES, FREES, KEYS, THREADS, CLAIMS, COLUMNS };
/* The most that one event can add to each; runs are a value and a length. */
static const uint8_t most_bytes[COLUMNS] = { 1, 5, 10, 1, 10, 3, 10, 13, 8, 9 };

struct run {
	uint64_t value;
	uint64_t length; /* 0: none yet */
};

/* What a call said of a block by the way. */
struct claim {
	size_t next; /* number in the chunk of the event behind its own */
	uint32_t size, align;
};

struct encoder {
	unsigned key_shift;
	size_t count; /* events in the chunk */
	uint64_t first_key; /* in units of 1 << key_shift */
	uint32_t highest_before; /* stack before the chunk */
	uint64_t key_before; /* of the run of keys before the one under way */
	struct run keys, threads; /* under way */
	struct claim claim; /* the last */
	struct buf columns[COLUMNS]; /* owned */
	uint64_t memory[1u << MEMORY_BITS]; /* address << 16 | ordinal of blocks of this chunk; 0: none */
	struct guess guess;
};

struct encoder *encoder_new(unsigned key_shift)
{
	struct encoder *e = calloc(1, sizeof *e);

	if (e)
		e->key_shift = key_shift;
	return e;
}

void encoder_free(struct encoder *e)
{
	for (unsigned i = 0; e && i < COLUMNS; i++)
		buf_free(&e->columns[i]);
	free(e);
}

size_t encoder_count(const struct encoder *e)
{
	return e->count;
}

/* ---- values ------------------------------------------------------------------------------------------- */

/* Where the columns of a slice are written: there is room. A copy of its own stays in registers. */
struct pen {
	uint8_t *at[COLUMNS];
};

GUESS void pen_varint(struct pen *pen, enum column c, uint64_t v)
{
	uint8_t *p = pen->at[c];

	for (; v >= 0x80; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	pen->at[c] = p;
}

GUESS void pen_byte(struct pen *pen, enum column c, unsigned byte)
{
	*pen->at[c]++ = (uint8_t)byte;
}

GUESS uint64_t zigzag(uint64_t difference)
{
	return difference << 1 ^ (uint64_t)((int64_t)difference >> 63);
}

/* The way from one address to another in steps of 16 bytes. */
GUESS uint64_t steps(uint64_t from, uint64_t to)
{
	return zigzag((uint64_t)((int64_t)(to - from) >> 4));
}

GUESS bool is_in_steps(uint64_t from, uint64_t to)
{
	return (to - from) % 16 == 0;
}

/* ---- runs --------------------------------------------------------------------------------------------- */

GUESS void end_run_of_keys(struct encoder *e, struct pen *pen)
{
	if (!e->keys.length)
		return;
	pen_varint(pen, KEYS, zigzag(e->keys.value - e->key_before));
	pen_varint(pen, KEYS, e->keys.length);
	e->key_before = e->keys.value;
	e->keys.length = 0;
}

GUESS void end_run_of_threads(struct encoder *e, struct pen *pen)
{
	if (!e->threads.length)
		return;
	pen_varint(pen, THREADS, e->threads.value);
	pen_varint(pen, THREADS, e->threads.length);
	e->threads.length = 0;
}

GUESS void put_moment(struct encoder *e, struct pen *pen, const struct trace_event *event)
{
	uint64_t key = event->key >> e->key_shift;

	if (__builtin_expect(key != e->keys.value, 0)) {
		end_run_of_keys(e, pen);
		e->keys.value = key;
	}
	e->keys.length++;
	if (__builtin_expect(event->thread != e->threads.value, 0)) {
		end_run_of_threads(e, pen);
		e->threads.value = event->thread;
	}
	e->threads.length++;
}

/* ---- claims ------------------------------------------------------------------------------------------- */

/* Most say what the one before said. */
GUESS void put_claim(struct encoder *e, struct pen *pen, size_t number, uint32_t size, uint32_t align)
{
	struct claim *last = &e->claim;
	bool again = size == last->size && align == last->align;

	pen_varint(pen, CLAIMS, (number - last->next) << 1 | again);
	if (!again) {
		pen_varint(pen, CLAIMS, size);
		pen_byte(pen, CLAIMS, align);
	}
	*last = (struct claim){ number + 1, size, align };
}

/* ---- beginnings --------------------------------------------------------------------------------------- */

GUESS unsigned entry_of(const struct trace_event *event)
{
	return event->entry < LG_ENTRY_KINDS ? event->entry : LG_ENTRY_UNKNOWN;
}

GUESS unsigned put_stack(struct guess *g, struct lane *lane, struct pen *pen, uint32_t stack)
{
	unsigned mode = STACK_NEXT;

	if (stack != guess_site(g, lane->stack)->next) {
		mode = stack == g->highest + 1 ? STACK_NEW : STACK_GIVEN;
		if (mode == STACK_GIVEN)
			pen_varint(pen, STACKS, stack);
	}
	guess_stack_was(g, lane, stack);
	return mode << TAG_STACK_SHIFT;
}

GUESS unsigned put_size(struct guess *g, struct pen *pen, const struct trace_event *event)
{
	struct site *site = guess_site(g, event->stack);
	unsigned entry = entry_of(event);

	if (site->size == event->size && site->entry == entry)
		return 0;
	site->size = event->size;
	site->entry = entry;
	pen_varint(pen, SIZES, event->size);
	pen_byte(pen, ENTRIES, entry);
	return TAG_SIZE;
}

GUESS uint64_t *memory_of(struct encoder *e, uint64_t addr)
{
	return &e->memory[addr * 0x9e3779b97f4a7c15ULL >> (64 - MEMORY_BITS)];
}

/* A block that no guess foresaw. */
GUESS unsigned put_other_place(struct encoder *e, struct lane *lane, struct pen *pen, uint64_t addr,
			       uint64_t size)
{
	uint64_t memory = *memory_of(e, addr);

	if (memory && memory >> 16 == addr) {
		pen_varint(pen, PLACES, e->guess.births - 1 - (memory & 0xffff));
		return PLACE_AGAIN;
	}
	if (!addr || !is_in_steps(lane->fresh, addr)) {
		pen_varint(pen, PLACES, addr);
		return PLACE_GIVEN;
	}
	pen_varint(pen, PLACES, steps(lane->fresh, addr));
	lane->fresh = addr + guess_chunk_bytes(size);
	return PLACE_STEP;
}

GUESS unsigned put_place(struct encoder *e, struct lane *lane, struct pen *pen, unsigned class, uint64_t addr,
			 uint64_t size)
{
	unsigned mode;

	if (*guess_newest(lane, class) == addr) {
		mode = PLACE_NEWEST;
		guess_pop(lane, class);
	} else if (lane->fresh == addr) {
		mode = PLACE_FRESH;
		lane->fresh += guess_chunk_bytes(size);
	} else if (*guess_newest(lane, GUESS_STRAYS) == addr) {
		mode = PLACE_STRAY;
		guess_pop(lane, GUESS_STRAYS);
	} else {
		mode = put_other_place(e, lane, pen, addr, size);
	}
	return mode << TAG_PLACE_SHIFT;
}

GUESS unsigned put_beginning(struct encoder *e, struct lane *lane, struct pen *pen,
			     const struct trace_event *event, size_t number)
{
	struct guess *g = &e->guess;
	unsigned class = guess_class(event->size);
	unsigned tag = put_stack(g, lane, pen, event->stack) | put_size(g, pen, event) |
		       put_place(e, lane, pen, class, event->addr, event->size);

	if (__builtin_expect(event->aligns, 0))
		put_claim(e, pen, number, 0, event->aligns % 16);
	if (!(event->addr >> 48))
		*memory_of(e, event->addr) = event->addr << 16 | g->births;
	g->classes[g->births++] = (uint8_t) class;
	return tag | (event->type == LG_EV_RESIZE ? TAG_RESIZE : TAG_ALLOC);
}

/* ---- ends --------------------------------------------------------------------------------------------- */

GUESS unsigned put_age(struct guess *g, struct pen *pen, uint32_t ordinal)
{
	uint32_t age = g->births - 1 - ordinal;
	unsigned mode = END_AGE;

	if (age < END_AGES)
		mode = age;
	else if (ordinal == g->ended + 1)
		mode = END_AFTER;
	else if (ordinal + 1 == g->ended)
		mode = END_BEFORE;
	else
		pen_varint(pen, AGES, age);
	g->ended = ordinal;
	return mode;
}

/* A block from before this chunk, or forgotten. */
GUESS unsigned put_freed_address(const struct guess *g, struct pen *pen, uint64_t addr)
{
	if (is_in_steps(g->freed, addr)) {
		pen_varint(pen, FREES, steps(g->freed, addr));
		return END_STEP;
	}
	pen_varint(pen, FREES, addr);
	return END_GIVEN;
}

GUESS unsigned put_end_entry(struct pen *pen, const struct trace_event *event)
{
	unsigned entry = entry_of(event);

	if (entry == (event->type == LG_EV_FREE ? LG_ENTRY_FREE : LG_ENTRY_REALLOC))
		return 0;
	pen_byte(pen, ENTRIES, entry);
	return TAG_ENTRY;
}

/* Of an end that has a stack there is a suspect that knows more. */
GUESS bool has_claim(const struct trace_event *end)
{
	return __builtin_expect(end->size | end->aligns, 0) && !end->stack;
}

GUESS unsigned put_ending(struct encoder *e, struct lane *lane, struct pen *pen,
			  const struct trace_event *event, size_t number)
{
	struct guess *g = &e->guess;
	uint64_t memory = *memory_of(e, event->addr);
	unsigned mode;

	if (memory && memory >> 16 == event->addr) {
		uint32_t ordinal = memory & 0xffff;
		mode = put_age(g, pen, ordinal);
		guess_push(lane, g->classes[ordinal], event->addr);
	} else {
		mode = put_freed_address(g, pen, event->addr);
		guess_push(lane, GUESS_STRAYS, event->addr);
	}
	g->freed = event->addr;
	if (has_claim(event))
		put_claim(e, pen, number, (uint32_t)event->size, event->aligns % 16);
	return mode << TAG_END_SHIFT | put_end_entry(pen, event) |
	       (event->type == LG_EV_FREE ? TAG_FREE : TAG_RELEASE);
}

/* ---- chunks ------------------------------------------------------------------------------------------- */

/* Events come from memory that the target could have scribbled on: what has no type is no event. */
GUESS unsigned put_event(struct encoder *e, struct pen *pen, const struct trace_event *event, size_t number)
{
	struct lane *lane = guess_lane(&e->guess, event->thread);

	switch (event->type) {
	case LG_EV_ALLOC:
	case LG_EV_RESIZE:
		return put_beginning(e, lane, pen, event, number);
	case LG_EV_FREE:
	case LG_EV_RELEASE:
		return put_ending(e, lane, pen, event, number);
	default:
		return TAG_FREE | END_NONE << TAG_END_SHIFT;
	}
}

static bool pen_open(struct encoder *e, struct pen *pen, size_t n)
{
	for (unsigned i = 0; i < COLUMNS; i++) {
		if (!buf_reserve(&e->columns[i], (n + 1) * most_bytes[i]))
			return false;
		pen->at[i] = e->columns[i].bytes + e->columns[i].used;
	}
	return true;
}

static void pen_close(struct encoder *e, const struct pen *pen)
{
	for (unsigned i = 0; i < COLUMNS; i++)
		e->columns[i].used = (size_t)(pen->at[i] - e->columns[i].bytes);
}

#define AHEAD 8u

/* Tables that are used once every few events are not in the nearest cache. */
LOOK_AHEAD look_ahead(struct encoder *e, const struct trace_event *event)
{
	__builtin_prefetch(memory_of(e, event->addr), 1);
	__builtin_prefetch(guess_site(&e->guess, event->stack), 1);
}

static void add_slice(struct encoder *e, const struct trace_event *events, size_t n)
{
	struct pen shared;

	if (!pen_open(e, &shared, n))
		return;
	struct pen pen = shared;
	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			look_ahead(e, &events[i + AHEAD]);
		put_moment(e, &pen, &events[i]);
		pen_byte(&pen, TAGS, put_event(e, &pen, &events[i], e->count + i));
	}
	pen_close(e, &pen);
	e->count += n;
}

static void begin_chunk(struct encoder *e, const struct trace_event *first)
{
	e->first_key = e->key_before = e->keys.value = first->key >> e->key_shift;
	e->threads.value = first->thread;
	e->claim = (struct claim){ 0 };
	e->highest_before = e->guess.highest;
	guess_begin(&e->guess, e->highest_before);
	memset(e->memory, 0, sizeof e->memory);
}

size_t encoder_add(struct encoder *e, const struct trace_event *events, size_t n)
{
	if (n > LG_EVENTS_PER_CHUNK - e->count)
		n = LG_EVENTS_PER_CHUNK - e->count;
	if (n && !e->count)
		begin_chunk(e, events);
	for (size_t at = 0; at < n; at += SLICE)
		add_slice(e, events + at, n - at < SLICE ? n - at : SLICE);
	return n;
}

static void end_runs(struct encoder *e)
{
	struct pen pen;

	if (!pen_open(e, &pen, 0))
		return;
	end_run_of_keys(e, &pen);
	end_run_of_threads(e, &pen);
	pen_close(e, &pen);
}

/* Room for the columns and what stands before each. */
static void reserve_chunk(const struct encoder *e, struct buf *out)
{
	size_t bytes = (COLUMNS + 4) * VARINT_MAX;

	for (unsigned i = 0; i < COLUMNS; i++)
		bytes += e->columns[i].used;
	buf_reserve(out, bytes);
}

void encoder_put(struct encoder *e, struct buf *out)
{
	end_runs(e);
	reserve_chunk(e, out); /* at once: a megabyte that grows is copied again and again */
	buf_varint(out, e->count);
	buf_varint(out, e->key_shift);
	buf_varint(out, e->first_key);
	buf_varint(out, e->highest_before);
	for (unsigned i = 0; i < COLUMNS; i++) {
		buf_blob(out, e->columns[i].bytes, e->columns[i].used);
		out->failed |= e->columns[i].failed;
		buf_clear(&e->columns[i]);
	}
	e->count = 0;
}
