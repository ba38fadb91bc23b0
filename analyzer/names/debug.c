/* debug.c: DWARF answers: which function, inlined into which, at which line.
 *
 * libdw reads; the indices are ours. Units are found by their own ranges, because clang and rustc write no
 * .debug_aranges; functions by a list per unit, because libdw's scope search walks the whole unit for each address.
 * Damaged files end every walk: siblings must move forward, and an object has a budget of DIEs. */
#include "names/inside.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#define VISITS_PER_OBJECT (1u << 26) /* DIEs walked to list functions: some seconds of work */
#define VISITS_PER_ADDRESS (1u << 20) /* DIEs walked to find what is inlined at one address */
#define SCOPE_DEPTH 64 /* namespaces in classes in functions ... */
#define BLOCK_DEPTH 256 /* blocks in inlined functions in blocks ... */

/* ---- walking DIEs ------------------------------------------------------------------------------------ */

/* Moves on to the next sibling. A damaged DW_AT_sibling may point backwards, so progress is checked here. */
static bool next_sibling(Dwarf_Die *die)
{
	const void *before = die->addr;

	return dwarf_siblingof(die, die) == 0 && (const char *)die->addr > (const char *)before;
}

static const char *die_string(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute value;

	return dwarf_formstring(dwarf_attr_integrate(die, attribute, &value));
}

static uint64_t die_number(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute value;
	Dwarf_Word number;

	return dwarf_formudata(dwarf_attr(die, attribute, &value), &number) == 0 ? number : 0;
}

/* Replaces the DIE by the one that it refers to. */
static bool follow(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute value;
	Dwarf_Die target;

	if (!dwarf_formref_die(dwarf_attr(die, attribute, &value), &target))
		return false;
	*die = target;
	return true;
}

/* Adds the code ranges of a DIE. Code that the linker dropped is left at 0 or 1: no code lives there. */
static bool add_ranges(struct ranges *r, Dwarf_Die *die, uint32_t item)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t offset = 0;

	while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0)
		if (low > 1 && !ranges_add(r, low, high, item))
			return false;
	return true;
}

/* ---- units ------------------------------------------------------------------------------------------- */

static bool has_code(uint8_t unit_type)
{
	return unit_type == DW_UT_compile || unit_type == DW_UT_skeleton;
}

static bool take_unit(struct debug *d, const Dwarf_Die *die, const Dwarf_Die *split)
{
	if (d->nunits == d->room) {
		size_t room = d->room ? d->room * 2 : 64;
		struct unit *units = reallocarray(d->units, room, sizeof *units);
		if (!units)
			return false;
		d->units = units;
		d->room = room;
	}
	struct unit *unit = &d->units[d->nunits];
	*unit = (struct unit){ .die = *die, .body = split->addr ? *split : *die };
	return add_ranges(&d->where, &unit->die, (uint32_t)d->nunits++);
}

static void debug_read(struct object *o)
{
	struct debug *d = &o->debug;
	Dwarf_CU *cu = NULL;
	Dwarf_Die die, split;
	uint8_t unit_type;
	Dwarf_Addr bias;

	if (d->is_read)
		return;
	d->is_read = true;
	d->visits_left = VISITS_PER_OBJECT;
	d->dwarf = o->file ? dwfl_module_getdwarf(o->file, &bias) : NULL;
	if (!d->dwarf)
		return;
	d->bias = bias - o->bias;
	while (memset(&split, 0, sizeof split),
	       dwarf_get_units(d->dwarf, cu, &cu, NULL, &unit_type, &die, &split) == 0)
		if (has_code(unit_type) && !take_unit(d, &die, &split))
			break;
	ranges_sort(&d->where);
}

bool debug_is_there(struct object *o)
{
	debug_read(o);
	return o->debug.nunits > 0;
}

void debug_free(struct debug *d)
{
	for (size_t i = 0; i < d->nunits; i++) {
		ranges_free(&d->units[i].where);
		free(d->units[i].functions);
	}
	ranges_free(&d->where);
	free(d->units);
	*d = (struct debug){ 0 };
}

/* ---- functions of a unit ----------------------------------------------------------------------------- */

static bool take_function(struct unit *u, Dwarf_Die *die)
{
	if (u->nfunctions == u->room) {
		size_t room = u->room ? u->room * 2 : 32;
		Dwarf_Die *functions = reallocarray(u->functions, room, sizeof *functions);
		if (!functions)
			return false;
		u->functions = functions;
		u->room = room;
	}
	u->functions[u->nfunctions] = *die;
	return add_ranges(&u->where, die, (uint32_t)u->nfunctions++);
}

/* Where functions with code are found. Only the deep walk looks inside functions (nested functions of C and Ada,
 * methods of local classes): they hold most of the DIEs and hardly ever a function. */
static bool may_hold_functions(int tag, bool deep)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type: /* of Rust */
		return true;
	case DW_TAG_subprogram:
	case DW_TAG_lexical_block:
		return deep;
	default:
		return false;
	}
}

