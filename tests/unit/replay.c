/* replay.c: events to live blocks: order, realloc in all its ways, totals, hostile events. */
#include "put-events.h"
#include "world.h"

#include "heap/build.h"
#include "heap/replay.h"
#include "heap/table.h"

#include <stdio.h>
#include <unistd.h>

static void event(struct world *w, uint8_t type, uint32_t thread, uint64_t addr, uint64_t size)
{
	world_event(w, (struct trace_event){
			   .type = type, .thread = thread, .addr = addr, .size = size, .stack = 7 });
}

#define ALLOC(addr, size) event(&w, LG_EV_ALLOC, 1, addr, size)
#define FREE(addr) event(&w, LG_EV_FREE, 1, addr, 0)
#define RELEASE(thread, addr) event(&w, LG_EV_RELEASE, thread, addr, 0)
#define RESIZE(thread, addr, size) event(&w, LG_EV_RESIZE, thread, addr, size)

static struct world w;

static void begin_test(void)
{
	w = (struct world){ 0 };
}

static void check_balance(void)
{
	const struct heap_totals *t = &w.heap.totals;

	ck_assert_uint_eq(t->allocations, t->frees + t->implied_frees + t->live_blocks);
	ck_assert_uint_eq(t->live_blocks, w.heap.nblocks);
	for (uint32_t i = 1; i < w.heap.nblocks; i++)
		ck_assert_uint_ge(w.heap.blocks[i].addr,
				  w.heap.blocks[i - 1].addr + w.heap.blocks[i - 1].size);
	heap_free(&w.heap);
	free(w.events);
}

START_TEST(blocks_come_sorted_by_address)
{
	begin_test();
	ALLOC(0x3000, 10);
	ALLOC(0x1000, 20);
	ALLOC(0x2000, 30);
	FREE(0x2000);
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 2);
	ck_assert_uint_eq(w.heap.blocks[0].addr, 0x1000);
	ck_assert_uint_eq(w.heap.blocks[0].birth, 1);
	ck_assert_uint_eq(w.heap.blocks[1].addr, 0x3000);
	ck_assert_uint_eq(w.heap.totals.live_bytes, 30);
	ck_assert_uint_eq(w.heap.totals.frees, 1);
	check_balance();
}
END_TEST

START_TEST(peak_is_exact)
{
	begin_test();
	ALLOC(0x1000, 100);
	ALLOC(0x2000, 50);
	FREE(0x1000);
	ALLOC(0x3000, 20);
	ALLOC(0x4000, 90);
	FREE(0x4000);
	world_heap(&w);
	ck_assert_uint_eq(w.heap.totals.peak_bytes, 160);
	ck_assert_uint_eq(w.heap.totals.peak_blocks, 3);
	ck_assert_uint_eq(w.heap.totals.peak_key, 1004);
	ck_assert_uint_eq(w.heap.totals.peak_events, 5); /* the fifth makes it */
	check_balance();
}
END_TEST

START_TEST(alloc_at_a_live_address_implies_a_free)
{
	begin_test();
	ALLOC(0x1000, 100);
	ALLOC(0x1000, 8);
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 1);
	ck_assert_uint_eq(w.heap.blocks[0].size, 8);
	ck_assert_uint_eq(w.heap.totals.implied_frees, 1);
	check_balance();
}
END_TEST

START_TEST(unknown_frees_are_counted_and_harmless)
{
	begin_test();
	FREE(0x9000);
	ALLOC(0x1000, 1);
	FREE(0x1000);
	FREE(0x1000);
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 0);
	ck_assert_uint_eq(w.heap.totals.unknown_frees, 2);
	ck_assert_uint_eq(w.heap.totals.live_bytes, 0);
	check_balance();
}
END_TEST

