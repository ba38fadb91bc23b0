/* fold.c: equal leaks become one, in an order that addresses do not change; paths and referrers explain them. */
#include "world.h"

static struct world w;

static void check_leak_sums(void)
{
	struct sum heads = { 0, 0 }, indirect = { 0, 0 }, possible = { 0, 0 };
	const struct sum *sums = w.classes.sums;

	for (uint32_t i = 0; i < w.leaks.nleaks; i++) {
		const struct leak *leak = &w.leaks.leaks[i];
		struct sum *to = leak->kind == CLASS_POSSIBLE ? &possible : &heads;
		struct sum *behind = leak->kind == CLASS_POSSIBLE ? &possible : &indirect;
		to->blocks += leak->heads.blocks;
		to->bytes += leak->heads.bytes;
		behind->blocks += leak->indirect.blocks;
		behind->bytes += leak->indirect.bytes;
		ck_assert_uint_eq(leak->nblocks, leak->heads.blocks);
	}
	ck_assert_uint_eq(heads.blocks, sums[CLASS_DIRECT].blocks + sums[CLASS_CYCLE].blocks);
	ck_assert_uint_eq(heads.bytes, sums[CLASS_DIRECT].bytes + sums[CLASS_CYCLE].bytes);
	ck_assert_uint_eq(indirect.blocks, sums[CLASS_INDIRECT].blocks);
	ck_assert_uint_eq(indirect.bytes, sums[CLASS_INDIRECT].bytes);
	ck_assert_uint_eq(possible.blocks, sums[CLASS_POSSIBLE].blocks);
	ck_assert_uint_eq(possible.bytes, sums[CLASS_POSSIBLE].bytes);
}

static void fold(void)
{
	world_fold(&w);
	check_leak_sums();
}

START_TEST(equal_leaks_fold_whatever_their_sizes)
{
	world_open(&w);
	for (uint64_t i = 0; i < 10; i++) {
		uint64_t head = world_block(&w, 16 + i * 8, 1), child = world_block(&w, 100, 2);
		world_set(&w, head, child);
	}
	world_block(&w, 16, 1); /* alone: another shape */
	world_block(&w, 16, 3);
	fold();
	ck_assert_uint_eq(w.leaks.nleaks, 3);
	const struct leak *l = &w.leaks.leaks[0];
	ck_assert_uint_eq(l->instances, 10);
	ck_assert_uint_eq(l->stack, 1);
	ck_assert_uint_eq(l->heads.bytes, 520);
	ck_assert_uint_eq(l->indirect.bytes, 1000);
	ck_assert_uint_eq(l->retained_bytes, 1520);
	for (uint32_t i = 1; i < l->nblocks; i++)
		ck_assert_uint_lt(w.heap.blocks[l->blocks[i - 1]].birth, w.heap.blocks[l->blocks[i]].birth);
	ck_assert_uint_eq(w.leaks.leaks[1].first_birth, 20);
	ck_assert_uint_eq(w.leaks.leaks[2].first_birth, 21);
	world_close(&w);
}
END_TEST

START_TEST(number_of_blocks_behind_does_not_split_a_leak)
{
	world_open(&w);
	for (int i = 0; i < 2; i++) {
		uint64_t before = world_block(&w, 16, 1);
		for (int k = 0; k < 3 + i; k++) {
			uint64_t next = world_block(&w, 16, 2);
			world_set(&w, before, next);
			before = next;
		}
	}
	fold();
	ck_assert_uint_eq(w.leaks.nleaks, 1);
	ck_assert_uint_eq(w.leaks.leaks[0].instances, 2);
	ck_assert_uint_eq(w.leaks.leaks[0].indirect.blocks, 7);
	world_close(&w);
}
END_TEST

