/* spell.c: symbols as people write them. */
#include "names/inside.h"

#include "names/demangle.h"

#include <stdlib.h>
#include <string.h>

/* "memcpy@@GLIBC_2.14" is memcpy; a name that starts with @ is left alone. */
static size_t unversioned_length(const char *symbol)
{
	const char *at = *symbol ? strchr(symbol + 1, '@') : NULL;

	return at ? (size_t)(at - symbol) : strlen(symbol);
}

static const char *spell_anew(struct names *n, const char *symbol)
{
	size_t length = unversioned_length(symbol);
	const char *plain = symbol[length] ? arena_copy(&n->arena, symbol, length) : symbol;
	char *spelled = plain ? demangle(plain) : NULL;
	const char *kept = spelled ? arena_copy(&n->arena, spelled, strlen(spelled)) : plain;

	free(spelled);
	return kept ? kept : symbol;
}

const char *names_spell(struct names *n, const char *symbol)
{
	const char *spelled = map_get(&n->spelled, map_pointer_key(symbol));

	if (!spelled) {
		spelled = spell_anew(n, symbol);
		map_put(&n->spelled, map_pointer_key(symbol), (void *)(uintptr_t)spelled);
	}
	return spelled;
}
