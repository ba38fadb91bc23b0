/* cpython.c: the model of CPython over a small made-up interpreter, sound and damaged. */
#include "models/cpython.h"
#include "models/models.h"
#include "passes/counts.h"
#include "world.h"

/* Where the interpreter's data are; static types lie 1 KiB apart, their names behind them. */
#define DATA 0x900000ULL
#define NAMES (DATA + 0x8000)
#define HEADS (DATA + 0xf000)

enum { TYPE, OBJECT, STR, INT, LIST, TUPLE, DICT, WEAKREF, SET, STATIC_TYPES };

struct py_world {
	struct world w;
	struct names *names;
	struct models models;
	struct count_set counts;
	uint64_t next_name;
	uint64_t node_type; /* of the instances below: attributes "name" and "next" */
};

static uint64_t static_type(unsigned i)
{
	return DATA + 0x400 * i;
}

static void put_text(struct world *w, uint64_t at, const char *text)
{
	memcpy((char *)world_word(w, at - at % 8) + at % 8, text, strlen(text) + 1);
}

static uint64_t new_name(struct py_world *p, const char *name)
{
	uint64_t at = p->next_name;

	put_text(&p->w, at, name);
	p->next_name += (strlen(name) + 8) / 8 * 8;
	return at;
}

static void put_type(struct py_world *p, uint64_t at, const char *name, uint64_t basic, uint64_t item,
		     uint64_t flags)
{
	struct world *w = &p->w;

	world_set(w, at, 1);
	world_set(w, at + OBJECT_TYPE, static_type(TYPE));
	world_set(w, at + TYPE_NAME, new_name(p, name));
	world_set(w, at + TYPE_BASIC, basic);
	world_set(w, at + TYPE_ITEM, item);
	world_set(w, at + TYPE_FLAGS, flags | FLAG_READY);
	world_set(w, at + TYPE_BASE, at == static_type(OBJECT) ? 0 : static_type(OBJECT));
}

static uint64_t new_object(struct py_world *p, uint64_t type, uint64_t before, uint64_t bytes, uint64_t count)
{
	uint64_t at = world_block(&p->w, before + bytes, 1) + before;

	world_set(&p->w, at, count);
	world_set(&p->w, at + OBJECT_TYPE, type);
	return at;
}

static uint64_t new_str(struct py_world *p, const char *text, uint64_t count)
{
	uint64_t at = new_object(p, static_type(STR), 0, 48 + strlen(text) + 1, count);

	world_set(&p->w, at + STR_LENGTH, strlen(text));
	world_set(&p->w, at + STR_STATE, 1 | 1 << 2 | 1 << 5 | 1 << 6);
	put_text(&p->w, at + 48, text);
	return at;
}

static void put_node_type(struct py_world *p)
{
	uint64_t at = new_object(p, static_type(TYPE), 16, 904, 1),
		 keys = world_block(&p->w, KEYS_SMALLEST, 1);

	put_type(p, at, "Node", 16, 0, FLAG_HEAP | FLAG_GC | FLAG_MANAGED_DICT);
	world_set(&p->w, at + 872, keys);
	world_set(&p->w, keys, 1);
	world_set(&p->w, keys + KEYS_ENTRIES, 2);
	world_set(&p->w, keys + 40, new_str(p, "name", 1));
	world_set(&p->w, keys + 56, new_str(p, "next", 1));
	p->node_type = at;
	world_root(&p->w, at);
}

static void py_open_world(struct py_world *p)
{
	static const struct {
		const char *name;
		uint64_t basic, item, flags;
	} types[] = { { "type", 904, 40, FLAG_GC | FLAG_TYPE },
		      { "object", 16, 0, 0 },
		      { "str", 72, 0, 0 },
		      { "int", 24, 4, 0 },
		      { "list", 40, 0, FLAG_GC },
		      { "tuple", 24, 8, FLAG_GC },
		      { "dict", 48, 0, FLAG_GC },
		      { "weakref.ReferenceType", 64, 0, FLAG_GC },
		      { "set", 200, 0, FLAG_GC } };

	*p = (struct py_world){ .next_name = NAMES };
	world_open(&p->w);
	world_map(&p->w, DATA, 0x10000, WORLD_RW, 0, "/usr/bin/python3.11");
	for (unsigned i = 0; i < STATIC_TYPES; i++)
		put_type(p, static_type(i), types[i].name, types[i].basic, types[i].item, types[i].flags);
	put_node_type(p);
}

