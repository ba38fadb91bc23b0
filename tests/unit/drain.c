/* drain: rings in, events in their true order out. */
#include "record/drain.h"
#include "suite.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <x86intrin.h>

static struct lg_area *area;
static struct drain drain;
static struct events out;

static void setup(void)
{
	area = mmap(NULL, LG_AREA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		    -1, 0);
	ck_assert_ptr_ne(area, MAP_FAILED);
	drain = (struct drain){ 0 };
	drain_init(&drain, area);
	out = (struct events){ 0 };
}

static void teardown(void)
{
	drain_free(&drain);
	events_free(&out);
	munmap(area, LG_AREA_BYTES);
}

static void keep(const struct trace_event *events, size_t n)
{
	if (!n)
		return;
	out.items = realloc(out.items, (out.count + n) * sizeof *events);
	memcpy(out.items + out.count, events, n * sizeof *events);
	out.count += n;
}

static void pass(uint64_t key, uint64_t now_ns)
{
	size_t n;
	const struct trace_event *events = drain_pass(&drain, key, now_ns, &n);

	keep(events, n);
}

/* Until there is nothing more to take. */
static void passes(uint64_t key)
{
	uint64_t before;

	do {
		before = drain.taken;
		pass(key, 0);
	} while (drain.taken != before);
}

static void keep_rest(void)
{
	size_t n;
	const struct trace_event *events = drain_rest(&drain, DRAIN_ALL, 0, &n);

	keep(events, n);
}

static void open_ring(uint32_t slot, uint32_t tid)
{
	area->threads[slot].number = slot + 1;
	atomic_store(&area->threads[slot].tid, tid);
	atomic_store(&area->threads[slot].state, LG_SLOT_LIVE);
	if (atomic_load(&area->slots) <= slot)
		atomic_store(&area->slots, slot + 1);
}

static struct lg_slot *slot_at(uint32_t slot, uint64_t place)
{
	char *ring = (char *)area + LG_OFF_SLOTS + slot * LG_SLOT_BYTES + LG_SCRATCH_BYTES;

	return (struct lg_slot *)ring + place % LG_RING_SLOTS;
}

static uint64_t reserve(uint32_t slot)
{
	return atomic_fetch_add(&area->threads[slot].reserved, 1);
}

static void commit_slot(uint32_t slot, uint64_t place, uint64_t head, uint64_t rest)
{
	struct lg_slot *s = slot_at(slot, place);

	s->rest = rest;
	atomic_store_explicit(&s->head, head | lg_slot_lap(place), memory_order_release);
}

static void commit(uint32_t slot, uint64_t place, enum lg_event_type type, uint64_t key, uint64_t addr)
{
	commit_slot(slot, place, key << LG_NARROW_KEY_SHIFT | type, addr / 8 << 20);
}

static void emit(uint32_t slot, enum lg_event_type type, uint64_t key, uint64_t addr)
{
	commit(slot, reserve(slot), type, key, addr);
}

START_TEST(one_ring_keeps_its_order_over_many_laps)
{
	uint64_t key = 0;

	open_ring(0, 1);
	for (int lap = 0; lap < 5; lap++) {
		for (unsigned i = 0; i < LG_RING_SLOTS; i++, key++)
			emit(0, LG_EV_ALLOC, key + 1, key * 16);
		passes(UINT64_MAX);
		ck_assert_uint_eq(out.count, key);
	}
	for (uint64_t i = 0; i < key; i++)
		ck_assert_uint_eq(out.items[i].addr, i * 16);
	ck_assert_uint_eq(atomic_load(&area->threads[0].tail), key);
}
END_TEST

START_TEST(an_unread_lap_is_not_read_twice)
{
	open_ring(0, 1);
	for (unsigned i = 0; i < LG_RING_SLOTS; i++)
		emit(0, LG_EV_ALLOC, i + 1, 1);
	passes(UINT64_MAX);
	reserve(0); /* place 0 of lap 1: still holds lap 0's record */
	pass(UINT64_MAX, 0);
	ck_assert_uint_eq(out.count, LG_RING_SLOTS);
}
END_TEST

