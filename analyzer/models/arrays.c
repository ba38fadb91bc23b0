/* arrays.c: see arrays.h. */
#include "models/arrays.h"

const char *arrays_name(struct arrays *a, const char *item)
{
	const char *name = map_get(&a->names, map_pointer_key(item));

	if (!name) {
		name = arena_format(&a->arena, "%s[]", item);
		map_put(&a->names, map_pointer_key(item), (void *)(uintptr_t)name);
	}
	return name;
}

void arrays_free(struct arrays *a)
{
	arena_free(&a->arena);
	map_free(&a->names);
}
