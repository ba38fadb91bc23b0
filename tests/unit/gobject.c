/* gobject.c: the model of GObject over a made-up type system, sound and damaged. */
#include "models/models.h"
#include "passes/counts.h"
#include "world.h"

/* GLib's data: the variable that holds the table of quarks, then the texts. */
#define GLIB 0x900000ULL
#define TEXTS (GLIB + 0x100)

enum { NODE = 1, BASE, WEAK_LIST, WEAK_PLACES, QUARKS };

struct g_world {
	struct world w;
	struct names *names;
	struct models models;
	struct count_set counts;
	uint64_t base, node; /* class structures: GObject, and a type with 16 bytes of private data */
};

/* A type's node, its data and its class structure, whose address is returned. */
static uint64_t new_class(struct g_world *g, uint32_t quark, uint64_t sizes, uint64_t parent)
{
	struct world *w = &g->w;
	bool is_fundamental = !parent;
	uint64_t node = world_block(w, 96, 1) + (is_fundamental ? 8 : 0), data = world_block(w, 76, 1),
		 class = world_block(w, 136, 1), self = is_fundamental ? 80 : node;

	world_set(w, node + 32, data);
	world_set(w, node + 40, quark);
	world_set(w, node + 72, self);
	if (parent)
		world_set(w, node + 80, parent);
	world_set(w, data + 56, class);
	world_set(w, data + 64, sizes);
	world_set(w, class, self);
	world_root(w, node);
	return class;
}

static void g_open(struct g_world *g)
{
	static const char *const texts[QUARKS] = { "", "LabNode", "GObject", "GObject-weak-references",
						   "GObject-weak-locations" };

	*g = (struct g_world){ 0 };
	world_open(&g->w);
	world_map(&g->w, GLIB, 0x1000, WORLD_RW, 0, "/lib/libglib-2.0.so.0");
	g->w.modules[0] = (struct trace_module){
		.id = 1, .path = (char *)"/lib/libglib-2.0.so.0", .start = GLIB, .end = GLIB + 0x1000
	};
	g->w.trace.nmodules = 1;
	world_map(&g->w, 0x920000, 0x1000, WORLD_RW, 0, "/lib/libgobject-2.0.so.0");
	uint64_t table = world_block(&g->w, 8 * QUARKS, 1);
	world_set(&g->w, GLIB, table);
	for (unsigned i = 1; i < QUARKS; i++) {
		world_set(&g->w, table + 8 * i, TEXTS + 32 * i);
		memcpy(world_word(&g->w, TEXTS + 32 * i), texts[i], strlen(texts[i]) + 1);
	}
	g->base = new_class(g, BASE, 24, 0);
	g->node = new_class(g, NODE, 16 << 16 | 24, 80);
}

static void g_finish(struct g_world *g)
{
	const struct names_options options = { .no_debuginfod = true };
	struct err err = { "" };

	world_graph(&g->w);
	ck_assert_msg(!names_open(&g->names, &g->w.trace, &options, &err), "%s", err.text);
	ck_assert_msg(!models_apply(&g->models, &g->w.graph, g->names, NULL, &err), "%s", err.text);
	ck_assert_msg(!counts_find(&g->counts, &g->models, &g->w.graph, &err), "%s", err.text);
	ck_assert(graph_is_valid(&g->w.graph));
	ck_assert_msg(!classify(&g->w.classes, &g->w.graph, &err), "%s", err.text);
}

static void g_close(struct g_world *g)
{
	counts_free(&g->counts);
	models_close(&g->models);
	names_close(g->names);
	world_close(&g->w);
}

/* Returns the instance, which lies behind its private data. */
static uint64_t new_object(struct g_world *g, uint64_t class, uint64_t private_bytes, uint32_t count)
{
	uint64_t at = world_block(&g->w, private_bytes + 24, 2) + private_bytes;

	world_set(&g->w, at, class);
	world_set(&g->w, at + 8, count);
	return at;
}

static const char *type_at(struct g_world *g, uint64_t addr)
{
	return models_type(&g->models, world_index(&g->w, addr));
}

static enum count_verdict verdict_at(const struct g_world *g, uint64_t addr)
{
	return g->counts.of[world_index(&g->w, addr)].verdict;
}

/* ---- sound memory ------------------------------------------------------------------------------------ */

START_TEST(instances_have_types_and_counts)
{
	struct g_world g;

	g_open(&g);
	uint64_t base = new_object(&g, g.base, 0, 1), node = new_object(&g, g.node, 16, 1),
		 lost = new_object(&g, g.node, 16, 2);
	world_root(&g.w, base);
	world_root(&g.w, node);
	world_root(&g.w, lost);
	g_finish(&g);
	ck_assert_str_eq(type_at(&g, base), "GObject");
	ck_assert_str_eq(type_at(&g, node), "LabNode");
	ck_assert_int_eq(verdict_at(&g, base), COUNT_EXACT);
	ck_assert_int_eq(verdict_at(&g, node), COUNT_EXACT);
	ck_assert_int_eq(verdict_at(&g, lost), COUNT_SURPLUS);
	g_close(&g);
}
END_TEST

