/* shared_ptr.c: the model of shared_ptr over made-up control blocks, sound and damaged. */
#include "models/models.h"
#include "passes/counts.h"
#include "passes/unsure.h"
#include "world.h"

/* A module's data: the virtual tables of the classes, then their names; and its code. */
#define DATA 0x900000ULL
#define CODE 0x910000ULL
#define TYPEINFO_TABLE (DATA + 0x800)

enum { INPLACE, POINTER, EMPLACE, BOOST, BOOST_INSIDE, CLASSES };

struct sp_world {
	struct world w;
	struct names *names;
	struct models models;
	struct count_set counts;
};

static uint64_t vptr_of(unsigned class)
{
	return DATA + 0x100 * class + 16;
}

static void put_class(struct world *w, unsigned class, const char *name)
{
	uint64_t table = vptr_of(class), typeinfo = table + 64, text = table + 96;

	world_set(w, table - 8, typeinfo);
	world_set(w, table, CODE);
	world_set(w, typeinfo, TYPEINFO_TABLE);
	world_set(w, typeinfo + 8, text);
	memcpy(world_word(w, text), name, strlen(name) + 1);
}

static void sp_open(struct sp_world *s)
{
	static const char *const names[] = {
		"St23_Sp_counted_ptr_inplaceI4NodeSaIvELN9__gnu_cxx12_Lock_policyE2EE",
		"St15_Sp_counted_ptrIP4NodeLN9__gnu_cxx12_Lock_policyE2EE",
		"NSt3__120__shared_ptr_emplaceI4NodeNS_9allocatorIS1_EEEE",
		"N5boost6detail17sp_counted_impl_pI4NodeEE",
		"N5boost6detail18sp_counted_impl_pdIP4NodeNS0_13sp_ms_deleterIS2_EEEE"
	};

	*s = (struct sp_world){ 0 };
	world_open(&s->w);
	world_map(&s->w, DATA, 0x1000, WORLD_RW, 0, "/bin/app");
	world_map(&s->w, CODE, 0x1000, PROT_READ | PROT_EXEC, 0, "/bin/app");
	world_map(&s->w, 0x920000, 0x1000, WORLD_RW, 0, "/lib/libstdc++.so.6");
	for (unsigned i = 0; i < CLASSES; i++)
		put_class(&s->w, i, names[i]);
}

static void sp_finish(struct sp_world *s)
{
	const struct names_options options = { .no_debuginfod = true };
	struct err err = { "" };

	world_graph(&s->w);
	ck_assert_msg(!names_open(&s->names, &s->w.trace, &options, &err), "%s", err.text);
	ck_assert_msg(!models_apply(&s->models, &s->w.graph, s->names, NULL, &err), "%s", err.text);
	ck_assert_msg(!counts_find(&s->counts, &s->models, &s->w.graph, &err), "%s", err.text);
	ck_assert(graph_is_valid(&s->w.graph));
	ck_assert_msg(!classify(&s->w.classes, &s->w.graph, &err), "%s", err.text);
}

static void sp_close(struct sp_world *s)
{
	counts_free(&s->counts);
	models_close(&s->models);
	names_close(s->names);
	world_close(&s->w);
}

static uint64_t new_inplace(struct sp_world *s, uint32_t use, uint32_t weak)
{
	uint64_t at = world_block(&s->w, 48, 1);

	world_set(&s->w, at, vptr_of(INPLACE));
	world_set(&s->w, at + 8, (uint64_t)weak << 32 | use);
	return at;
}

/* {T *, control block *} at `at`. */
static void put_pair(struct sp_world *s, uint64_t at, uint64_t control)
{
	world_set(&s->w, at, control + 16);
	world_set(&s->w, at + 8, control);
}

static const char *type_at(struct sp_world *s, uint64_t block)
{
	return models_type(&s->models, world_index(&s->w, block));
}

static enum count_verdict verdict_at(const struct sp_world *s, uint64_t block)
{
	return s->counts.of[world_index(&s->w, block)].verdict;
}

/* ---- sound memory ------------------------------------------------------------------------------------ */