/* An instance, on the collector's list behind `link`, with its two values in a block of their own. */
static uint64_t new_node(struct py_world *p, uint64_t count, uint64_t link)
{
	uint64_t at = new_object(p, p->node_type, 32, 16, count), values = world_block(&p->w, 24, 2) + 8;

	world_set(&p->w, at - 32, values);
	world_set(&p->w, at - 16, link);
	world_set(&p->w, at - 8, link);
	world_set(&p->w, p->node_type, *world_word(&p->w, p->node_type) + 1);
	return at;
}

static void set_next(struct py_world *p, uint64_t node, uint64_t to)
{
	world_set(&p->w, *world_word(&p->w, node - 32) + 8, to);
}

static void py_finish(struct py_world *p)
{
	const struct names_options options = { .no_debuginfod = true };
	struct err err = { "" };

	world_graph(&p->w);
	ck_assert_msg(!names_open(&p->names, &p->w.trace, &options, &err), "%s", err.text);
	ck_assert_msg(!models_apply(&p->models, &p->w.graph, p->names, NULL, &err), "%s", err.text);
	ck_assert_msg(!counts_find(&p->counts, &p->models, &p->w.graph, &err), "%s", err.text);
	ck_assert(graph_is_valid(&p->w.graph));
	ck_assert_msg(!classify(&p->w.classes, &p->w.graph, &err), "%s", err.text);
}

static void py_close_world(struct py_world *p)
{
	counts_free(&p->counts);
	models_close(&p->models);
	names_close(p->names);
	world_close(&p->w);
}

static const char *type_of(struct py_world *p, uint64_t object)
{
	return models_type(&p->models, world_index(&p->w, object));
}

static enum count_verdict verdict_of(const struct py_world *p, uint64_t object)
{
	return p->counts.of[world_index(&p->w, object)].verdict;
}

static void ck_field(struct py_world *p, uint64_t block, uint64_t offset, const char *name)
{
	char text[64] = "";

	ck_assert(models_field(&p->models, world_index(&p->w, block), offset, text, sizeof text));
	ck_assert_str_eq(text, name);
}

/* ---- sound memory ------------------------------------------------------------------------------------ */

START_TEST(objects_have_types_and_their_words_names)
{
	struct py_world p;

	py_open_world(&p);
	uint64_t node = new_node(&p, 1, 0), other = new_node(&p, 1, 0);
	set_next(&p, node, other);
	world_root(&p.w, node);
	py_finish(&p);
	ck_assert_str_eq(type_of(&p, node), "Node");
	ck_assert_str_eq(type_of(&p, p.node_type), "type");
	ck_assert_str_eq(models_who(&p.models, world_index(&p.w, node)), "cpython");
	ck_field(&p, node, 0, "__dict__");
	ck_field(&p, *world_word(&p.w, node - 32), 16, "next");
	ck_assert_int_eq(world_class(&p.w, other), CLASS_REACHABLE);
	ck_assert_int_eq(verdict_of(&p, other), COUNT_EXACT);
	py_close_world(&p);
}
END_TEST

/* The heads of the collector's lists lie in the interpreter's data, and reach every object. */
START_TEST(links_of_the_collector_own_nothing)
{
	struct py_world p;

	py_open_world(&p);
	uint64_t left = new_node(&p, 1, HEADS), right = new_node(&p, 1, HEADS);
	set_next(&p, left, right);
	set_next(&p, right, left);
	world_set(&p.w, left - 16, right - 16);
	world_set(&p.w, HEADS, left - 16);
	world_set(&p.w, HEADS + 8, right - 16);
	py_finish(&p);
	ck_assert_int_eq(world_class(&p.w, left), CLASS_CYCLE);
	ck_assert_int_eq(world_class(&p.w, right), CLASS_CYCLE);
	ck_assert_uint_eq(p.counts.sums[COUNT_SURPLUS], 0);
	py_close_world(&p);
}
END_TEST