START_TEST(cycles_fold_by_their_members_stacks)
{
	world_open(&w);
	for (int i = 0; i < 3; i++) {
		uint64_t a = world_block(&w, 32, i == 1 ? 2 : 1), b = world_block(&w, 32, i == 1 ? 1 : 2);
		world_set(&w, a + 8, b);
		world_set(&w, b + 16, a);
	}
	uint64_t x = world_block(&w, 32, 1), y = world_block(&w, 32, 1);
	world_set(&w, x, y);
	world_set(&w, y, x);
	fold();
	ck_assert_uint_eq(w.leaks.nleaks, 2);
	const struct leak *l = &w.leaks.leaks[0];
	ck_assert_int_eq(l->kind, CLASS_CYCLE);
	ck_assert_uint_eq(l->instances, 3);
	ck_assert_uint_eq(l->members, 2);
	ck_assert_uint_eq(l->nblocks, 6);
	ck_assert_uint_eq(l->cycle_length, 2);
	ck_assert_uint_eq(l->nedges, 2);
	ck_assert_uint_eq(l->edges[0].from, l->blocks[0]);
	ck_assert_uint_eq(l->edges[0].offset, 8);
	ck_assert_uint_eq(l->edges[1].to, l->blocks[0]);
	ck_assert_uint_eq(l->edges[1].offset, 16);
	world_close(&w);
}
END_TEST

START_TEST(ring_shown_is_the_shortest_through_the_oldest)
{
	uint64_t node[6];

	world_open(&w);
	for (int i = 0; i < 6; i++)
		node[i] = world_block(&w, 32, 1);
	for (int i = 0; i < 6; i++)
		world_set(&w, node[i], node[(i + 1) % 6]);
	world_set(&w, node[2] + 24, node[0]); /* the short cut 0 1 2 */
	world_set(&w, node[0] + 8, node[0] + 16); /* into its own inside: no ring */
	world_set(&w, node[0] + 16, node[0]); /* to itself: not what makes the knot */
	fold();
	const struct leak *l = &w.leaks.leaks[0];
	ck_assert_uint_eq(w.leaks.nleaks, 1);
	ck_assert_uint_eq(l->members, 6);
	ck_assert_uint_eq(l->cycle_length, 3);
	ck_assert_uint_eq(l->edges[2].from, world_index(&w, node[2]));
	ck_assert_uint_eq(l->edges[2].offset, 24);
	world_close(&w);
}
END_TEST

START_TEST(ring_of_one)
{
	world_open(&w);
	uint64_t a = world_block(&w, 32, 1);
	world_set(&w, a, a + 16);
	world_set(&w, a + 24, a);
	fold();
	ck_assert_uint_eq(w.leaks.leaks[0].cycle_length, 1);
	ck_assert_uint_eq(w.leaks.leaks[0].edges[0].offset, 24);
	world_close(&w);
}
END_TEST

START_TEST(ring_of_a_million_shows_its_first_edges)
{
	enum { N = 1000000 };

	world_open_at(&w, 0x10000000, (uint64_t)N * 32 + 64);
	for (uint64_t i = 0; i < N; i++) {
		uint64_t a = world_block(&w, 24, 1);
		world_set(&w, a, i + 1 < N ? a + 32 : 0x10000010);
	}
	fold();
	ck_assert_uint_eq(w.leaks.nleaks, 1);
	ck_assert_uint_eq(w.leaks.leaks[0].cycle_length, N);
	ck_assert_uint_eq(w.leaks.leaks[0].nedges, LEAK_EDGES_MAX);
	for (uint32_t i = 0; i < LEAK_EDGES_MAX; i++)
		ck_assert_uint_eq(w.leaks.leaks[0].edges[i].from, i);
	world_close(&w);
}
END_TEST

START_TEST(shared_child_is_retained_by_neither_head)
{
	world_open(&w);
	uint64_t a = world_block(&w, 16, 1), b = world_block(&w, 24, 2);
	uint64_t child = world_block(&w, 1000, 3), own = world_block(&w, 100, 4);
	world_set(&w, a, child);
	world_set(&w, b, child);
	world_set(&w, b + 8, own);
	fold();
	ck_assert_uint_eq(w.leaks.nleaks, 2);
	ck_assert_uint_eq(w.leaks.leaks[0].stack, 1); /* the older head counts the child */
	ck_assert_uint_eq(w.leaks.leaks[0].indirect.bytes, 1000);
	ck_assert_uint_eq(w.leaks.leaks[0].retained_bytes, 16);
	ck_assert_uint_eq(w.leaks.leaks[1].retained_bytes, 124);
	world_close(&w);
}
END_TEST

