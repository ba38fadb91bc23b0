/* dominators.c: who keeps what alive, on graphs small enough to say so by hand or by taking each holder away. */
#include "world.h"

#include "passes/retained.h"

static struct world w;
static struct dominators d;

static uint32_t one_group[4096];

/* Every root word is its own group unless all are one. */
static void dominate(bool each_its_own)
{
	struct err err = { "" };

	world_classify(&w);
	ck_assert_uint_lt(w.graph.nroot_refs, 4096);
	for (uint32_t i = 0; i < w.graph.nroot_refs; i++)
		one_group[i] = each_its_own ? i : 0;
	struct root_groups groups = { .of = one_group, .n = each_its_own ? (uint32_t)w.graph.nroot_refs : 1 };
	ck_assert_msg(!dominators_find(&d, &w.classes, &groups, &err), "%s", err.text);
}

static void done(void)
{
	dominators_free(&d);
	world_close(&w);
}

static uint32_t node(uint64_t addr)
{
	return node_of_block(&d, world_index(&w, addr));
}

START_TEST(diamond_is_dominated_by_its_top)
{
	world_open(&w);
	uint64_t top = world_block(&w, 32, 1), left = world_block(&w, 24, 1), right = world_block(&w, 24, 1),
		 bottom = world_block(&w, 100, 1);
	world_root(&w, top);
	world_set(&w, top, left);
	world_set(&w, top + 8, right);
	world_set(&w, left, bottom);
	world_set(&w, right, bottom);
	dominate(true);
	ck_assert_uint_eq(d.idom[node(bottom)], node(top));
	ck_assert_uint_eq(d.idom[node(left)], node(top));
	ck_assert_uint_eq(d.idom[node(top)], node_of_group(0));
	ck_assert_uint_eq(d.retained[node(top)].bytes, 180);
	ck_assert_uint_eq(d.retained[node(left)].bytes, 24);
	ck_assert_uint_eq(d.retained[node_of_group(0)].blocks, 4);
	ck_assert(dominates(&d, node(top), node(bottom)));
	ck_assert(!dominates(&d, node(left), node(bottom)));
	done();
}
END_TEST

START_TEST(two_roots_share_and_neither_retains)
{
	world_open(&w);
	uint64_t shared = world_block(&w, 40, 1), own = world_block(&w, 16, 1);
	world_root(&w, shared);
	world_root(&w, own);
	world_set(&w, own, shared);
	dominate(true);
	ck_assert_uint_eq(d.idom[node(shared)], NODE_TOP);
	ck_assert_uint_eq(d.retained[node_of_group(1)].bytes, 16);
	ck_assert_uint_eq(d.retained[node_of_group(0)].bytes, 0);
	ck_assert_uint_eq(d.retained[NODE_TOP].bytes, 56);
	done();
}
END_TEST

START_TEST(words_of_one_variable_retain_together)
{
	world_open(&w);
	uint64_t shared = world_block(&w, 40, 1), own = world_block(&w, 16, 1);
	world_root(&w, shared);
	world_root(&w, own);
	world_set(&w, own, shared);
	dominate(false);
	ck_assert_uint_eq(d.idom[node(shared)], node_of_group(0));
	ck_assert_uint_eq(d.retained[node_of_group(0)].bytes, 56);
	done();
}
END_TEST

START_TEST(cutting_the_only_reference_frees_what_it_retains)
{
	world_open(&w);
	uint64_t head = world_block(&w, 16, 1), tail = world_block(&w, 24, 1), both = world_block(&w, 32, 1);
	world_root(&w, head);
	world_root(&w, both);
	world_set(&w, head, tail);
	world_set(&w, tail, tail); /* what it holds of itself does not keep it */
	world_set(&w, tail + 8, both);
	dominate(true);
	ck_assert_uint_eq(dominators_sole_owner(&d, world_index(&w, tail)), node(head));
	ck_assert_uint_eq(d.retained[node(tail)].bytes, 24);
	ck_assert_uint_eq(dominators_sole_owner(&d, world_index(&w, both)), NODE_TOP);
	ck_assert_uint_eq(dominators_sole_owner(&d, world_index(&w, head)), node_of_group(0));
	done();
}
END_TEST

START_TEST(what_a_kind_retains_counts_each_byte_once)
{
	struct sum retained[2];
	uint32_t kinds[3] = { 0, 1, 0 };

	world_open(&w);
	uint64_t top = world_block(&w, 16, 1), middle = world_block(&w, 24, 1), low = world_block(&w, 32, 1);
	world_root(&w, top);
	world_set(&w, top, middle);
	world_set(&w, middle, low);
	dominate(true);
	ck_assert_int_eq(retained_by_kind(&d, kinds, 2, retained), 0);
	ck_assert_uint_eq(retained[0].bytes, 72);
	ck_assert_uint_eq(retained[1].bytes, 56);
	ck_assert_uint_eq(retained[1].blocks, 2);
	done();
}
END_TEST

START_TEST(lost_ring_hangs_on_its_oldest_member)
{
	world_open(&w);
	uint64_t a = world_block(&w, 16, 1), b = world_block(&w, 16, 1), behind = world_block(&w, 64, 1);
	world_set(&w, a, b);
	world_set(&w, b, a);
	world_set(&w, b + 8, behind);
	dominate(true);
	ck_assert_uint_eq(d.idom[node(a)], NODE_TOP);
	ck_assert_uint_eq(d.idom[node(behind)], node(b));
	ck_assert_uint_eq(d.retained[node(a)].bytes, 96);
	done();
}
END_TEST

