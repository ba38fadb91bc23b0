/* types.c: see types.h. A type is made from a DIE when it is met; its members are read when they are asked for, so
 * that types that hold each other cost nothing. */
#include "names/type.h"

#include <string.h>

#define PEEL_MAX 64u /* typedefs of const typedefs ...: more is a loop */

/* ---- from a DIE to its type -------------------------------------------------------------------------- */

static bool is_wrapper(int tag)
{
	return tag == DW_TAG_typedef || tag == DW_TAG_const_type || tag == DW_TAG_volatile_type ||
	       tag == DW_TAG_restrict_type || tag == DW_TAG_atomic_type || tag == DW_TAG_packed_type ||
	       tag == DW_TAG_shared_type || tag == DW_TAG_template_alias || tag == DW_TAG_immutable_type;
}

bool tag_is_record(int tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type ||
	       tag == DW_TAG_variant_part || tag == DW_TAG_variant;
}

static enum type_kind kind_of(int tag)
{
	switch (tag) {
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		return TYPE_POINTER;
	case DW_TAG_array_type:
		return TYPE_ARRAY;
	default:
		return tag_is_record(tag) ? TYPE_RECORD : TYPE_OTHER;
	}
}

/* Looks through typedefs and qualifiers. *alias becomes the outermost typedef passed; false: there is no type
 * (void), or a loop. */
static bool peel(Dwarf_Die *die, Dwarf_Die *alias, bool *has_alias)
{
	*has_alias = false;
	for (unsigned i = 0; i < PEEL_MAX; i++) {
		int tag = dwarf_tag(die);
		if (!is_wrapper(tag))
			return tag != DW_TAG_invalid && tag != DW_TAG_unspecified_type;
		if (tag == DW_TAG_typedef && !*has_alias) {
			*alias = *die;
			*has_alias = true;
		}
		if (!die_follow(die, DW_AT_type))
			return false;
	}
	return false;
}

static void read_dims(struct type *t)
{
	Dwarf_Die child;
	Dwarf_Word number;
	Dwarf_Attribute value;

	if (dwarf_child(&t->die, &child) != 0)
		return;
	do {
		if (dwarf_tag(&child) != DW_TAG_subrange_type || t->ndims == DIMS_MAX)
			continue;
		uint64_t count = 0;
		if (dwarf_formudata(dwarf_attr(&child, DW_AT_count, &value), &number) == 0)
			count = number;
		else if (dwarf_formudata(dwarf_attr(&child, DW_AT_upper_bound, &value), &number) == 0)
			count = number + 1; /* of `char tail[]` clang gives no bound, of [0] gcc gives -1 */
		t->dims[t->ndims++] = count;
	} while (die_next(&child));
}

static uint64_t array_bytes(const struct type *t)
{
	uint64_t bytes = type_bytes(t->inner);

	for (uint32_t i = 0; i < t->ndims; i++)
		if (__builtin_mul_overflow(bytes, t->dims[i], &bytes))
			return 0;
	return t->ndims ? bytes : 0;
}

static const struct type *type_of_die(struct names *n, struct object *o, Dwarf_Die die, unsigned depth);

static void measure(struct type *t, unsigned depth)
{
	t->bytes = die_number(&t->die, DW_AT_byte_size);
	if (t->kind == TYPE_POINTER && !t->bytes)
		t->bytes = 8;
	if (t->kind != TYPE_ARRAY)
		return;
	Dwarf_Die element = t->die;
	t->is_read = true; /* elements are smaller than their array: this cannot loop but in damaged files */
	if (depth < WALK_DEPTH && die_follow(&element, DW_AT_type))
		t->inner = type_of_die(t->names, t->object, element, depth + 1);
	read_dims(t);
	t->bytes = array_bytes(t);
}

static struct type *type_new(struct names *n, struct object *o, const Dwarf_Die *die, const Dwarf_Die *alias,
			     unsigned depth)
{
	struct type *t = arena_take(&n->arena, sizeof *t);
	Dwarf_Die alias_die;

	if (!t)
		return NULL;
	*t = (struct type){ .names = n, .object = o, .die = *die };
	t->tag = dwarf_tag(&t->die);
	t->kind = kind_of(t->tag);
	t->is_union = t->tag == DW_TAG_union_type || t->tag == DW_TAG_variant_part;
	if (alias) {
		alias_die = *alias;
		const char *name = dwarf_diename(&alias_die);
		t->name = name && !names_are_plain_at(alias) ? die_scoped_name(n, alias_die, name) : name;
	}
	measure(t, depth);
	return t;
}

/* A record has its own name; of everything else the programmer of C knows the typedef. (In C++ most are the library's
 * own: "std::_Vector_base<...>::pointer".) */