START_TEST(each_library_has_its_control_blocks)
{
	struct sp_world s;

	sp_open(&s);
	uint64_t inplace = new_inplace(&s, 1, 1), node = world_block(&s.w, 32, 1);
	uint64_t apart = world_block(&s.w, 24, 1), emplace = world_block(&s.w, 56, 1),
		 boost = world_block(&s.w, 24, 1);
	world_set(&s.w, apart, vptr_of(POINTER));
	world_set(&s.w, apart + 8, 1ULL << 32 | 1);
	world_set(&s.w, apart + 16, node);
	world_set(&s.w, emplace, vptr_of(EMPLACE));
	uint64_t boost_inside = world_block(&s.w, 64, 1);
	world_set(&s.w, boost_inside, vptr_of(BOOST_INSIDE));
	world_set(&s.w, boost_inside + 8, 1ULL << 32 | 1);
	world_set(&s.w, boost, vptr_of(BOOST));
	world_set(&s.w, boost + 8, 1ULL << 32 | 2);
	world_set(&s.w, boost + 16, node);
	sp_finish(&s);
	ck_assert_str_eq(type_at(&s, inplace), "make_shared<Node>");
	ck_assert_str_eq(type_at(&s, apart), "shared_ptr control of Node");
	ck_assert_str_eq(type_at(&s, emplace), "make_shared<Node>");
	ck_assert_str_eq(type_at(&s, boost), "shared_ptr control of Node");
	ck_assert_str_eq(type_at(&s, boost_inside), "make_shared<Node>");
	ck_assert_int_eq(s.counts.of[world_index(&s.w, emplace)].stored, 1);
	ck_assert_int_eq(s.counts.of[world_index(&s.w, boost)].stored, 2);
	sp_close(&s);
}
END_TEST

START_TEST(only_pairs_are_counted)
{
	struct sp_world s;

	sp_open(&s);
	uint64_t held = new_inplace(&s, 1, 1), lost = new_inplace(&s, 2, 1), bare = new_inplace(&s, 1, 1);
	uint64_t holder = world_block(&s.w, 64, 2);
	world_root(&s.w, holder);
	put_pair(&s, holder, held);
	put_pair(&s, holder + 16, lost);
	world_set(&s.w, holder + 40, bare);
	world_root(&s.w, lost + 16);
	sp_finish(&s);
	ck_assert_int_eq(verdict_at(&s, held), COUNT_EXACT);
	ck_assert_int_eq(verdict_at(&s, lost), COUNT_SURPLUS);
	ck_assert_int_eq(verdict_at(&s, bare), COUNT_WITHIN);
	ck_assert_uint_eq(counted_missing(&s.counts.of[world_index(&s.w, lost)]), 1);
	sp_close(&s);
}
END_TEST

/* Its own pair is a weak one; without it the count is explained. */
START_TEST(an_object_that_knows_itself_does_not_own_itself)
{
	struct sp_world s;

	sp_open(&s);
	uint64_t self = new_inplace(&s, 1, 2);
	put_pair(&s, self + 16, self);
	sp_finish(&s);
	ck_assert_int_eq(world_class(&s.w, self), CLASS_DIRECT);
	ck_assert_int_eq(verdict_at(&s, self), COUNT_SURPLUS);
	sp_close(&s);
}
END_TEST

/* Its memory is the weak pointer's that is left; what it pointed at it owns no more. */
START_TEST(an_expired_object_owns_nothing)
{
	struct sp_world s;

	sp_open(&s);
	uint64_t gone = new_inplace(&s, 0, 1), other = new_inplace(&s, 1, 1), weak = world_block(&s.w, 16, 2);
	world_root(&s.w, weak);
	put_pair(&s, weak, gone);
	put_pair(&s, gone + 24, other);
	sp_finish(&s);
	ck_assert_str_eq(type_at(&s, gone), "expired make_shared<Node>");
	ck_assert_int_eq(world_class(&s.w, gone), CLASS_REACHABLE);
	ck_assert_int_eq(world_class(&s.w, other), CLASS_DIRECT);
	sp_close(&s);
}
END_TEST