START_TEST(realloc_moves_a_block_and_keeps_its_birth)
{
	begin_test();
	ALLOC(0x1000, 100);
	ALLOC(0x5000, 1);
	RELEASE(1, 0x1000);
	RESIZE(1, 0x2000, 300);
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 2);
	ck_assert_uint_eq(w.heap.blocks[0].addr, 0x2000);
	ck_assert_uint_eq(w.heap.blocks[0].size, 300);
	ck_assert_uint_eq(w.heap.blocks[0].birth, 0);
	ck_assert_uint_eq(w.heap.blocks[0].key, 1000);
	ck_assert_uint_eq(w.heap.blocks[0].resized, 1);
	ck_assert_uint_eq(w.heap.totals.peak_bytes, 301);
	ck_assert_uint_eq(w.heap.totals.allocations, 3);
	ck_assert_uint_eq(w.heap.totals.frees, 1);
	check_balance();
}
END_TEST

START_TEST(realloc_in_place_is_one_block)
{
	begin_test();
	ALLOC(0x1000, 100);
	RELEASE(1, 0x1000);
	RESIZE(1, 0x1000, 50);
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 1);
	ck_assert_uint_eq(w.heap.blocks[0].size, 50);
	ck_assert_uint_eq(w.heap.totals.implied_frees, 0);
	check_balance();
}
END_TEST

START_TEST(failed_realloc_leaves_the_block_as_it_was)
{
	begin_test();
	ALLOC(0x1000, 100);
	RELEASE(1, 0x1000);
	RESIZE(1, 0, UINT64_MAX);
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 1);
	ck_assert_uint_eq(w.heap.blocks[0].size, 100);
	ck_assert_uint_eq(w.heap.blocks[0].resized, 0);
	ck_assert_uint_eq(w.heap.totals.allocations, 1);
	ck_assert_uint_eq(w.heap.totals.peak_bytes, 100);
	check_balance();
}
END_TEST

START_TEST(released_address_may_go_to_another_thread)
{
	begin_test();
	ALLOC(0x1000, 100);
	RELEASE(1, 0x1000);
	event(&w, LG_EV_ALLOC, 2, 0x1000, 64); /* thread 2 gets it before thread 1's realloc returns */
	RESIZE(1, 0x2000, 200);
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 2);
	ck_assert_uint_eq(w.heap.blocks[0].size, 64);
	ck_assert_uint_eq(w.heap.blocks[0].thread, 2);
	ck_assert_uint_eq(w.heap.blocks[1].size, 200);
	ck_assert_uint_eq(w.heap.blocks[1].birth, 0);
	ck_assert_uint_eq(w.heap.totals.implied_frees, 0);
	ck_assert_uint_eq(w.heap.totals.threads, 2);
	check_balance();
}
END_TEST

START_TEST(nested_reallocs_of_a_signal_handler_settle_inside_out)
{
	begin_test();
	ALLOC(0x1000, 1);
	ALLOC(0x2000, 2);
	RELEASE(1, 0x1000);
	RELEASE(1, 0x2000);
	RESIZE(1, 0x3000, 22);
	RESIZE(1, 0x4000, 11);
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 2);
	ck_assert_uint_eq(w.heap.blocks[0].birth, 1);
	ck_assert_uint_eq(w.heap.blocks[1].birth, 0);
	check_balance();
}
END_TEST

START_TEST(death_inside_realloc_keeps_the_block)
{
	begin_test();
	ALLOC(0x1000, 100);
	ALLOC(0x2000, 30);
	RELEASE(1, 0x1000);
	RELEASE(2, 0x2000);
	event(&w, LG_EV_ALLOC, 3, 0x2000, 5); /* thread 2's block had gone */
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 2);
	ck_assert_uint_eq(w.heap.blocks[0].size, 100);
	ck_assert_uint_eq(w.heap.blocks[1].size, 5);
	ck_assert_uint_eq(w.heap.totals.live_bytes, 105);
	check_balance();
}
END_TEST

