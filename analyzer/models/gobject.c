/* gobject.c: GObjects of GLib 2.74 and 2.84, by what the type system keeps of each class; symbols are not needed.
 *
 * An instance begins behind its private data, with a pointer to its class; only blocks of exactly the size that the
 * class says are instances. (A trace that leaves out large integers has not the sizes of types with private data: the
 * place and size that most of its seeming instances have in common stand in for them.) Names of types are quarks:
 * numbers in a table that is found by asking all types at once.
 * What stands in the lists of weak references, toggle references and closures that an object keeps does not own it,
 * and a GWeakRef does not own its object. Other C code may hold an object without counting itself, so only a surplus
 * means something. */
#include "models/models.h"

#include "heap/owned.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* gtype.c: struct _TypeNode, from its plugin on, and, of types that can be instantiated, struct _InstanceData. */
#define NODE_COUNTED 8u /* what 2.74 has before the plugin, and 2.84 has not */
#define NODE_DATA 24u
#define NODE_NAME 32u
#define NODE_SUPERS 64u /* itself, its parent, ...; fundamental types are small numbers */
#define NODE_BYTES 72u
#define NODE_BEFORE 8u /* of a fundamental type: a few flags, in the same block */
#define DATA_CLASS 56u
#define DATA_SIZES 64u /* of an instance, and of its private data: 2 bytes each */
#define SUPERS_MAX 256u
#define FUNDAMENTAL_MAX 1020u
#define TYPE_PARAM 76u
#define TYPE_OBJECT 80u

/* gobject.h: struct _GObject. */
#define OBJECT_COUNT 8u
#define OBJECT_DATA 16u
#define OBJECT_BYTES 24u
#define PARAM_COUNT 64u /* gparam.h: struct _GParamSpec */
#define COUNT_MAX (1u << 24)
#define PRIVATE_STEP 16u
#define PRIVATE_MAX 4096u

/* gdataset.c: struct _GData: how many, then these. */
#define DATA_FIRST 8u
#define DATA_STEP 24u
#define DATA_MAX 1024u
#define LIST_MAX 65536u /* GWeakRefs of one object */

struct gclass {
	const char *name; /* "" while it is not known */
	uint64_t node; /* its plugin */
	uint32_t quark;
	uint32_t bytes, private_bytes; /* of an instance; 0: not in the trace */
	/* While they are being found: seeming instances that agree, less those that do not */
	uint32_t agreed;
	uint32_t count_at; /* in an instance; 0: it keeps none that is known */
	bool is_object; /* else what counts is not who holds it */
	bool has_layout; /* that it was looked for */
	const struct type *layout, *private_layout;
	struct gclass *next; /* as met */
};

enum part { PART_DATA = 1, PART_STACK, PART_CLOSURES, PART_LOCATIONS, PART_PLACES };

struct gobject {
	const struct model_world *world;
	uint32_t before_plugin; /* in a node */
	struct arena arena;
	struct map classes; /* address of a class structure -> struct gclass */
	struct gclass *all; /* newest first */
	struct map parts; /* block + 1 -> enum part */
	struct map weak; /* address of a GWeakRef */
	uint64_t quarks; /* the table; 0: not found */
};

static bool word(const struct gobject *g, uint64_t at, uint64_t *value)
{
	return memory_word(g->world->memory, at, value);
}

/* ---- classes ----------------------------------------------------------------------------------------- */

/* The type that a type descends from; 0: not known. */
static uint64_t fundamental_type(const struct gobject *g, uint64_t node)
{
	uint64_t super;

	for (unsigned i = 0; i < SUPERS_MAX && word(g, node + NODE_SUPERS + 8 * i, &super); i++)
		if (super <= FUNDAMENTAL_MAX)
			return super;
	return 0;
}

