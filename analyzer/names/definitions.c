/* definitions.c: where a record is defined that a unit only declares: "struct node" in an opaque header, a class of
 * another unit. An index by name over all units of the object, made when the first such record is met. */
#include "names/inside.h"

#include <dwarf.h>
#include <string.h>

#define LOOKED_AT 64u /* definitions of one name */

struct definition {
	Dwarf_Die die;
	struct definition *next; /* of the same hash, as met */
};

/* FNV-1a. */
static uint64_t hash_name(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
	return hash ? hash : 1;
}

static bool is_record_tag(int tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

static void take_definition(struct names *n, struct object *o, const Dwarf_Die *die, const char *name)
{
	struct definition *found = arena_take(&n->arena, sizeof *found);
	struct definition *first = map_get(&o->definitions, hash_name(name));

	if (!found)
		return;
	found->die = *die;
	if (!first) {
		map_put(&o->definitions, hash_name(name), found);
		return;
	}
	found->next = first->next;
	first->next = found;
}

static void list_definitions(struct names *n, struct object *o, Dwarf_Die *parent, unsigned depth)
{
	uint64_t *visits_left = &o->debug.visits_left;
	Dwarf_Die die;

	if (depth == SCOPE_DEPTH || dwarf_child(parent, &die) != 0)
		return;
	do {
		int tag = dwarf_tag(&die);
		if (!*visits_left || !--*visits_left)
			return;
		const char *name = is_record_tag(tag) ? dwarf_diename(&die) : NULL;
		if (name && !die_is_declaration(&die))
			take_definition(n, o, &die, name);
		if (is_record_tag(tag) || tag == DW_TAG_namespace || tag == DW_TAG_module)
			list_definitions(n, o, &die, depth + 1);
	} while (die_next(&die));
}

static void definitions_read(struct names *n, struct object *o)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die, split;
	uint8_t unit_type;

	o->has_definitions = true;
	while (memset(&split, 0, sizeof split),
	       dwarf_get_units(o->debug.dwarf, cu, &cu, NULL, &unit_type, &die, &split) == 0)
		list_definitions(n, o, split.addr ? &split : &die, 0);
}

void definition_of(struct names *n, struct object *o, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	unsigned looked_at = 0;

	if (!name || !debug_is_there(o))
		return;
	if (!o->has_definitions)
		definitions_read(n, o);
	bool is_plain = names_are_plain_at(die);
	const char *full = is_plain ? name : die_scoped_name(n, *die, name);
	for (struct definition *d = map_get(&o->definitions, hash_name(name)); d && looked_at++ < LOOKED_AT;
	     d = d->next) {
		const char *other = dwarf_diename(&d->die);
		if (!is_plain)
			other = die_scoped_name(n, d->die, other);
		if (!strcmp(full, other)) {
			*die = d->die;
			return;
		}
	}
}
