/* told: what the program told of its memory holds for the memory that it was told of, and no longer. */
#include "world.h"

static struct world w;
static struct trace_told told[32];

static void tell_at(uint64_t events, enum lg_told what, uint64_t addr, uint64_t bytes, const char *name)
{
	w.trace.told = told;
	told[w.trace.ntold++] = (struct trace_told){
		.events = events, .what = what, .addr = addr, .bytes = bytes, .name = (char *)(uintptr_t)name
	};
}

static void tell(enum lg_told what, uint64_t addr, uint64_t bytes)
{
	tell_at(w.nevents, what, addr, bytes, "");
}

static void open_world(void)
{
	world_open(&w);
	w.trace.ntold = 0;
}

#define ck_class(addr, class) ck_assert_str_eq(leak_class_name(world_class(&w, addr)), leak_class_name(class))

START_TEST(ignored_blocks_hold_what_they_point_at)
{
	open_world();
	uint64_t a = world_block(&w, 40, 1), b = world_block(&w, 40, 1), c = world_block(&w, 40, 1);
	world_set(&w, a, b);
	world_set(&w, c, a);
	tell(LG_TOLD_IGNORE, a + 8, 0);
	world_classify(&w);
	ck_class(a, CLASS_REACHABLE);
	ck_class(b, CLASS_REACHABLE);
	ck_class(c, CLASS_DIRECT);
	world_close(&w);
}
END_TEST

START_TEST(what_was_told_of_a_block_is_not_of_the_next_there)
{
	open_world();
	uint64_t a = world_block(&w, 40, 1);
	tell(LG_TOLD_IGNORE, a, 0);
	world_event(&w, (struct trace_event){ .addr = a, .type = LG_EV_FREE, .thread = 1 });
	world_alloc(&w, a, 40, 1);
	world_classify(&w);
	ck_class(a, CLASS_DIRECT);
	world_close(&w);
}
END_TEST

START_TEST(ranges_told_twice_are_taken_back_twice)
{
	open_world();
	uint64_t a = world_block(&w, 40, 1), b = world_block(&w, 40, 1), c = world_block(&w, 40, 1),
		 d = world_block(&w, 40, 1);
	world_set(&w, a + 16, b);
	world_set(&w, c + 16, d);
	tell(LG_TOLD_NO_ROOT, a, 40); /* nothing is owed for it */
	for (int i = 0; i < 2; i++) {
		tell(LG_TOLD_ROOT, a, 40);
		tell(LG_TOLD_ROOT, c, 40);
	}
	tell(LG_TOLD_NO_ROOT, a, 40);
	tell(LG_TOLD_NO_ROOT, c, 40);
	tell(LG_TOLD_NO_ROOT, c, 32); /* another range */
	tell(LG_TOLD_NO_ROOT, c, 40);
	world_classify(&w);
	ck_class(a, CLASS_DIRECT);
	ck_class(b, CLASS_REACHABLE);
	ck_class(c, CLASS_DIRECT);
	ck_class(d, CLASS_INDIRECT);
	world_close(&w);
}
END_TEST

START_TEST(weak_words_hold_nothing)
{
	open_world();
	uint64_t a = world_block(&w, 40, 1), b = world_block(&w, 40, 1), c = world_block(&w, 40, 1);
	uint64_t weak = world_root(&w, b);
	world_root(&w, a);
	world_set(&w, a + 8, c);
	tell(LG_TOLD_WEAK, weak, 8);
	tell(LG_TOLD_WEAK, a + 8, 8);
	world_classify(&w);
	ck_class(a, CLASS_REACHABLE);
	ck_class(b, CLASS_DIRECT);
	ck_class(c, CLASS_DIRECT);
	world_close(&w);
}
END_TEST

START_TEST(words_beside_a_weak_range_hold)
{
	open_world();
	uint64_t holder = world_block(&w, 40, 1), a = world_block(&w, 24, 1), b = world_block(&w, 24, 1),
		 c = world_block(&w, 24, 1);
	world_root(&w, holder);
	world_set(&w, holder, a);
	world_set(&w, holder + 8, b);
	world_set(&w, holder + 16, c);
	tell(LG_TOLD_WEAK, holder + 8, 8);
	world_classify(&w);
	ck_class(a, CLASS_REACHABLE);
	ck_class(b, CLASS_DIRECT);
	ck_class(c, CLASS_REACHABLE);
	world_close(&w);
}
END_TEST

START_TEST(weak_words_go_with_their_block)
{
	open_world();
	uint64_t a = world_block(&w, 40, 1), c = world_block(&w, 40, 1);
	tell(LG_TOLD_WEAK, a + 8, 8);
	world_event(&w, (struct trace_event){ .addr = a, .type = LG_EV_FREE, .thread = 1 });
	world_alloc(&w, a, 40, 1);
	world_root(&w, a);
	world_set(&w, a + 8, c);
	world_classify(&w);
	ck_class(c, CLASS_REACHABLE);
	world_close(&w);
}
END_TEST