/* Is there the plugin of the node of a type with instances, whose class structure exists? */
static bool read_class(const struct gobject *g, uint64_t node, struct gclass *c, uint64_t *at)
{
	uint64_t self, data, class_type, sizes, quark, base;

	if (!word(g, node + NODE_SUPERS, &self) ||
	    !(self <= FUNDAMENTAL_MAX ? self && self % 4 == 0 : (self & ~3ull) + g->before_plugin == node) ||
	    !word(g, node + NODE_DATA, &data) || !data || !word(g, data + DATA_CLASS, at) || !*at ||
	    !word(g, *at, &class_type) || class_type != self || !word(g, data + DATA_SIZES, &sizes) ||
	    !word(g, node + NODE_NAME, &quark))
		return false;
	base = fundamental_type(g, node);
	*c = (struct gclass){ .name = "",
			      .node = node,
			      .quark = (uint32_t)quark,
			      .bytes = sizes & 0xffff,
			      .private_bytes = sizes >> 16 & 0xffff,
			      .count_at = base == TYPE_OBJECT  ? OBJECT_COUNT
					  : base == TYPE_PARAM ? PARAM_COUNT
							       : 0,
			      .is_object = base == TYPE_OBJECT };
	return (c->bytes >= 8 || !sizes) && c->quark;
}

static bool read_node(struct gobject *g, uint64_t node)
{
	struct gclass found;
	uint64_t at;

	if (!read_class(g, node, &found, &at) || map_get(&g->classes, at))
		return true;
	struct gclass *c = arena_take(&g->arena, sizeof *c);
	if (!c || !map_put(&g->classes, at, c))
		return false;
	*c = found;
	c->next = g->all;
	g->all = c;
	return true;
}

/* How many blocks are the nodes of types that are derived: such a type's number is where its node is. */
static uint32_t count_nodes(const struct gobject *g, uint32_t before_plugin)
{
	const struct heap *h = g->world->heap;
	uint64_t self;
	uint32_t n = 0;

	for (uint32_t i = 0; i < h->nblocks; i++)
		n += h->blocks[i].size >= before_plugin + NODE_BYTES &&
		     word(g, h->blocks[i].addr + before_plugin + NODE_SUPERS, &self) &&
		     self == h->blocks[i].addr;
	return n;
}

static bool find_classes(struct gobject *g)
{
	const struct heap *h = g->world->heap;

	g->before_plugin = count_nodes(g, NODE_COUNTED) > count_nodes(g, 0) ? NODE_COUNTED : 0;
	for (uint32_t i = 0; i < h->nblocks; i++) {
		uint64_t plugin = h->blocks[i].addr + g->before_plugin;

		if (h->blocks[i].size >= g->before_plugin + NODE_BYTES &&
		    (!read_node(g, plugin) || !read_node(g, plugin + NODE_BEFORE)))
			return false;
	}
	return true;
}

/* ---- names ------------------------------------------------------------------------------------------- */

static bool quark_name(const struct gobject *g, uint64_t table, uint32_t quark, char *name, size_t room)
{
	uint64_t text;

	return word(g, table + 8ull * quark, &text) && memory_text(g->world->memory, text, name, room);
}

static bool is_type_name(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_-+", *name))
			return false;
	return true;
}

static uint32_t votes(const struct gobject *g, uint64_t table)
{
	uint32_t n = 0;
	char name[128];

	for (const struct gclass *c = g->all; c; c = c->next)
		n += quark_name(g, table, c->quark, name, sizeof name) && is_type_name(name);
	return n;
}

/* The table hangs on a static variable of GLib; that it gives each type a name tells it. */
static void find_quarks(struct gobject *g)
{
	const struct graph *graph = g->world->graph;
	uint32_t most = 0;

	for (uint32_t i = 0; i < graph->nregions; i++) {
		const struct root_region *r = &graph->regions[i];
		if (r->kind != ROOT_GLOBAL || !path_is(r->path, "libglib-2.0.so"))
			continue;
		for (uint64_t at = r->start, table; at + 8 <= r->end; at += 8) {
			uint32_t n = word(g, at, &table) && table && table % 8 == 0 ? votes(g, table) : 0;
			if (n <= most)
				continue;
			most = n;
			g->quarks = table;
		}
	}
}