START_TEST(weak_references_hold_nothing)
{
	world_open(&w);
	uint64_t a = world_block(&w, 16, 1), b = world_block(&w, 48, 1);
	world_root(&w, a);
	world_root(&w, b);
	world_set(&w, a, b);
	world_graph(&w);
	w.graph.refs[0] = ref_of_kind(w.graph.refs[0], REF_WEAK);
	struct err err = { "" };
	uint32_t own[] = { 0, 1 };
	ck_assert(!classify(&w.classes, &w.graph, &err));
	ck_assert(!dominators_find(&d, &w.classes, &(struct root_groups){ .of = own, .n = 2 }, &err));
	ck_assert_uint_eq(d.idom[node(b)], node_of_group(1));
	done();
}
END_TEST

START_TEST(scoped_reference_is_a_holder)
{
	world_open(&w);
	uint64_t table = world_block(&w, 16, 1), left = world_block(&w, 32, 1),
		 right = world_block(&w, 64, 1);
	world_root(&w, table);
	world_set(&w, table, left);
	world_set(&w, table + 8, right);
	world_classify(&w);
	struct err err = { "" };
	uint32_t own[] = { 0 }, at = world_index(&w, table);
	struct scoped_ref scoped = { .ref = w.graph.first[at] + 1, .block = at, .group = 1 };
	ck_assert(!dominators_find(&d, &w.classes, &(struct root_groups){ own, 2, &scoped, 1 }, &err));
	ck_assert_uint_eq(d.idom[node(right)], node_of_group(1));
	ck_assert_uint_eq(d.idom[node(left)], node(table));
	ck_assert_uint_eq(d.retained[node_of_group(0)].bytes, 48);
	ck_assert_uint_eq(d.retained[node_of_group(1)].bytes, 64);
	done();
}
END_TEST

START_TEST(million_blocks_in_a_row_are_walked)
{
	const uint32_t n = 1000000;

	world_open_at(&w, 0x10000000, 32ULL * (n + 2));
	uint64_t first = world_block(&w, 24, 1), before = first;
	for (uint32_t i = 1; i < n; i++) {
		uint64_t b = w.heap_next + 16;
		world_block(&w, 24, 1);
		*(uint64_t *)((char *)w.words[1] + (before - w.heap_start)) = b;
		before = b;
	}
	world_root(&w, first);
	dominate(true);
	ck_assert_uint_eq(d.retained[node(first)].blocks, n);
	done();
}
END_TEST

/* ---- by definition ----------------------------------------------------------------------------------- */

#define SMALL 24
#define LARGE 400 /* so that memory is asked for ahead */

/* Blocks that roots reach when `without` is taken away. */
static void reach(uint8_t *met, uint32_t without)
{
	const struct graph *g = &w.graph;
	static uint32_t stack[8 * LARGE];
	uint32_t n = 0;

	memset(met, 0, LARGE);
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		stack[n++] = g->root_refs[i].to;
	while (n) {
		uint32_t block = stack[--n];
		if (met[block] || block == without)
			continue;
		met[block] = 1;
		for (uint64_t e = g->first[block]; e < g->first[block + 1]; e++)
			stack[n++] = g->refs[e].to;
	}
}

/* Every 17th is a large one. */
START_TEST(random_graphs_agree_with_taking_each_block_away)
{
	static uint64_t blocks[LARGE];
	static uint8_t all[LARGE], rest[LARGE];
	const int n = _i % 17 == 16 ? LARGE : SMALL;

	srand((unsigned)_i);
	world_open_at(&w, 0x10000000, 1 << 20);
	for (int i = 0; i < n; i++)
		blocks[i] = world_block(&w, 64, 1);
	for (int i = 0; i < n + _i * n / SMALL; i++)
		world_set(&w, blocks[rand() % n] + 8 * (rand() % 8), blocks[rand() % n]);
	for (int i = 0; i < 1 + _i % 3; i++)
		world_root(&w, blocks[rand() % n]);
	dominate(true);
	reach(all, NO_BLOCK);
	for (uint32_t a = 0; a < (uint32_t)n; a++) {
		uint64_t freed = 0;
		reach(rest, a);
		for (uint32_t b = 0; b < (uint32_t)n; b++) {
			bool goes = all[a] && all[b] && !rest[b];
			freed += goes ? 64 : 0;
			if (all[a] && all[b] &&
			    dominates(&d, node_of_block(&d, a), node_of_block(&d, b)) != goes)
				ck_abort_msg("%u dominates %u: %d", a, b, goes);
		}
		if (all[a])
			ck_assert_uint_eq(d.retained[node_of_block(&d, a)].bytes, freed);
	}
	done();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		diamond_is_dominated_by_its_top,
		two_roots_share_and_neither_retains,
		words_of_one_variable_retain_together,
		cutting_the_only_reference_frees_what_it_retains,
		what_a_kind_retains_counts_each_byte_once,
		lost_ring_hangs_on_its_oldest_member,
		weak_references_hold_nothing,
		scoped_reference_is_a_holder,
		million_blocks_in_a_row_are_walked,
		random_graphs_agree_with_taking_each_block_away,
	};
	return suite_run("dominators", tests, sizeof tests / sizeof *tests);
}
