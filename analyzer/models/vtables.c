/* vtables.c: see vtables.h. A virtual table pointer lies in a module's data, points behind [offset to top][typeinfo] at
 * the first virtual function; the typeinfo begins with a virtual table pointer of its own, then its name. */
#include "models/vtables.h"

#include "heap/owned.h"
#include "names/demangle.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define NAME_MAX_BYTES 4096u

static bool is_in_file(const struct vtables *v, uint64_t addr, bool executable)
{
	const struct trace_mapping *m = mapping_at(v->memory->snapshot, addr);

	return m && m->path && *m->path == '/' && !(m->prot & PROT_EXEC) == !executable;
}

static bool is_table(const struct vtables *v, uint64_t vptr, uint64_t *typeinfo)
{
	uint64_t to_top, first;

	return vptr % 8 == 0 && vptr > 16 && is_in_file(v, vptr, false) &&
	       memory_word(v->memory, vptr - 16, &to_top) && to_top == 0 &&
	       memory_word(v->memory, vptr - 8, typeinfo) && memory_word(v->memory, vptr, &first) &&
	       is_in_file(v, first, true);
}

/* "3app4NodeE": what stands behind _ZTS. A leading '*' only says that names are compared by address. */
static bool is_mangled(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_.$", *name))
			return false;
	return true;
}

static const char *type_name(struct vtables *v, uint64_t typeinfo)
{
	static const char prefix[] = "typeinfo name for ";
	char mangled[NAME_MAX_BYTES] = "_ZTS";
	uint64_t table, text;

	if (!memory_word(v->memory, typeinfo, &table) || !is_in_file(v, table, false) ||
	    !memory_word(v->memory, typeinfo + 8, &text) ||
	    !memory_text(v->memory, text, mangled + 4, sizeof mangled - 4))
		return NULL;
	if (mangled[4] == '*')
		memmove(mangled + 4, mangled + 5, strlen(mangled + 4));
	char *name = is_mangled(mangled + 4) ? demangle(mangled) : NULL;
	const char *type = NULL;
	if (name && !strncmp(name, prefix, sizeof prefix - 1))
		type = arena_copy(&v->arena, name + sizeof prefix - 1, strlen(name + sizeof prefix - 1));
	free(name);
	return type;
}

const char *vtables_type(struct vtables *v, uint64_t word)
{
	uint64_t typeinfo;

	if (!word)
		return NULL;
	const char *type = map_get(&v->names, word);
	if (!type) {
		type = is_table(v, word, &typeinfo) && typeinfo ? type_name(v, typeinfo) : NULL;
		type = type ? type : "";
		map_put(&v->names, word, (void *)type);
	}
	return *type ? type : NULL;
}

void vtables_free(struct vtables *v)
{
	arena_free(&v->arena);
	map_free(&v->names);
}

bool vtables_are_there(const struct heap *h)
{
	return has_mapped(h, "libstdc++.so") || has_mapped(h, "libc++.so") || has_mapped(h, "libc++abi.so");
}
