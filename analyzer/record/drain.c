/* drain.c: see drain.h.
 *
 * Why keys below the one that a round begins with are in order: whatever must come before an event (the allocation
 * before its free in another thread) was committed before that event's key was made. The key was counted on from a
 * reading of the clock that came after the thread had seen the heartbeat of the time. If it is smaller than the clock
 * before this round's beat, the thread had not seen that beat, so the earlier event was committed before the round
 * looked at any ring: it has seen it too, and sorting by key puts both where they belong. */
#include "record/drain.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A hole that later events have overtaken for this long was left for good: siglongjmp out of a hook. */
#define HOLE_PATIENCE_NS (200u * 1000 * 1000)

void events_free(struct events *e)
{
	free(e->items);
	*e = (struct events){ 0 };
}

static bool events_reserve(struct events *e, size_t more)
{
	size_t room = e->room ? e->room : 4096;

	if (e->room - e->count >= more)
		return true;
	while (room - e->count < more)
		room *= 2;
	struct trace_event *items = realloc(e->items, room * sizeof *items);
	if (!items)
		return false;
	e->items = items;
	e->room = room;
	return true;
}

void drain_init(struct drain *d, struct lg_area *area)
{
	d->area = area;
}

void drain_free(struct drain *d)
{
	free(d->readers);
	events_free(&d->pending);
	events_free(&d->spare);
}

/* ---- one ring ---------------------------------------------------------------------------------------- */

static const struct lg_slot *ring_of(const struct lg_area *area, uint32_t slot)
{
	return (const struct lg_slot *)((const char *)area + LG_OFF_SLOTS + slot * LG_SLOT_BYTES +
					LG_SCRATCH_BYTES);
}

/* The head of a slot, 0 while it is not there. */
static inline uint64_t committed(const struct lg_slot *ring, uint64_t place)
{
	uint64_t head = atomic_load_explicit(&ring[place % LG_RING_SLOTS].head, memory_order_acquire);

	return head && (head & LG_SLOT_LAP) == lg_slot_lap(place) ? head : 0;
}

static inline unsigned form_of(uint64_t head)
{
	return head & LG_SLOT_FORM;
}

/* The target could have scribbled on it: each field is whatever its bits say. */
static inline struct trace_event narrow_event(uint64_t head, uint64_t rest)
{
	return (struct trace_event){
		.addr = rest >> 20 << 3,
		.size = rest % (1u << 20),
		.stack = (uint32_t)(head >> 9) % LG_NODES,
		.type = (uint8_t)form_of(head),
		.entry = head >> 4 & 0x1f,
	};
}

static struct trace_event wide_event(uint64_t head, const struct lg_slot *ring, uint64_t place)
{
	const struct lg_slot *more = &ring[(place + 1) % LG_RING_SLOTS];
	uint64_t more_head = atomic_load_explicit(&more->head, memory_order_relaxed);

	return (struct trace_event){
		.addr = ring[place % LG_RING_SLOTS].rest,
		.size = more->rest,
		.stack = (uint32_t)(more_head >> 36) % LG_NODES,
		.type = head >> 4 & 0xf,
		.entry = (uint8_t)(more_head >> 4),
		.aligns = (uint16_t)(more_head >> 20),
	};
}

/* Writes the event whose first slot is at `place` to a place that there is, and says how many it was: 1, or 0 for what is
 * none. */
static inline size_t take_event(struct drain *d, struct trace_event *to, uint32_t number,
				const struct lg_slot *ring, uint64_t place, uint64_t head, uint64_t key)
{
	bool is_narrow = __builtin_expect(form_of(head) < LG_SLOT_WIDE, 1);

	*to =
	    is_narrow ? narrow_event(head, ring[place % LG_RING_SLOTS].rest) : wide_event(head, ring, place);
	to->thread = number;
	to->key = key;
	if (__builtin_expect(to->type >= LG_EV_ALLOC && to->type <= LG_EV_RESIZE, 1))
		return 1;
	bool tells = to->type == LG_EV_MARK || to->type == LG_EV_TOLD;
	d->has_tellings |= tells;
	return tells;
}