/* A name that the program made at run time is in no file: then its nearest parent's is told. */
static const char *class_name(struct gobject *g, const struct gclass *c)
{
	char name[128];
	uint64_t super = c->node;

	if (quark_name(g, g->quarks, c->quark, name, sizeof name))
		return arena_copy(&g->arena, name, strlen(name));
	for (unsigned i = 1; i < SUPERS_MAX && super > FUNDAMENTAL_MAX; i++) {
		uint64_t quark;
		if (!word(g, c->node + NODE_SUPERS + 8 * i, &super) || super <= FUNDAMENTAL_MAX ||
		    !word(g, (super & ~3ull) + g->before_plugin + NODE_NAME, &quark))
			break;
		if (quark_name(g, g->quarks, (uint32_t)quark, name, sizeof name))
			return arena_format(&g->arena, "kind of %s", name);
	}
	return c->is_object ? "kind of GObject" : NULL;
}

/* ---- instances --------------------------------------------------------------------------------------- */

static struct gclass *class_at(const struct gobject *g, uint64_t object)
{
	uint64_t at;

	return memory_held(g->world->memory, object, &at) && at ? map_get(&g->classes, at) : NULL;
}

/* Boyer and Moore's vote over what seem to be instances. */
static void vote_on_size(const struct gobject *g, const struct block *b, uint32_t before)
{
	struct gclass *c = class_at(g, b->addr + before);
	uint64_t count, bytes = b->size - before;

	if (!c || !c->count_at || (c->bytes && !c->agreed) ||
	    !word(g, b->addr + before + c->count_at, &count) || !(uint32_t)count ||
	    (uint32_t)count >= COUNT_MAX || bytes > UINT16_MAX)
		return;
	if (!c->agreed) {
		c->bytes = (uint32_t)bytes;
		c->private_bytes = before;
	}
	c->agreed += c->bytes == bytes && c->private_bytes == before ? 1 : -1;
	c->bytes = c->agreed ? c->bytes : 0;
}

static void find_sizes(const struct gobject *g)
{
	const struct heap *h = g->world->heap;

	for (uint32_t i = 0; i < h->nblocks; i++)
		for (uint32_t before = PRIVATE_STEP;
		     before + OBJECT_BYTES <= h->blocks[i].size && before <= PRIVATE_MAX;
		     before += PRIVATE_STEP)
			vote_on_size(g, &h->blocks[i], before);
}

static struct gclass *instance(const struct gobject *g, uint32_t block)
{
	const struct block *b = &g->world->heap->blocks[block];

	for (uint32_t before = 0; before + 8ull <= b->size && before <= PRIVATE_MAX; before += PRIVATE_STEP) {
		struct gclass *c = class_at(g, b->addr + before);
		if (c && c->private_bytes == before && b->size == (uint64_t)before + c->bytes)
			return c;
	}
	return NULL;
}

static bool is_part(const struct gobject *g, uint32_t block, enum part part)
{
	return (enum part)(uintptr_t)map_get(&g->parts, block + 1ull) == part;
}

static bool gobject_classify(void *state, uint32_t block, struct object *o)
{
	struct gobject *g = state;
	const struct gclass *c = instance(g, block);
	uint64_t at, count;

	if (!c && is_part(g, block, PART_DATA))
		o->type = "GData";
	if (!c)
		return o->type;
	o->type = *c->name ? c->name : NULL;
	o->offset = c->private_bytes;
	at = g->world->heap->blocks[block].addr + o->offset;
	if (c->is_object && word(g, at + OBJECT_COUNT, &count) && (uint32_t)count &&
	    (uint32_t)count < COUNT_MAX)
		o->count = (uint32_t)count;
	return true;
}

/* ---- what objects keep on the side ------------------------------------------------------------------- */

static bool put_part(struct gobject *g, uint64_t at, enum part part)
{
	uint32_t block = heap_find(g->world->heap, at);

	return block == NO_BLOCK || map_put(&g->parts, block + 1ull, (void *)(uintptr_t)part);
}

static bool put_place(struct gobject *g, uint64_t place)
{
	return !place || map_put(&g->weak, place, g);
}