static void list_functions(struct debug *d, struct unit *u, Dwarf_Die *parent, bool deep, unsigned depth)
{
	Dwarf_Die die;

	if (depth == SCOPE_DEPTH || dwarf_child(parent, &die) != 0)
		return;
	do {
		int tag = dwarf_tag(&die);
		if (!d->visits_left || !d->visits_left--)
			return;
		if (tag == DW_TAG_subprogram && !take_function(u, &die))
			return;
		if (may_hold_functions(tag, deep))
			list_functions(d, u, &die, deep, depth + 1);
	} while (next_sibling(&die));
}

static void unit_list(struct debug *d, struct unit *u, bool deep)
{
	ranges_free(&u->where);
	u->nfunctions = 0;
	u->state = deep ? UNIT_LISTED_DEEP : UNIT_LISTED;
	list_functions(d, u, &u->body, deep, 0);
	ranges_sort(&u->where);
}

static Dwarf_Die *unit_function(struct debug *d, struct unit *u, Dwarf_Addr pc)
{
	const struct range *c;

	if (u->state == UNIT_UNREAD)
		unit_list(d, u, false);
	c = ranges_first(&u->where, pc);
	if (!c && u->state == UNIT_LISTED) {
		unit_list(d, u, true);
		c = ranges_first(&u->where, pc);
	}
	return c ? &u->functions[c->item] : NULL;
}

/* ---- names of functions ------------------------------------------------------------------------------ */

static const char *linkage_name(Dwarf_Die *die)
{
	const char *name = die_string(die, DW_AT_linkage_name);

	return name ? name : die_string(die, DW_AT_MIPS_linkage_name);
}

static bool names_are_plain(const struct unit *u)
{
	Dwarf_Die die = u->die;

	switch (dwarf_srclang(&die)) {
	case DW_LANG_C89:
	case DW_LANG_C:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case DW_LANG_Mips_Assembler:
		return true;
	default:
		return false;
	}
}

static const char *scope_name(Dwarf_Die *scope)
{
	switch (dwarf_tag(scope)) {
	case DW_TAG_namespace:
		return dwarf_diename(scope) ? dwarf_diename(scope) : "(anonymous namespace)";
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_subprogram:
		return dwarf_diename(scope);
	default:
		return NULL;
	}
}

/* "(anonymous namespace)::pool::take" for a function that has no linkage name (compilers give none to what other
 * files cannot call): by the scopes of its declaration. Walks the unit; the caller keeps the answer. */
static const char *scoped_name(struct names *n, Dwarf_Die declaration, const char *name)
{
	Dwarf_Die *scopes = NULL;
	unsigned hops = 0;

	while (hops++ < 4 && follow(&declaration, DW_AT_specification))
		;
	int nscopes = dwarf_getscopes_die(&declaration, &scopes);
	for (int i = 1; i < nscopes && i < SCOPE_DEPTH && name; i++) { /* 0 is the function itself */
		const char *outer = scope_name(&scopes[i]);
		if (outer)
			name = arena_format(&n->arena, "%s::%s", outer, name);
	}
	free(scopes);
	return name;
}

static const char *function_text(struct names *n, const struct unit *u, Dwarf_Die *die)
{
	const char *linked = linkage_name(die), *plain = die_string(die, DW_AT_name);
	const char *spelled = linked ? names_spell(n, linked) : NULL;

	if (linked && (spelled != linked || !plain))
		return spelled;
	if (!plain || linked || names_are_plain(u))
		return plain;
	return scoped_name(n, *die, plain);
}

/* The name of a function's DIE, concrete, inlined or abstract; NULL when it has none. */
static const char *function_name(struct names *n, const struct unit *u, Dwarf_Die *die)
{
	Dwarf_Die origin = *die;

	follow(&origin, DW_AT_abstract_origin);
	const char *name = map_get(&n->functions, map_pointer_key(origin.addr));
	if (!name) {
		name = function_text(n, u, &origin);
		if (!name)
			name = function_text(n, u, die);
		map_put(&n->functions, map_pointer_key(origin.addr), (void *)(uintptr_t)(name ? name : ""));
	}
	return name && *name ? name : NULL;
}

/* What C++ compilers leave without linkage name still has a mangled symbol, which knows the parameters too. */
static const char *outermost_name(struct names *n, struct object *o, const struct unit *u, Dwarf_Die *die,
				  uint64_t address)
{
	if (!linkage_name(die) && !names_are_plain(u)) {
		const struct symbol *symbol = symbol_of_code(o, address);
		const char *spelled = symbol ? names_spell(n, symbol->name) : NULL;
		if (symbol && symbol->name[0] == '_' && strchr(spelled, '('))
			return spelled;
	}
	return function_name(n, u, die);
}

/* ---- lines ------------------------------------------------------------------------------------------- */

