/* rtti.c: C++ objects by their virtual table pointer. An array that new[] counted has its first object 8 bytes into the
 * block (Itanium C++ ABI, 2.7). */
#include "models/model.h"

#define COOKIE 8u

static int rtti_open(void **state, const struct model_world *w)
{
	*state = (void *)(uintptr_t)w;
	return vtables_are_there(w->heap);
}

static bool rtti_classify(void *state, uint32_t block, struct object *o)
{
	const struct model_world *w = state;
	const struct block *b = &w->heap->blocks[block];

	for (uint32_t offset = 0; offset <= COOKIE && offset + 8 <= b->size; offset += COOKIE) {
		uint64_t word;
		if (!memory_word(w->memory, b->addr + offset, &word))
			return false;
		o->type = vtables_type(w->vtables, word);
		o->offset = offset;
		if (o->type)
			return true;
	}
	return false;
}

const struct model model_rtti = { .name = "c++", .open = rtti_open, .classify = rtti_classify };
