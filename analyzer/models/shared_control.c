/* shared_control.c: control blocks, by the class that their vtable names, and the pairs that point at them. */
#include "models/shared_ptr.h"

#include <string.h>

#define COUNT_MAX (1 << 30)

/* How a library lays out the control block of a kind. */
struct shared_layout {
	const char *prefix; /* of the class's name; T, or T *, follows */
	const char *then; /* what stands further on in it; "": anything */
	uint32_t pointer; /* where T * lies; 0: the object is inside; LAST_WORD */
	uint32_t object; /* where the object begins that is inside */
	bool is_libcxx; /* 8-byte counts, one less than there are */
};
#define LAST_WORD UINT32_MAX

static const struct shared_layout layouts[] = {
	{ "std::_Sp_counted_ptr_inplace<", "", 0, 16, false },
	{ "std::_Sp_counted_ptr<", "", 16, 0, false },
	{ "std::_Sp_counted_deleter<", "", LAST_WORD, 0, false },
	{ "std::__1::__shared_ptr_emplace<", "", 0, 24, true },
	{ "std::__1::__shared_ptr_pointer<", "", 24, 0, true },
	{ "boost::detail::sp_counted_impl_p<", "", 16, 0, false },
	{ "boost::detail::sp_counted_impl_pd<", "boost::detail::sp_ms_deleter<", 0, 32, false },
	{ "boost::detail::sp_counted_impl_pd<", "", 16, 0, false },
	{ "boost::detail::sp_counted_impl_pda<", "", 16, 0, false },
};

/* ---- classes ----------------------------------------------------------------------------------------- */

/* "Employee" of "Employee*, ...": up to the comma or the bracket that ends it, without a star. */
static char *first_argument(struct arena *a, const char *text)
{
	size_t length = 0;

	for (int depth = 0; text[length]; length++) {
		depth += strchr("<(", text[length]) != NULL;
		depth -= strchr(">)", text[length]) != NULL;
		if (depth < 0 || (!depth && text[length] == ','))
			break;
	}
	while (length && strchr(" *", text[length - 1]))
		length--;
	return arena_copy(a, text, length);
}

static const struct shared_layout *layout_of(const char *name)
{
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
		size_t length = strlen(layouts[i].prefix);

		if (!strncmp(name, layouts[i].prefix, length) && strstr(name + length, layouts[i].then))
			return &layouts[i];
	}
	return NULL;
}

static const struct shared_class *class_new(struct shared *s, const char *name)
{
	const struct shared_layout *l = layout_of(name);
	struct shared_class *c = arena_take(&s->arena, sizeof *c);
	const char *of = l ? first_argument(&s->arena, name + strlen(l->prefix)) : NULL;

	if (!c || !of)
		return c;
	c->layout = l;
	c->type = names_type_named(s->world->names, of);
	c->inside = arena_format(&s->arena, "make_shared<%s>", of);
	c->apart = arena_format(&s->arena, "shared_ptr control of %s", of);
	c->expired = arena_format(&s->arena, "expired %s", l->pointer ? c->apart : c->inside);
	return c;
}

static const struct shared_class *class_of(struct shared *s, uint64_t vptr)
{
	const char *name = vtables_type(s->world->vtables, vptr);
	const struct shared_class *c = name ? map_get(&s->classes, map_pointer_key(name)) : NULL;

	if (name && !c) {
		c = class_new(s, name);
		map_put(&s->classes, map_pointer_key(name), (void *)(uintptr_t)c);
	}
	return c && c->layout && c->expired ? c : NULL;
}

/* ---- control blocks ---------------------------------------------------------------------------------- */

/* All shared_ptrs together count as one weak reference. */
static bool read_counts(const struct shared *s, const struct shared_layout *l, uint64_t at, struct control *c)
{
	uint64_t first, second;

	if (!memory_word(s->world->memory, at + 8, &first) ||
	    !memory_word(s->world->memory, at + 16, &second))
		return false;
	c->use = l->is_libcxx ? first + 1 : (uint32_t)first;
	c->weak = l->is_libcxx ? second + 1 : first >> 32;
	if (c->use > COUNT_MAX || !c->weak || c->weak > COUNT_MAX)
		return false;
	c->weak -= c->use > 0;
	return true;
}

/* The object lies at the end, by its alignment. */
static uint64_t inside(const struct shared_class *c, const struct block *b)
{
	uint64_t bytes = (type_bytes(c->type) + 7) & ~7ull, offset = c->layout->object;

	return b->addr + (bytes && bytes + offset <= b->size ? b->size - bytes : offset);
}

static bool find_object(const struct shared *s, const struct block *b, struct control *c)
{
	uint64_t pointer = c->class->layout->pointer;

	c->object = inside(c->class, b);
	if (!pointer)
		return b->size > c->class->layout->object;
	pointer = pointer == LAST_WORD ? (b->size - 8) & ~7ull : pointer;
	return pointer + 8 <= b->size && memory_word(s->world->memory, b->addr + pointer, &c->object);
}

bool control_at(struct shared *s, uint32_t block, struct control *c)
{
	const struct block *b = &s->world->heap->blocks[block];
	uint64_t vptr;

	if (b->size < 24 || !memory_word(s->world->memory, b->addr, &vptr))
		return false;
	c->class = class_of(s, vptr);
	return c->class && read_counts(s, c->class->layout, b->addr, c) && find_object(s, b, c);
}

/* ---- pairs ------------------------------------------------------------------------------------------- */

bool shared_is_pair(struct shared *s, uint64_t at, struct control *c, uint32_t *block)
{
	const struct heap *h = s->world->heap;
	uint64_t object, control, vptr;

	if (!memory_held(s->world->memory, at, &control) || !memory_held(s->world->memory, at - 8, &object) ||
	    !memory_held(s->world->memory, control, &vptr) || !class_of(s, vptr))
		return false;
	*block = heap_find(h, control);
	if (*block == NO_BLOCK || h->blocks[*block].addr != control || !control_at(s, *block, c))
		return false;
	uint32_t target = heap_find(h, c->object);
	return object == c->object ||
	       (target != NO_BLOCK && heap_find(h, object) == target && object >= c->object);
}

bool shared_is_own(const struct shared *s, uint64_t at, const struct control *c)
{
	return at > c->object && heap_find(s->world->heap, at) == heap_find(s->world->heap, c->object);
}