/* What was written behind the pending events is n more of them, in the order of their keys. */
static void add_taken(struct drain *d, size_t n)
{
	const struct trace_event *first = d->pending.items + d->pending.count;

	if (n && d->pending.count && first->key < first[-1].key)
		d->is_mixed = true;
	d->pending.count += n;
	d->taken += n;
}

/* Keys stay far below 2^63; one that was guessed wrong may be below 0. */
static uint64_t later(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) > 0 ? a : b;
}

/* Looks again at places that were passed over. What stands behind may rest on their keys. */
static void retry_holes(struct drain *d, struct ring_reader *r, const struct lg_slot *ring, uint32_t number,
			uint64_t now_ns)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < r->nholes; i++) {
		uint64_t place = r->holes[i], head = committed(ring, place);

		if (head && form_of(head) != LG_SLOT_MORE) {
			uint64_t key = lg_head_key(head, r->latest);
			add_taken(d, take_event(d, d->pending.items + d->pending.count, number, ring, place,
						head, key));
			r->latest = later(r->latest, key);
		} else if (!head &&
			   (place >= r->overtaken || now_ns - r->hole_since_ns[i] < HOLE_PATIENCE_NS)) {
			r->holes[kept] = place;
			r->hole_since_ns[kept++] = r->hole_since_ns[i];
		}
	}
	r->nholes = kept;
}

#define AHEAD 32u /* slots; they come from another processor's cache */

/* The latest key that an event may rest on which was there when this was called: what was a hole may not be one any more. */
static uint64_t latest_with_holes(const struct ring_reader *r, const struct lg_slot *ring, uint64_t latest)
{
	for (unsigned i = 0; i < r->nholes; i++) {
		uint64_t head = committed(ring, r->holes[i]);
		if (head && form_of(head) != LG_SLOT_MORE)
			latest = later(latest, lg_head_key(head, latest));
	}
	return latest;
}

/* Takes events up to `end`, the first that is not there, or the first whose key is past `limit`; false: that one. A
 * signal handler's stand after the one it interrupted and before the next, whatever their keys. A slot of form MORE is met
 * by itself behind a hole, whose event it is part of. */
static bool take_run(struct drain *d, struct ring_reader *r, const struct lg_slot *ring, uint32_t number,
		     uint64_t end, uint64_t limit)
{
	struct trace_event *first = d->pending.items + d->pending.count, *to = first;
	uint64_t place = r->next, latest = r->latest, head = 1;

	while (place < end && (head = committed(ring, place))) {
		uint64_t ahead = place + AHEAD;

		__builtin_prefetch(&ring[(ahead < end ? ahead : place) % LG_RING_SLOTS]);
		if (__builtin_expect(form_of(head) == LG_SLOT_MORE, 0)) {
			place++;
			continue;
		}
		if (__builtin_expect(r->nholes, 0))
			latest = latest_with_holes(r, ring, latest);
		uint64_t key = later(latest, lg_head_key(head, latest));
		if (key > limit)
			break;
		latest = key;
		to += take_event(d, to, number, ring, place, head, key);
		place += form_of(head) == LG_SLOT_WIDE ? 2 : 1;
		r->overtaken = place;
	}
	r->next = place;
	r->latest = latest;
	add_taken(d, (size_t)(to - first));
	return place >= end || !head;
}

/* Passes a place over; false when there are too many already. */
static bool note_hole(struct ring_reader *r, uint64_t now_ns)
{
	if (r->nholes == HOLES_MAX)
		return false;
	r->hole_since_ns[r->nholes] = now_ns;
	r->holes[r->nholes++] = r->next++;
	return true;
}

