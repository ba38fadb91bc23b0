/* type_members.c: the member that a word of a block belongs to, by its place or by its name. */
#include "names/type.h"

#include <stdio.h>
#include <string.h>

#define WALK_STEPS (2u * FIELDS_MAX)
#define CHOICES_MAX 16u /* members of a union that are tried for a pointer */

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
	static const char *const crates[] = { "alloc::", "core::", "std::", "hashbrown::",
					      "*const ", "*mut ",  "&" }; /* of two words */
	Dwarf_Die die = t->die, unit;

	if (!dwarf_diecu(&die, &unit, NULL, NULL) || dwarf_srclang(&unit) != DW_LANG_Rust)
		return false;
	for (size_t i = 0; i < sizeof crates / sizeof *crates; i++)
		if (!strncmp(type_name(t), crates[i], strlen(crates[i])))
			return true;
	return false;
}

/* What a lambda has captured is called as the source calls it: gcc puts "__" before. */
static const char *field_name(const struct type *t, const struct field *f)
{
	bool is_captured = !strncmp(f->name, "__", 2) && !strcmp(type_name(t), "(lambda)");

	return is_captured ? f->name + 2 : f->name;
}

/* What a library calls a member of its own says nothing to who uses it. */
static bool is_unsaid(const struct walk *w, const struct type *t, const struct field *f)
{
	if (!w->room)
		return false;
	if (type_is_reserved(field_name(t, f)) || !strncmp(type_name(t), "boost::", 7))
		return w->used && !names_are_plain_at(&t->die);
	return (t->tag == DW_TAG_variant && !strcmp(f->name, "Some")) || is_of_rusts_library(t);
}

static bool walk_field(struct walk *w, const struct type *t, const struct field *f, uint64_t offset,
		       bool may_stretch, unsigned depth)
{
	size_t used = w->used;

	if (!is_unsaid(w, t, f))
		path_add(w, ".", field_name(t, f));
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

/* Rust's Vec knows its items by a pointer to bytes, and their type by RawVec<T>. */
static void look_at_items(struct walk *w, const struct type *t)
{
	Dwarf_Die die = t->die, child;
	const char *name = w->out->items ? NULL : dwarf_diename(&die);

	if (!name || strncmp(name, "RawVec<", 7) || dwarf_child(&die, &child) != 0)
		return;
	do {
		if (dwarf_tag(&child) == DW_TAG_template_type_parameter)
			w->out->items = type_of(t->names, t->object, &child);
	} while (!w->out->items && die_next(&child));
}

static bool walk_record(struct walk *w, const struct type *t, uint64_t offset, bool may_stretch,
			unsigned depth)
{
	bool was_union = w->is_union;

	type_readied(t);
	may_stretch = may_stretch && t->tail && offset >= t->tail_offset;
	w->is_union |= t->is_union;
	for (uint32_t i = 0; i < t->nfields && w->steps_left; i++) {
		bool is_tail = may_stretch && &t->fields[i] == t->tail;
		w->steps_left--;
		if (covers(&t->fields[i], offset, is_tail) &&
		    walk_field(w, t, &t->fields[i], offset, is_tail, depth)) {
			look_at_name(w, t);
			look_at_items(w, t);
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

/* Nodes of libstdc++'s containers keep their elements there. */
static void leave_out_storage(char *path)
{
	static const char storage[] = "_M_storage.";
	size_t n = sizeof storage - 1;

	if (!strncmp(path, storage, n))
		memmove(path, path + n, strlen(path + n) + 1);
}

bool type_member_at(const struct type *t, uint64_t block_bytes, uint64_t offset, unsigned choice,
		    struct type_member *out, char *path, size_t room)
{
	struct walk w = {
		.choice = choice, .steps_left = WALK_STEPS, .path = path, .room = room, .out = out
	};

	if (room)
		*path = 0;
	bool is_found = offset < block_bytes && walk_block(&w, t, block_bytes, offset);
	if (room)
		leave_out_storage(path);
	return is_found;
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
	type_readied(t);
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