START_TEST(weak_references_own_nothing)
{
	struct py_world p;

	py_open_world(&p);
	uint64_t node = new_node(&p, 1, 0), weak = new_object(&p, static_type(WEAKREF), 16, 64, 1);
	world_set(&p.w, weak + WEAK_OBJECT, node);
	world_root(&p.w, weak);
	py_finish(&p);
	ck_assert_int_eq(world_class(&p.w, weak), CLASS_REACHABLE);
	ck_assert_int_eq(world_class(&p.w, node), CLASS_DIRECT);
	ck_assert_int_eq(verdict_of(&p, node), COUNT_SURPLUS);
	py_close_world(&p);
}
END_TEST

START_TEST(what_lies_behind_a_lists_items_is_gone)
{
	struct py_world p;

	py_open_world(&p);
	uint64_t list = new_object(&p, static_type(LIST), 16, 40, 1), items = world_block(&p.w, 32, 1);
	uint64_t there = new_node(&p, 1, 0), gone = new_node(&p, 1, 0);
	world_set(&p.w, list + OBJECT_SIZE, 1);
	world_set(&p.w, list + LIST_ITEMS, items);
	world_set(&p.w, list + LIST_ALLOCATED, 4);
	world_set(&p.w, items, there);
	world_set(&p.w, items + 8, gone);
	world_root(&p.w, list);
	py_finish(&p);
	ck_assert_str_eq(type_of(&p, items), "list items");
	ck_field(&p, items, 0, "[0]");
	ck_assert_int_eq(world_class(&p.w, there), CLASS_REACHABLE);
	ck_assert_int_eq(world_class(&p.w, gone), CLASS_DIRECT);
	py_close_world(&p);
}
END_TEST

START_TEST(nodes_of_the_compilers_own_nothing_but_each_other)
{
	struct py_world p;

	py_open_world(&p);
	uint64_t arena = world_block(&p.w, 32 + 64, 5), next = world_block(&p.w, 32 + 64, 6);
	uint64_t name = new_str(&p, "name", 1), gone = world_block(&p.w, 24, 7);
	world_set(&p.w, arena, 64);
	world_set(&p.w, arena + 8, 16);
	world_set(&p.w, arena + 16, next);
	world_set(&p.w, arena + 24, arena + 32);
	world_set(&p.w, arena + 40, name);
	world_set(&p.w, arena + 48, gone);
	world_root(&p.w, arena);
	py_finish(&p);
	ck_assert_str_eq(type_of(&p, arena), "syntax tree");
	ck_assert_int_eq(world_class(&p.w, next), CLASS_REACHABLE);
	ck_assert_int_eq(world_class(&p.w, name), CLASS_DIRECT);
	ck_assert_int_eq(world_class(&p.w, gone), CLASS_DIRECT);
	py_close_world(&p);
}
END_TEST

START_TEST(a_count_above_what_is_found_is_a_surplus)
{
	struct py_world p;

	py_open_world(&p);
	uint64_t lost = new_node(&p, 2, 0), odd = new_node(&p, 2, 0);
	uint64_t record = world_block(&p.w, 48, 3);
	p.w.heap_next = (p.w.heap_next + 48 + 255) / 256 * 256 - 48;
	uint64_t low = new_node(&p, 1, 0), tagged = new_node(&p, 1, 0); /* the highest */
	world_root(&p.w, lost);
	world_root(&p.w, odd);
	world_root(&p.w, record);
	world_set(&p.w, record + 8, odd << 56); /* in both words */
	world_set(&p.w, record + 16, odd >> 8);
	world_set(&p.w, record + 24, tagged | 1);
	world_set(&p.w, record + 40, low >> 8); /* its lowest byte is the last of a word that is 0 */
	py_finish(&p);
	ck_assert_int_eq(verdict_of(&p, lost), COUNT_SURPLUS);
	ck_assert_int_eq(verdict_of(&p, odd), COUNT_WITHIN);
	ck_assert_int_eq(verdict_of(&p, tagged), COUNT_WITHIN);
	ck_assert_int_eq(world_class(&p.w, tagged), CLASS_REACHABLE);
	ck_assert_uint_eq(low % 256, 0);
	ck_assert_int_eq(verdict_of(&p, low), COUNT_WITHIN);
	ck_assert_uint_eq(p.counts.nsurplus, 1);
	py_close_world(&p);
}
END_TEST

