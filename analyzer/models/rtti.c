/* rtti.c: C++ objects by their virtual table pointer (Itanium C++ ABI, 2.5 and 2.9.5); symbols are not needed.
 *
 * A virtual table pointer lies in a module's data, points behind [offset to top][typeinfo] at the first virtual
 * function; the typeinfo begins with a virtual table pointer of its own, then its name. An array that new[] counted
 * has its first object 8 bytes into the block (2.7). */
#include "models/model.h"

#include "heap/owned.h"
#include "names/demangle.h"
#include "names/store.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define NAME_MAX_BYTES 4096u
#define COOKIE 8u

struct rtti {
	const struct model_world *world;
	struct arena arena;
	struct map names; /* virtual table pointer -> type name, "" where it is none */
};

/* ---- what a virtual table looks like ----------------------------------------------------------------- */

static bool is_in_file(const struct rtti *r, uint64_t addr, bool executable)
{
	const struct trace_mapping *m = mapping_at(r->world->heap->snapshot, addr);

	return m && m->path && *m->path == '/' && !(m->prot & PROT_EXEC) == !executable;
}

static bool is_table(const struct rtti *r, uint64_t vptr, uint64_t *typeinfo)
{
	uint64_t to_top, first;

	return vptr % 8 == 0 && vptr > 16 && is_in_file(r, vptr, false) &&
	       memory_word(r->world->memory, vptr - 16, &to_top) && to_top == 0 &&
	       memory_word(r->world->memory, vptr - 8, typeinfo) &&
	       memory_word(r->world->memory, vptr, &first) && is_in_file(r, first, true);
}

/* "3app4NodeE": what stands behind _ZTS. A leading '*' only says that names are compared by address. */
static bool is_mangled(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_.$", *name))
			return false;
	return true;
}

static const char *type_name(struct rtti *r, uint64_t typeinfo)
{
	static const char prefix[] = "typeinfo name for ";
	char mangled[NAME_MAX_BYTES] = "_ZTS";
	uint64_t table, text;

	if (!memory_word(r->world->memory, typeinfo, &table) || !is_in_file(r, table, false) ||
	    !memory_word(r->world->memory, typeinfo + 8, &text) ||
	    !memory_text(r->world->memory, text, mangled + 4, sizeof mangled - 4))
		return NULL;
	if (mangled[4] == '*')
		memmove(mangled + 4, mangled + 5, strlen(mangled + 4));
	char *name = is_mangled(mangled + 4) ? demangle(mangled) : NULL;
	const char *type = NULL;
	if (name && !strncmp(name, prefix, sizeof prefix - 1))
		type = arena_copy(&r->arena, name + sizeof prefix - 1, strlen(name + sizeof prefix - 1));
	free(name);
	return type;
}

/* NULL: no object begins with this word. Each word is looked at once. */
static const char *type_of_word(struct rtti *r, uint64_t word)
{
	uint64_t typeinfo;

	if (!word)
		return NULL;
	const char *type = map_get(&r->names, word);
	if (!type) {
		type = is_table(r, word, &typeinfo) && typeinfo ? type_name(r, typeinfo) : NULL;
		type = type ? type : "";
		map_put(&r->names, word, (void *)type);
	}
	return *type ? type : NULL;
}

/* ---- the model --------------------------------------------------------------------------------------- */

static bool is_cxx(const struct trace *t)
{
	for (size_t i = 0; i < t->nmodules; i++)
		if (path_is(t->modules[i].path, "libstdc++.so") || path_is(t->modules[i].path, "libc++.so") ||
		    path_is(t->modules[i].path, "libc++abi.so"))
			return true;
	return false;
}

static int rtti_open(void **state, const struct model_world *w)
{
	struct rtti *r = is_cxx(w->heap->trace) ? calloc(1, sizeof *r) : NULL;

	*state = r;
	if (!r)
		return 0;
	r->world = w;
	return 1;
}

static void rtti_close(void *state)
{
	struct rtti *r = state;

	arena_free(&r->arena);
	map_free(&r->names);
	free(r);
}

static bool rtti_classify(void *state, uint32_t block, struct object *o)
{
	struct rtti *r = state;
	const struct block *b = &r->world->heap->blocks[block];

	for (uint32_t offset = 0; offset <= COOKIE && offset + 8 <= b->size; offset += COOKIE) {
		uint64_t word;
		if (!memory_word(r->world->memory, b->addr + offset, &word))
			return false;
		o->type = type_of_word(r, word);
		o->offset = offset;
		if (o->type)
			return true;
	}
	return false;
}

const struct model model_rtti = {
	.name = "c++", .open = rtti_open, .close = rtti_close, .classify = rtti_classify
};