START_TEST(possible_blocks_fold_behind_their_heads)
{
	world_open(&w);
	for (int i = 0; i < 4; i++) {
		uint64_t head = world_block(&w, 64, 1), child = world_block(&w, 24, 2);
		world_set(&w, head, child);
		world_root(&w, head + 32);
	}
	uint64_t x = world_block(&w, 32, 5), y = world_block(&w, 32, 5);
	world_set(&w, x, y);
	world_set(&w, y, x);
	world_root(&w, y + 16);
	fold();
	ck_assert_uint_eq(w.leaks.nleaks, 2);
	ck_assert_int_eq(w.leaks.leaks[0].kind, CLASS_POSSIBLE);
	ck_assert_uint_eq(w.leaks.leaks[0].instances, 4);
	ck_assert_uint_eq(w.leaks.leaks[0].indirect.blocks, 4);
	ck_assert_uint_eq(w.leaks.leaks[1].heads.blocks, 2);
	world_close(&w);
}
END_TEST

START_TEST(possible_leaks_come_after_lost_ones)
{
	world_open(&w);
	uint64_t big = world_block(&w, 5000, 1);
	world_root(&w, big + 8);
	world_block(&w, 8, 2);
	world_block(&w, 80, 3);
	fold();
	ck_assert_uint_eq(w.leaks.leaks[0].stack, 3);
	ck_assert_uint_eq(w.leaks.leaks[1].stack, 2);
	ck_assert_int_eq(w.leaks.leaks[2].kind, CLASS_POSSIBLE);
	world_close(&w);
}
END_TEST

/* ---- determinism ------------------------------------------------------------------------------------- */

/* The same program at other addresses, its blocks in another order in memory. */
static void build_random(uint64_t heap_start, uint64_t scramble)
{
	enum { N = 300 };
	uint64_t addr[N], seed = 42;

	world_open_at(&w, heap_start, 1 << 20);
	for (uint64_t i = 0; i < N; i++) {
		addr[i] = heap_start + 16 + (i * scramble + 5) % N * 64;
		world_alloc(&w, addr[i], 40, (uint32_t)(i % 7));
	}
	for (uint64_t i = 0; i < 60; i++)
		world_set(&w, addr[i] + 32, addr[i % 3 == 2 ? i - 2 : i + 1]); /* rings of three */
	for (uint64_t i = 0; i < N / 3; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		uint64_t to = (seed >> 40) % N, inside = seed >> 61 ? 0 : 16;
		world_set(&w, addr[(seed >> 20) % N] + 8 * (i % 4), addr[to] + inside);
	}
	for (uint64_t i = 0; i < 5; i++)
		world_root(&w, addr[i * 50] + 8 * (i % 2));
	fold();
}

#define LEAKS_MAX 300
struct summary {
	uint32_t nleaks;
	struct {
		struct leak leak; /* its pointers are not compared */
		uint64_t births[8];
	} leaks[LEAKS_MAX];
};

static void summarise(struct summary *s)
{
	memset(s, 0, sizeof *s);
	s->nleaks = w.leaks.nleaks;
	ck_assert_uint_lt(s->nleaks, LEAKS_MAX);
	for (uint32_t i = 0; i < s->nleaks; i++) {
		const struct leak *l = &w.leaks.leaks[i];
		memcpy(&s->leaks[i].leak, l, sizeof *l);
		s->leaks[i].leak.blocks = NULL;
		s->leaks[i].leak.edges = NULL;
		for (uint32_t k = 0; k < l->nblocks && k < 4; k++)
			s->leaks[i].births[k] = w.heap.blocks[l->blocks[k]].birth;
		for (uint32_t k = 0; k < l->nedges && k < 4; k++)
			s->leaks[i].births[4 + k] =
			    w.heap.blocks[l->edges[k].from].birth + (l->edges[k].offset << 32);
	}
}

START_TEST(addresses_change_nothing)
{
	static struct summary one, other;

	build_random(0x10000000, 1);
	summarise(&one);
	ck_assert_uint_gt(one.nleaks, 10);
	ck_assert_uint_gt(w.classes.sums[CLASS_CYCLE].blocks, 1);
	ck_assert_uint_gt(w.classes.sums[CLASS_POSSIBLE].blocks, 1);
	world_close(&w);
	build_random(0x7f0012340000, 77);
	summarise(&other);
	world_close(&w);
	ck_assert_uint_eq(one.nleaks, other.nleaks);
	for (uint32_t i = 0; i < one.nleaks; i++)
		ck_assert_mem_eq(&one.leaks[i], &other.leaks[i], sizeof one.leaks[i]);
}
END_TEST

