/* variables.c: see variables.h. An index of all variables at fixed places, made per object when the first is asked
 * for. Variables in functions are listed only when an address is not found without them: most DIEs are in functions. */
#include "names/variables.h"
#include "names/inside.h"

#include <dwarf.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIED_MAX 16u /* variables that begin at one address: the same one, in several units */

/* A variable that has been met. */
struct listed {
	uint64_t address; /* ELF virtual address, or offset in the TLS block */
	Dwarf_Die die;
	Dwarf_Die function; /* that it is in; addr NULL: none */
	uint32_t unit; /* index of debug.units */
	bool is_tls;
};

/* Where the walk over a unit is. */
struct walk {
	struct names *names;
	struct object *object;
	uint32_t unit;
	bool deep;
	Dwarf_Die function;
};

/* ---- listing ----------------------------------------------------------------------------------------- */

/* DW_OP_addr and its indirect forms: an address, or with DW_OP_const* an offset. */
static bool op_address(Dwarf_Attribute *location, const Dwarf_Op *op, uint64_t *address)
{
	Dwarf_Attribute value;
	Dwarf_Addr found;

	switch (op->atom) {
	case DW_OP_addr:
	case DW_OP_const4u:
	case DW_OP_const8u:
		*address = op->number;
		return true;
	case DW_OP_addrx:
	case DW_OP_GNU_addr_index:
	case DW_OP_constx:
	case DW_OP_GNU_const_index:
		if (dwarf_getlocation_attr(location, op, &value) != 0 || dwarf_formaddr(&value, &found) != 0)
			return false;
		*address = found;
		return true;
	default:
		return false;
	}
}

/* The fixed place of a variable; false: it has none, or is not a whole. */
static bool fixed_place(Dwarf_Die *die, uint64_t *address, bool *is_tls)
{
	Dwarf_Attribute location;
	Dwarf_Op *ops;
	size_t nops;

	if (!dwarf_attr(die, DW_AT_location, &location) || dwarf_getlocation(&location, &ops, &nops) != 0 ||
	    !nops || nops > 2 || !op_address(&location, &ops[0], address))
		return false;
	bool is_data =
	    ops[0].atom == DW_OP_addr || ops[0].atom == DW_OP_addrx || ops[0].atom == DW_OP_GNU_addr_index;
	*is_tls =
	    nops == 2 && (ops[1].atom == DW_OP_form_tls_address || ops[1].atom == DW_OP_GNU_push_tls_address);
	if (nops == 2 && ops[1].atom == DW_OP_plus_uconst && is_data) /* clang's merged globals */
		*address += ops[1].number;
	else if (nops == 2 && !*is_tls)
		return false;
	return *is_tls || is_data;
}

static bool take_variable(struct walk *w, Dwarf_Die *die)
{
	struct variables *all = &w->object->variables;
	struct listed one = { .die = *die, .function = w->function, .unit = w->unit };

	if (!fixed_place(die, &one.address, &one.is_tls))
		return true;
	if (!one.is_tls)
		one.address += w->object->debug.bias;
	if (all->n == all->room) {
		size_t room = all->room ? all->room * 2 : 64;
		struct listed *at = reallocarray(all->at, room, sizeof *at);
		if (!at)
			return false;
		all->at = at;
		all->room = room;
	}
	all->at[all->n++] = one;
	return true;
}

static bool holds_variables(int tag, bool deep)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
		return true;
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_subprogram:
	case DW_TAG_lexical_block:
	case DW_TAG_inlined_subroutine:
		return deep;
	default:
		return false;
	}
}

static bool list_variables(struct walk *w, Dwarf_Die *parent, unsigned depth)
{
	uint64_t *visits_left = &w->object->debug.visits_left;
	Dwarf_Die die, outer = w->function;

	if (depth == SCOPE_DEPTH || dwarf_child(parent, &die) != 0)
		return true;
	do {
		int tag = dwarf_tag(&die);
		if (!*visits_left || !--*visits_left)
			return false;
		if (tag == DW_TAG_variable && !take_variable(w, &die))
			return false;
		if (!holds_variables(tag, w->deep))
			continue;
		if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine)
			w->function = die;
		bool goes_on = list_variables(w, &die, depth + 1);
		w->function = outer;
		if (!goes_on)
			return false;
	} while (die_next(&die));
	return true;
}