START_TEST(realloc_of_an_unknown_address_begins_a_block)
{
	begin_test();
	RELEASE(1, 0x1000);
	RESIZE(1, 0x2000, 10);
	RELEASE(1, 0x7000);
	RESIZE(1, 0, 10);
	RESIZE(1, 0x3000, 10); /* and one without any release */
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 2);
	ck_assert_uint_eq(w.heap.totals.unknown_frees, 1);
	ck_assert_uint_eq(w.heap.blocks[0].birth, 1);
	check_balance();
}
END_TEST

START_TEST(more_open_releases_than_are_kept)
{
	begin_test();
	for (uint64_t i = 0; i < 3000; i++) {
		ALLOC(0x10000 + i * 64, 10);
		RELEASE((uint32_t)i + 1, 0x10000 + i * 64);
	}
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 3000);
	check_balance();
}
END_TEST

START_TEST(hostile_blocks_end_up_disjoint)
{
	begin_test();
	ALLOC(0x1000, UINT64_MAX);
	ALLOC(0x2000, 0x100);
	ALLOC(0x2080, 0x100); /* later than, and over, the one before */
	ALLOC(UINT64_MAX - 4, 100);
	ALLOC(0, 100);
	ALLOC(0x9001, 4);
	ALLOC(0x9003, 0);
	ALLOC(0x7fffffff0000, 1ULL << 47);
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 3);
	ck_assert_uint_eq(w.heap.blocks[0].addr, 0x2080);
	ck_assert_uint_eq(w.heap.blocks[1].addr, 0x9003);
	check_balance();
}
END_TEST

START_TEST(resized_block_beats_an_overlapping_older_event)
{
	begin_test();
	ALLOC(0x1000, 0x10);
	ALLOC(0x2000, 0x100); /* its free went unseen */
	RELEASE(1, 0x1000);
	RESIZE(1, 0x1f80, 0x100);
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 1);
	ck_assert_uint_eq(w.heap.blocks[0].addr, 0x1f80);
	ck_assert_uint_eq(w.heap.totals.implied_frees, 1);
	check_balance();
}
END_TEST

START_TEST(touched_pages_outlive_their_blocks)
{
	begin_test();
	ALLOC(0x1ff0, 0x20);
	FREE(0x1ff0);
	ALLOC(0x100000000, 1ULL << 46);
	FREE(0x100000000);
	world_heap(&w);
	ck_assert_uint_eq(w.heap.ntouched, 2);
	ck_assert_uint_eq(w.heap.touched[0].start, 0x1000);
	ck_assert_uint_eq(w.heap.touched[0].end, 0x3000);
	ck_assert_uint_eq(w.heap.touched[1].start, 0x100000000);
	ck_assert_uint_eq(w.heap.touched[1].end, 0x100000000 + (1ULL << 46));
	check_balance();
}
END_TEST

static void write_events(const char *path)
{
	write_trace(path, &(struct trace_process){ .pid = 1 }, w.events, w.nevents,
		    &(struct trace_end){ .present = true });
}

START_TEST(heap_of_a_trace_ends_at_its_snapshot)
{
	char dir[] = "/tmp/leakgraph-replay-XXXXXX", path[64];
	struct trace_snapshot upto = { .events = 3 };
	struct trace trace = { 0 };
	struct heap heap;
	struct err err = { "" };

	begin_test();
	for (uint64_t i = 0; i < 5; i++)
		ALLOC(0x1000 * (i + 1), 10);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/t.lgt", dir);
	write_events(path);
	ck_assert_msg(!trace_open(&trace, path, &err), "%s", err.text);
	ck_assert_int_eq(heap_build(&heap, &trace, &upto, &err), 0);
	ck_assert_uint_eq(heap.nblocks, 3);
	ck_assert_uint_eq(heap.totals.events, 3);
	heap_free(&heap);
	ck_assert_int_eq(heap_build(&heap, &trace, NULL, &err), 0);
	ck_assert_uint_eq(heap.nblocks, 5);
	heap_free(&heap);
	trace_close(&trace);
	unlink(path);
	rmdir(dir);
	free(w.events);
}
END_TEST

