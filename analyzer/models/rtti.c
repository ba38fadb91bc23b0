/* rtti.c: C++ objects by their virtual table pointer. In an array that new[] counted the first one lies behind the count. */
#include "models/model.h"

#include "models/arrays.h"
#include "trace/items.h"

#include <stdlib.h>

struct rtti {
	const struct model_world *world;
	struct arrays arrays;
};

static int rtti_open(void **state, const struct model_world *w)
{
	struct rtti *r = vtables_are_there(w->heap) ? calloc(1, sizeof *r) : NULL;

	*state = r;
	if (r)
		r->world = w;
	return r ? 1 : vtables_are_there(w->heap) ? -1 : 0;
}

static void rtti_close(void *state)
{
	struct rtti *r = state;

	arrays_free(&r->arrays);
	free(r);
}

/* The class of the object that begins there; NULL: none does. */
static const char *class_at(const struct rtti *r, uint64_t at)
{
	uint64_t word;

	return memory_word(r->world->memory, at, &word) ? vtables_type(r->world->vtables, word) : NULL;
}

/* The class of the items of an array that begins so far into the block; the first and the last have to be alike. */
static const char *class_of_items(const struct rtti *r, const struct block *b, uint64_t offset)
{
	uint64_t n = items_counted(r->world->heap->snapshot, b->addr, b->size, offset);
	uint64_t bytes = n ? (b->size - offset) / n : 0;
	const char *first = bytes >= 8 ? class_at(r, b->addr + offset) : NULL;

	return first && class_at(r, b->addr + b->size - bytes) == first ? first : NULL;
}

static bool may_be_array(const struct block *b)
{
	return b->entry != LG_ENTRY_NEW && b->entry != LG_ENTRY_NEW_ALIGNED;
}

static bool rtti_classify(void *state, uint32_t block, struct object *o)
{
	struct rtti *r = state;
	const struct block *b = &r->world->heap->blocks[block];

	o->type = b->size >= 8 ? class_at(r, b->addr) : NULL;
	for (uint64_t at = 8; !o->type && may_be_array(b) && at <= ITEMS_AT_MAX && at < b->size; at *= 2) {
		const char *item = class_of_items(r, b, at);

		o->type = item ? arrays_name(&r->arrays, item) : NULL;
		o->offset = (uint32_t)at;
	}
	return o->type;
}

const struct model model_rtti = {
	.name = "c++", .open = rtti_open, .close = rtti_close, .classify = rtti_classify
};
