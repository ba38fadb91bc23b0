/* calls.c: what debug information says of a call site: whether what it calls may return a block that is new. */
#include "names/inside.h"

#include <dwarf.h>

#define TYPE_HOPS 16u

static bool is_return_of(const struct object *o, Dwarf_Die *site, uint64_t address)
{
	Dwarf_Attribute value;
	Dwarf_Addr returns;
	unsigned place = dwarf_tag(site) == DW_TAG_call_site ? DW_AT_call_return_pc : DW_AT_low_pc;

	return dwarf_formaddr(dwarf_attr(site, place, &value), &returns) == 0 &&
	       returns + o->debug.bias == address;
}

/* Among the children of a block the call that returns to an address. */
static bool site_in(struct object *o, Dwarf_Die *block, uint64_t address, Dwarf_Die *site)
{
	if (dwarf_child(block, site) != 0)
		return false;
	do {
		if (!o->debug.visits_left || !--o->debug.visits_left)
			return false;
		int tag = dwarf_tag(site);
		if ((tag == DW_TAG_call_site || tag == DW_TAG_GNU_call_site) &&
		    is_return_of(o, site, address))
			return true;
	} while (die_next(site));
	return false;
}

static bool find_callee(struct object *o, uint64_t address, Dwarf_Die *callee)
{
	Dwarf_Die *function, block;
	bool is_found = false;

	if (!unit_at(o, address - 1, &function) || !function)
		return false;
	block = *function;
	do
		is_found = site_in(o, &block, address, callee);
	while (!is_found && die_step_in(&block, address - 1 - o->debug.bias, &o->debug.visits_left));
	return is_found &&
	       (dwarf_tag(callee) == DW_TAG_call_site ? die_follow(callee, DW_AT_call_origin)
						      : die_follow(callee, DW_AT_abstract_origin));
}

/* What a function returns, by the tag of its type without names and qualifiers; 0: nothing. */
static int result_tag(Dwarf_Die *function, Dwarf_Die *type)
{
	Dwarf_Attribute value;
	unsigned hops = 0;

	if (!dwarf_formref_die(dwarf_attr_integrate(function, DW_AT_type, &value), type))
		return 0;
	while (hops++ < TYPE_HOPS &&
	       (dwarf_tag(type) == DW_TAG_typedef || dwarf_tag(type) == DW_TAG_const_type ||
		dwarf_tag(type) == DW_TAG_volatile_type))
		if (!die_follow(type, DW_AT_type))
			return 0;
	return dwarf_tag(type);
}

bool returns_no_block(Dwarf_Die *function)
{
	Dwarf_Die type;

	switch (result_tag(function, &type)) {
	case 0:
	case DW_TAG_enumeration_type:
	case DW_TAG_reference_type: /* to what was there before */
	case DW_TAG_rvalue_reference_type:
		return true;
	case DW_TAG_base_type:
		return dwarf_bytesize(&type) < 8;
	default:
		return false;
	}
}

bool returns_in_memory(Dwarf_Die *function)
{
	Dwarf_Die type;
	int tag = result_tag(function, &type);

	return (tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type) &&
	       (dwarf_bytesize(&type) > 16 ||
		die_number(&type, DW_AT_calling_convention) == DW_CC_pass_by_reference);
}

bool call_returns_no_block(struct object *o, uint64_t address)
{
	Dwarf_Die callee;

	return find_callee(o, address, &callee) && returns_no_block(&callee);
}