/* A parent with blocks at 0x1000 (inherited itself), 0x2000 and 0x3000 forks at key 2, and at key 4 when 0x2000 is
 * freed and 0x4000 has come. */
START_TEST(forks_take_what_lived_at_their_moment)
{
	char dir[] = "/tmp/leakgraph-replay-XXXXXX", path[64];
	const struct lg_range before = { 0x1000, 0x1010 };
	struct heap_fork forks[] = { { .key = 2 }, { .key = 4 }, { .key = 1000 } };
	uint64_t room = 5;
	struct trace trace;
	struct err err = { "" };

	begin_test();
	ALLOC(0x2000, 10);
	ALLOC(0x3000, 10);
	FREE(0x2000);
	ALLOC(0x4000, 10);
	FREE(0x1000);
	for (size_t i = 0; i < w.nevents; i++)
		w.events[i].key = i + 1;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/t.lgt", dir);
	write_events(path);
	ck_assert_msg(!trace_open(&trace, path, &err), "%s", err.text);
	ck_assert_int_eq(heap_forks(&trace, &before, 1, forks, 3, &room), 0);
	ck_assert_uint_eq(forks[0].nlive, 3);
	ck_assert_uint_eq(forks[0].live[0].start, 0x1000);
	ck_assert_uint_eq(forks[0].live[1].start, 0x2000);
	ck_assert_uint_eq(forks[0].live[1].end, 0x200a);
	ck_assert_ptr_null(forks[1].live); /* no room for three more */
	ck_assert_uint_eq(forks[2].nlive, 2);
	ck_assert_uint_eq(forks[2].live[0].start, 0x3000);
	ck_assert_uint_eq(room, 0);
	free(forks[0].live);
	free(forks[2].live);
	trace_close(&trace);
	unlink(path);
	rmdir(dir);
	free(w.events);
}
END_TEST

/* A realloc that fails puts its block back: that may be the peak. */
START_TEST(the_peak_may_be_where_a_block_comes_back)
{
	begin_test();
	ALLOC(0x1000, 100);
	RELEASE(1, 0x1000);
	ALLOC(0x2000, 50);
	RESIZE(1, 0, 0);
	for (size_t i = 0; i < w.nevents; i++)
		w.events[i].key = i + 1;
	world_heap(&w);
	ck_assert_uint_eq(w.heap.totals.peak_bytes, 150);
	ck_assert_uint_eq(w.heap.totals.peak_key, 4);
	ck_assert_uint_eq(w.heap.blocks[0].key, 1);
	check_balance();
}
END_TEST

START_TEST(no_two_blocks_begin_in_the_same_eight_bytes)
{
	begin_test();
	ALLOC(0x1000, 2);
	ALLOC(0x1004, 8);
	world_heap(&w);
	ck_assert_uint_eq(w.heap.nblocks, 1);
	ck_assert_uint_eq(w.heap.blocks[0].addr, 0x1004);
	check_balance();
}
END_TEST

/* What was inherited is in no count, and is no block of the child's own, not even moved by realloc. */
START_TEST(inherited_blocks_are_not_ones_own)
{
	const struct lg_range inherited[] = {
		{ 0x1000, 0x1010 }, { 0x2000, 0x2010 }, { 0x3000, 0x3010 }, { 0x6000, 0x6010 }
	};
	struct replay *replay = replay_new(0);

	begin_test();
	FREE(0x1000);
	RELEASE(1, 0x2000);
	RESIZE(1, 0x5000, 64);
	ALLOC(0x6000, 8);
	ck_assert_int_eq(replay_inherit(replay, inherited, 4), 0);
	ck_assert_int_eq(replay_events(replay, w.events, w.nevents), 0);
	ck_assert_int_eq(replay_finish(replay, &w.heap), 0);
	replay_free(replay);
	ck_assert_uint_eq(w.heap.nblocks, 1);
	ck_assert_uint_eq(w.heap.blocks[0].addr, 0x6000);
	ck_assert_uint_eq(w.heap.totals.frees, 0);
	ck_assert_uint_eq(w.heap.totals.unknown_frees, 2);
	ck_assert_uint_eq(w.heap.totals.implied_frees, 0);
	ck_assert_uint_eq(w.heap.ninherited, 2);
	ck_assert_uint_eq(w.heap.inherited[0].start, 0x3000);
	ck_assert_uint_eq(w.heap.inherited[1].start, 0x5000);
	ck_assert_uint_eq(w.heap.inherited[1].end, 0x5040);
	check_balance();
}
END_TEST

