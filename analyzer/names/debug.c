/* debug.c: DWARF answers: which function, inlined into which, at which line. units.c says where to look. */
#include "names/inside.h"

#include <dwarf.h>
#include <string.h>

/* ---- names of functions ------------------------------------------------------------------------------ */

static const char *linkage_name(Dwarf_Die *die)
{
	const char *name = die_string(die, DW_AT_linkage_name);

	return name ? name : die_string(die, DW_AT_MIPS_linkage_name);
}

static const char *function_text(struct names *n, const struct unit *u, Dwarf_Die *die)
{
	const char *linked = linkage_name(die), *plain = die_string(die, DW_AT_name);
	const char *spelled = linked ? names_spell(n, linked) : NULL;

	if (linked && (spelled != linked || !plain))
		return spelled;
	if (!plain || linked || names_are_plain(u->die))
		return plain;
	return die_scoped_name(n, *die, plain);
}

const char *debug_function_name(struct names *n, const struct unit *u, Dwarf_Die *die)
{
	Dwarf_Die origin = *die;

	die_follow(&origin, DW_AT_abstract_origin);
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
	if (!linkage_name(die) && !names_are_plain(u->die)) {
		const struct symbol *symbol = symbol_of_code(o, address);
		const char *spelled = symbol ? names_spell(n, symbol->name) : NULL;
		if (symbol && symbol->name[0] == '_' && strchr(spelled, '('))
			return spelled;
	}
	return debug_function_name(n, u, die);
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

const char *debug_file(struct names *n, struct unit *u, Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute value;
	Dwarf_Word number;
	Dwarf_Files *files;
	size_t nfiles;

	if (dwarf_formudata(dwarf_attr_integrate(die, attribute, &value), &number) != 0 ||
	    dwarf_getsrcfiles(&u->body, &files, &nfiles) != 0 || number >= nfiles)
		return NULL;
	return absolute_file(n, u, dwarf_filesrc(files, number, NULL, NULL));
}

static void line_of_call(struct names *n, struct unit *u, Dwarf_Die *inlined, struct place *place)
{
	uint64_t line = die_number(inlined, DW_AT_call_line);

	if (!line || line > INT32_MAX)
		return;
	place->line = (uint32_t)line;
	place->file = debug_file(n, u, inlined, DW_AT_call_file);
}

/* ---- inlined functions ------------------------------------------------------------------------------- */

/* The inlined functions that hold pc inside `function`, outermost first; at most PLACE_LEVELS - 1. */
static size_t inlined_chain(Dwarf_Die *function, Dwarf_Addr pc, Dwarf_Die chain[PLACE_LEVELS])
{
	uint64_t visits_left = VISITS_PER_ADDRESS;
	Dwarf_Die die = *function;
	size_t n = 0;

	for (unsigned depth = 0; depth < BLOCK_DEPTH && n + 1 < PLACE_LEVELS; depth++) {
		if (!die_step_in(&die, pc, &visits_left))
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
		places[i].function = debug_function_name(n, u, inlined);
		line_of_call(n, u, inlined, &places[i + 1]);
	}
	places[ninlined].function = outermost_name(n, o, u, function, address);
	return ninlined + 1;
}

/* ---- the answer -------------------------------------------------------------------------------------- */

size_t debug_places(struct names *n, struct object *o, uint64_t address, struct place places[PLACE_LEVELS])
{
	Dwarf_Die *function;
	struct unit *u;

	memset(places, 0, PLACE_LEVELS * sizeof *places);
	u = unit_at(o, address, &function);
	if (!u)
		return 1;
	line_of_code(n, u, address - o->debug.bias, &places[0]);
	return function ? places_in_function(n, o, u, function, address, places) : 1;
}
