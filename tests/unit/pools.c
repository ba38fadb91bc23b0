/* pools.c: what lives in CPython's pools is known when all that a pool says agrees; else it is memory like any other. */
#include "heap/pools.h"

#include "world.h"

#define ARENA 0x7f1230000000ULL
#define POOL 16384u
#define BYTES 64u /* of a block */
#define HEAD 48u

static struct world w;

static uint64_t block_at(unsigned i)
{
	return ARENA + HEAD + BYTES * i;
}

/* A pool of `given` blocks, those of `free` (bits) on its list. */
static void put_pool(uint64_t at, unsigned given, uint64_t free)
{
	uint64_t last = 0;

	for (unsigned i = 0; i < given; i++)
		if (free >> i & 1) {
			world_set(&w, at + HEAD + BYTES * i, last);
			last = at + HEAD + BYTES * i;
		}
	world_set(&w, at, given - (unsigned)__builtin_popcountll(free));
	world_set(&w, at + 8, last);
	world_set(&w, at + 32, (uint64_t)(BYTES / 16 - 1) << 32);
	world_set(&w, at + 40, (uint64_t)(POOL - BYTES) << 32 | (HEAD + BYTES * given));
}

static void open_arena(void)
{
	world_open(&w);
	world_map(&w, ARENA, 4 * POOL, WORLD_RW, 0, "");
	put_pool(ARENA, 4, 1 << 2);
}

static void look(void)
{
	struct err err = { "" };

	world_heap(&w);
	ck_assert_int_eq(heap_add_pools(&w.heap), 0);
	ck_assert_msg(!graph_build(&w.graph, &w.heap, &err), "%s", err.text);
	ck_assert(graph_is_valid(&w.graph));
	ck_assert_msg(!classify(&w.classes, &w.graph, &err), "%s", err.text);
}

START_TEST(blocks_in_pools_have_classes)
{
	open_arena();
	uint64_t outside = world_block(&w, 32, 1);
	world_root(&w, block_at(0));
	world_set(&w, block_at(0) + 8, outside);
	world_set(&w, block_at(1), block_at(3)); /* the root of neither */
	world_set(&w, block_at(2) + 8, block_at(1)); /* free: dead */
	look();
	ck_assert_uint_eq(w.heap.nblocks, 4);
	ck_assert_uint_eq(w.heap.totals.pooled_blocks, 3);
	ck_assert_uint_eq(w.heap.totals.live_blocks, 4);
	ck_assert_uint_eq(w.heap.totals.live_bytes, 3 * BYTES + 32);
	ck_assert_uint_eq(heap_find(&w.heap, block_at(2)), NO_BLOCK);
	ck_assert_int_eq(world_class(&w, block_at(0)), CLASS_REACHABLE);
	ck_assert_int_eq(world_class(&w, outside), CLASS_REACHABLE);
	ck_assert_int_eq(world_class(&w, block_at(1)), CLASS_DIRECT);
	ck_assert_int_eq(world_class(&w, block_at(3)), CLASS_INDIRECT);
	ck_assert(w.heap.blocks[world_index(&w, block_at(1))].pooled);
	world_close(&w);
}
END_TEST

/* Nothing is looked for in the pool, and all of its words hold. */
static void check_refused(uint64_t outside)
{
	look();
	ck_assert_uint_eq(w.heap.nblocks, 1);
	ck_assert_uint_eq(w.heap.totals.pooled_blocks, 0);
	ck_assert_int_eq(world_class(&w, outside), CLASS_REACHABLE);
	world_close(&w);
}

START_TEST(what_does_not_agree_stays_a_root)
{
	static const struct {
		uint64_t at, value;
	} wrong[] = { { 0, 4 }, /* more live than are not free */
		      { 0, 2 },
		      { 8, 0 },
		      { 8, ARENA + HEAD + 2 * BYTES + 8 }, /* not where a block begins */
		      { 8, ARENA + HEAD + 4 * BYTES }, /* never given out */
		      { 8, ARENA - BYTES },
		      { HEAD + 2 * BYTES, ARENA + HEAD + 2 * BYTES }, /* a loop */
		      { 32, 32ULL << 32 }, /* no such size */
		      { 32, 4ULL << 32 },
		      { 40, (uint64_t)(POOL - BYTES) << 32 | HEAD },
		      { 40, (uint64_t)(POOL - BYTES) << 32 | (HEAD + 4 * BYTES + 16) },
		      { 40, (uint64_t)(POOL - BYTES) << 32 | UINT32_MAX } };

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		open_arena();
		uint64_t outside = world_block(&w, 32, 1);
		world_set(&w, block_at(0) + 8, outside);
		world_set(&w, ARENA + wrong[i].at, wrong[i].value);
		check_refused(outside);
	}
}
END_TEST

/* A copy of one is its block's own; of a parent's nobody knows whose they are. */
START_TEST(pools_of_others_are_left_alone)
{
	open_arena();
	uint64_t outside = world_block(&w, 32, 1);
	world_set(&w, block_at(0) + 8, outside);
	w.trace.process.flags |= LG_PROCESS_FORKED;
	check_refused(outside);

	open_arena();
	world_alloc(&w, ARENA, POOL, 1);
	world_root(&w, ARENA);
	look();
	ck_assert_uint_eq(w.heap.nblocks, 1);
	ck_assert_uint_eq(w.heap.npools, 0);
	world_close(&w);
}
END_TEST

START_TEST(an_empty_pool_holds_nothing)
{
	open_arena();
	put_pool(ARENA + POOL, 3, 7);
	uint64_t outside = world_block(&w, 32, 1);
	world_set(&w, ARENA + POOL + HEAD + 8, outside);
	look();
	ck_assert_uint_eq(w.heap.npools, 1); /* both, as one range */
	ck_assert_int_eq(world_class(&w, outside), CLASS_DIRECT);
	world_close(&w);
}
END_TEST

/* The kernel has merged the arena with a mapping of malloc's, and with one that is neither's. */
START_TEST(what_lies_beside_a_pool_is_not_mallocs)
{
	world_open(&w);
	world_map(&w, ARENA - 0x21000, 0x21000 + 4 * POOL + 0x1000, WORLD_RW, 0, "");
	put_pool(ARENA, 4, 1 << 2);
	world_alloc(&w, ARENA - 0x21000 + 16, 0x20000, 1);
	uint64_t outside = world_block(&w, 32, 1);
	world_set(&w, ARENA + 4 * POOL, outside);
	look();
	ck_assert_uint_eq(w.heap.totals.pooled_blocks, 3);
	ck_assert_int_eq(world_class(&w, outside), CLASS_REACHABLE);
	world_close(&w);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { blocks_in_pools_have_classes, what_does_not_agree_stays_a_root,
				       pools_of_others_are_left_alone, an_empty_pool_holds_nothing,
				       what_lies_beside_a_pool_is_not_mallocs };

	return suite_run("pools", tests, sizeof tests / sizeof *tests);
}