/* A file of a unit's line table, made absolute by the unit's directory. */
static const char *absolute_file(struct names *n, struct unit *u, const char *file)
{
	const char *directory, *path;

	if (!file || *file == '/')
		return file;
	path = map_get(&n->files, map_pointer_key(file));
	if (path)
		return path;
	directory = die_string(&u->die, DW_AT_comp_dir);
	path = directory && *directory == '/' ? arena_format(&n->arena, "%s/%s", directory, file) : file;
	map_put(&n->files, map_pointer_key(file), (void *)(uintptr_t)path);
	return path;
}

static void line_of_code(struct names *n, struct unit *u, Dwarf_Addr pc, struct place *place)
{
	Dwarf_Line *row = dwarf_getsrc_die(&u->die, pc);
	int line = 0;

	if (!row)
		return;
	dwarf_lineno(row, &line);
	place->file = absolute_file(n, u, dwarf_linesrc(row, NULL, NULL));
	place->line = line > 0 ? (uint32_t)line : 0;
}

static void line_of_call(struct names *n, struct unit *u, Dwarf_Die *inlined, struct place *place)
{
	uint64_t file = die_number(inlined, DW_AT_call_file), line = die_number(inlined, DW_AT_call_line);
	Dwarf_Files *files;
	size_t nfiles;

	if (!line || line > INT32_MAX)
		return;
	place->line = (uint32_t)line;
	if (dwarf_getsrcfiles(&u->body, &files, &nfiles) == 0 && file < nfiles)
		place->file = absolute_file(n, u, dwarf_filesrc(files, file, NULL, NULL));
}

/* ---- inlined functions ------------------------------------------------------------------------------- */

static bool may_hold_inlined(int tag)
{
	return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block || tag == DW_TAG_try_block ||
	       tag == DW_TAG_catch_block || tag == DW_TAG_with_stmt;
}

/* Moves into the child block or inlined function that holds pc; false: this is the innermost. */
static bool step_in(Dwarf_Die *die, Dwarf_Addr pc, uint64_t *visits_left)
{
	Dwarf_Die child;

	if (dwarf_child(die, &child) != 0)
		return false;
	do {
		if (!*visits_left || !--*visits_left)
			return false;
		if (may_hold_inlined(dwarf_tag(&child)) && dwarf_haspc(&child, pc) > 0) {
			*die = child;
			return true;
		}
	} while (next_sibling(&child));
	return false;
}

/* The inlined functions that hold pc inside `function`, outermost first; at most PLACE_LEVELS - 1. */
static size_t inlined_chain(Dwarf_Die *function, Dwarf_Addr pc, Dwarf_Die chain[PLACE_LEVELS])
{
	uint64_t visits_left = VISITS_PER_ADDRESS;
	Dwarf_Die die = *function;
	size_t n = 0;

	for (unsigned depth = 0; depth < BLOCK_DEPTH && n + 1 < PLACE_LEVELS; depth++) {
		if (!step_in(&die, pc, &visits_left))
			break;
		if (dwarf_tag(&die) == DW_TAG_inlined_subroutine)
			chain[n++] = die;
	}
	return n;
}

static size_t places_in_function(struct names *n, struct object *o, struct unit *u, Dwarf_Die *function,
				 uint64_t address, struct place *places)
{
	Dwarf_Die chain[PLACE_LEVELS];
	size_t ninlined = inlined_chain(function, address - o->debug.bias, chain);

	for (size_t i = 0; i < ninlined; i++) { /* places[i] is in chain[ninlined - 1 - i] */
		Dwarf_Die *inlined = &chain[ninlined - 1 - i];
		places[i].function = function_name(n, u, inlined);
		line_of_call(n, u, inlined, &places[i + 1]);
	}
	places[ninlined].function = outermost_name(n, o, u, function, address);
	return ninlined + 1;
}

/* ---- the answer -------------------------------------------------------------------------------------- */

/* The unit whose function list holds pc, among those that claim it; else the first that claims it. */
static struct unit *unit_of(struct debug *d, Dwarf_Addr pc, Dwarf_Die **function)
{
	struct unit *claimant = NULL;
	unsigned looked_at = 0;

	*function = NULL;
	for (const struct range *c = ranges_first(&d->where, pc); c && looked_at++ < 8;
	     c = ranges_next(&d->where, c, pc)) {
		struct unit *u = &d->units[c->item];
		*function = unit_function(d, u, pc);
		if (*function)
			return u;
		if (!claimant)
			claimant = u;
	}
	return claimant;
}

size_t debug_places(struct names *n, struct object *o, uint64_t address, struct place places[PLACE_LEVELS])
{
	Dwarf_Die *function;
	struct unit *u;

	memset(places, 0, PLACE_LEVELS * sizeof *places);
	debug_read(o);
	u = unit_of(&o->debug, address - o->debug.bias, &function);
	if (!u)
		return 1;
	line_of_code(n, u, address - o->debug.bias, &places[0]);
	return function ? places_in_function(n, o, u, function, address, places) : 1;
}
