/* classify.c: which class a lost, held or half-held block gets, and that depth does not matter. */
#include "world.h"

static struct world w;

#define ck_class(addr, class) ck_assert_str_eq(leak_class_name(world_class(&w, addr)), leak_class_name(class))

static uint64_t chain(uint64_t *first, size_t n)
{
	uint64_t before = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t b = world_block(&w, 24, 1);
		if (before)
			world_set(&w, before, b);
		else
			*first = b;
		before = b;
	}
	return before;
}

START_TEST(lost_chain_is_one_direct_leak)
{
	uint64_t first, last;

	world_open(&w);
	last = chain(&first, 5);
	world_classify(&w);
	ck_class(first, CLASS_DIRECT);
	ck_class(last, CLASS_INDIRECT);
	ck_assert_uint_eq(w.classes.sums[CLASS_DIRECT].blocks, 1);
	ck_assert_uint_eq(w.classes.sums[CLASS_INDIRECT].bytes, 4 * 24);
	ck_assert_uint_eq(w.classes.head[world_index(&w, last)],
			  w.classes.components.of[world_index(&w, first)]);
	world_close(&w);
}
END_TEST

START_TEST(held_chain_is_reachable)
{
	uint64_t first, last;

	world_open(&w);
	last = chain(&first, 5);
	world_root(&w, first);
	world_classify(&w);
	ck_class(last, CLASS_REACHABLE);
	ck_assert_uint_eq(w.classes.sums[CLASS_REACHABLE].blocks, 5);
	world_close(&w);
}
END_TEST

START_TEST(tree_has_one_head)
{
	uint64_t node[15];

	world_open(&w);
	for (int i = 0; i < 15; i++)
		node[i] = world_block(&w, 16, 1);
	for (int i = 1; i < 15; i++)
		world_set(&w, node[(i - 1) / 2] + 8 * (uint64_t)((i - 1) % 2), node[i]);
	world_classify(&w);
	ck_class(node[0], CLASS_DIRECT);
	ck_assert_uint_eq(w.classes.sums[CLASS_INDIRECT].blocks, 14);
	world_close(&w);
}
END_TEST

START_TEST(ring_of_two_is_a_cycle)
{
	world_open(&w);
	uint64_t a = world_block(&w, 16, 1), b = world_block(&w, 16, 1);
	world_set(&w, a, b);
	world_set(&w, b, a);
	world_classify(&w);
	ck_class(a, CLASS_CYCLE);
	ck_class(b, CLASS_CYCLE);
	ck_assert_uint_eq(w.classes.components.ncomponents, 1);
	world_close(&w);
}
END_TEST

START_TEST(self_reference_is_a_cycle_of_one)
{
	world_open(&w);
	uint64_t a = world_block(&w, 16, 1), inner = world_block(&w, 32, 1);
	world_set(&w, a + 8, a);
	world_set(&w, inner, inner + 16); /* a short std::string: no cycle */
	world_classify(&w);
	ck_class(a, CLASS_CYCLE);
	ck_class(inner, CLASS_DIRECT);
	world_close(&w);
}
END_TEST

START_TEST(doubly_linked_list_is_one_cycle)
{
	uint64_t node[6];

	world_open(&w);
	for (int i = 0; i < 6; i++)
		node[i] = world_block(&w, 16, 1);
	for (int i = 0; i < 5; i++) {
		world_set(&w, node[i], node[i + 1]);
		world_set(&w, node[i + 1] + 8, node[i]);
	}
	world_classify(&w);
	ck_assert_uint_eq(w.classes.sums[CLASS_CYCLE].blocks, 6);
	ck_assert_uint_eq(w.classes.components.ncomponents, 1);
	world_close(&w);
}
END_TEST

START_TEST(ring_through_embedded_links_is_a_cycle)
{
	world_open(&w);
	uint64_t a = world_block(&w, 64, 1), b = world_block(&w, 64, 1);
	world_set(&w, a + 32, b + 32);
	world_set(&w, b + 32, a + 32);
	world_classify(&w);
	ck_class(a, CLASS_CYCLE);
	ck_class(b, CLASS_CYCLE);
	world_close(&w);
}
END_TEST