/* Blocks that are reachable only if words own of which nothing tells it. */
static uint64_t unsure_blocks(const struct sp_world *s)
{
	struct sum unsure;

	ck_assert_int_eq(unsure_find(&unsure, &s->w.classes, &s->models), 0);
	return unsure.blocks;
}

/* Two that hold each other, both in a table of weak pointers that a global holds. */
struct registry {
	uint64_t a, b, table;
};

static struct registry put_registry(struct sp_world *s, uint32_t use)
{
	struct registry r = { new_inplace(s, use, 2), new_inplace(s, 1, 2), 0 };

	for (unsigned i = 1; i < 4; i++)
		s->w.nodes[i].frame = 0x1000 * i;
	r.table = world_block(&s->w, 128, 3);
	put_pair(s, r.a + 16, r.b);
	put_pair(s, r.b + 16, r.a);
	put_pair(s, r.table, r.a);
	put_pair(s, r.table + 16, r.b);
	world_root(&s->w, r.table);
	return r;
}

/* One that nothing weak points at, held at the same place as those two hold each other. */
static uint64_t put_unregistered(struct sp_world *s)
{
	uint64_t holder = new_inplace(s, 1, 1), held = new_inplace(s, 1, 1);

	put_pair(s, holder + 16, held);
	world_root(&s->w, holder + 16);
	world_root(&s->w, holder);
	return held;
}

START_TEST(counts_tell_a_registry_from_owners)
{
	struct sp_world s;

	sp_open(&s);
	struct registry r = put_registry(&s, 1);
	uint64_t held = put_unregistered(&s);
	sp_finish(&s);
	ck_assert_int_eq(world_class(&s.w, r.a), CLASS_CYCLE);
	ck_assert_int_eq(world_class(&s.w, r.b), CLASS_CYCLE);
	ck_assert_int_eq(world_class(&s.w, held), CLASS_REACHABLE);
	ck_assert_int_eq(verdict_at(&s, r.a), COUNT_EXACT);
	sp_close(&s);
}
END_TEST

START_TEST(an_expired_entry_tells_a_registry)
{
	struct sp_world s;

	sp_open(&s);
	struct registry r = put_registry(&s, 1);
	uint64_t expired = new_inplace(&s, 0, 2), other = world_block(&s.w, 128, 3);
	put_pair(&s, r.table + 32, expired);
	put_pair(&s, other, expired); /* the same place as the first entry */
	world_root(&s.w, other);
	sp_finish(&s);
	ck_assert_int_eq(world_class(&s.w, r.a), CLASS_CYCLE);
	sp_close(&s);
}
END_TEST

/* An expired entry says that the place is weak, but three such references are more than the object counts. */
START_TEST(more_weak_references_than_are_counted_own)
{
	struct sp_world s;

	sp_open(&s);
	uint64_t expired = new_inplace(&s, 0, 2), held = new_inplace(&s, 1, 2);
	for (unsigned i = 0; i < 4; i++) {
		uint64_t table = world_block(&s.w, 128, 3);

		put_pair(&s, table, i ? held : expired);
		world_root(&s.w, table);
	}
	sp_finish(&s);
	ck_assert_int_eq(world_class(&s.w, held), CLASS_REACHABLE);
	sp_close(&s);
}
END_TEST