/* A word that points elsewhere into an object, or behind it, holds one whose count is not explained without it. */
START_TEST(what_others_count_for_holds_nothing_besides)
{
	static const uint64_t places[] = { 8, 24 };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct g_world g;

		g_open(&g);
		uint64_t counted = new_object(&g, g.node, 16, 1), missed = new_object(&g, g.node, 16, 2),
			 plain = world_block(&g.w, 24, 2), holder = world_block(&g.w, 24, 2);
		world_set(&g.w, holder, counted);
		world_set(&g.w, holder + 8, missed);
		world_set(&g.w, holder + 16, plain);
		world_root(&g.w, counted + places[i]);
		world_root(&g.w, missed + places[i]);
		world_root(&g.w, plain + places[i]);
		g_finish(&g);
		ck_assert_int_eq(world_class(&g.w, holder), CLASS_DIRECT);
		ck_assert_int_eq(world_class(&g.w, counted - 16), CLASS_INDIRECT);
		ck_assert_int_eq(world_class(&g.w, missed - 16), CLASS_POSSIBLE);
		ck_assert_int_eq(world_class(&g.w, plain), CLASS_POSSIBLE);
		g_close(&g);
	}
}
END_TEST

/* Without the sizes of the class, which are a large number, most decide. */
START_TEST(sizes_that_are_not_in_the_trace_are_voted_for)
{
	struct g_world g;

	g_open(&g);
	uint64_t class = new_class(&g, NODE, 0, 80), odd = new_object(&g, class, 32, 1),
		 first = new_object(&g, class, 16, 1), second = new_object(&g, class, 16, 1);
	g_finish(&g);
	ck_assert_str_eq(type_at(&g, first), "LabNode");
	ck_assert_str_eq(type_at(&g, second), "LabNode");
	ck_assert_ptr_null(type_at(&g, odd));
	g_close(&g);
}
END_TEST

START_TEST(other_sizes_are_no_instances)
{
	struct g_world g;

	g_open(&g);
	uint64_t longer = world_block(&g.w, 48, 2), elsewhere = world_block(&g.w, 40, 2);
	world_set(&g.w, longer + 16, g.node);
	world_set(&g.w, elsewhere, g.node);
	g_finish(&g);
	ck_assert_ptr_null(type_at(&g, longer));
	ck_assert_ptr_null(type_at(&g, elsewhere));
	g_close(&g);
}
END_TEST

/* A list of weak notifies, and a GWeakRef in a root that the object's list of locations names. */
START_TEST(weak_references_own_nothing)
{
	struct g_world g;

	g_open(&g);
	uint64_t node = new_object(&g, g.node, 16, 1), data = world_block(&g.w, 56, 3),
		 stack = world_block(&g.w, 32, 3), list = world_block(&g.w, 8, 3),
		 link = world_block(&g.w, 16, 3);
	uint64_t place = world_root(&g.w, node);
	world_set(&g.w, node + 16, data | 1);
	world_set(&g.w, data, 2ULL << 32 | 2);
	world_set(&g.w, data + 8, WEAK_LIST);
	world_set(&g.w, data + 16, stack);
	world_set(&g.w, data + 32, WEAK_PLACES);
	world_set(&g.w, data + 40, list);
	world_set(&g.w, stack, node);
	world_set(&g.w, stack + 24, node);
	world_set(&g.w, list, link);
	world_set(&g.w, link, place);
	g_finish(&g);
	ck_assert_int_eq(world_class(&g.w, node), CLASS_DIRECT);
	ck_assert_int_eq(world_class(&g.w, stack), CLASS_INDIRECT);
	ck_assert_int_eq(world_class(&g.w, link), CLASS_INDIRECT);
	ck_assert_int_eq(verdict_at(&g, node), COUNT_SURPLUS);
	g_close(&g);
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

static void damage(struct g_world *g, uint64_t *state)
{
	uint64_t used = g->w.heap_next - g->w.heap_start;
	uint64_t at = g->w.heap_start + draw(state) % (used / 8) * 8;
	const uint64_t values[] = { g->w.heap_start + draw(state) % (used / 8) * 8,
				    draw(state) % 64,
				    draw(state),
				    g->node,
				    at,
				    UINT64_MAX };

	world_set(&g->w, draw(state) % 8 ? at : GLIB + draw(state) % 32 * 8, values[draw(state) % 6]);
}

START_TEST(damaged_types_mislead_nobody_into_a_crash)
{
	uint64_t state = 0x9e3779b97f4a7c15ULL;
	char text[16];

	for (unsigned round = 0; round < 2000; round++) {
		struct g_world g;

		g_open(&g);
		for (unsigned i = 0; i < 8; i++) {
			uint64_t node = new_object(&g, g.node, 16, 1), data = world_block(&g.w, 56, 3);
			world_set(&g.w, node + 16, data);
			world_set(&g.w, data, draw(&state) % 4);
			world_set(&g.w, data + 8, WEAK_PLACES);
			world_set(&g.w, data + 16, data + 16);
		}
		for (uint64_t n = draw(&state) % 30; n; n--)
			damage(&g, &state);
		g_finish(&g);
		for (uint32_t i = 0; i < g.w.heap.nblocks; i++)
			for (uint64_t offset = 0; offset < g.w.heap.blocks[i].size; offset += 8)
				models_field(&g.models, i, offset, text, sizeof text);
		g_close(&g);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		instances_have_types_and_counts,
		what_others_count_for_holds_nothing_besides,
		sizes_that_are_not_in_the_trace_are_voted_for,
		other_sizes_are_no_instances,
		weak_references_own_nothing,
		damaged_types_mislead_nobody_into_a_crash,
	};

	return suite_run("gobject", tests, sizeof tests / sizeof *tests);
}