START_TEST(what_a_full_ring_still_holds_comes_before_later_events_of_others)
{
	enum { MANY = 20000 };

	open_ring(0, 1);
	open_ring(1, 2);
	for (uint64_t i = 0; i < MANY; i++)
		emit(0, LG_EV_ALLOC, 2 * i + 1, i);
	for (uint64_t i = 0; i < MANY; i += 100)
		emit(1, LG_EV_FREE, 2 * i + 2, i);
	passes(UINT64_MAX);
	ck_assert_uint_eq(out.count, MANY + MANY / 100);
	for (size_t i = 1; i < out.count; i++)
		ck_assert_uint_lt(out.items[i - 1].key, out.items[i].key);
}
END_TEST

START_TEST(what_is_later_than_its_key_stays_for_the_next)
{
	size_t n;

	open_ring(0, 1);
	open_ring(1, 2);
	emit(0, LG_EV_ALLOC, 1, 16);
	emit(1, LG_EV_FREE, 2, 16);
	emit(1, LG_EV_FREE, 12, 32); /* of a block that ring 0 has only now */
	ck_assert_uint_eq(drain_rest(&drain, 11, 0, &n)[1].key, 2);
	ck_assert_uint_eq(n, 2);
	emit(0, LG_EV_ALLOC, 11, 32);
	keep_rest();
	ck_assert_uint_eq(out.count, 2);
	ck_assert_int_eq(out.items[0].type, LG_EV_ALLOC);
	ck_assert_int_eq(out.items[1].type, LG_EV_FREE);
}
END_TEST

START_TEST(a_ring_is_not_read_ahead_of_one_that_is_far_behind)
{
	enum { MANY = 20000, FEW = 100 };

	open_ring(0, 1);
	open_ring(1, 2);
	for (uint64_t i = 0; i < MANY; i++)
		emit(0, LG_EV_ALLOC, i + 1, i);
	for (uint64_t i = 0; i < FEW; i++)
		emit(1, LG_EV_FREE, MANY + i + 1, i);
	pass(UINT64_MAX, 0);
	ck_assert(drain.is_behind);
	ck_assert_uint_gt(atomic_load(&area->threads[0].tail), 0);
	ck_assert_uint_eq(atomic_load(&area->threads[1].tail), 0);
	passes(UINT64_MAX);
	ck_assert(!drain.is_behind);
	ck_assert_uint_eq(out.count, MANY + FEW);
	for (size_t i = 0; i < out.count; i++)
		ck_assert_uint_eq(out.items[i].key, i + 1);
}
END_TEST

START_TEST(many_events_of_a_signal_handler_do_not_hold_their_ring_up)
{
	enum { MANY = 20000 };

	open_ring(0, 1);
	open_ring(1, 2);
	uint64_t interrupted = reserve(0);
	for (uint64_t i = 0; i < MANY; i++)
		emit(0, LG_EV_ALLOC, i + 1, i);
	commit(0, interrupted, LG_EV_ALLOC, MANY + 1, 0); /* its key is the latest, its place the first */
	emit(1, LG_EV_FREE, MANY + 2, 0);
	passes(UINT64_MAX);
	ck_assert_uint_eq(out.count, MANY + 2);
	ck_assert_uint_eq(out.items[MANY + 1].thread, 2);
}
END_TEST