START_TEST(what_counts_do_not_tell_owns)
{
	struct sp_world s;

	sp_open(&s);
	struct registry r = put_registry(&s, 1); /* either may be the weak one */
	sp_finish(&s);
	ck_assert_int_eq(world_class(&s.w, r.a), CLASS_REACHABLE);
	ck_assert_uint_eq(unsure_blocks(&s), 2);
	sp_close(&s);

	sp_open(&s);
	r = put_registry(&s, 2); /* a copy is hidden */
	put_unregistered(&s);
	sp_finish(&s);
	ck_assert_int_eq(world_class(&s.w, r.a), CLASS_REACHABLE);
	ck_assert_uint_eq(unsure_blocks(&s), 2);
	sp_close(&s);

	sp_open(&s); /* of two that live one owns, for it counts a single weak one */
	uint64_t ring = new_inplace(&s, 2, 2), back = new_inplace(&s, 1, 1), two = world_block(&s.w, 64, 3);
	put_pair(&s, ring + 16, back);
	put_pair(&s, back + 16, ring);
	put_pair(&s, two, ring);
	put_pair(&s, two + 16, ring);
	world_root(&s.w, two);
	sp_finish(&s);
	ck_assert_int_eq(world_class(&s.w, back), CLASS_REACHABLE);
	ck_assert_uint_eq(unsure_blocks(&s), 0);
	sp_close(&s);

	sp_open(&s); /* no lost one can own it: only the living point at it */
	uint64_t held = new_inplace(&s, 1, 3), holder = world_block(&s.w, 64, 3);
	put_pair(&s, holder, held);
	put_pair(&s, holder + 16, held);
	world_root(&s.w, holder);
	sp_finish(&s);
	ck_assert_int_eq(world_class(&s.w, held), CLASS_REACHABLE);
	ck_assert_uint_eq(unsure_blocks(&s), 0);
	sp_close(&s);

	sp_open(&s);
	r = put_registry(&s, 1);
	put_unregistered(&s);
	put_pair(&s, r.table + 32, r.a); /* what was erased is left over */
	sp_finish(&s);
	ck_assert_int_eq(world_class(&s.w, r.a), CLASS_REACHABLE);
	sp_close(&s);
}
END_TEST

START_TEST(a_lost_weak_reference_is_missed_too)
{
	struct sp_world s;

	sp_open(&s);
	uint64_t node = new_inplace(&s, 1, 3), holder = world_block(&s.w, 32, 2);
	world_root(&s.w, holder);
	put_pair(&s, holder, node);
	put_pair(&s, holder + 16, node);
	sp_finish(&s);
	ck_assert_int_eq(verdict_at(&s, node), COUNT_SURPLUS);
	ck_assert_uint_eq(counted_missing(&s.counts.of[world_index(&s.w, node)]), 1);
	sp_close(&s);
}
END_TEST

/* ---- damaged memory ---------------------------------------------------------------------------------- */

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void damage(struct sp_world *s, uint64_t *state)
{
	bool in_data = draw(state) % 2;
	uint64_t used = s->w.heap_next - s->w.heap_start;
	uint64_t at = (in_data ? DATA : s->w.heap_start) + draw(state) % ((in_data ? 0x400 : used) / 8) * 8;
	const uint64_t values[] = { s->w.heap_start + draw(state) % (used / 8) * 8,
				    draw(state) % 64,
				    draw(state),
				    vptr_of(draw(state) % CLASSES),
				    at,
				    UINT64_MAX };

	world_set(&s->w, at, values[draw(state) % 6]);
}

START_TEST(damaged_control_blocks_mislead_nobody_into_a_crash)
{
	uint64_t state = 0x9e3779b97f4a7c15ULL;
	char text[16];

	for (unsigned round = 0; round < 2000; round++) {
		struct sp_world s;
		uint64_t last = 0;

		sp_open(&s);
		for (unsigned i = 0; i < 8; i++) {
			uint64_t node = new_inplace(&s, draw(&state) % 3, draw(&state) % 3);
			if (last)
				put_pair(&s, node + 16 + draw(&state) % 2 * 8, last);
			last = node;
		}
		put_pair(&s, world_block(&s.w, 16, 2), last);
		for (uint64_t n = draw(&state) % 20; n; n--)
			damage(&s, &state);
		sp_finish(&s);
		for (uint32_t i = 0; i < s.w.heap.nblocks; i++)
			for (uint64_t offset = 0; offset < s.w.heap.blocks[i].size; offset += 8)
				models_field(&s.models, i, offset, text, sizeof text);
		sp_close(&s);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_library_has_its_control_blocks,
		only_pairs_are_counted,
		an_object_that_knows_itself_does_not_own_itself,
		an_expired_object_owns_nothing,
		counts_tell_a_registry_from_owners,
		an_expired_entry_tells_a_registry,
		more_weak_references_than_are_counted_own,
		what_counts_do_not_tell_owns,
		a_lost_weak_reference_is_missed_too,
		damaged_control_blocks_mislead_nobody_into_a_crash,
	};

	return suite_run("shared_ptr", tests, sizeof tests / sizeof *tests);
}
