/* breaks.c: which edge of a cycle is proposed to be cut, and why. */
#include "world.h"

#include "passes/breaks.h"

static struct world w;

static const struct leak *proposed(void)
{
	static struct models none;

	world_fold(&w);
	ck_assert_int_eq(breaks_propose(&w.leaks, &w.classes, &none), 0);
	ck_assert_uint_eq(w.leaks.nleaks, 1);
	return &w.leaks.leaks[0];
}

static void ck_break(uint64_t from, uint64_t to, int reason)
{
	const struct leak *leak = proposed();

	ck_assert_uint_lt(leak->break_edge, leak->nedges);
	const struct cycle_edge *e = &leak->edges[leak->break_edge];
	ck_assert_uint_eq(w.heap.blocks[e->from].addr, from);
	ck_assert_uint_eq(w.heap.blocks[e->to].addr, to);
	ck_assert_int_eq((int)leak->break_reason, reason);
	world_close(&w);
}

START_TEST(ring_is_cut_before_its_oldest)
{
	world_open(&w);
	uint64_t a = world_block(&w, 24, 1), b = world_block(&w, 24, 2), c = world_block(&w, 24, 3);
	world_set(&w, a, b);
	world_set(&w, b, c);
	world_set(&w, c, a);
	ck_break(c, a, BREAK_AGE | BREAK_ALL);
}
END_TEST

START_TEST(links_back_of_a_list_open_all_of_it)
{
	uint64_t node[5];

	world_open(&w);
	for (int i = 0; i < 5; i++)
		node[i] = world_block(&w, 32, 1);
	for (int i = 0; i < 4; i++) {
		world_set(&w, node[i], node[i + 1]);
		world_set(&w, node[i + 1] + 8, node[i]);
	}
	ck_break(node[1], node[0], BREAK_AGE | BREAK_ALL);
}
END_TEST

START_TEST(shared_pointer_is_cut_as_a_pair)
{
	world_open(&w);
	uint64_t a = world_block(&w, 48, 1), b = world_block(&w, 48, 2);
	world_set(&w, a + 16, b);
	world_set(&w, b + 16, a);
	world_set(&w, b + 24, a);
	ck_break(b, a, BREAK_AGE | BREAK_ALL);
}
END_TEST

START_TEST(two_cycles_are_not_opened_by_one_cut)
{
	world_open(&w);
	uint64_t a = world_block(&w, 48, 1), b = world_block(&w, 48, 2), c = world_block(&w, 48, 3);
	world_set(&w, a, b);
	world_set(&w, b, a);
	world_set(&w, a + 16, c);
	world_set(&w, c, a);
	const struct leak *leak = proposed();
	ck_assert_int_eq((int)leak->break_reason, BREAK_AGE);
	world_close(&w);
}
END_TEST

START_TEST(words_into_itself_keep_nothing_closed)
{
	world_open(&w);
	uint64_t a = world_block(&w, 48, 1), b = world_block(&w, 48, 2);
	world_set(&w, a, b);
	world_set(&w, b, a);
	world_set(&w, b + 16, b + 32);
	ck_break(b, a, BREAK_AGE | BREAK_ALL);
}
END_TEST

START_TEST(names_of_links_back_are_known)
{
	ck_assert(is_back_name("parent"));
	ck_assert(is_back_name("m_prev"));
	ck_assert(is_back_name("_owner"));
	ck_assert(is_back_name("links.prev"));
	ck_assert(is_back_name("owner_"));
	ck_assert(!is_back_name("next"));
	ck_assert(!is_back_name("parents"));
	ck_assert(!is_back_name("[3]"));
	ck_assert(!is_back_name(""));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		ring_is_cut_before_its_oldest,	       links_back_of_a_list_open_all_of_it,
		shared_pointer_is_cut_as_a_pair,       two_cycles_are_not_opened_by_one_cut,
		words_into_itself_keep_nothing_closed, names_of_links_back_are_known,
	};
	return suite_run("breaks", tests, sizeof tests / sizeof *tests);
}