static bool goes_by_its_alias(Dwarf_Die *die)
{
	if (tag_is_record(dwarf_tag(die)) || dwarf_tag(die) == DW_TAG_enumeration_type)
		return !dwarf_diename(die);
	return names_are_plain_at(die);
}

static const struct type *type_of_die(struct names *n, struct object *o, Dwarf_Die die, unsigned depth)
{
	Dwarf_Die alias;
	bool has_alias;

	if (!peel(&die, &alias, &has_alias))
		return NULL;
	if (tag_is_record(dwarf_tag(&die)) && !die_follow(&die, DW_AT_signature) && die_is_declaration(&die))
		definition_of(n, o, &die);
	has_alias = has_alias && goes_by_its_alias(&die);
	uint64_t key = map_pointer_key(has_alias ? alias.addr : die.addr);
	struct type *t = map_get(&n->types, key);
	if (t)
		return t;
	t = type_new(n, o, &die, has_alias ? &alias : NULL, depth);
	if (t)
		map_put(&n->types, key, t);
	return t;
}

const struct type *type_from(struct names *n, struct object *o, const Dwarf_Die *die)
{
	return type_of_die(n, o, *die, 0);
}

const struct type *type_of(struct names *n, struct object *o, const Dwarf_Die *die)
{
	Dwarf_Die target = *die;
	Dwarf_Attribute value;

	/* A variable's type may hang on its declaration, a parameter's on its abstract origin. */
	if (!dwarf_formref_die(dwarf_attr_integrate(&target, DW_AT_type, &value), &target))
		return NULL;
	return type_of_die(n, o, target, 0);
}

const struct type *names_type_named(struct names *n, const char *name)
{
	const struct type *t = NULL;
	const struct trace_module *module;
	Dwarf_Die die;

	name += !strncmp(name, "struct ", 7) ? 7 : !strncmp(name, "union ", 6) ? 6 : 0;
	for (size_t i = 0; i < n->trace->nmodules && !t; i++) {
		struct object *o = object_with(n, n->trace->modules[i].id, &module);

		t = o && definition_named(n, o, name, &die) ? type_from(n, o, &die) : NULL;
	}
	return t;
}

/* ---- members ----------------------------------------------------------------------------------------- */

/* Where a member or base lies in its record. False: only known at run time (virtual bases), or static. */
static bool field_offset(Dwarf_Die *die, uint64_t *offset)
{
	Dwarf_Attribute value;
	Dwarf_Word number;
	Dwarf_Op *ops;
	size_t nops;

	*offset = 0;
	if (dwarf_attr(die, DW_AT_data_bit_offset, &value)) {
		bool is_known = dwarf_formudata(&value, &number) == 0;
		*offset = is_known ? number / 8 : 0;
		return is_known;
	}
	if (!dwarf_attr(die, DW_AT_data_member_location, &value))
		return !die_is_declaration(die) && dwarf_tag(die) != DW_TAG_variable; /* unions have none */
	if (dwarf_formudata(&value, &number) == 0) {
		*offset = number;
		return true;
	}
	if (dwarf_getlocation(&value, &ops, &nops) != 0 || nops != 1 || ops[0].atom != DW_OP_plus_uconst)
		return false;
	*offset = ops[0].number;
	return true;
}

/* Of a bit field: the bytes that it touches. */
static uint64_t field_bytes(Dwarf_Die *die, uint64_t bytes)
{
	uint64_t bits = die_number(die, DW_AT_bit_size);

	return bits ? (die_number(die, DW_AT_data_bit_offset) % 8 + bits + 7) / 8 : bytes;
}

/* Of Rust's enums. They have no size: their members say what they cover. */
static bool is_part(int tag)
{
	return tag == DW_TAG_variant_part || tag == DW_TAG_variant;
}

static bool is_field(int tag)
{
	return tag == DW_TAG_member || tag == DW_TAG_inheritance || is_part(tag);
}

static bool read_field(struct type *t, Dwarf_Die *die, struct field *f)
{
	int tag = dwarf_tag(die);
	const char *name = tag == DW_TAG_member ? dwarf_diename(die) : NULL;

	if (!is_part(tag)) {
		if (!field_offset(die, &f->offset))
			return false;
		f->type = type_of(t->names, t->object, die);
	} else {
		f->offset = 0; /* members of variants count from the enum's start */
		f->type = type_from(t->names, t->object, die);
	}
	f->name = name ? name : "";
	f->bytes = is_part(tag) ? UINT32_MAX : field_bytes(die, type_bytes(f->type));
	return f->type;
}

/* libstdc++ keeps elements of its containers and of make_shared in bytes: __aligned_membuf<T>, __aligned_buffer<T>. */
static bool read_buffer(struct type *t, Dwarf_Die *die, struct field *f)
{
	const char *name = dwarf_diename(&t->die);

	*f = (struct field){ .name = "" };
	if (dwarf_tag(die) != DW_TAG_template_type_parameter || !name || strncmp(name, "__aligned_", 10))
		return false;
	f->type = type_of(t->names, t->object, die);
	f->bytes = type_bytes(f->type);
	return f->bytes && f->bytes <= t->bytes;
}