START_TEST(the_last_type_is_the_type)
{
	open_world();
	uint64_t a = world_block(&w, 40, 1), b = world_block(&w, 40, 1);
	tell_at(2, LG_TOLD_TYPE, a, 0, "first");
	tell_at(2, LG_TOLD_TYPE, a + 39, 0, "second");
	tell_at(2, LG_TOLD_TYPE, a + 40, 0, "of nothing");
	world_heap(&w);
	ck_assert_str_eq(heap_told_type(&w.heap, world_index(&w, a)), "second");
	ck_assert_ptr_null(heap_told_type(&w.heap, world_index(&w, b)));
	world_close(&w);
}
END_TEST

/* What follows a snapshot in the file came after it, though no event lies between. */
START_TEST(a_snapshot_knows_what_was_told_before)
{
	open_world();
	uint64_t a = world_block(&w, 40, 1), b = world_block(&w, 40, 1);
	struct trace_snapshot *kept = w.trace.snapshots;
	tell(LG_TOLD_IGNORE, a, 0);
	tell(LG_TOLD_IGNORE, b, 0);
	told[1].snapshots = 1;
	w.trace.snapshots = &w.snapshot;
	w.trace.nsnapshots = 1;
	world_classify(&w);
	ck_class(a, CLASS_REACHABLE);
	ck_class(b, CLASS_DIRECT);
	w.trace.snapshots = kept;
	w.trace.nsnapshots = 0;
	world_close(&w);
}
END_TEST

START_TEST(members_are_blocks_and_the_rest_holds_nothing)
{
	open_world();
	uint64_t parent = world_block(&w, 200, 1), a = world_block(&w, 24, 1), b = world_block(&w, 24, 1),
		 c = world_block(&w, 24, 1);
	world_root(&w, parent);
	world_set(&w, parent, parent + 32); /* the header holds the first member */
	world_set(&w, parent + 40, a); /* which holds a */
	world_set(&w, parent + 24, b); /* in the pool, before the first member */
	world_set(&w, parent + 120, c); /* between members */
	tell(LG_TOLD_POOL, parent + 16, 184);
	tell(LG_TOLD_MEMBER, parent + 32, 16);
	tell(LG_TOLD_MEMBER, parent + 160, 40); /* up to the end */
	tell(LG_TOLD_MEMBER, parent + 176, 40); /* beyond */
	tell(LG_TOLD_MEMBER, parent + 80, 16);
	tell(LG_TOLD_NO_MEMBER, parent + 80, 0);
	world_classify(&w);
	ck_assert_uint_eq(w.heap.told.members.blocks, 2);
	ck_assert_uint_eq(w.heap.blocks[world_index(&w, parent)].size, 32);
	ck_class(parent, CLASS_REACHABLE);
	ck_class(parent + 32, CLASS_REACHABLE);
	ck_class(a, CLASS_REACHABLE);
	ck_class(b, CLASS_DIRECT);
	ck_class(c, CLASS_DIRECT);
	ck_class(parent + 160, CLASS_DIRECT);
	world_close(&w);
}
END_TEST

START_TEST(a_moment_knows_what_was_told_by_then)
{
	open_world();
	uint64_t a = world_block(&w, 40, 1);
	tell(LG_TOLD_IGNORE, a, 0);
	uint64_t b = world_block(&w, 40, 1);
	tell(LG_TOLD_IGNORE, b, 0);
	tell_at(1, LG_TOLD_LEFT_OUT, 0, 0, "");
	told[w.trace.ntold - 1].key = 1; /* later, without an event in between */
	w.snapshot.events = 1;
	world_classify(&w);
	ck_class(a, CLASS_REACHABLE);
	ck_class(b, CLASS_DIRECT);
	ck_assert(!w.heap.told.has_left_out);
	world_close(&w);
}
END_TEST

START_TEST(ignored_blocks_stand_in_their_place_among_roots)
{
	open_world();
	uint64_t a = world_block(&w, 40, 1);
	tell(LG_TOLD_LEFT_OUT, 0, 0);
	tell(LG_TOLD_IGNORE, a, 0);
	world_classify(&w);
	ck_assert(graph_is_valid(&w.graph));
	ck_assert_int_eq(w.graph.regions[w.graph.nregions - 1].kind, ROOT_UNRECORDED);
	ck_class(a, CLASS_REACHABLE);
	world_close(&w);
}
END_TEST

/* Of members that overlap, or share eight bytes, the later is right; a pool ends with its block. */
START_TEST(members_are_disjoint_and_in_their_block)
{
	open_world();
	uint64_t parent = world_block(&w, 200, 1);
	tell(LG_TOLD_POOL, parent, 400);
	tell(LG_TOLD_MEMBER, parent + 192, 16); /* beyond */
	tell(LG_TOLD_MEMBER, parent + 32, 16);
	tell(LG_TOLD_MEMBER, parent + 40, 16);
	tell(LG_TOLD_MEMBER, parent + 80, 0);
	tell(LG_TOLD_MEMBER, parent + 84, 8);
	tell(LG_TOLD_MEMBER, parent + 128, 16);
	tell(LG_TOLD_MEMBER, parent + 120, 16);
	world_classify(&w);
	ck_assert_uint_eq(w.heap.nblocks, 4);
	ck_assert_uint_eq(w.heap.blocks[0].size, 40);
	ck_assert_uint_eq(w.heap.blocks[1].addr, parent + 40);
	ck_assert_uint_eq(w.heap.blocks[2].addr, parent + 84);
	ck_assert_uint_eq(w.heap.blocks[3].addr, parent + 120);
	world_close(&w);
}
END_TEST

