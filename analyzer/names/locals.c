/* locals.c: which variables and parameters are in scope at an address of code, and where each lives there. */
#include "names/inside.h"

#include <dwarf.h>

#define VISITS_PER_SCOPE 65536u /* DIEs in it that are looked at */

/* The scopes that hold an address, outermost first. */
struct scopes {
	Dwarf_Die at[BLOCK_DEPTH];
	size_t n;
};

static void scopes_find(struct scopes *s, const Dwarf_Die *function, Dwarf_Addr pc)
{
	uint64_t visits_left = VISITS_PER_ADDRESS;
	Dwarf_Die die = *function;

	do
		s->at[s->n++] = die;
	while (s->n < BLOCK_DEPTH && die_step_in(&die, pc, &visits_left));
}

static const Dwarf_Die *function_around(const struct scopes *s, size_t i)
{
	for (;; i--) {
		Dwarf_Die die = s->at[i];
		if (!i || dwarf_tag(&die) == DW_TAG_inlined_subroutine)
			return &s->at[i];
	}
}

static struct place_of_value place_at(Dwarf_Die *variable, Dwarf_Addr pc, const struct machine *m)
{
	Dwarf_Attribute location;
	Dwarf_Op *ops;
	size_t nops;

	if (!dwarf_attr(variable, DW_AT_location, &location) ||
	    dwarf_getlocation_addr(&location, pc, &ops, &nops, 1) != 1)
		return (struct place_of_value){ .kind = AT_NOTHING };
	return machine_locate(m, ops, nops);
}

static size_t take_scope(const struct scopes *s, size_t scope, Dwarf_Addr pc, const struct machine *m,
			 struct local *locals, size_t n)
{
	Dwarf_Die parent = s->at[scope], die;
	unsigned visits = 0;

	if (dwarf_child(&parent, &die) != 0)
		return n;
	do {
		int tag = dwarf_tag(&die);
		if (tag != DW_TAG_variable && tag != DW_TAG_formal_parameter)
			continue;
		struct place_of_value place = place_at(&die, pc, m);
		if (place.kind != AT_NOTHING)
			locals[n++] = (struct local){ die, *function_around(s, scope), place };
	} while (n < LOCALS_MAX && ++visits < VISITS_PER_SCOPE && die_next(&die));
	return n;
}

static void find_frame_base(struct machine *m, Dwarf_Die *function, Dwarf_Addr pc)
{
	Dwarf_Attribute base;
	Dwarf_Op *ops;
	size_t nops;

	m->frame_base = NULL;
	m->nframe_base = 0;
	if (!dwarf_attr(function, DW_AT_frame_base, &base) ||
	    dwarf_getlocation_addr(&base, pc, &ops, &nops, 1) != 1)
		return;
	m->frame_base = ops;
	m->nframe_base = nops;
}

size_t locals_at(struct object *o, uint64_t address, struct machine *m, struct local locals[LOCALS_MAX],
		 struct unit **unit)
{
	struct scopes scopes = { .n = 0 };
	Dwarf_Die *function;
	size_t n = 0;

	*unit = unit_at(o, address, &function);
	if (!*unit || !function)
		return 0;
	Dwarf_Addr pc = address - o->debug.bias;
	find_frame_base(m, function, pc);
	scopes_find(&scopes, function, pc);
	for (size_t i = scopes.n; i-- > 0 && n < LOCALS_MAX;)
		n = take_scope(&scopes, i, pc, m, locals, n);
	return n;
}

static size_t take_lost(Dwarf_Die scope, Dwarf_Die lost[LOCALS_MAX], size_t n)
{
	Dwarf_Die die;
	unsigned visits = 0;

	if (dwarf_child(&scope, &die) != 0)
		return n;
	do
		if (dwarf_tag(&die) == DW_TAG_variable && !dwarf_hasattr(&die, DW_AT_location) &&
		    !dwarf_hasattr(&die, DW_AT_const_value))
			lost[n++] = die;
	while (n < LOCALS_MAX && ++visits < VISITS_PER_SCOPE && die_next(&die));
	return n;
}

size_t locals_lost_at(struct object *o, uint64_t address, Dwarf_Die lost[LOCALS_MAX], struct unit **unit)
{
	struct scopes scopes = { .n = 0 };
	Dwarf_Die *function;
	size_t n = 0;

	*unit = unit_at(o, address, &function);
	if (!*unit || !function)
		return 0;
	scopes_find(&scopes, function, address - o->debug.bias);
	for (size_t i = scopes.n; i-- > 0 && n < LOCALS_MAX;)
		n = take_lost(scopes.at[i], lost, n);
	return n;
}

size_t functions_at(struct object *o, uint64_t address, Dwarf_Die functions[PLACE_LEVELS])
{
	struct scopes scopes = { .n = 0 };
	Dwarf_Die *function;
	size_t n = 0;

	if (!unit_at(o, address, &function) || !function)
		return 0;
	scopes_find(&scopes, function, address - o->debug.bias);
	for (size_t i = scopes.n; i-- > 0 && n < PLACE_LEVELS;)
		if (function_around(&scopes, i) == &scopes.at[i])
			functions[n++] = scopes.at[i];
	return n;
}