START_TEST(tail_of_a_ring_is_indirect)
{
	world_open(&w);
	uint64_t a = world_block(&w, 16, 1), b = world_block(&w, 16, 1), tail = world_block(&w, 16, 1);
	world_set(&w, a, b);
	world_set(&w, b, a);
	world_set(&w, b + 8, tail);
	world_classify(&w);
	ck_class(a, CLASS_CYCLE);
	ck_class(tail, CLASS_INDIRECT);
	world_close(&w);
}
END_TEST

START_TEST(head_before_a_ring_makes_it_indirect)
{
	world_open(&w);
	uint64_t a = world_block(&w, 16, 1), b = world_block(&w, 16, 1), head = world_block(&w, 16, 1);
	world_set(&w, a, b);
	world_set(&w, b, a);
	world_set(&w, head, b);
	world_classify(&w);
	ck_class(head, CLASS_DIRECT);
	ck_class(a, CLASS_INDIRECT);
	ck_class(b, CLASS_INDIRECT);
	ck_assert_uint_eq(w.classes.sums[CLASS_CYCLE].blocks, 0);
	world_close(&w);
}
END_TEST

START_TEST(shared_child_counts_with_the_older_head)
{
	world_open(&w);
	uint64_t old = world_block(&w, 16, 1), young = world_block(&w, 16, 2);
	uint64_t child = world_block(&w, 16, 3), own = world_block(&w, 16, 4), under = world_block(&w, 16, 5);
	world_set(&w, young, child);
	world_set(&w, young + 8, own);
	world_set(&w, old, child);
	world_set(&w, child, under);
	world_classify(&w);
	ck_assert_uint_eq(w.classes.head[world_index(&w, child)],
			  w.classes.components.of[world_index(&w, old)]);
	ck_assert_uint_eq(w.classes.head[world_index(&w, own)],
			  w.classes.components.of[world_index(&w, young)]);
	ck_assert_uint_eq(w.classes.shared[world_index(&w, child)], 1);
	ck_assert_uint_eq(w.classes.shared[world_index(&w, under)], 1);
	ck_assert_uint_eq(w.classes.shared[world_index(&w, own)], 0);
	world_close(&w);
}
END_TEST

START_TEST(references_lead_to_lower_components)
{
	uint64_t first;

	world_open(&w);
	chain(&first, 20);
	world_classify(&w);
	for (uint64_t a = first; *world_word(&w, a); a = *world_word(&w, a))
		ck_assert_uint_gt(w.classes.components.of[world_index(&w, a)],
				  w.classes.components.of[world_index(&w, *world_word(&w, a))]);
	world_close(&w);
}
END_TEST

START_TEST(interior_reference_alone_is_possible)
{
	world_open(&w);
	uint64_t a = world_block(&w, 64, 1), child = world_block(&w, 24, 1);
	world_set(&w, a, child);
	world_root(&w, a + 16);
	world_classify(&w);
	ck_class(a, CLASS_POSSIBLE);
	ck_class(child, CLASS_POSSIBLE); /* it hangs on something half-held */
	world_close(&w);
}
END_TEST

START_TEST(past_end_reference_alone_is_possible)
{
	world_open(&w);
	uint64_t a = world_block(&w, 40, 1);
	world_block(&w, 24, 1);
	world_root(&w, a + 40);
	world_classify(&w);
	ck_class(a, CLASS_POSSIBLE);
	world_close(&w);
}
END_TEST

START_TEST(past_end_inside_a_held_block_is_possible)
{
	world_open(&w);
	uint64_t held = world_block(&w, 24, 1), a = world_block(&w, 40, 1);
	world_root(&w, held);
	world_set(&w, held + 8, a + 40);
	world_classify(&w);
	ck_class(held, CLASS_REACHABLE);
	ck_class(a, CLASS_POSSIBLE);
	world_close(&w);
}
END_TEST

START_TEST(past_end_of_one_is_the_start_of_the_next)
{
	world_open(&w);
	world_alloc(&w, 0x10000100, 32, 1);
	world_alloc(&w, 0x10000120, 32, 1);
	world_root(&w, 0x10000120);
	world_classify(&w);
	ck_class(0x10000100, CLASS_DIRECT);
	ck_class(0x10000120, CLASS_REACHABLE);
	world_close(&w);
}
END_TEST

START_TEST(past_end_between_lost_blocks_makes_no_indirect_leak)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1), b = world_block(&w, 40, 1);
	world_set(&w, a, b + 40);
	world_classify(&w);
	ck_class(a, CLASS_DIRECT);
	ck_class(b, CLASS_DIRECT);
	world_close(&w);
}
END_TEST