/* ---- paths and referrers ----------------------------------------------------------------------------- */

START_TEST(path_is_the_shortest_from_a_root)
{
	struct path p;
	struct err err;

	world_open(&w);
	uint64_t a = world_block(&w, 32, 1), b = world_block(&w, 32, 1), c = world_block(&w, 32, 1);
	uint64_t lost = world_block(&w, 32, 1);
	uint64_t root = world_root(&w, a);
	world_set(&w, a + 8, b);
	world_set(&w, b + 16, c);
	world_set(&w, c, a);
	world_graph(&w);
	ck_assert_int_eq(path_from_root(&p, &w.graph, world_index(&w, c), &err), 0);
	ck_assert(p.found);
	ck_assert_uint_eq(p.nsteps, 3);
	ck_assert_uint_eq(p.root.at, root);
	ck_assert_uint_eq(p.steps[0], world_index(&w, a));
	ck_assert_uint_eq(p.steps[2], world_index(&w, c));
	ck_assert_uint_eq(ref_offset(p.refs[0]), 8);
	ck_assert_uint_eq(ref_offset(p.refs[1]), 16);
	path_free(&p);
	ck_assert_int_eq(path_from_root(&p, &w.graph, world_index(&w, a), &err), 0);
	ck_assert_uint_eq(p.nsteps, 1);
	path_free(&p);
	ck_assert_int_eq(path_from_root(&p, &w.graph, world_index(&w, lost), &err), 0);
	ck_assert(!p.found);
	path_free(&p);
	world_close(&w);
}
END_TEST

START_TEST(path_prefers_what_surely_owns)
{
	struct path p;
	struct err err;

	world_open(&w);
	uint64_t a = world_block(&w, 32, 1), b = world_block(&w, 32, 1), c = world_block(&w, 64, 1);
	world_root(&w, a + 16);
	uint64_t root = world_root(&w, b);
	world_set(&w, a, c);
	world_set(&w, b, c + 32);
	world_set(&w, b + 8, c);
	world_root(&w, c + 8); /* shorter, and vague */
	world_graph(&w);
	ck_assert_int_eq(path_from_root(&p, &w.graph, world_index(&w, c), &err), 0);
	ck_assert_uint_eq(p.nsteps, 2);
	ck_assert_uint_eq(p.root.at, root);
	ck_assert_int_eq(ref_kind(p.refs[0]), REF_START);
	path_free(&p);
	world_close(&w);
}
END_TEST

START_TEST(referrers_are_all_and_by_birth)
{
	struct referrers r;
	struct err err;

	world_open(&w);
	world_alloc(&w, 0x10002000, 32, 1); /* older, at a higher address */
	world_alloc(&w, 0x10001000, 32, 1);
	uint64_t target = world_block(&w, 64, 1);
	world_set(&w, 0x10001000, target + 8 * 3);
	world_set(&w, 0x10002000, target);
	world_set(&w, 0x10002008, target + 64);
	world_root(&w, target);
	world_graph(&w);
	ck_assert_int_eq(find_referrers(&r, &w.graph, world_index(&w, target), &err), 0);
	ck_assert_uint_eq(r.nblocks, 3);
	ck_assert_uint_eq(r.nroots, 1);
	ck_assert_uint_eq(r.blocks[0].from, world_index(&w, 0x10002000));
	ck_assert_int_eq(r.kinds[0], REF_START);
	ck_assert_uint_eq(r.blocks[1].offset, 8);
	ck_assert_int_eq(r.kinds[1], REF_PAST_END);
	ck_assert_int_eq(r.kinds[2], REF_INTERIOR);
	referrers_free(&r);
	world_close(&w);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		equal_leaks_fold_whatever_their_sizes,
		number_of_blocks_behind_does_not_split_a_leak,
		cycles_fold_by_their_members_stacks,
		ring_shown_is_the_shortest_through_the_oldest,
		ring_of_one,
		ring_of_a_million_shows_its_first_edges,
		shared_child_is_retained_by_neither_head,
		possible_blocks_fold_behind_their_heads,
		possible_leaks_come_after_lost_ones,
		addresses_change_nothing,
		path_is_the_shortest_from_a_root,
		path_prefers_what_surely_owns,
		referrers_are_all_and_by_birth,
	};
	return suite_run("fold", tests, sizeof tests / sizeof *tests);
}