static void read_fields(struct type *t)
{
	struct buf fields = { 0 };
	Dwarf_Die child;
	struct field f;

	if (dwarf_child(&t->die, &child) != 0)
		return;
	do {
		bool is_all = read_buffer(t, &child, &f);
		if (is_all || (is_field(dwarf_tag(&child)) && read_field(t, &child, &f))) {
			fields.used = is_all ? 0 : fields.used;
			t->nfields = is_all ? 1 : t->nfields + 1;
			buf_put(&fields, &f, sizeof f);
		}
		if (is_all)
			break;
	} while (t->nfields < FIELDS_MAX && die_next(&child));
	t->fields = fields.failed ? NULL : arena_take(&t->names->arena, fields.used);
	if (t->fields && t->nfields)
		memcpy(t->fields, fields.bytes, fields.used);
	else
		t->nfields = 0;
	buf_free(&fields);
}

/* `T tail[]`, [0], or [1] as it was done before. */
static bool is_open_array(const struct type *t)
{
	return t->kind == TYPE_ARRAY && t->ndims && t->dims[0] <= 1;
}

static void find_tail(struct type *t)
{
	const struct field *last = NULL;

	for (uint32_t i = 0; i < t->nfields && !t->is_union; i++)
		if (!last || t->fields[i].offset >= last->offset)
			last = &t->fields[i];
	if (!last || !(is_open_array(last->type) ||
		       (last->type->kind == TYPE_RECORD && type_readied(last->type)->tail)))
		return;
	t->tail = last;
	t->tail_offset = last->offset + last->type->tail_offset;
}

/* Types are never const where they live: what is asked for is read then. */
const struct type *type_readied(const struct type *asked)
{
	struct type *t = (struct type *)(uintptr_t)asked;

	if (t->is_read)
		return t;
	t->is_read = true;
	if (t->kind == TYPE_POINTER)
		t->inner = type_of(t->names, t->object, &t->die);
	if (t->kind == TYPE_RECORD) {
		read_fields(t);
		find_tail(t); /* a record that holds itself is damage: is_read ends it */
	}
	return t;
}

/* ---- sizes and pointers ------------------------------------------------------------------------------ */

uint64_t type_bytes(const struct type *t)
{
	return t ? t->bytes : 0;
}

bool type_is_pointer(const struct type *t)
{
	return t && t->kind == TYPE_POINTER;
}

bool type_is_record(const struct type *t)
{
	return t && t->kind == TYPE_RECORD;
}

bool type_is(const struct type *t, const struct type *other)
{
	return t->die.addr == other->die.addr;
}

const struct type *type_pointee(const struct type *t)
{
	return type_is_pointer(t) ? type_readied(t)->inner : NULL;
}

/* The member that is as large as its record; NULL: none is. */
static const struct type *only_part(const struct type *t)
{
	type_readied(t);
	for (uint32_t i = 0; i < t->nfields; i++)
		if (!t->fields[i].offset && type_bytes(t->fields[i].type) == t->bytes)
			return t->fields[i].type;
	return NULL;
}

bool type_wraps(const struct type *t, const struct type *inner)
{
	for (unsigned depth = 0; depth < WALK_DEPTH && type_is_record(t); depth++) {
		t = only_part(t);
		if (t == inner)
			return t;
	}
	return false;
}

static const struct type *first_part(const struct type *t)
{
	type_readied(t);
	for (uint32_t i = 0; i < t->nfields; i++)
		if (!t->fields[i].offset && type_is_record(t->fields[i].type))
			return t->fields[i].type;
	return NULL;
}

bool type_begins(const struct type *t, const struct type *with)
{
	for (unsigned depth = 0; depth < WALK_DEPTH && t && t != with; depth++)
		t = type_is_record(t) ? first_part(t) : NULL;
	return t == with;
}

bool type_is_link(const struct type *t)
{
	const struct type *part = type_is_record(t) && t->bytes == 8 ? only_part(t) : NULL;

	return part && type_pointee(part) == t;
}

enum type_fit type_fit(const struct type *t, uint64_t block_bytes)
{
	uint64_t bytes = type_bytes(t);

	if (bytes && bytes == block_bytes)
		return FIT_EXACT;
	if (type_is_record(t) && type_readied(t)->tail && block_bytes >= t->tail_offset)
		return FIT_TAIL;
	if (!bytes || bytes > block_bytes)
		return FIT_NOT;
	if (bytes == 1)
		return FIT_BYTES;
	if (block_bytes % bytes == 0 && !type_is_link(t))
		return FIT_ARRAY;
	return type_is_record(t) ? FIT_PREFIX : FIT_NOT;
}