/* Says how far a ring has been read. A thread that found it full is woken when that is worth its while. */
static void give_room(struct lg_thread *t, uint64_t reserved, uint64_t tail)
{
	atomic_store(&t->tail, tail);
	if (atomic_load(&t->waiting) && reserved - tail < LG_RING_RESUME) {
		atomic_store(&t->waiting, 0);
		syscall(SYS_futex, &t->waiting, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	}
}

/* Takes at most `most` slots, none with a key past `limit`. Those that are left may come before what other rings hold,
 * but not before the last taken: nothing later is in order yet. */
static void read_ring(struct drain *d, uint32_t slot, uint64_t now_ns, uint64_t most, uint64_t limit)
{
	struct lg_thread *t = &d->area->threads[slot];
	struct ring_reader *r = &d->readers[slot];
	const struct lg_slot *ring = ring_of(d->area, slot);
	uint64_t reserved = atomic_load_explicit(&t->reserved, memory_order_acquire),
		 left = reserved - r->next;
	uint64_t end = left > most ? r->next + most : reserved;
	bool is_within;

	if (left > LG_RING_SLOTS)
		return; /* scribbled on by the target: the counts will not match, and the trace says so */
	if (!events_reserve(&d->pending, end - r->next + r->nholes + 1)) {
		d->out_of_memory = true;
		return;
	}
	retry_holes(d, r, ring, t->number, now_ns);
	do
		is_within = take_run(d, r, ring, t->number, end, limit);
	while (is_within && r->next < end && note_hole(r, now_ns));
	if (is_within && r->next < reserved && r->latest < d->cut)
		d->cut = r->latest;
	if (!is_within && limit < d->cut)
		d->cut = limit + 1;
	give_room(t, reserved, r->nholes ? r->holes[0] : r->next);
}

/* Of the event at a place, 0: none begins there. */
static uint64_t key_at(const struct lg_slot *ring, uint64_t place, uint64_t near)
{
	uint64_t head = committed(ring, place);

	return head && form_of(head) != LG_SLOT_MORE ? lg_head_key(head, near) : 0;
}

/* The key that reading `most` more slots of a ring gets to at least, UINT64_MAX: there are not so many. */
static uint64_t key_ahead(const struct drain *d, uint32_t slot, uint64_t most)
{
	const struct ring_reader *r = &d->readers[slot];
	const struct lg_slot *ring = ring_of(d->area, slot);
	uint64_t left =
	    atomic_load_explicit(&d->area->threads[slot].reserved, memory_order_acquire) - r->next;

	if (left <= most || left > LG_RING_SLOTS || r->nholes == HOLES_MAX)
		return UINT64_MAX;
	uint64_t first = later(r->latest, key_at(ring, r->next, r->latest));
	return later(first, key_at(ring, r->next + most - 1, first));
}

/* ---- order ------------------------------------------------------------------------------------------- */

static size_t run_end(const struct trace_event *e, size_t at, size_t n)
{
	while (++at < n && e[at - 1].key <= e[at].key)
		;
	return at;
}

/* How many of the n events, which are in order, have keys below `key`. */
static size_t count_below(const struct trace_event *e, size_t n, uint64_t key)
{
	size_t i = 0;

	while (i < n && e[i].key < key)
		i++;
	return i;
}

/* A thread counts its keys on from a reading of the clock, so they come in runs that lie between those of others. */
static void merge(const struct trace_event *a, size_t na, const struct trace_event *b, size_t nb,
		  struct trace_event *out)
{
	while (na && nb) {
		size_t first = count_below(b, nb, a->key);
		memcpy(out, b, first * sizeof *b);
		out += first, b += first, nb -= first;
		size_t second = nb ? count_below(a, na, b->key + 1) : na;
		memcpy(out, a, second * sizeof *a);
		out += second, a += second, na -= second;
	}
	memcpy(out, a, na * sizeof *a);
	memcpy(out + na, b, nb * sizeof *b);
}

/* A natural merge sort: rings come in nearly sorted, so there are about as many runs as threads. */
static bool sort_pending(struct drain *d)
{
	size_t n = d->pending.count;

	for (; d->is_mixed; d->is_mixed = run_end(d->pending.items, 0, n) < n) {
		d->spare.count = 0;
		if (!events_reserve(&d->spare, n))
			return false;
		for (size_t at = 0; at < n;) {
			const struct trace_event *e = d->pending.items;
			size_t middle = run_end(e, at, n), end = middle < n ? run_end(e, middle, n) : n;

			merge(e + at, middle - at, e + middle, end - middle, d->spare.items + at);
			at = end;
		}
		struct events swap = d->pending;
		d->pending = d->spare;
		d->pending.count = n;
		d->spare = swap;
	}
	return true;
}

/* Drops what the last pass handed out. */
static void forget_given(struct drain *d)
{
	d->pending.count -= d->given;
	if (d->given && d->pending.count)
		memmove(d->pending.items, d->pending.items + d->given,
			d->pending.count * sizeof *d->pending.items);
	d->given = 0;
}

/* Slots that have been touched and have a reader. */
static uint32_t read_slots(struct drain *d)
{
	uint32_t slots = atomic_load(&d->area->slots);

	slots = slots < LG_THREADS ? slots : LG_THREADS;
	if (slots <= d->nreaders)
		return slots;
	struct ring_reader *grown = realloc(d->readers, slots * sizeof *grown);
	if (!grown) {
		d->out_of_memory = true;
		return d->nreaders;
	}
	memset(grown + d->nreaders, 0, (slots - d->nreaders) * sizeof *grown);
	d->readers = grown;
	return d->nreaders = slots;
}

static bool is_live(const struct drain *d, uint32_t slot)
{
	return atomic_load(&d->area->threads[slot].state) == LG_SLOT_LIVE;
}

/* No ring is read further than the one that is furthest behind: what is later than its events would have to wait here,
 * and be sorted with every pass, while it waits as well there. */
static void read_rings(struct drain *d, uint64_t now_ns, uint64_t most)
{
	uint32_t slots = read_slots(d);
	uint64_t limit = UINT64_MAX;

	forget_given(d);
	for (uint32_t i = 0; i < slots; i++)
		if (is_live(d, i)) {
			uint64_t key = key_ahead(d, i, most);
			limit = key < limit ? key : limit;
		}
	for (uint32_t i = 0; i < slots; i++)
		if (is_live(d, i))
			read_ring(d, i, now_ns, most, limit);
	d->is_behind = limit != UINT64_MAX;
	if (!sort_pending(d))
		d->out_of_memory = true;
}

static struct trace_event *take(struct drain *d, uint64_t key, uint64_t now_ns, uint64_t most, size_t *n)
{
	d->cut = key;
	read_rings(d, now_ns, most);
	d->given = d->pending.count;
	while (d->given && d->pending.items[d->given - 1].key >= d->cut)
		d->given--;
	*n = d->given;
	return d->pending.items;
}

#define MOST_AT_ONCE 1024u /* of a ring: they stay in the processor's own cache until they are written */

struct trace_event *drain_pass(struct drain *d, uint64_t key, uint64_t now_ns, size_t *n)
{
	return take(d, key, now_ns, MOST_AT_ONCE, n);
}

struct trace_event *drain_rest(struct drain *d, uint64_t key, uint64_t now_ns, size_t *n)
{
	return take(d, key, now_ns, UINT64_MAX, n);
}

/* ---- slots ------------------------------------------------------------------------------------------- */

void drain_release(struct drain *d, uint32_t pid, bool (*gone)(uint32_t pid, uint32_t tid))
{
	uint32_t slots = read_slots(d);

	for (uint32_t i = 0; i < slots; i++) {
		struct lg_thread *t = &d->area->threads[i];
		struct ring_reader *r = &d->readers[i];
		uint32_t tid = atomic_load(&t->tid);

		if (atomic_load(&t->state) != LG_SLOT_LIVE || !tid || !gone(pid, tid))
			continue;
		read_ring(d, i, 0, UINT64_MAX, UINT64_MAX);
		r->nholes = 0;
		r->next = atomic_load(&t->reserved);
		atomic_store(&t->tail, r->next);
		atomic_store(&t->tid, 0);
		atomic_store(&t->state, LG_SLOT_FREE);
	}
}

const struct lg_thread *drain_thread(const struct drain *d, uint32_t tid)
{
	uint32_t slots = atomic_load(&d->area->slots);

	for (uint32_t i = 0; i < slots && i < LG_THREADS; i++)
		if (atomic_load(&d->area->threads[i].tid) == tid)
			return &d->area->threads[i];
	return NULL;
}
