/* types.c: see types.h. A type is made from a DIE when it is met; its members are read when they are asked for, so
 * that types that hold each other cost nothing. */
#include "names/types.h"
#include "names/inside.h"

#include <dwarf.h>
#include <stdio.h>
#include <string.h>

#define PEEL_MAX 64u /* typedefs of const typedefs ...: more is a loop */
#define DIMS_MAX 8u
#define FIELDS_MAX 65536u /* of one record */
#define NAME_DEPTH 8u /* pointers to functions that take pointers ...: deeper is "..." */
#define WALK_DEPTH 32u /* records in arrays in records ... */
#define WALK_STEPS (2u * FIELDS_MAX)
#define CHOICES_MAX 16u /* members of a union that are tried for a pointer */

enum type_kind { TYPE_OTHER, TYPE_RECORD, TYPE_POINTER, TYPE_ARRAY };

struct field {
	const char *name; /* "": its members count as the record's own (base classes, anonymous members) */
	const struct type *type;
	uint64_t offset, bytes;
};

struct type {
	struct names *names;
	struct object *object;
	Dwarf_Die die;
	int tag;
	enum type_kind kind;
	bool is_union; /* its fields share their bytes */
	bool is_read; /* inner, or fields */
	const char *name; /* NULL: not spelled yet */
	uint64_t bytes;
	const struct type *inner; /* what a pointer points at, the elements of an array */
	uint64_t dims[DIMS_MAX]; /* of an array; 0: not known */
	uint32_t ndims;
	uint32_t nfields;
	struct field *fields; /* in the order of the declaration */
	const struct field
	    *tail; /* the field that ends in an array which may go on behind the record; NULL: none */
	uint64_t tail_offset; /* of that array */
};

/* ---- from a DIE to its type -------------------------------------------------------------------------- */

static bool is_wrapper(int tag)
{
	return tag == DW_TAG_typedef || tag == DW_TAG_const_type || tag == DW_TAG_volatile_type ||
	       tag == DW_TAG_restrict_type || tag == DW_TAG_atomic_type || tag == DW_TAG_packed_type ||
	       tag == DW_TAG_shared_type || tag == DW_TAG_template_alias || tag == DW_TAG_immutable_type;
}

static bool is_record(int tag)
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
		return is_record(tag) ? TYPE_RECORD : TYPE_OTHER;
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
	if (is_record(dwarf_tag(die)) || dwarf_tag(die) == DW_TAG_enumeration_type)
		return !dwarf_diename(die);
	return names_are_plain_at(die);
}