/* gobject.c: struct WeakRefData: 2 bytes at 4 say how many; at 8 the place of the only one, or of those of several. */
static bool take_places(struct gobject *g, uint64_t data, uint64_t n)
{
	uint64_t places, place;

	if (!put_part(g, data, PART_PLACES))
		return false;
	if (!word(g, data + 8, &places))
		return true;
	if (n == 1)
		return put_place(g, places);
	for (uint64_t i = 0; i < n && word(g, places + 8 * i, &place); i++)
		if (!put_place(g, place))
			return false;
	return put_part(g, places, PART_PLACES);
}

/* The addresses of GWeakRefs: in 2.74 a block that points at a GSList of them. */
static bool take_locations(struct gobject *g, uint64_t list)
{
	uint64_t node, place;

	if (!word(g, list, &node))
		return true;
	if (heap_find(g->world->heap, node) == NO_BLOCK)
		return take_places(g, list, node >> 32 & 0xffff);
	for (unsigned i = 0; i < LIST_MAX && node; i++) {
		if (!put_part(g, node, PART_LOCATIONS))
			return false;
		if (!word(g, node, &place) || !put_place(g, place) || !word(g, node + 8, &node))
			break;
	}
	return true;
}

static bool take_datum(struct gobject *g, uint32_t quark, uint64_t data)
{
	char name[64];

	if (!quark_name(g, g->quarks, quark, name, sizeof name))
		return true;
	if (!strcmp(name, "GObject-weak-locations"))
		return take_locations(g, data);
	if (!strcmp(name, "GObject-weak-references") || !strcmp(name, "GObject-weak-notifies") ||
	    !strcmp(name, "GObject-toggle-references"))
		return put_part(g, data, PART_STACK);
	return strcmp(name, "GObject-closure-array") != 0 || put_part(g, data, PART_CLOSURES);
}

static bool take_data(struct gobject *g, uint64_t object)
{
	uint64_t at, n, quark, data;

	if (!word(g, object + OBJECT_DATA, &at) || !(at &= ~7ull) || !word(g, at, &n))
		return true;
	if (!put_part(g, at, PART_DATA))
		return false;
	n = (uint32_t)n < DATA_MAX ? (uint32_t)n : DATA_MAX;
	for (uint64_t i = 0, datum = at + DATA_FIRST; i < n; i++, datum += DATA_STEP)
		if (word(g, datum, &quark) && word(g, datum + 8, &data) &&
		    !take_datum(g, (uint32_t)quark, data))
			return false;
	return true;
}

static bool find_parts(struct gobject *g)
{
	const struct heap *h = g->world->heap;

	for (uint32_t i = 0; i < h->nblocks; i++) {
		const struct gclass *c = instance(g, i);
		if (c && c->is_object && !take_data(g, h->blocks[i].addr + c->private_bytes))
			return false;
	}
	return true;
}

/* ---- references -------------------------------------------------------------------------------------- */

/* The low bits of the pointer to its data are flags. */
static enum ref_kind label_instance(const struct gobject *g, const struct gclass *c, uint32_t block,
				    struct ref r)
{
	uint64_t value, at = g->world->heap->blocks[block].addr + ref_offset(r);

	if (ref_offset(r) != c->private_bytes + OBJECT_DATA || !c->is_object || !word(g, at, &value))
		return ref_kind(r);
	return (value & ~7ull) == g->world->heap->blocks[r.to].addr ? REF_RECOGNISED : ref_kind(r);
}

/* Of a weak reference the user's data are no owners either; lists point back at their object. */
static enum ref_kind gobject_label_any(void *state, uint32_t holder, uint64_t at, uint32_t to,
				       enum ref_kind kind)
{
	struct gobject *g = state;
	uint64_t offset = at - g->world->heap->blocks[holder].addr;
	struct ref r = { to, (uint32_t)(offset / 8) << REF_KIND_BITS | kind };

	if (map_get(&g->weak, at))
		return REF_WEAK;
	const struct gclass *c = instance(g, holder);
	if (c)
		return label_instance(g, c, holder, r);
	switch ((enum part)(uintptr_t)map_get(&g->parts, holder + 1ull)) {
	case PART_STACK:
		return offset ? REF_WEAK : REF_BORROWED;
	case PART_CLOSURES:
		return offset ? kind : REF_BORROWED;
	case PART_LOCATIONS:
		return offset ? kind : REF_BORROWED;
	case PART_PLACES:
		return REF_BORROWED;
	default:
		return kind;
	}
}