START_TEST(counted_arrays_are_held_by_a_pointer_past_the_count)
{
	world_open(&w);
	uint64_t array = world_block(&w, 8 + 3 * 24, 1), text = world_block(&w, 8 + 50, 1);
	uint64_t other = world_block(&w, 8 + 3 * 24, 1);
	world_set(&w, array, 3); /* new T[3], sizeof(T) == 24 */
	world_set(&w, text, 50); /* a length and its bytes */
	world_set(&w, other, 7);
	world_root(&w, array + 8);
	world_root(&w, text + 8);
	world_root(&w, other + 8);
	world_classify(&w);
	ck_class(array, CLASS_REACHABLE);
	ck_class(text, CLASS_REACHABLE);
	ck_class(other, CLASS_POSSIBLE);
	world_close(&w);
}
END_TEST

/* What the words before its characters must say. */
START_TEST(old_strings_are_held_by_a_pointer_to_their_characters)
{
	static const struct {
		uint64_t length, capacity, size;
		enum leak_class class;
	} rows[] = {
		{ 10, 10, 24 + 11, CLASS_REACHABLE },	 { 3, 20, 24 + 21, CLASS_REACHABLE },
		{ 11, 10, 24 + 11, CLASS_POSSIBLE },	 { 0, 0, 24 + 11, CLASS_POSSIBLE },
		{ 3, 20, 24 + 20, CLASS_POSSIBLE }, /* no room for the NUL */
		{ 3, 1 << 20, 24 + 20, CLASS_POSSIBLE },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		world_open(&w);
		uint64_t string = world_block(&w, rows[i].size, 1);
		world_set(&w, string, rows[i].length);
		world_set(&w, string + 8, rows[i].capacity);
		world_root(&w, string + 24);
		world_classify(&w);
		ck_class(string, rows[i].class);
		world_close(&w);
	}
}
END_TEST

/* 4 buckets of 8 bytes, their control bytes and a group: the mask stands on either side of the pointer. */
START_TEST(hash_tables_are_held_by_a_pointer_to_their_control_bytes)
{
	static const struct {
		uint64_t before, after, size;
		enum leak_class class;
	} rows[] = {
		{ 0, 3, 32 + 4 + 16, CLASS_REACHABLE }, { 3, 0, 32 + 4 + 16, CLASS_REACHABLE },
		{ 0, 0, 32 + 4 + 16, CLASS_POSSIBLE },	{ 0, 5, 32 + 6 + 16, CLASS_POSSIBLE },
		{ 0, 3, 32 + 5 + 16, CLASS_POSSIBLE },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		world_open(&w);
		uint64_t table = world_block(&w, rows[i].size, 1);
		world_root(&w, rows[i].before);
		world_root(&w, table + 32);
		world_root(&w, rows[i].after);
		world_classify(&w);
		ck_class(table, rows[i].class);
		world_close(&w);
	}
}
END_TEST

#define CONSTANTS 0x500000u

START_TEST(objects_are_held_by_a_pointer_to_another_base)
{
	static const struct {
		uint64_t first, other;
		enum leak_class class;
	} rows[] = {
		{ CONSTANTS + 16, CONSTANTS + 64, CLASS_REACHABLE },
		{ CONSTANTS + 16, CONSTANTS + 16, CLASS_POSSIBLE },
		{ CONSTANTS + 16, CONSTANTS + 65, CLASS_POSSIBLE },
		{ CONSTANTS + 16, 0x404000, CLASS_POSSIBLE }, /* can be written to */
		{ 0, CONSTANTS + 64, CLASS_POSSIBLE },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		world_open(&w);
		world_map(&w, CONSTANTS, 0x1000, PROT_READ, 0, "/bin/app");
		uint64_t object = world_block(&w, 48, 1);
		world_set(&w, object, rows[i].first);
		world_set(&w, object + 40, rows[i].other); /* the last word */
		world_root(&w, object + 40);
		world_classify(&w);
		ck_class(object, rows[i].class);
		world_close(&w);
	}
}
END_TEST

START_TEST(zero_size_block_is_held_by_its_start_only)
{
	world_open(&w);
	uint64_t a = world_block(&w, 0, 1), b = world_block(&w, 0, 1);
	world_root(&w, a);
	world_root(&w, b + 8);
	world_classify(&w);
	ck_class(a, CLASS_REACHABLE);
	ck_class(b, CLASS_DIRECT);
	world_close(&w);
}
END_TEST

