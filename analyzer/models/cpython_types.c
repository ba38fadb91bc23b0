/* cpython_types.c: type objects, read once each. */
#include "models/cpython.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64 /* of metatypes and bases; CPython's own limit is memory */
#define NAME_MAX 200u
#define BYTES_MAX (1u << 24)

static const struct py_type no_type;

static const char *const family_names[] = {
#define X(name, text) text,
	PY_FAMILIES(X)
#undef X
};

/* Types of C have these names, and no class of Python has a name with a dot. */
static enum py_family family_of(const struct py_type *t)
{
	for (unsigned i = 1; i < PY_NFAMILIES; i++)
		if (!strcmp(t->name, family_names[i]) &&
		    (!(t->flags & FLAG_HEAP) || strchr(family_names[i], '.')))
			return (enum py_family)i;
	return t->base ? t->base->family : PY_OBJECT;
}

static uint32_t bytes_before(const struct py *p, const struct py_type *t)
{
	uint64_t managed = FLAG_MANAGED_DICT | (p->l->minor >= 12 ? FLAG_MANAGED_WEAK : 0);

	if (t->flags & managed)
		return 32;
	return t->flags & FLAG_GC ? 16 : 0;
}

/* An offset from the start of an instance; those before it, or none, are 0. */
static uint64_t offset_at(struct py *p, uint64_t addr)
{
	uint64_t offset = py_get(p, addr);

	return offset < BYTES_MAX && offset % 8 == 0 ? offset : 0;
}

static bool read_sizes(struct py *p, struct py_type *t)
{
	t->basic = py_get(p, t->addr + TYPE_BASIC);
	t->item = py_get(p, t->addr + TYPE_ITEM);
	return t->basic >= 16 && t->basic < BYTES_MAX && t->item < 65536;
}

/* Static types lose their flag when the interpreter has ended. */
static bool read_flags(struct py *p, struct py_type *t)
{
	t->flags = py_get(p, t->addr + TYPE_FLAGS);
	return t->flags & FLAG_READY || heap_find(p->w->heap, t->addr) == NO_BLOCK;
}

static bool read_name(struct py *p, struct py_type *t)
{
	char name[NAME_MAX];

	if (!memory_text(p->memory, py_get(p, t->addr + TYPE_NAME), name, sizeof name))
		return false;
	t->name = arena_copy(&p->arena, name, strlen(name));
	return t->name != NULL;
}

static const struct py_type *type_at(struct py *p, uint64_t addr, int depth);

static bool read_type(struct py *p, struct py_type *t, int depth)
{
	uint64_t base = py_get(p, t->addr + TYPE_BASE);

	if (!read_flags(p, t) || !read_name(p, t))
		return false;
	t->base = base ? type_at(p, base, depth + 1) : NULL;
	t->family = family_of(t);
	t->before = bytes_before(p, t);
	t->weaklist = offset_at(p, t->addr + TYPE_WEAKLIST_OFFSET);
	t->dict = offset_at(p, t->addr + TYPE_DICT_OFFSET);
	t->members = py_get(p, t->addr + TYPE_MEMBERS);
	t->cached_keys = t->flags & FLAG_HEAP ? py_get(p, t->addr + p->l->cached_keys) : 0;
	return true;
}

static bool add_type(struct py *p, struct py_type *t)
{
	if (p->ntypes == p->types_room) {
		uint32_t room = p->types_room ? 2 * p->types_room : 512;
		struct py_type **types = realloc(p->types, room * sizeof *types);

		if (!types)
			return false;
		p->types = types;
		p->types_room = room;
	}
	t->number = p->ntypes;
	p->types[p->ntypes++] = t;
	return true;
}

/* Whether the object's type is `type` itself, or one whose instances are types. */
static bool is_types_instance(struct py *p, uint64_t addr, int depth)
{
	uint64_t meta;

	if (!py_word(p, addr + OBJECT_TYPE, &meta) || !meta)
		return false;
	if (meta == p->type)
		return true;
	const struct py_type *t = type_at(p, meta, depth + 1);
	return t && t->flags & FLAG_TYPE;
}

static const struct py_type *type_at(struct py *p, uint64_t addr, int depth)
{
	const struct py_type *known = map_get(&p->by_addr, addr);
	struct py_type sizes = { .addr = addr };

	if (known)
		return known == &no_type ? NULL : known;
	/* Sizes first: lists of the collector lead on and on. */
	if (depth > DEPTH_MAX || addr % 8 || !read_sizes(p, &sizes) || !is_types_instance(p, addr, depth))
		return NULL;
	struct py_type *t = arena_take(&p->arena, sizeof *t);
	if (!t || !map_put(&p->by_addr, addr, (void *)(uintptr_t)&no_type)) /* while it is read: its base */
		return NULL;
	*t = sizes;
	if (!read_type(p, t, depth) || !add_type(p, t) || !map_put(&p->by_addr, addr, t))
		return NULL;
	return t;
}

const struct py_type *py_type_at(struct py *p, uint64_t addr)
{
	return addr ? type_at(p, addr, 0) : NULL;
}