START_TEST(members_go_with_their_pool)
{
	open_world();
	uint64_t freed = world_block(&w, 200, 1), ended = world_block(&w, 200, 1),
		 again = world_block(&w, 200, 1);
	for (uint64_t pool = freed; pool; pool = pool == freed ? ended : pool == ended ? again : 0) {
		tell(LG_TOLD_POOL, pool, 200);
		tell(LG_TOLD_MEMBER, pool + 64, 32);
	}
	world_event(&w, (struct trace_event){ .addr = freed, .type = LG_EV_FREE });
	tell(LG_TOLD_NO_POOL, ended, 200);
	tell(LG_TOLD_NO_POOL, again, 200);
	tell(LG_TOLD_POOL, again, 200);
	tell(LG_TOLD_MEMBER, again, 48); /* the one before it was of another pool */
	world_classify(&w);
	ck_assert_uint_eq(w.heap.told.members.blocks, 1);
	ck_assert_uint_eq(w.heap.nblocks, 2);
	ck_assert_uint_eq(w.heap.blocks[world_index(&w, again)].entry, LG_ENTRY_POOL);
	ck_assert_uint_eq(w.heap.blocks[world_index(&w, ended)].size, 200);
	world_close(&w);
}
END_TEST

/* Outside of any block a pool is no root, and its members are judged. */
START_TEST(members_of_mapped_pools_are_no_roots)
{
	open_world();
	uint64_t a = world_block(&w, 24, 1), b = world_block(&w, 24, 1);
	world_map(&w, 0x7f0000000000, 0x2000, WORLD_RW, 0, "");
	world_set(&w, 0x7f0000000000, 0x7f0000001040); /* the mapping holds a member */
	world_set(&w, 0x7f0000001040, a);
	world_set(&w, 0x7f0000001080, b);
	tell(LG_TOLD_POOL, 0x7f0000001000, 0x1000);
	tell(LG_TOLD_MEMBER, 0x7f0000001040, 32);
	tell(LG_TOLD_MEMBER, 0x7f0000001080, 32);
	world_classify(&w);
	ck_class(0x7f0000001040, CLASS_REACHABLE);
	ck_class(a, CLASS_REACHABLE);
	ck_class(0x7f0000001080, CLASS_DIRECT);
	ck_class(b, CLASS_INDIRECT);
	world_close(&w);
}
END_TEST

/* Whatever a file tells: blocks stay disjoint, and where addresses can be. */
START_TEST(members_give_way_to_blocks_in_mapped_pools)
{
	open_world();
	world_map(&w, 0x7f0000000000, 0x4000, WORLD_RW, 0, "");
	tell(LG_TOLD_POOL, 0x7f0000000000, 1ULL << 40);
	tell(LG_TOLD_MEMBER, 0x7f0000000000, 1ULL << 39); /* a block begins in it */
	tell(LG_TOLD_MEMBER, 0x7f8000001020, 8); /* in a block */
	tell(LG_TOLD_MEMBER, 0x7f8000001040, 8);
	tell(LG_TOLD_POOL, UINT64_MAX - 64, 64);
	tell(LG_TOLD_MEMBER, UINT64_MAX - 64, 16);
	world_alloc(&w, 0x7f0000001000, 64, 1);
	world_alloc(&w, 0x7f8000001000, 64, 1);
	world_classify(&w);
	ck_assert_uint_eq(w.heap.told.members.blocks, 1);
	ck_assert_uint_eq(w.heap.nblocks, 3);
	ck_assert_uint_eq(w.heap.blocks[2].addr, 0x7f8000001040);
	world_close(&w);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		ignored_blocks_hold_what_they_point_at,
		what_was_told_of_a_block_is_not_of_the_next_there,
		ranges_told_twice_are_taken_back_twice,
		weak_words_hold_nothing,
		words_beside_a_weak_range_hold,
		weak_words_go_with_their_block,
		the_last_type_is_the_type,
		a_snapshot_knows_what_was_told_before,
		members_are_blocks_and_the_rest_holds_nothing,
		a_moment_knows_what_was_told_by_then,
		ignored_blocks_stand_in_their_place_among_roots,
		members_are_disjoint_and_in_their_block,
		members_go_with_their_pool,
		members_of_mapped_pools_are_no_roots,
		members_give_way_to_blocks_in_mapped_pools,
	};

	return suite_run("told", tests, sizeof tests / sizeof *tests);
}