#define MANY 1000000u

START_TEST(list_of_a_million_is_one_direct_leak)
{
	uint64_t first, last;

	world_open_at(&w, 0x10000000, (uint64_t)MANY * 32 + 64);
	last = chain(&first, MANY);
	world_classify(&w);
	ck_class(first, CLASS_DIRECT);
	ck_class(last, CLASS_INDIRECT);
	ck_assert_uint_eq(w.classes.sums[CLASS_INDIRECT].blocks, MANY - 1);
	world_close(&w);
}
END_TEST

START_TEST(ring_of_a_million_is_one_cycle)
{
	uint64_t first, last;

	world_open_at(&w, 0x10000000, (uint64_t)MANY * 32 + 64);
	last = chain(&first, MANY);
	world_set(&w, last, first);
	world_classify(&w);
	ck_assert_uint_eq(w.classes.sums[CLASS_CYCLE].blocks, MANY);
	ck_assert_uint_eq(w.classes.components.ncomponents, 1);
	world_close(&w);
}
END_TEST

START_TEST(held_list_of_a_million_is_reachable)
{
	uint64_t first, last;

	world_open_at(&w, 0x10000000, (uint64_t)MANY * 32 + 64);
	last = chain(&first, MANY);
	world_root(&w, first);
	world_classify(&w);
	ck_class(last, CLASS_REACHABLE);
	world_close(&w);
}
END_TEST

/* Components against the definition: a and b are together when each reaches the other. */
static void check_components(unsigned n, const uint64_t *addr, bool reach[][40])
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < n; k++) {
			uint32_t a = w.classes.components.of[world_index(&w, addr[i])];
			uint32_t b = w.classes.components.of[world_index(&w, addr[k])];
			ck_assert_int_eq(a == b, i == k || (reach[i][k] && reach[k][i]));
			if (reach[i][k])
				ck_assert_uint_ge(a, b);
		}
}

START_TEST(components_agree_with_the_definition)
{
	enum { N = 40 };
	static bool reach[N][N];
	uint64_t addr[N], seed = (uint64_t)_i + 1;

	world_open(&w);
	memset(reach, 0, sizeof reach);
	for (int i = 0; i < N; i++)
		addr[i] = world_block(&w, 32, 1);
	for (int i = 0; i < N; i++)
		for (int e = 0; e < 1 + _i % 3; e++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			unsigned to = (unsigned)(seed >> 33) % N;
			if (seed >> 60 < 9)
				continue;
			world_set(&w, addr[i] + 8 * (uint64_t)e, addr[to]);
			reach[i][to] = true;
		}
	for (int k = 0; k < N; k++)
		for (int i = 0; i < N; i++)
			for (int j = 0; j < N; j++)
				reach[i][j] |= reach[i][k] && reach[k][j];
	world_classify(&w);
	check_components(N, addr, reach);
	world_close(&w);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		lost_chain_is_one_direct_leak,
		held_chain_is_reachable,
		tree_has_one_head,
		ring_of_two_is_a_cycle,
		self_reference_is_a_cycle_of_one,
		doubly_linked_list_is_one_cycle,
		ring_through_embedded_links_is_a_cycle,
		tail_of_a_ring_is_indirect,
		head_before_a_ring_makes_it_indirect,
		shared_child_counts_with_the_older_head,
		references_lead_to_lower_components,
		interior_reference_alone_is_possible,
		past_end_reference_alone_is_possible,
		past_end_inside_a_held_block_is_possible,
		past_end_of_one_is_the_start_of_the_next,
		past_end_between_lost_blocks_makes_no_indirect_leak,
		counted_arrays_are_held_by_a_pointer_past_the_count,
		old_strings_are_held_by_a_pointer_to_their_characters,
		hash_tables_are_held_by_a_pointer_to_their_control_bytes,
		objects_are_held_by_a_pointer_to_another_base,
		zero_size_block_is_held_by_its_start_only,
		list_of_a_million_is_one_direct_leak,
		ring_of_a_million_is_one_cycle,
		held_list_of_a_million_is_reachable,
		components_agree_with_the_definition,
	};
	return suite_run("classify", tests, sizeof tests / sizeof *tests);
}
