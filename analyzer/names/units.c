/* units.c: the index of an object's DWARF: which compilation unit and which function hold an address.
 *
 * libdw reads; the indices are ours. Units are found by their own ranges, because clang and rustc write no
 * .debug_aranges; functions by a list per unit, because libdw's scope search walks the whole unit for each address.
 * Damaged files end every walk: siblings must move forward, and an object has a budget of DIEs. */
#include "names/inside.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VISITS_PER_OBJECT (1u << 26) /* DIEs walked to list functions: some seconds of work */

/* ---- walking DIEs ------------------------------------------------------------------------------------ */

bool die_next(Dwarf_Die *die)
{
	const void *before = die->addr;

	return dwarf_siblingof(die, die) == 0 && (const char *)die->addr > (const char *)before;
}

/* Adds the code ranges of a DIE. Code that the linker dropped is left at 0 or 1: no code lives there. */
static bool add_ranges(struct spans *r, Dwarf_Die *die, uint32_t item)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t offset = 0;

	while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0)
		if (low > 1 && !spans_add(r, low, high, item))
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

/* libdw must not be returned to; left alone it exits 1, which in a gate would be the program's own status. */
static __attribute__((noreturn)) void run_out_of_memory(void)
{
	fputs("leakgraph: out of memory while debug information was read\n", stderr);
	_exit(125);
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
	dwarf_new_oom_handler(d->dwarf, run_out_of_memory);
	d->bias = bias - o->bias;
	while (memset(&split, 0, sizeof split),
	       dwarf_get_units(d->dwarf, cu, &cu, NULL, &unit_type, &die, &split) == 0)
		if (has_code(unit_type) && !take_unit(d, &die, &split))
			break;
	spans_sort(&d->where);
}

bool debug_is_there(struct object *o)
{
	debug_read(o);
	return o->debug.nunits > 0;
}

void debug_free(struct debug *d)
{
	for (size_t i = 0; i < d->nunits; i++) {
		spans_free(&d->units[i].where);
		free(d->units[i].functions);
	}
	spans_free(&d->where);
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
	} while (die_next(&die));
}

static void unit_list(struct debug *d, struct unit *u, bool deep)
{
	spans_free(&u->where);
	u->nfunctions = 0;
	u->state = deep ? UNIT_LISTED_DEEP : UNIT_LISTED;
	list_functions(d, u, &u->body, deep, 0);
	spans_sort(&u->where);
}

static Dwarf_Die *unit_function(struct debug *d, struct unit *u, Dwarf_Addr pc)
{
	const struct span *c;

	if (u->state == UNIT_UNREAD)
		unit_list(d, u, false);
	c = spans_first(&u->where, pc);
	if (!c && u->state == UNIT_LISTED) {
		unit_list(d, u, true);
		c = spans_first(&u->where, pc);
	}
	return c ? &u->functions[c->item] : NULL;
}

/* ---- the answer -------------------------------------------------------------------------------------- */

struct unit *unit_at(struct object *o, uint64_t address, Dwarf_Die **function)
{
	struct debug *d = &o->debug;
	struct unit *claimant = NULL;
	unsigned looked_at = 0;

	*function = NULL;
	debug_read(o);
	Dwarf_Addr pc = address - d->bias;
	for (const struct span *c = spans_first(&d->where, pc); c && looked_at++ < 8;
	     c = spans_next(&d->where, c, pc)) {
		struct unit *u = &d->units[c->item];
		*function = unit_function(d, u, pc);
		if (*function)
			return u;
		if (!claimant)
			claimant = u;
	}
	return claimant;
}