/* By kind and address; equal ones as met. */
static int listed_order(const void *left, const void *right)
{
	const struct listed *a = left, *b = right;

	if (a->is_tls != b->is_tls)
		return a->is_tls ? 1 : -1;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->unit != b->unit)
		return a->unit < b->unit ? -1 : 1;
	return ((const char *)a->die.addr > (const char *)b->die.addr) -
	       ((const char *)a->die.addr < (const char *)b->die.addr);
}

static void variables_read(struct names *n, struct object *o, bool deep)
{
	struct variables *all = &o->variables;

	if (!debug_is_there(o) || all->state >= (deep ? VARIABLES_DEEP : VARIABLES_LISTED))
		return;
	all->state = deep ? VARIABLES_DEEP : VARIABLES_LISTED;
	all->n = 0;
	for (uint32_t i = 0; i < o->debug.nunits; i++) {
		struct walk w = { .names = n, .object = o, .unit = i, .deep = deep };
		if (!list_variables(&w, &o->debug.units[i].body, 0))
			break;
	}
	if (all->n)
		qsort(all->at, all->n, sizeof *all->at, listed_order);
}

void variables_free(struct variables *v)
{
	free(v->at);
	*v = (struct variables){ 0 };
}

/* ---- finding ----------------------------------------------------------------------------------------- */