static enum ref_kind gobject_label_root(void *state, const struct root_ref *r)
{
	struct gobject *g = state;
	bool is_memory = g->world->graph->regions[r->region].kind != ROOT_REGISTER;

	return is_memory && map_get(&g->weak, r->at) ? REF_WEAK : (enum ref_kind)r->kind;
}

/* ---- fields ------------------------------------------------------------------------------------------ */

/* The structure of a type Node is struct _Node; of its private data, struct _NodePrivate or without the underscore. */
static const struct type *structure(struct gobject *g, const char *name, const char *suffix)
{
	char text[160];

	snprintf(text, sizeof text, "_%s%s", name, suffix);
	const struct type *t = names_type_named(g->world->names, text);
	return t ? t : names_type_named(g->world->names, text + 1);
}

static void find_layout(struct gobject *g, struct gclass *c)
{
	if (c->has_layout || !*c->name)
		return;
	c->has_layout = true;
	c->layout = structure(g, c->name, "");
	if (c->private_bytes)
		c->private_layout = structure(g, c->name, "Private");
}

/* A list of {quark, data, destroy} behind their number. Names that are not in the trace stay out. */
static bool datum_field(const struct gobject *g, uint32_t block, uint64_t offset, char *text, size_t room)
{
	uint64_t quark = 0, datum = (offset - DATA_FIRST) / DATA_STEP;
	char name[64];

	if (offset < DATA_FIRST || (offset - DATA_FIRST) % DATA_STEP != 8)
		return false;
	word(g, g->world->heap->blocks[block].addr + offset - 8, &quark);
	if (quark_name(g, g->quarks, (uint32_t)quark, name, sizeof name))
		return snprintf(text, room, "data['%s']", name) > 0;
	return snprintf(text, room, "data[%llu]", (unsigned long long)datum) > 0;
}

static bool gobject_field(void *state, uint32_t block, uint64_t offset, char *text, size_t room)
{
	struct gobject *g = state;
	struct gclass *c = instance(g, block);
	struct type_member m;

	if (!c && is_part(g, block, PART_DATA))
		return datum_field(g, block, offset, text, room);
	if (!c || room < 8)
		return false;
	find_layout(g, c);
	bool is_private = offset < c->private_bytes;
	const struct type *t = is_private ? c->private_layout : c->layout;
	size_t before = is_private ? (size_t)snprintf(text, room, "priv.") : 0;
	uint64_t start = is_private ? 0 : c->private_bytes, bytes = is_private ? c->private_bytes : c->bytes;
	return t && type_word_at(t, bytes, offset - start, &m, text + before, room - before) &&
	       !m.offset_within && text[before];
}

/* ---- the model --------------------------------------------------------------------------------------- */

static void gobject_close(void *state)
{
	struct gobject *g = state;

	arena_free(&g->arena);
	map_free(&g->classes);
	map_free(&g->parts);
	map_free(&g->weak);
	free(g);
}

static bool find_all(struct gobject *g)
{
	if (!find_classes(g))
		return false;
	find_sizes(g);
	find_quarks(g);
	for (struct gclass *c = g->all; c; c = c->next) {
		const char *name = class_name(g, c);
		c->name = name ? name : "";
	}
	return find_parts(g);
}

static int gobject_open(void **state, const struct model_world *w)
{
	bool is_there = has_mapped(w->heap, "libgobject-2.0.so");
	struct gobject *g = is_there ? calloc(1, sizeof *g) : NULL;

	if (!g)
		return is_there ? -1 : 0;
	g->world = w;
	int found = find_all(g) ? g->all != NULL : -1;
	if (found <= 0)
		gobject_close(g);
	else
		*state = g;
	return found;
}

const struct model model_gobject = { .name = "gobject",
				     .weak = "GWeakRef",
				     .open = gobject_open,
				     .close = gobject_close,
				     .classify = gobject_classify,
				     .label_any = gobject_label_any,
				     .label_root = gobject_label_root,
				     .field = gobject_field };