static const struct type *type_of_die(struct names *n, struct object *o, Dwarf_Die die, unsigned depth)
{
	Dwarf_Die alias;
	bool has_alias;

	if (!peel(&die, &alias, &has_alias))
		return NULL;
	if (is_record(dwarf_tag(&die)) && !die_follow(&die, DW_AT_signature) && die_is_declaration(&die))
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

static const struct type *readied(const struct type *asked);

static void find_tail(struct type *t)
{
	const struct field *last = NULL;

	for (uint32_t i = 0; i < t->nfields && !t->is_union; i++)
		if (!last || t->fields[i].offset >= last->offset)
			last = &t->fields[i];
	if (!last ||
	    !(is_open_array(last->type) || (last->type->kind == TYPE_RECORD && readied(last->type)->tail)))
		return;
	t->tail = last;
	t->tail_offset = last->offset + last->type->tail_offset;
}

/* Types are never const where they live: what is asked for is read then. */
static const struct type *readied(const struct type *asked)
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

/* ---- names ------------------------------------------------------------------------------------------- */

static const char *spell(const struct type *asked, unsigned depth);

/* gcc spells some base types at full length. */
static const char *usual_name(const char *name)
{
	static const char *const usual[][2] = { { "short int", "short" },
						{ "long int", "long" },
						{ "long long int", "long long" },
						{ "unsigned int", "unsigned" },
						{ "short unsigned int", "unsigned short" },
						{ "long unsigned int", "unsigned long" },
						{ "long long unsigned int", "unsigned long long" } };

	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (!strcmp(name, usual[i][0]))
			return usual[i][1];
	return name;
}

/* A class without a name that can be called. */
static bool is_lambda(Dwarf_Die *record)
{
	Dwarf_Die child;

	if (dwarf_child(record, &child) != 0)
		return false;
	do {
		const char *name = dwarf_tag(&child) == DW_TAG_subprogram ? dwarf_diename(&child) : NULL;
		if (name && !strcmp(name, "operator()"))
			return true;
	} while (die_next(&child));
	return false;
}

/* "struct node", "shop::Cart<int>". */
static const char *spell_plain(const struct type *t)
{
	Dwarf_Die die = t->die;
	const char *name = dwarf_diename(&die);
	const char *word = t->tag == DW_TAG_union_type	       ? "union"
			   : t->tag == DW_TAG_enumeration_type ? "enum"
			   : is_record(t->tag)		       ? "struct"
							       : NULL;

	if (!name && !names_are_plain_at(&die) && is_lambda(&die))
		return "(lambda)";
	if (!name)
		return word ? arena_format(&t->names->arena, "%s {...}", word) : "?";
	if (t->tag == DW_TAG_base_type)
		return usual_name(name);
	if (!names_are_plain_at(&die))
		return die_scoped_name(t->names, die, name);
	return word ? arena_format(&t->names->arena, "%s %s", word, name) : name;
}

static const char *spell_array(const struct type *t, unsigned depth)
{
	struct buf text = { 0 };
	char dim[32];
	const char *inner = spell(t->inner, depth);

	buf_put(&text, inner, strlen(inner));
	for (uint32_t i = 0; i < t->ndims; i++) {
		int length = t->dims[i] ? snprintf(dim, sizeof dim, "[%llu]", (unsigned long long)t->dims[i])
					: snprintf(dim, sizeof dim, "[]");
		buf_put(&text, dim, (size_t)length);
	}
	const char *name = text.failed ? NULL : arena_copy(&t->names->arena, (char *)text.bytes, text.used);
	buf_free(&text);
	return name;
}

static const char *spell_parameters(const struct type *t, unsigned depth)
{
	const char *text = "";
	Dwarf_Die die = t->die, child;
	unsigned count = 0;

	if (dwarf_child(&die, &child) != 0)
		return "void";
	do {
		if (dwarf_tag(&child) != DW_TAG_formal_parameter)
			continue;
		text = arena_format(&t->names->arena, "%s%s%s", text ? text : "", count ? ", " : "",
				    spell(type_of(t->names, t->object, &child), depth));
	} while (++count < 16 && die_next(&child));
	return text ? text : "...";
}

/* "int (*)(void *)", or without the star "int (void *)". */
static const char *spell_function(const struct type *t, const char *star, unsigned depth)
{
	const struct type *returned = type_of(t->names, t->object, &t->die);

	return arena_format(&t->names->arena, "%s %s(%s)", spell(returned, depth), star,
			    spell_parameters(t, depth));
}

static const char *spell_pointer(const struct type *t, unsigned depth)
{
	const struct type *inner = readied(t)->inner;
	const char *star = t->tag == DW_TAG_pointer_type ? "*" : t->tag == DW_TAG_reference_type ? "&" : "&&";

	if (inner && !inner->name && inner->tag == DW_TAG_subroutine_type)
		return spell_function(inner, "(*)", depth);
	const char *text = spell(inner, depth);
	size_t length = strlen(text);
	bool is_close = length && strchr("*&", text[length - 1]);
	return arena_format(&t->names->arena, "%s%s%s", text, is_close ? "" : " ", star);
}

static const char *spell(const struct type *asked, unsigned depth)
{
	struct type *t = (struct type *)(uintptr_t)asked;

	if (!t)
		return "void";
	if (t->name)
		return t->name;
	if (depth == NAME_DEPTH)
		return "...";
	const char *name = t->kind == TYPE_POINTER	      ? spell_pointer(t, depth + 1)
			   : t->kind == TYPE_ARRAY	      ? spell_array(t, depth + 1)
			   : t->tag == DW_TAG_subroutine_type ? spell_function(t, "", depth + 1)
							      : spell_plain(t);
	if (!depth)
		t->name = name;
	return name ? name : "?";
}

const char *type_name(const struct type *t)
{
	return spell(t, 0);
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

const struct type *type_pointee(const struct type *t)
{
	return type_is_pointer(t) ? readied(t)->inner : NULL;
}

/* The member that is as large as its record; NULL: none is. */
static const struct type *only_part(const struct type *t)
{
	readied(t);
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

enum type_fit type_fit(const struct type *t, uint64_t block_bytes)
{
	uint64_t bytes = type_bytes(t);

	if (bytes && bytes == block_bytes)
		return FIT_EXACT;
	if (type_is_record(t) && readied(t)->tail && block_bytes >= t->tail_offset)
		return FIT_TAIL;
	if (!bytes || bytes > block_bytes)
		return FIT_NOT;
	if (bytes == 1)
		return FIT_BYTES;
	if (block_bytes % bytes == 0)
		return FIT_ARRAY;
	return type_is_record(t) ? FIT_PREFIX : FIT_NOT;
}

/* ---- the word at an offset --------------------------------------------------------------------------- */

struct walk {
	unsigned choice; /* leaves to pass before the one that is wanted */
	bool is_union; /* so far */
	uint32_t steps_left; /* records that hold themselves many times over are damage */
	char *path;
	size_t used, room; /* room 0: nobody wants it */
	const char *const *prefixes; /* of records that are looked for around the word; NULL: of none */
	int found; /* which of them; -1: none yet */
	struct type_member *out;
};

static void path_add(struct walk *w, const char *before, const char *text)
{
	if (!w->room || !*text)
		return;
	int length = snprintf(w->path + w->used, w->room - w->used, "%s%s", w->used ? before : "", text);
	w->used += length < 0 ? 0 : (size_t)length;
	if (w->used >= w->room)
		w->used = w->room - 1; /* cut */
}

static void path_cut(struct walk *w, size_t used)
{
	w->used = used;
	if (w->room)
		w->path[used] = 0;
}

static void path_add_index(struct walk *w, uint64_t index)
{
	char text[32];

	if (!w->room)
		return;
	snprintf(text, sizeof text, "[%llu]", (unsigned long long)index);
	path_add(w, "", text);
}

static bool walk_type(struct walk *w, const struct type *t, uint64_t offset, bool may_stretch,
		      unsigned depth);

static bool covers(const struct field *f, uint64_t offset, bool may_stretch)
{
	return offset >= f->offset && (may_stretch || offset - f->offset < f->bytes);
}

bool type_is_reserved(const char *name)
{
	return !strncmp(name, "_M_", 3) || !strncmp(name, "__", 2);
}

static bool is_of_rusts_library(const struct type *t)
{
	static const char *const crates[] = { "alloc::", "core::", "std::", "hashbrown::" };
	Dwarf_Die die = t->die, unit;

	if (!dwarf_diecu(&die, &unit, NULL, NULL) || dwarf_srclang(&unit) != DW_LANG_Rust)
		return false;
	for (size_t i = 0; i < sizeof crates / sizeof *crates; i++)
		if (!strncmp(type_name(t), crates[i], strlen(crates[i])))
			return true;
	return false;
}

/* What a library calls a member of its own says nothing to who uses it. */
static bool is_unsaid(const struct walk *w, const struct type *t, const struct field *f)
{
	if (!w->room)
		return false;
	if (type_is_reserved(f->name) || !strncmp(type_name(t), "boost::", 7))
		return w->used && !names_are_plain_at(&t->die);
	return (t->tag == DW_TAG_variant && !strcmp(f->name, "Some")) || is_of_rusts_library(t);
}

static bool walk_field(struct walk *w, const struct type *t, const struct field *f, uint64_t offset,
		       bool may_stretch, unsigned depth)
{
	size_t used = w->used;

	if (!is_unsaid(w, t, f))
		path_add(w, ".", f->name);
	if (walk_type(w, f->type, offset - f->offset, may_stretch, depth + 1))
		return true;
	path_cut(w, used);
	return false;
}

static void look_at_name(struct walk *w, const struct type *t)
{
	Dwarf_Die die = t->die;
	const char *name = w->prefixes && w->found < 0 ? dwarf_diename(&die) : NULL;

	for (int i = 0; name && w->prefixes[i] && w->found < 0; i++)
		if (!strncmp(name, w->prefixes[i], strlen(w->prefixes[i])))
			w->found = i;
}

static bool walk_record(struct walk *w, const struct type *t, uint64_t offset, bool may_stretch,
			unsigned depth)
{
	bool was_union = w->is_union;

	readied(t);
	may_stretch = may_stretch && t->tail && offset >= t->tail_offset;
	w->is_union |= t->is_union;
	for (uint32_t i = 0; i < t->nfields && w->steps_left; i++) {
		bool is_tail = may_stretch && &t->fields[i] == t->tail;
		w->steps_left--;
		if (covers(&t->fields[i], offset, is_tail) &&
		    walk_field(w, t, &t->fields[i], offset, is_tail, depth)) {
			look_at_name(w, t);
			return true;
		}
	}
	w->is_union = was_union;
	return false;
}

static bool walk_array(struct walk *w, const struct type *t, uint64_t offset, bool may_stretch,
		       unsigned depth)
{
	uint64_t bytes = type_bytes(t->inner), index = bytes ? offset / bytes : 0, inner[DIMS_MAX];
	size_t used = w->used;

	if (!bytes || (!may_stretch && offset >= t->bytes))
		return false;
	for (uint32_t i = t->ndims; i-- > 0;) {
		inner[i] = i && t->dims[i] ? index % t->dims[i] : index;
		index = i && t->dims[i] ? index / t->dims[i] : 0;
	}
	for (uint32_t i = 0; i < t->ndims; i++)
		path_add_index(w, inner[i]);
	if (walk_type(w, t->inner, offset % bytes, false, depth + 1))
		return true;
	path_cut(w, used);
	return false;
}

static bool walk_type(struct walk *w, const struct type *t, uint64_t offset, bool may_stretch, unsigned depth)
{
	if (!t || depth == WALK_DEPTH)
		return false;
	if (t->kind == TYPE_RECORD)
		return walk_record(w, t, offset, may_stretch, depth);
	if (t->kind == TYPE_ARRAY)
		return walk_array(w, t, offset, may_stretch, depth);
	if (w->choice--)
		return false;
	*w->out = (struct type_member){ .type = t, .offset_within = offset, .is_union = w->is_union };
	return true;
}

static bool walk_block(struct walk *w, const struct type *t, uint64_t block_bytes, uint64_t offset)
{
	uint64_t bytes = type_bytes(t);

	switch (type_fit(t, block_bytes)) {
	case FIT_TAIL:
		return walk_type(w, t, offset, true, 0);
	case FIT_ARRAY:
	case FIT_BYTES:
		path_add_index(w, offset / bytes);
		return walk_type(w, t, offset % bytes, false, 0);
	case FIT_NOT:
		return false;
	default:
		return offset < bytes && walk_type(w, t, offset, false, 0);
	}
}

bool type_member_at(const struct type *t, uint64_t block_bytes, uint64_t offset, unsigned choice,
		    struct type_member *out, char *path, size_t room)
{
	struct walk w = {
		.choice = choice, .steps_left = WALK_STEPS, .path = path, .room = room, .out = out
	};

	if (room)
		*path = 0;
	return offset < block_bytes && walk_block(&w, t, block_bytes, offset);
}

bool type_word_at(const struct type *t, uint64_t block_bytes, uint64_t offset, struct type_member *out,
		  char *path, size_t room)
{
	for (unsigned i = 0; i < CHOICES_MAX; i++) {
		if (!type_member_at(t, block_bytes, offset, i, out, path, room))
			break;
		if (!out->is_union || type_is_pointer(out->type))
			return true;
	}
	return type_member_at(t, block_bytes, offset, 0, out, path, room);
}

int type_around(const struct type *t, uint64_t block_bytes, uint64_t offset, const char *const prefixes[])
{
	struct type_member member;
	struct walk w = { .steps_left = WALK_STEPS, .out = &member, .prefixes = prefixes, .found = -1 };

	return offset < block_bytes && walk_block(&w, t, block_bytes, offset) ? w.found : -1;
}

/* ---- a member by name -------------------------------------------------------------------------------- */

static bool find_field(const struct type *t, const char *path, uint64_t *offset, uint64_t *bytes,
		       unsigned depth)
{
	size_t length = strcspn(path, ".");

	if (!type_is_record(t) || depth == WALK_DEPTH)
		return false;
	readied(t);
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];
		bool is_it = strlen(f->name) == length && !strncmp(f->name, path, length);
		*bytes = f->bytes;
		if ((is_it && !path[length]) ||
		    (is_it && find_field(f->type, path + length + 1, offset, bytes, depth + 1)) ||
		    (!*f->name && find_field(f->type, path, offset, bytes, depth + 1))) {
			*offset += f->offset;
			return true;
		}
	}
	return false;
}

bool type_field(const struct type *t, const char *path, uint64_t *offset, uint64_t *bytes)
{
	*offset = 0;
	return find_field(t, path, offset, bytes, 0);
}
