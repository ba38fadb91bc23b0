/* definitions.c: where a record is defined that a unit only declares: "struct node" in an opaque header, a class of
 * another unit. An index by name over all units of the object, made when the first such record is met. */
#include "names/inside.h"
#include "names/usual.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#define LOOKED_AT 64u /* definitions of one name */

struct definition {
	Dwarf_Die die;
	struct definition *next; /* of the same hash, as met */
};

/* Demangled names and DWARF's are spelled alike only as usual: free it. NULL: it is so already, or there is no memory. */
static char *usual_spelling(const char *name)
{
	return strchr(name, '<') ? usual_name(name) : NULL;
}

/* FNV-1a. */
static uint64_t hash_name(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u;
	char *usual = usual_spelling(name);

	for (const char *at = usual ? usual : name; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
	free(usual);
	return hash ? hash : 1;
}

static bool is_record_tag(int tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

/* `typedef struct { ... } node;` */
static bool names_a_record(Dwarf_Die *die)
{
	Dwarf_Die record = *die;

	return dwarf_tag(die) == DW_TAG_typedef && die_follow(&record, DW_AT_type) &&
	       is_record_tag(dwarf_tag(&record)) && !dwarf_diename(&record);
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
		const char *name = is_record_tag(tag) || names_a_record(&die) ? dwarf_diename(&die) : NULL;
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
		if (!is_record_tag(dwarf_tag(&d->die)))
			continue;
		if (!is_plain)
			other = die_scoped_name(n, d->die, other);
		if (!strcmp(full, other)) {
			*die = d->die;
			return;
		}
	}
}

/* ---- by name ----------------------------------------------------------------------------------------- */

/* "Pair<a::b, int>" of "x::Pair<a::b, int>". */
static const char *last_part(const char *name)
{
	const char *last = name;
	int depth = 0;

	for (; *name; name++) {
		depth += (*name == '<' || *name == '(') - (*name == '>' || *name == ')');
		if (!depth && name[0] == ':' && name[1] == ':')
			last = name + 2;
	}
	return last;
}

static bool is_same_name(const char *a, const char *b)
{
	char *usual_a = usual_spelling(a), *usual_b = usual_spelling(b);
	bool is_same = !strcmp(usual_a ? usual_a : a, usual_b ? usual_b : b);

	free(usual_a);
	free(usual_b);
	return is_same;
}

bool definition_named(struct names *n, struct object *o, const char *name, Dwarf_Die *die)
{
	unsigned looked_at = 0;

	if (!debug_is_there(o))
		return false;
	if (!o->has_definitions)
		definitions_read(n, o);
	for (struct definition *d = map_get(&o->definitions, hash_name(last_part(name)));
	     d && looked_at++ < LOOKED_AT; d = d->next) {
		const char *own = dwarf_diename(&d->die);
		if (own && is_same_name(die_scoped_name(n, d->die, own), name)) {
			*die = d->die;
			return true;
		}
	}
	return false;
}