START_TEST(a_larger_block_that_begins_as_an_object_is_none)
{
	struct py_world p;

	py_open_world(&p);
	uint64_t object = new_object(&p, static_type(OBJECT), 0, 16, 2),
		 reused = new_object(&p, static_type(OBJECT), 0, 768, 17737);
	world_root(&p.w, object);
	world_root(&p.w, reused);
	py_finish(&p);
	ck_assert_int_eq(verdict_of(&p, object), COUNT_SURPLUS);
	ck_assert_int_eq(verdict_of(&p, reused), COUNT_NONE);
	py_close_world(&p);
}
END_TEST

/* CPython 3.13 has the values of attributes behind the object, in its block. */
START_TEST(an_instance_has_room_for_its_values)
{
	struct py_world p;

	py_open_world(&p);
	world_set(&p.w, p.node_type + TYPE_FLAGS,
		  *world_word(&p.w, p.node_type + TYPE_FLAGS) | FLAG_INLINE_VALUES);
	uint64_t node = new_object(&p, p.node_type, 32, 16 + 272, 2);
	world_root(&p.w, node);
	py_finish(&p);
	ck_assert_int_eq(verdict_of(&p, node), COUNT_SURPLUS);
	py_close_world(&p);
}
END_TEST

/* An instance's values are its alone: what points elsewhere into them holds nothing. */
START_TEST(parts_are_held_by_their_object_alone)
{
	struct py_world p;

	py_open_world(&p);
	uint64_t node = new_node(&p, 1, 0), holder = world_block(&p.w, 16, 2);
	uint64_t values = *world_word(&p.w, node - 32);
	world_set(&p.w, holder, node);
	world_root(&p.w, values + 8);
	py_finish(&p);
	ck_assert_int_eq(world_class(&p.w, holder), CLASS_DIRECT);
	ck_assert_int_eq(world_class(&p.w, values - 8), CLASS_INDIRECT);
	py_close_world(&p);
}
END_TEST

START_TEST(a_count_below_what_owns_is_a_deficit)
{
	struct py_world p;

	py_open_world(&p);
	uint64_t tuple = new_object(&p, static_type(TUPLE), 16, 40, 1), node = new_node(&p, 1, 0);
	world_set(&p.w, tuple + OBJECT_SIZE, 2);
	world_set(&p.w, tuple + TUPLE_ITEMS, node);
	world_set(&p.w, tuple + TUPLE_ITEMS + 8, node);
	world_root(&p.w, tuple);
	py_finish(&p);
	ck_assert_int_eq(verdict_of(&p, node), COUNT_DEFICIT);
	py_close_world(&p);
}
END_TEST

START_TEST(a_process_without_the_type_of_types_is_none_of_ours)
{
	struct py_world p;

	py_open_world(&p);
	world_root(&p.w, new_node(&p, 1, 0));
	world_set(&p.w, static_type(TYPE) + OBJECT_TYPE, 0);
	py_finish(&p);
	ck_assert_ptr_null(type_of(&p, p.node_type));
	ck_assert_uint_eq(p.counts.objects, 0);
	py_close_world(&p);
}
END_TEST

START_TEST(corpses_are_no_leaks)
{
	struct py_world p;

	py_open_world(&p);
	uint64_t corpse = new_object(&p, static_type(LIST), 16, 40, 0), node = new_node(&p, 1, 0);
	world_set(&p.w, corpse + LIST_ITEMS, node);
	py_finish(&p);
	ck_assert_int_eq(world_class(&p.w, corpse), CLASS_REACHABLE);
	ck_assert_int_eq(world_class(&p.w, node), CLASS_DIRECT);
	ck_assert_int_eq(verdict_of(&p, corpse), COUNT_NONE);
	py_close_world(&p);
}
END_TEST