/* The number of variables of the kind that begin at or before the address, with all of the kinds before it. */
static size_t count_up_to(const struct variables *all, bool is_tls, uint64_t address)
{
	size_t low = 0, high = all->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct listed *v = &all->at[middle];
		if (v->is_tls < is_tls || (v->is_tls == is_tls && v->address <= address))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The variable that covers the address: of those that begin nearest before it. */
static const struct listed *find(struct names *n, struct object *o, bool is_tls, uint64_t address,
				 uint64_t symbol_bytes)
{
	const struct variables *all = &o->variables;
	size_t end = count_up_to(all, is_tls, address);

	for (size_t i = end; i-- > 0 && end - i <= TIED_MAX;) {
		const struct listed *v = &all->at[i];
		if (v->is_tls != is_tls || v->address != all->at[end - 1].address)
			break;
		uint64_t bytes = type_bytes(type_of(n, o, &v->die));
		if (address - v->address < (bytes ? bytes : symbol_bytes))
			return v;
	}
	return NULL;
}

void variable_describe(struct names *n, struct object *o, struct unit *u, const Dwarf_Die *die,
		       Dwarf_Die *function, struct variable *v)
{
	Dwarf_Die copy = *die;
	int line = 0;

	v->name = die_string(&copy, DW_AT_name);
	if (function)
		v->function = debug_function_name(n, u, function);
	else if (v->name && !names_are_plain(u->body))
		v->name = die_scoped_name(n, copy, v->name);
	v->type = type_of(n, o, die);
	v->file = debug_file(n, u, &copy, DW_AT_decl_file);
	if (v->file && dwarf_decl_line(&copy, &line) == 0 && line > 0)
		v->line = (uint32_t)line;
}

static void describe(struct names *n, struct object *o, const struct listed *found, uint64_t address,
		     struct variable *v)
{
	struct unit *u = &o->debug.units[found->unit];
	Dwarf_Die function = found->function;

	*v = (struct variable){ .offset = address - found->address };
	variable_describe(n, o, u, &found->die, function.addr ? &function : NULL, v);
}

static bool find_listed(struct names *n, struct object *o, bool is_tls, uint64_t address,
			uint64_t symbol_bytes, bool deep, struct variable *v)
{
	variables_read(n, o, false);
	const struct listed *found = find(n, o, is_tls, address, symbol_bytes);
	if (!found && deep) {
		variables_read(n, o, true);
		found = find(n, o, is_tls, address, symbol_bytes);
	}
	if (found)
		describe(n, o, found, address, v);
	return found && v->name;
}

bool variable_find(struct names *n, struct object *o, uint64_t address, struct variable *v)
{
	const struct symbol *symbol = symbol_of_data(o, address);
	/* What other files can call by its name is in no function. Where nothing has a symbol everything may be. */
	bool deep = symbol ? symbol->binding != STB_GLOBAL : !o->symbols.data.n;
	uint64_t symbol_bytes = symbol ? symbol->size : 0;

	if (find_listed(n, o, false, address, symbol_bytes, deep, v))
		return true;
	if (!symbol)
		return false;
	*v = (struct variable){ .name = names_spell(n, symbol->name), .offset = address - symbol->address };
	return true;
}

bool names_variable(struct names *n, uint32_t module, uint64_t address, struct variable *v)
{
	const struct trace_module *m;
	struct object *o = object_with(n, module, &m);

	return o && variable_find(n, o, address - m->bias, v);
}

const char *variable_word(const struct variable *v, char *text, size_t room)
{
	struct type_member m;
	char path[256];
	uint64_t bytes = type_bytes(v->type);

	bool is_member = bytes && type_word_at(v->type, bytes, v->offset, &m, path, sizeof path);
	if (is_member && type_is_reserved(path))
		snprintf(text, room, "%s", v->name);
	else if (is_member && !m.offset_within)
		snprintf(text, room, "%s%s%s", v->name, *path && *path != '[' ? "." : "", path);
	else if (v->offset)
		snprintf(text, room, "%s+%llu", v->name, (unsigned long long)v->offset);
	else
		snprintf(text, room, "%s", v->name);
	return text;
}

/* ---- thread-local ------------------------------------------------------------------------------------ */

static bool is_program(const struct trace *t, const struct trace_module *m)
{
	return !m->path || !*m->path || (t->process.executable && !strcmp(m->path, t->process.executable));
}

static bool tls_header(struct object *o, GElf_Phdr *header)
{
	GElf_Addr bias;
	Elf *elf = o->file ? dwfl_module_getelf(o->file, &bias) : NULL;
	size_t n;

	if (!elf || elf_getphdrnum(elf, &n) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (gelf_getphdr(elf, (int)i, header) && header->p_type == PT_TLS)
			return true;
	return false;
}

/* x86-64 psABI, variant II: the program's block ends at the thread pointer, rounded up to its alignment; the others
 * are in the dynamic thread vector, a pointer and a flag each, by the number that the loader gave the module. */
static uint64_t tls_block(struct object *o, const struct trace_module *m, bool is_first,
			  const struct trace_snapshot *s, const struct trace_thread *t,
			  const GElf_Phdr *header)
{
	uint64_t align = header->p_align ? header->p_align : 1, number, vector, block;
	uint64_t word = is_first ? 0 : object_tls_number(o);

	if (is_first)
		return t->fs_base - ((header->p_memsz + align - 1) & -align);
	if (!word || !snapshot_word(s, word + m->bias, &number) || number >> 16 ||
	    !snapshot_word(s, t->fs_base + 8, &vector) || !snapshot_word(s, vector + 16 * number, &block))
		return 0;
	return block;
}

bool names_tls_variable(struct names *n, const struct trace_snapshot *s, const struct trace_thread *t,
			uint64_t address, struct variable *v)
{
	for (size_t i = 0; i < n->trace->nmodules; i++) {
		const struct trace_module *m = &n->trace->modules[i];
		struct object *o = object_with(n, m->id, &m);
		GElf_Phdr header;
		if (!o || !tls_header(o, &header))
			continue;
		uint64_t block = tls_block(o, m, is_program(n->trace, m), s, t, &header);
		if (block && address - block < header.p_memsz)
			return find_listed(n, o, true, address - block, 0, true, v);
	}
	return false;
}