START_TEST(rings_are_merged_by_key_and_later_keys_wait)
{
	open_ring(0, 1);
	open_ring(1, 2);
	emit(0, LG_EV_ALLOC, 10, 0xa0);
	emit(1, LG_EV_FREE, 20, 0xa0);
	emit(0, LG_EV_ALLOC, 30, 0xa0);
	emit(1, LG_EV_FREE, 40, 0xa0);
	pass(35, 0);
	ck_assert_uint_eq(out.count, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(out.items[i].key, 10 * (i + 1));
	ck_assert_uint_eq(out.items[1].thread, 2);
	pass(100, 0);
	ck_assert_uint_eq(out.count, 4);
	ck_assert_uint_eq(out.items[3].key, 40);
}
END_TEST

START_TEST(a_hole_does_not_hide_what_was_committed_after_it)
{
	open_ring(0, 1);
	uint64_t hole = reserve(0);
	emit(0, LG_EV_ALLOC, 20, 0xb0); /* a signal handler */
	pass(UINT64_MAX, 1);
	ck_assert_uint_eq(out.count, 1);
	ck_assert_uint_eq(out.items[0].addr, 0xb0);
	ck_assert_uint_eq(atomic_load(&area->threads[0].tail), hole);
	commit(0, hole, LG_EV_FREE, 30, 0xa0);
	pass(UINT64_MAX, 2);
	ck_assert_uint_eq(out.count, 2);
	ck_assert_uint_eq(out.items[1].addr, 0xa0);
	ck_assert_uint_eq(atomic_load(&area->threads[0].tail), hole + 2);
}
END_TEST

START_TEST(a_hole_left_for_good_is_passed_after_a_while)
{
	open_ring(0, 1);
	reserve(0);
	pass(UINT64_MAX, 1);
	pass(UINT64_MAX, 1000000000);
	ck_assert_uint_eq(atomic_load(&area->threads[0].tail), 0); /* its thread may only be asleep */
	emit(0, LG_EV_ALLOC, 20, 0xb0);
	pass(UINT64_MAX, 2000000000);
	ck_assert_uint_eq(out.count, 1);
	pass(UINT64_MAX, 3000000000);
	ck_assert_uint_eq(atomic_load(&area->threads[0].tail), 2);
}
END_TEST

static bool all_gone(uint32_t pid, uint32_t tid)
{
	(void)pid;
	return tid == 7;
}

static void commit_wide(uint32_t slot, uint64_t place, const struct lg_event *e)
{
	commit_slot(slot, place + 1, lg_more_head(e), e->size);
	commit_slot(slot, place, lg_wide_head(e), e->addr);
}

START_TEST(events_come_out_as_they_went_in_whatever_slots_they_take)
{
	static const struct lg_event events[] = {
		{ 0x123456789aULL, 0x7ffffffffff8, (1u << 20) - 1, LG_NODES - 1, LG_ENTRY_POOL, 0,
		  LG_EV_ALLOC },
		{ 0x123456789bULL, 0x7ffffffffff8, 0, 0, LG_ENTRY_FREE, 0, LG_EV_FREE },
		{ 0x123456789bULL, 0x10, 1u << 20, 1, LG_ENTRY_MALLOC, 0, LG_EV_ALLOC }, /* large */
		{ 0x123456789cULL, 0x1001, 1, 1, LG_ENTRY_MALLOC, 0, LG_EV_ALLOC }, /* at any byte */
		{ 0x123456789dULL, LG_UNRECORDED, 0, 0, LG_ENTRY_REALLOC, 0, LG_EV_RESIZE },
		{ 0x123456789eULL, 0x10, UINT64_MAX, 7, LG_ENTRY_DELETE, 0xf0f, LG_EV_FREE },
		{ 0xf2345678000000ULL, 0x20, 2, 3, LG_ENTRY_NEW, 0, LG_EV_ALLOC }, /* long after */
		{ 0xf2345700000000ULL, 0x20, 0, 0, LG_ENTRY_REALLOC, 0, LG_EV_RELEASE },
		{ 0xf2345700000001ULL, 0x30, 9, LG_NODES - 1, LG_TOLD_TYPE, LG_NO_NAME, LG_EV_TOLD },
		{ 0xf2345700000002ULL, 5, 0, 0, LG_ENTRY_UNKNOWN, 0, LG_EV_MARK },
	};
	static const bool is_narrow[] = {
		false, true, false, false, false, false, false, true, false, false
	};
	uint64_t before = 0;

	open_ring(0, 1);
	pass(1, 0);
	drain.readers[0].next = LG_RING_SLOTS - 1; /* the first goes round the end */
	atomic_store(&area->threads[0].reserved, LG_RING_SLOTS - 1);
	for (unsigned i = 0; i < sizeof events / sizeof *events; before = events[i++].key) {
		const struct lg_event *e = &events[i];

		ck_assert_int_eq(lg_event_is_narrow(e, before), is_narrow[i]);
		if (is_narrow[i])
			commit_slot(0, reserve(0), lg_narrow_head(e), lg_narrow_rest(e));
		else
			commit_wide(0, atomic_fetch_add(&area->threads[0].reserved, 2), e);
	}
	keep_rest();
	ck_assert_uint_eq(out.count, sizeof events / sizeof *events);
	for (size_t i = 0; i < out.count; i++) {
		ck_assert_uint_eq(out.items[i].key, events[i].key);
		ck_assert_uint_eq(out.items[i].addr, events[i].addr);
		ck_assert_uint_eq(out.items[i].size, events[i].size);
		ck_assert_uint_eq(out.items[i].stack, events[i].stack);
		ck_assert_uint_eq(out.items[i].entry, events[i].entry);
		ck_assert_uint_eq(out.items[i].aligns, events[i].aligns);
		ck_assert_uint_eq(out.items[i].type, events[i].type);
	}
}
END_TEST

START_TEST(a_wide_event_is_whole_or_a_hole)
{
	const struct lg_event e = { 30, 0xa1, 1u << 20, 3, LG_ENTRY_MALLOC, 0, LG_EV_ALLOC };

	open_ring(0, 1);
	uint64_t hole = atomic_fetch_add(&area->threads[0].reserved, 2);
	pass(UINT64_MAX, 1);
	commit_slot(0, hole + 1, lg_more_head(&e), e.size);
	pass(UINT64_MAX, 1000000000);
	pass(UINT64_MAX, 2000000000); /* nothing has overtaken it: its thread may only be asleep */
	ck_assert_uint_eq(out.count, 0);
	ck_assert_uint_eq(atomic_load(&area->threads[0].tail), hole);
	emit(0, LG_EV_ALLOC, 40, 0xb0); /* a signal handler */
	commit_slot(0, hole, lg_wide_head(&e), e.addr);
	pass(UINT64_MAX, 2000000001);
	ck_assert_uint_eq(out.count, 2);
	ck_assert_uint_eq(out.items[0].addr, e.addr);
	ck_assert_uint_eq(out.items[0].size, e.size);
	ck_assert_uint_eq(atomic_load(&area->threads[0].tail), hole + 3);
}
END_TEST

/* A thread's first event has its whole key, and those behind it the lower bits: it may be passed over before it is there. */
START_TEST(what_rests_on_a_hole_has_its_key)
{
	const struct lg_event e = { 5000000000u, 0xa0, 8, 3, LG_ENTRY_MALLOC, 0, LG_EV_ALLOC };

	open_ring(0, 1);
	uint64_t hole = atomic_fetch_add(&area->threads[0].reserved, 2);
	pass(UINT64_MAX, 1);
	commit_slot(0, hole + 1, lg_more_head(&e), e.size);
	commit_slot(0, hole, lg_wide_head(&e), e.addr);
	emit(0, LG_EV_FREE, e.key + 10, 0xa0);
	pass(UINT64_MAX, 2);
	keep_rest();
	ck_assert_uint_eq(out.count, 2);
	ck_assert_uint_eq(out.items[0].key, e.key);
	ck_assert_uint_eq(out.items[1].key, e.key + 10);
}
END_TEST

START_TEST(a_key_behind_the_one_before_is_taken_with_it)
{
	open_ring(0, 1);
	emit(0, LG_EV_ALLOC, 4000000000u, 0xa0);
	emit(0, LG_EV_FREE, 10, 0xa0);
	emit(0, LG_EV_ALLOC, 4000000001u, 0xb0);
	pass(UINT64_MAX, 0);
	ck_assert_uint_eq(out.count, 3);
	ck_assert_uint_eq(out.items[1].key, 4000000000u);
	ck_assert_uint_eq(out.items[2].key, 4000000001u);
}
END_TEST

START_TEST(a_dead_threads_slot_is_drained_and_given_back)
{
	open_ring(0, 7);
	open_ring(1, 8);
	emit(0, LG_EV_ALLOC, 1, 0xa0);
	drain_release(&drain, 1, all_gone);
	ck_assert_uint_eq(atomic_load(&area->threads[0].state), LG_SLOT_FREE);
	ck_assert_uint_eq(atomic_load(&area->threads[1].state), LG_SLOT_LIVE);
	pass(UINT64_MAX, 0);
	ck_assert_uint_eq(out.count, 1);
	open_ring(0, 9);
	emit(0, LG_EV_FREE, 2, 0xa0);
	pass(UINT64_MAX, 0);
	ck_assert_uint_eq(out.count, 2);
}
END_TEST

START_TEST(nonsense_in_the_target_is_survived)
{
	open_ring(0, 1);
	atomic_store(&area->threads[0].reserved, UINT64_MAX / 2);
	pass(UINT64_MAX, 0);
	atomic_store(&area->slots, UINT32_MAX);
	keep_rest();
	ck_assert_uint_eq(out.count, 0);
}
END_TEST

/* ---- a block handed from thread to thread ------------------------------------------------------------ */

#define HANDOVERS 200000u
static _Atomic uint64_t box; /* address on its way, 0: empty */
static _Atomic bool done;
static uint64_t clock_base;

static void emit_waiting(uint32_t slot, enum lg_event_type type, uint64_t addr)
{
	unsigned cpu;

	while (atomic_load(&area->threads[slot].reserved) - atomic_load(&area->threads[slot].tail) >=
	       LG_RING_SLOTS)
		;
	emit(slot, type, __rdtscp(&cpu) - clock_base, addr);
}

static void *giver(void *unused)
{
	for (uint64_t i = 0; i < HANDOVERS; i++) {
		emit_waiting(0, LG_EV_ALLOC, 16); /* the allocator gives the same address out each time */
		atomic_store(&box, 16);
		while (atomic_load(&box))
			;
	}
	return unused;
}

static void *taker(void *unused)
{
	for (uint64_t i = 0; i < HANDOVERS; i++) {
		while (!atomic_load(&box))
			;
		emit_waiting(1, LG_EV_FREE, 16);
		atomic_store(&box, 0);
	}
	atomic_store(&done, true);
	return unused;
}

START_TEST(a_block_handed_over_is_never_freed_before_it_began)
{
	pthread_t a, b;
	unsigned cpu;

	clock_base = __rdtscp(&cpu);
	open_ring(0, 1);
	open_ring(1, 2);
	pthread_create(&a, NULL, giver, NULL);
	pthread_create(&b, NULL, taker, NULL);
	while (!atomic_load(&done))
		pass(__rdtscp(&cpu) - clock_base, 0);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	keep_rest();
	ck_assert_uint_eq(out.count, 2 * HANDOVERS);
	for (uint64_t i = 0; i < out.count; i++)
		ck_assert_uint_eq(out.items[i].type, i % 2 ? LG_EV_FREE : LG_EV_ALLOC);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		one_ring_keeps_its_order_over_many_laps,
		what_a_full_ring_still_holds_comes_before_later_events_of_others,
		what_is_later_than_its_key_stays_for_the_next,
		a_ring_is_not_read_ahead_of_one_that_is_far_behind,
		many_events_of_a_signal_handler_do_not_hold_their_ring_up,
		an_unread_lap_is_not_read_twice,
		rings_are_merged_by_key_and_later_keys_wait,
		a_hole_does_not_hide_what_was_committed_after_it,
		a_hole_left_for_good_is_passed_after_a_while,
		events_come_out_as_they_went_in_whatever_slots_they_take,
		a_wide_event_is_whole_or_a_hole,
		what_rests_on_a_hole_has_its_key,
		a_key_behind_the_one_before_is_taken_with_it,
		a_dead_threads_slot_is_drained_and_given_back,
		nonsense_in_the_target_is_survived,
		a_block_handed_over_is_never_freed_before_it_began,
	};
	return suite_run_with("drain", setup, teardown, tests, sizeof tests / sizeof *tests);
}