/* Against a plain array of addresses: random events, every table growth and erasure on the way. */
START_TEST(replay_agrees_with_a_plain_model)
{
	enum { PLACES = 20000, STEPS = 400000 };
	uint64_t *size_at = calloc(PLACES, sizeof *size_at), seed = 1, bytes = 0, blocks = 0;

	begin_test();
	for (int i = 0; i < STEPS; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		uint64_t place = (seed >> 33) % PLACES, size = 1 + (seed >> 20) % 32;
		if (size_at[place]) {
			FREE(0x100000 + place * 32);
			size_at[place] = 0;
		} else {
			ALLOC(0x100000 + place * 32, size);
			size_at[place] = size;
		}
	}
	world_heap(&w);
	for (uint64_t place = 0; place < PLACES; place++) {
		bytes += size_at[place];
		blocks += size_at[place] != 0;
		uint32_t found = heap_find(&w.heap, 0x100000 + place * 32);
		ck_assert_int_eq(found != NO_BLOCK, size_at[place] != 0);
	}
	ck_assert_uint_eq(w.heap.nblocks, blocks);
	ck_assert_uint_eq(w.heap.totals.live_bytes, bytes);
	ck_assert_uint_eq(w.heap.totals.unknown_frees, 0);
	check_balance();
	free(size_at);
}
END_TEST

/* A table is as large as what lives at once asks for, however many addresses there ever were. */
START_TEST(what_has_ended_gives_its_room_back)
{
	enum { BLOCKS = 30000, ALIVE = 1000 };
	struct table t;

	ck_assert(table_open(&t));
	uint32_t room = t.room;
	for (uint64_t i = 1; i <= BLOCKS; i++) {
		struct block *b = table_take(&t, i * 32);

		ck_assert(b->addr == i * 32 && b->ended);
		b->ended = 0;
		t.nended--;
		if (i > ALIVE) {
			b = table_find(&t, (i - ALIVE) * 32);
			ck_assert(b && !b->ended);
			b->ended = 1;
			t.nended++;
		}
	}
	ck_assert_uint_eq(t.room, room);
	ck_assert_uint_eq(t.used - t.nended, ALIVE);
	table_free(&t);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		blocks_come_sorted_by_address,
		peak_is_exact,
		alloc_at_a_live_address_implies_a_free,
		unknown_frees_are_counted_and_harmless,
		realloc_moves_a_block_and_keeps_its_birth,
		realloc_in_place_is_one_block,
		failed_realloc_leaves_the_block_as_it_was,
		released_address_may_go_to_another_thread,
		nested_reallocs_of_a_signal_handler_settle_inside_out,
		death_inside_realloc_keeps_the_block,
		realloc_of_an_unknown_address_begins_a_block,
		more_open_releases_than_are_kept,
		hostile_blocks_end_up_disjoint,
		resized_block_beats_an_overlapping_older_event,
		touched_pages_outlive_their_blocks,
		heap_of_a_trace_ends_at_its_snapshot,
		forks_take_what_lived_at_their_moment,
		the_peak_may_be_where_a_block_comes_back,
		no_two_blocks_begin_in_the_same_eight_bytes,
		inherited_blocks_are_not_ones_own,
		replay_agrees_with_a_plain_model,
		what_has_ended_gives_its_room_back,
	};
	return suite_run("replay", tests, sizeof tests / sizeof *tests);
}
