/* dies.c: what is read from single DIEs: attributes, names with their scopes, and the way down to one. */
#include "names/inside.h"

#include <dwarf.h>

#define DW_LANG_C17 0x2c /* elfutils 0.188 has no name for it */

/* ---- attributes -------------------------------------------------------------------------------------- */

const char *die_string(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute value;

	return dwarf_formstring(dwarf_attr_integrate(die, attribute, &value));
}

uint64_t die_number(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute value;
	Dwarf_Word number;

	return dwarf_formudata(dwarf_attr(die, attribute, &value), &number) == 0 ? number : 0;
}

bool die_follow(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute value;
	Dwarf_Die target;

	if (!dwarf_formref_die(dwarf_attr(die, attribute, &value), &target))
		return false;
	*die = target;
	return true;
}

bool die_is_declaration(Dwarf_Die *die)
{
	Dwarf_Attribute value;
	bool flag = false;

	return dwarf_formflag(dwarf_attr(die, DW_AT_declaration, &value), &flag) == 0 && flag;
}

/* ---- scopes ------------------------------------------------------------------------------------------ */

bool names_are_plain(Dwarf_Die unit)
{
	switch (dwarf_srclang(&unit)) {
	case DW_LANG_C89:
	case DW_LANG_C:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case DW_LANG_C17:
	case DW_LANG_Mips_Assembler:
		return true;
	default:
		return false;
	}
}

bool names_are_plain_at(const Dwarf_Die *die)
{
	Dwarf_Die copy = *die, unit;

	return dwarf_diecu(&copy, &unit, NULL, NULL) && names_are_plain(unit);
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

/* Moves into the child that is the DIE at `target` or holds it: DIEs are laid out in order, a parent before its
 * children. */
static bool step_towards(Dwarf_Die *scope, const char *target)
{
	Dwarf_Die die;
	bool is_found = false;

	if (dwarf_child(scope, &die) != 0)
		return false;
	do {
		if ((const char *)die.addr > target)
			break;
		*scope = die;
		is_found = true;
	} while (die_next(&die));
	return is_found;
}

const char *die_scoped_name(struct names *n, Dwarf_Die declaration, const char *name)
{
	const char *prefix = "";
	Dwarf_Die scope;
	unsigned hops = 0;

	while (hops++ < 4 && die_follow(&declaration, DW_AT_specification))
		;
	if (!dwarf_diecu(&declaration, &scope, NULL, NULL))
		return name;
	for (unsigned depth = 0; depth < SCOPE_DEPTH && step_towards(&scope, declaration.addr); depth++) {
		if (scope.addr == declaration.addr)
			return *prefix ? arena_format(&n->arena, "%s%s", prefix, name) : name;
		const char *outer = scope_name(&scope);
		if (outer && !(prefix = arena_format(&n->arena, "%s%s::", prefix, outer)))
			break;
	}
	return name;
}

/* ---- blocks ------------------------------------------------------------------------------------------ */

static bool may_hold_inlined(int tag)
{
	return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block || tag == DW_TAG_try_block ||
	       tag == DW_TAG_catch_block || tag == DW_TAG_with_stmt;
}

bool die_step_in(Dwarf_Die *die, Dwarf_Addr pc, uint64_t *visits_left)
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
	} while (die_next(&child));
	return false;
}