/* After the interpreter has ended nobody is at the head of a list. */
START_TEST(a_list_of_the_collector_may_have_no_head)
{
	struct py_world p;

	py_open_world(&p);
	uint64_t left = new_node(&p, 1, 0), right = new_node(&p, 1, left - 16);
	world_set(&p.w, left - 16, right - 16);
	world_set(&p.w, left - 8, right - 16);
	py_finish(&p);
	ck_assert_int_eq(world_class(&p.w, left), CLASS_DIRECT);
	py_close_world(&p);
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

static void populate(struct py_world *p, uint64_t *state)
{
	uint64_t last = new_node(p, 1, HEADS);

	for (unsigned i = 0; i < 12; i++) {
		uint64_t list = new_object(p, static_type(LIST), 16, 40, 1),
			 items = world_block(&p->w, 64, 1);
		uint64_t dict = new_object(p, static_type(DICT), 16, 48, 1),
			 keys = world_block(&p->w, 160, 1);
		uint64_t node = new_node(p, draw(state) % 3, last - 16);

		set_next(p, node, last);
		world_set(&p->w, list + OBJECT_SIZE, draw(state) % 9);
		world_set(&p->w, list + LIST_ITEMS, items);
		world_set(&p->w, items, node);
		world_set(&p->w, dict + DICT_KEYS, keys);
		world_set(&p->w, keys + KEYS_ENTRIES, draw(state) % 9);
		world_set(&p->w, keys + 48, node);
		world_root(&p->w, i % 2 ? list : dict);
		last = node;
	}
}

/* Somewhere a word becomes another's value, an address, a small number, or anything. */
static void damage(struct py_world *p, uint64_t *state)
{
	bool in_data = draw(state) % 2;
	uint64_t words = (in_data ? 0x2800 : p->w.heap_next - p->w.heap_start) / 8;
	uint64_t at = (in_data ? DATA : p->w.heap_start) + draw(state) % words * 8;
	uint64_t other = p->w.heap_start + draw(state) % ((p->w.heap_next - p->w.heap_start) / 8) * 8;
	const uint64_t values[] = { other,
				    *world_word(&p->w, other),
				    draw(state) % 64,
				    draw(state),
				    static_type(draw(state) % STATIC_TYPES),
				    at };

	world_set(&p->w, at, values[draw(state) % 6]);
}

/* Every word of every block is asked for its name as well. */
static void ask_all(struct py_world *p)
{
	char text[16];

	for (uint32_t i = 0; i < p->w.heap.nblocks; i++)
		for (uint64_t offset = 0; offset < p->w.heap.blocks[i].size; offset += 8)
			models_field(&p->models, i, offset, text, sizeof text);
}

START_TEST(damaged_objects_mislead_nobody_into_a_crash)
{
	uint64_t state = 0x9e3779b97f4a7c15ULL + (uint64_t)_i;

	for (unsigned round = 0; round < 1000; round++) {
		struct py_world p;

		py_open_world(&p);
		populate(&p, &state);
		for (uint64_t n = draw(&state) % 60; n; n--)
			damage(&p, &state);
		py_finish(&p);
		ask_all(&p);
		py_close_world(&p);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		objects_have_types_and_their_words_names,
		links_of_the_collector_own_nothing,
		weak_references_own_nothing,
		what_lies_behind_a_lists_items_is_gone,
		nodes_of_the_compilers_own_nothing_but_each_other,
		a_count_above_what_is_found_is_a_surplus,
		a_larger_block_that_begins_as_an_object_is_none,
		an_instance_has_room_for_its_values,
		parts_are_held_by_their_object_alone,
		a_count_below_what_owns_is_a_deficit,
		a_process_without_the_type_of_types_is_none_of_ours,
		corpses_are_no_leaks,
		a_list_of_the_collector_may_have_no_head,
		damaged_objects_mislead_nobody_into_a_crash,
	};

	return suite_run("cpython", tests, sizeof tests / sizeof *tests);
}
