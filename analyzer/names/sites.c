/* sites.c: see sites.h. A stack's frames are asked from the inside out: the first of the program's own that takes the
 * pointer, and, as long as functions hand it on to their callers, those. */
#include "names/sites.h"

#include "names/follow.h"

#include <string.h>

#define FRAMES_ASKED 8u /* that hand the pointer on */
#define FRAMES_PASSED 16u /* of libraries without debug information */

struct site {
	struct findings findings;
};

/* Functions of libraries that return the very block that they allocate. */
static bool hands_on(const char *symbol)
{
	static const char *const known[] = { "strdup",	  "__strdup", "strndup",
					     "__strndup", "realpath", "getcwd" };

	if (!strncmp(symbol, "_Znw", 4) || !strncmp(symbol, "_Zna", 4))
		return true;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(symbol, known[i]))
			return true;
	return false;
}

/* A frame of which there is no debug information; it only hands the pointer on, for all that is known. */
static bool is_foreign(struct object *o, uint64_t address, bool *is_sure)
{
	Dwarf_Die *function;

	if (o && o->file && unit_at(o, address, &function) && function)
		return false;
	const struct symbol *symbol = o ? symbol_of_code(o, address) : NULL;
	*is_sure = symbol && hands_on(symbol->name);
	return true;
}

static void ask(struct names *n, uint32_t node, struct site *site)
{
	const struct trace *t = n->trace;
	unsigned asked = 0, passed = 0;
	bool is_weak = false, is_sure;

	for (; node && node < t->nnodes && asked < FRAMES_ASKED && passed < FRAMES_PASSED;
	     node = t->nodes[node].parent) {
		const struct trace_module *module;
		uint64_t address = t->nodes[node].frame & LG_FRAME_OFFSET_MASK;
		struct object *o = object_with(n, t->nodes[node].frame >> LG_FRAME_MODULE_SHIFT, &module);
		if (!address)
			return;
		if (is_foreign(o, address - 1, &is_sure)) {
			is_weak |= !is_sure;
			passed++;
			continue;
		}
		follow_value(n, o, address, is_weak, &site->findings);
		if (!site->findings.is_returned)
			return;
		asked++;
	}
}

static const struct site *site_of(struct names *n, uint32_t stack)
{
	struct site *site = map_get(&n->sites, stack);

	if (site)
		return site;
	site = arena_take(&n->arena, sizeof *site);
	if (site) {
		ask(n, stack, site);
		map_put(&n->sites, stack, site);
	}
	return site;
}

/* Lower is better; what was only near must fit exactly. */
static unsigned merit(const struct finding *f, uint64_t bytes)
{
	enum type_fit fit = type_fit(f->type, bytes);

	if (f->is_weak)
		return fit == FIT_EXACT ? 1 : 2 * FIT_NOT;
	return 2 * (unsigned)fit;
}

const struct type *names_site_type(struct names *n, uint32_t stack, uint64_t bytes)
{
	const struct site *site = stack ? site_of(n, stack) : NULL;
	const struct type *best = NULL;
	unsigned least = 2 * FIT_NOT;

	for (unsigned i = 0; site && i < site->findings.n; i++) {
		unsigned m = merit(&site->findings.at[i], bytes);
		if (m < least) {
			least = m;
			best = site->findings.at[i].type;
		}
	}
	return best;
}
