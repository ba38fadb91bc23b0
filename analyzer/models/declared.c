/* declared.c: types that the user declares: see declarations.h. A block belongs to the first declaration that names its
 * type, by debug information or by RTTI, or a function of the innermost frames of its stack. */
#include "models/declarations.h"
#include "models/models.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES_ASKED 8u
#define COUNT_MAX (1 << 30)

struct declared {
	const struct model_world *world;
	struct map types; /* name of a type, by its address -> struct declaration; nobody: no declaration */
	struct map stacks; /* stack + 1 -> the same */
	struct declaration nobody;
	bool asks_stacks; /* some declaration names a function */
};

/* ---- whose block is it? ------------------------------------------------------------------------------ */

/* "struct node" is "node" as well. */
static bool is_named(const char *type, const char *declared)
{
	static const char *const words[] = { "struct ", "union ", "class " };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t n = strlen(words[i]);
		type += strncmp(type, words[i], n) ? 0 : n;
		declared += strncmp(declared, words[i], n) ? 0 : n;
	}
	return !strcmp(type, declared);
}

static const struct declaration *of_type(struct declared *d, const char *type)
{
	const struct declaration *found = map_get(&d->types, map_pointer_key(type));

	if (found)
		return found;
	for (found = d->world->declared->first; found; found = found->next)
		if (found->type && is_named(type, found->type))
			break;
	found = found ? found : &d->nobody;
	map_put(&d->types, map_pointer_key(type), (void *)(uintptr_t)found);
	return found;
}

/* "shop::cart(int)" is the function shop::cart. */
static bool is_function(const char *name, const char *declared)
{
	size_t n = strlen(declared);

	return name && !strncmp(name, declared, n) && (!name[n] || name[n] == '(');
}

static const struct declaration *of_stack(struct declared *d, const struct block *b)
{
	const struct frame_name *frames;
	const struct declaration *found = d->asks_stacks ? map_get(&d->stacks, b->stack + 1ull) : &d->nobody;

	if (found)
		return found;
	size_t n = b->stack ? names_stack(d->world->names, b->stack, &frames, NULL) : 0;
	for (found = d->world->declared->first; found; found = found->next) {
		bool is_its = false;
		for (size_t i = 0; found->function && i < n && i < FRAMES_ASKED && !is_its; i++)
			is_its = is_function(frames[i].function, found->function);
		if (is_its)
			break;
	}
	found = found ? found : &d->nobody;
	map_put(&d->stacks, b->stack + 1ull, (void *)(uintptr_t)found);
	return found;
}

static const char *type_at(struct declared *d, uint32_t block)
{
	const struct block *b = &d->world->heap->blocks[block];
	const char *told = heap_told_type(d->world->heap, block);
	uint32_t begin;
	uint64_t vptr;

	if (told)
		return told;
	const char *class =
	    memory_word(d->world->memory, b->addr, &vptr) ? vtables_type(d->world->vtables, vptr) : NULL;
	const struct type *t = class ? NULL : models_layout(d->world->models, block, &begin);

	if (class)
		return class;
	return t && !begin && type_bytes(t) <= b->size ? type_name(t) : NULL;
}

static const struct declaration *declaration_of(struct declared *d, uint32_t block)
{
	const struct block *b = &d->world->heap->blocks[block];
	const char *type = type_at(d, block);
	const struct declaration *found = type ? of_type(d, type) : &d->nobody;

	if (found == &d->nobody)
		found = of_stack(d, b);
	bool fits = found != &d->nobody && (!found->size || found->size == b->size);
	return fits ? found : NULL;
}

/* ---- what it is -------------------------------------------------------------------------------------- */

/* 0 is also what a trace holds of a word that it leaves out. */
static int64_t read_count(const struct declared *d, const struct declaration *of, const struct block *b)
{
	const struct declared_field *f = &of->count;
	uint64_t value = 0;

	if (!of->has_count || !f->bytes || f->offset + f->bytes > b->size ||
	    !memory_bytes(d->world->memory, b->addr + f->offset, &value, f->bytes))
		return NO_COUNT;
	return value && value < COUNT_MAX ? (int64_t)value : NO_COUNT;
}

static bool declared_classify(void *state, uint32_t block, struct object *o)
{
	struct declared *d = state;
	const struct declaration *of = declaration_of(d, block);

	if (!of)
		return false;
	o->type = type_at(d, block);
	o->type = o->type ? o->type : of->type ? of->type : of->function;
	o->count = read_count(d, of, &d->world->heap->blocks[block]);
	o->owns_exactly = of->nowns > 0;
	return true;
}

static bool is_among(const struct declared_field *fields, uint32_t n, uint64_t offset)
{
	for (uint32_t i = 0; i < n; i++)
		if (fields[i].bytes && offset - fields[i].offset < fields[i].bytes)
			return true;
	return false;
}

static enum ref_kind declared_label(void *state, uint32_t block, struct ref r)
{
	const struct declaration *of = declaration_of(state, block);

	if (!of)
		return ref_kind(r);
	if (is_among(of->weak, of->nweak, ref_offset(r)))
		return REF_WEAK;
	return !of->nowns || is_among(of->owns, of->nowns, ref_offset(r)) ? ref_kind(r) : REF_BORROWED;
}

static void declared_close(void *state)
{
	struct declared *d = state;

	map_free(&d->types);
	map_free(&d->stacks);
	free(d);
}

static int declared_open(void **state, const struct model_world *w)
{
	bool is_any = w->declared && w->declared->first;
	struct declared *d = is_any ? calloc(1, sizeof *d) : NULL;

	*state = d;
	if (!d)
		return is_any ? -1 : 0;
	d->world = w;
	for (const struct declaration *of = w->declared->first; of; of = of->next)
		d->asks_stacks |= of->function != NULL;
	return 1;
}

const struct model model_declared = { .name = "declared",
				      .open = declared_open,
				      .close = declared_close,
				      .classify = declared_classify,
				      .label = declared_label };
