/* cpython_fields.c: what a word is called in Python's own terms. */
#include "models/cpython.h"

#include <stdio.h>
#include <string.h>

#define BASES_MAX 64u
#define MEMBERS_MAX 512u
#define NAME_MAX 256u

/* ---- strings ----------------------------------------------------------------------------------------- */

static size_t put_utf8(char *text, uint32_t c)
{
	if (c < 0x80) {
		text[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		text[0] = (char)(0xc0 | c >> 6);
		text[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		text[0] = (char)(0xe0 | c >> 12);
		text[1] = (char)(0x80 | (c >> 6 & 0x3f));
		text[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	text[0] = (char)(0xf0 | (c >> 18 & 7));
	text[1] = (char)(0x80 | (c >> 12 & 0x3f));
	text[2] = (char)(0x80 | (c >> 6 & 0x3f));
	text[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

enum py_str py_str_at(struct py *p, uint64_t str)
{
	uint32_t state = (uint32_t)py_get(p, str + STR_STATE);

	return !(state & STR_COMPACT) ? PY_APART : state & STR_ASCII ? PY_ASCII : PY_COMPACT;
}

bool py_text(struct py *p, uint64_t str, char *text, size_t room)
{
	uint64_t length = py_get(p, str + STR_LENGTH);
	uint32_t state = (uint32_t)py_get(p, str + STR_STATE), kind = state >> 2 & 7;
	uint64_t at = str + (state & STR_ASCII ? p->l->ascii : p->l->compact);
	const struct py_type *t = py_type_at(p, py_get(p, str + OBJECT_TYPE));
	size_t used = 0;

	if (!t || t->family != PY_STR || !length || length > NAME_MAX || !(state & STR_COMPACT) ||
	    (kind != 1 && kind != 2 && kind != 4))
		return false;
	for (uint64_t i = 0; i < length && used + 5 <= room; i++) {
		uint32_t c = 0;

		if (!memory_bytes(p->memory, at + i * kind, &c, kind) || c < ' ' || c == 0x7f)
			return false;
		used += put_utf8(text + used, c);
	}
	text[used] = 0;
	return true;
}

bool py_variable_name(struct py *p, uint64_t code, uint64_t i, char *text, size_t room)
{
	uint64_t names = py_get(p, code + CODE_NAMES);

	return i < py_get(p, names + OBJECT_SIZE) &&
	       py_text(p, py_get(p, names + TUPLE_ITEMS + 8 * i), text, room);
}

/* ---- instances --------------------------------------------------------------------------------------- */

/* What the type or a base of it says of a word of its instances: slots, and members of C's types. Its address; 0: nothing. */
static uint64_t member_at(const struct py *p, const struct py_type *t, uint64_t offset)
{
	for (unsigned depth = 0; t && depth < BASES_MAX; t = t->base, depth++)
		for (uint64_t m = t->members, n = 0; m && n < MEMBERS_MAX; m += MEMBER_BYTES, n++) {
			uint64_t name, at;

			if (!memory_word(p->memory, m, &name) || !name ||
			    !memory_word(p->memory, m + MEMBER_OFFSET, &at))
				break;
			if (at == offset)
				return m;
		}
	return 0;
}

static bool member_name(struct py *p, const struct py_type *t, uint64_t offset, char *text, size_t room)
{
	uint64_t member = member_at(p, t, offset);

	return member && memory_text(p->memory, py_get(p, member), text, room);
}

static bool say(char *text, size_t room, const char *what)
{
	return snprintf(text, room, "%s", what) > 0;
}

/* A word that has no member for a name. */
struct word_name {
	enum py_family family;
	uint32_t at;
	const char *name;
	bool is_inner; /* it leads to a part of the same object */
};

static const struct word_name *known_word(enum py_family family, uint64_t at)
{
	static const struct word_name names[] = {
		{ PY_LIST, LIST_ITEMS, "items", true },
		{ PY_DICT, DICT_KEYS, "keys", true },
		{ PY_DICT, DICT_VALUES, "values", true },
		{ PY_SET, SET_TABLE, "table", true },
		{ PY_FROZENSET, SET_TABLE, "table", true },
		{ PY_WEAKREF, WEAK_OBJECT, "referent", false },
		{ PY_WEAKREF, WEAK_CALLBACK, "__callback__", false },
		{ PY_WEAKPROXY, WEAK_OBJECT, "referent", false },
		{ PY_WEAKPROXY, WEAK_CALLBACK, "__callback__", false },
		{ PY_WEAKCALLABLE, WEAK_OBJECT, "referent", false },
		{ PY_WEAKCALLABLE, WEAK_CALLBACK, "__callback__", false },
		{ PY_DEQUE, DEQUE_LEFT, "left", true },
		{ PY_DEQUE, DEQUE_RIGHT, "right", true },
		{ PY_CELL, 16, "cell_contents", false },
		{ PY_EXCEPTION, 16, "__dict__", true },
		{ PY_EXCEPTION, 24, "args", false },
		{ PY_EXCEPTION, 32, "__notes__", false },
		{ PY_EXCEPTION, 40, "__traceback__", false },
		{ PY_EXCEPTION, 48, "__context__", false },
		{ PY_EXCEPTION, 56, "__cause__", false },
		{ PY_TRACEBACK, 16, "tb_next", false },
		{ PY_FRAME, 16, "f_back", false },
		{ PY_FRAME, 32, "f_trace", false },
		{ PY_FUNCTION, 32, "__name__", false },
		{ PY_FUNCTION, 40, "__qualname__", false },
		{ PY_FUNCTION, 48, "__code__", false },
		{ PY_FUNCTION, 56, "__defaults__", false },
		{ PY_FUNCTION, 64, "__kwdefaults__", false },
		{ PY_FUNCTION, 112, "__annotations__", false },
		{ PY_TYPE, TYPE_BASE, "__base__", false },
		{ PY_TYPE, 264, "__dict__", true },
		{ PY_TYPE, 336, "__bases__", false },
		{ PY_TYPE, 344, "__mro__", false },
		{ PY_TYPE, 352, "tp_cache", false },
		{ PY_TYPE, 360, "__subclasses__", false },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].family == family && names[i].at == at)
			return &names[i];
	return NULL;
}

/* The i-th of a dictionary's keys; 0: there is none. */
static uint64_t key_at(struct py *p, uint64_t keys, uint64_t bytes, uint64_t i)
{
	struct py_keys k;

	if (!py_keys_at(p, keys, bytes, &k) || i >= k.nentries)
		return 0;
	return py_get(p, keys + k.entries + (i + 1) * k.entry_bytes - 16);
}

/* An int of one digit. */
static bool small_int(struct py *p, uint64_t object, int64_t *value)
{
	const struct py_type *t = py_type_at(p, py_get(p, object + OBJECT_TYPE));
	uint64_t size = py_get(p, object + OBJECT_SIZE);
	bool is_negative = p->l->minor >= 12 ? (size & 3) == 2 : size == UINT64_MAX;

	if (!t || t->family != PY_INT || py_payload_end(p, object, PY_INT) > INT_DIGITS + 4)
		return false;
	*value = (int64_t)(uint32_t)py_get(p, object + INT_DIGITS);
	*value = is_negative ? -*value : *value;
	return true;
}

static uint64_t bytes_at(const struct py *p, uint64_t addr)
{
	uint32_t block = addr ? heap_find(p->w->heap, addr) : NO_BLOCK;

	return block == NO_BLOCK ? 0 : py_start(p, block) + py_size(p, block) - addr;
}

static bool attribute_name(struct py *p, uint64_t keys, uint64_t i, char *text, size_t room)
{
	return py_text(p, key_at(p, keys, bytes_at(p, keys), i), text, room);
}

/* Of an object with words before the collector's: 3.11 has its values and its dictionary there, others its weak references
 * and either. */
static bool is_before_links(uint32_t from, uint64_t offset)
{
	return from == 32 && offset < 16;
}

static bool is_weaklist(const struct py *p, uint64_t offset)
{
	return offset == 0 && p->l->minor > 11;
}

/* Where an object keeps the frame of a call that waits or is over, and what leads there; 0: it has none. */
static uint32_t frame_in(const struct py *p, const struct py_type *t, const char **lead)
{
	switch (t->family) {
	case PY_GENERATOR:
		*lead = "gi_frame.";
		return p->l->gen_frame;
	case PY_COROUTINE:
		*lead = "cr_frame.";
		return p->l->gen_frame;
	case PY_ASYNCGEN:
		*lead = "ag_frame.";
		return p->l->gen_frame;
	case PY_FRAME:
		*lead = "";
		return p->l->frame_data;
	default:
		return 0;
	}
}

/* A word of a frame before its variables; NULL: it has no name in Python. */
static const char *frame_word(const struct py_layout *l, uint64_t at)
{
	return at == l->frame_code	 ? "f_code"
	       : at == l->frame_func	 ? "f_func"
	       : at == l->frame_locals	 ? "f_locals"
	       : at == l->frame_globals	 ? "f_globals"
	       : at == l->frame_builtins ? "f_builtins"
					 : NULL;
}

/* Of a generator, a coroutine: its names lie before its exception state. */
static bool generator_name(const struct py_layout *l, enum py_family family, uint64_t at, char *text,
			   size_t room)
{
	if (family == PY_FRAME || (at + 16 != l->gen_exc && at + 8 != l->gen_exc))
		return false;
	return say(text, room, at + 8 == l->gen_exc ? "__qualname__" : "__name__");
}

static bool frame_field(struct py *p, const struct py_type *t, uint64_t object, uint64_t at, char *text,
			size_t room)
{
	const char *lead;
	char name[NAME_MAX];
	uint32_t frame = frame_in(p, t, &lead);
	uint64_t in = at - frame, code = py_get(p, object + frame + p->l->frame_code);

	if (!frame || at < frame)
		return frame && generator_name(p->l, t->family, at, text, room);
	if (in < FRAME_LOCALS_PLUS)
		return frame_word(p->l, in) && snprintf(text, room, "%s%s", lead, frame_word(p->l, in)) > 0;
	in = (in - FRAME_LOCALS_PLUS) / 8;
	if (py_variable_name(p, code, in, name, sizeof name))
		return snprintf(text, room, "%sf_locals['%s']", lead, name) > 0;
	return snprintf(text, room, "%sstack[%llu]", lead,
			(unsigned long long)(in - py_get(p, py_get(p, code + CODE_NAMES) + OBJECT_SIZE))) > 0;
}

/* Of a class its own words, in front of the keys that its instances share and behind them. */
static const char *class_word(const struct py *p, uint64_t at)
{
	static const char *const names[] = { "__name__",       "__slots__", "__qualname__",
					     "ht_cached_keys", "ht_module", "ht_tpname" };
	uint64_t first = p->l->cached_keys - 24;

	if (at == TYPE_DOC)
		return "__doc__";
	return at >= first && (at - first) / 8 < sizeof names / sizeof *names ? names[(at - first) / 8]
									      : NULL;
}

static bool other_word_name(const struct py *p, const struct py_type *t, uint64_t at, char *text, size_t room)
{
	const char *name = t->family == PY_TYPE ? class_word(p, at) : py_word_name(t, at);

	if ((t->family == PY_SET || t->family == PY_FROZENSET) && at >= SET_SMALL && at < SET_SMALL_END)
		return snprintf(text, room, "entry %llu", (unsigned long long)(at - SET_SMALL) / 16) > 0;
	return name && say(text, room, name);
}

static bool instance_field(struct py *p, uint32_t block, uint64_t offset, char *text, size_t room)
{
	const struct py_type *t = py_type_of_block(p, block);
	uint32_t from = p->of[block].from;
	uint64_t at = offset - from, values = t->basic + VALUES_HEAD;
	const struct word_name *known = known_word(t->family, at);

	if (is_before_links(from, offset))
		return say(text, room, is_weaklist(p, offset) ? "__weakref__" : "__dict__");
	if (offset < from)
		return say(text, room, at + 16 == 0 ? "gc next" : "gc previous");
	if (t->flags & FLAG_INLINE_VALUES && p->l->minor >= 13 && at >= values &&
	    attribute_name(p, t->cached_keys, (at - values) / 8, text, room))
		return true;
	if (t->family == PY_TUPLE && at >= TUPLE_ITEMS)
		return snprintf(text, room, "[%llu]", (unsigned long long)(at - TUPLE_ITEMS) / 8) > 0;
	if (known || at == OBJECT_TYPE)
		return say(text, room, known ? known->name : "__class__");
	if (t->weaklist && at == t->weaklist)
		return say(text, room, "__weakref__");
	if (t->dict && at == t->dict)
		return say(text, room, "__dict__");
	return frame_field(p, t, py_object_addr(p, block), at, text, room) ||
	       member_name(p, t, at, text, room) || other_word_name(p, t, at, text, room);
}

static bool is_inner_word(const struct py *p, uint32_t block, uint64_t offset)
{
	const struct py_type *t = py_type_of_block(p, block);
	uint32_t from = p->of[block].from;

	if (offset < from)
		return is_before_links(from, offset) && !is_weaklist(p, offset);
	const struct word_name *known = known_word(t->family, offset - from);
	return known ? known->is_inner : t->dict && offset - from == t->dict;
}

bool py_is_inner(struct py *p, uint32_t block, uint64_t in_block)
{
	uint64_t offset = in_block - py_head(p, block);

	if (in_block < py_head(p, block))
		return false;
	if (p->of[block].what == PY_DEQUE_BLOCK) /* to its neighbours */
		return offset == 0 || offset == DEQUE_BLOCK - 8;
	return p->of[block].what == PY_INSTANCE && is_inner_word(p, block, offset);
}

/* Items of what is made whole, what a class is made of, and what C's types let only be read. */
static bool is_fixed_word(struct py *p, uint32_t block, uint64_t offset)
{
	const struct py_type *t = py_type_of_block(p, block);
	uint32_t from = p->of[block].from;
	bool is_made_whole = t->family == PY_TUPLE || t->family == PY_FROZENSET || t->family == PY_TYPE;
	uint64_t member = offset < from ? 0 : member_at(p, t, offset - from);

	return is_made_whole || offset == from + OBJECT_TYPE ||
	       (member && py_get(p, member + MEMBER_FLAGS) & MEMBER_READONLY);
}

bool py_is_fixed(struct py *p, uint32_t block, uint64_t in_block)
{
	uint64_t head = py_head(p, block);
	bool is_instance = p->of[block].what == PY_INSTANCE;

	if (p->of[block].what == PY_KEYS)
		return p->of[p->of[block].of].what == PY_INSTANCE && p->of[p->of[block].of].marks & PY_CLASS;
	return is_instance && in_block >= head && is_fixed_word(p, block, in_block - head);
}

/* ---- parts ------------------------------------------------------------------------------------------- */

static bool entry_field(struct py *p, uint32_t block, uint64_t offset, char *text, size_t room)
{
	uint64_t keys = py_start(p, block), bytes = py_size(p, block);
	struct py_keys k;
	char name[NAME_MAX];
	int64_t number;

	if (!py_keys_at(p, keys, bytes, &k) || offset < k.entries)
		return false;
	uint64_t i = (offset - k.entries) / k.entry_bytes, word = (offset - k.entries) % k.entry_bytes / 8;
	uint64_t key = key_at(p, keys, bytes, i);
	if (word + 2 == k.entry_bytes / 8)
		return snprintf(text, room, "key %llu", (unsigned long long)i) > 0;
	if (py_text(p, key, name, sizeof name))
		return snprintf(text, room, py_is_namespace(p, p->of[block].of) ? "%s" : "['%s']", name) > 0;
	if (small_int(p, key, &number))
		return snprintf(text, room, "[%lld]", (long long)number) > 0;
	return snprintf(text, room, "[key %llu]", (unsigned long long)i) > 0;
}

/* A module's __name__. */
static bool module_name(struct py *p, uint64_t keys, uint64_t bytes, char *text, size_t room)
{
	struct py_keys k;
	char name[NAME_MAX];

	if (!py_keys_at(p, keys, bytes, &k))
		return false;
	for (uint64_t i = 0; i < k.nentries; i++) {
		uint64_t entry = keys + k.entries + (i + 1) * k.entry_bytes - 16;

		if (py_text(p, py_get(p, entry), name, sizeof name) && !strcmp(name, "__name__"))
			return py_text(p, py_get(p, entry + 8), text, room);
	}
	return false;
}

static bool is_globals(const struct py *p, uint32_t block)
{
	return p->of[block].what == PY_KEYS && p->of[p->of[block].of].what == PY_INSTANCE &&
	       p->of[p->of[block].of].marks & PY_GLOBALS;
}

/* Its keys are no variables. */
bool py_global(struct py *p, uint32_t block, uint64_t in_block, char *text, size_t room)
{
	uint64_t keys = py_start(p, block), bytes = py_size(p, block);
	struct py_keys k;
	char module[NAME_MAX], name[NAME_MAX];

	if (!is_globals(p, block) || !py_keys_at(p, keys, bytes, &k) ||
	    in_block < py_head(p, block) + k.entries ||
	    (in_block - py_head(p, block) - k.entries) % k.entry_bytes != k.entry_bytes - 8 ||
	    !py_field(p, block, in_block, name, sizeof name))
		return false;
	if (!module_name(p, keys, bytes, module, sizeof module))
		snprintf(module, sizeof module, "some module");
	return snprintf(text, room, *name == '[' ? "%s%s" : "%s.%s", module, name) > 0;
}

static bool deque_field(struct py *p, uint32_t block, uint64_t offset, char *text, size_t room)
{
	uint64_t deque = py_object_addr(p, p->of[block].of), at = py_get(p, deque + DEQUE_LEFT);
	uint64_t i = offset / 8 - 1 - py_get(p, deque + DEQUE_LEFT_INDEX);

	if (offset == 0 || offset == DEQUE_BLOCK - 8)
		return say(text, room, offset ? "right" : "left");
	for (uint32_t n = 0; at && at != py_start(p, block) && n < p->w->heap->nblocks; n++) {
		at = py_get(p, at + DEQUE_BLOCK - 8);
		i += DEQUE_BLOCK / 8 - 2;
	}
	return snprintf(text, room, "[%llu]", (unsigned long long)i) > 0;
}

/* Values are those of a dictionary, or of an instance that has none. */
static bool value_field(struct py *p, uint32_t block, uint64_t offset, char *text, size_t room)
{
	uint32_t owner = p->of[block].of;
	const struct py_type *t = py_type_of_block(p, owner);
	uint64_t keys =
	    t->family == PY_DICT ? py_get(p, py_object_addr(p, owner) + DICT_KEYS) : t->cached_keys;

	return offset >= p->of[block].from &&
	       attribute_name(p, keys, (offset - p->of[block].from) / 8, text, room);
}

bool py_field(struct py *p, uint32_t block, uint64_t in_block, char *text, size_t room)
{
	uint64_t offset = in_block - py_head(p, block);

	if (in_block < py_head(p, block))
		return false;
	switch (p->of[block].what) {
	case PY_INSTANCE:
	case PY_CORPSE:
		return instance_field(p, block, offset, text, room);
	case PY_ITEMS:
		return snprintf(text, room, "[%llu]", (unsigned long long)offset / 8) > 0;
	case PY_TABLE:
		return snprintf(text, room, "entry %llu", (unsigned long long)offset / 16) > 0;
	case PY_KEYS:
	case PY_INTERNED:
		return entry_field(p, block, offset, text, room);
	case PY_DEQUE_BLOCK:
		return deque_field(p, block, offset, text, room);
	case PY_VALUES:
		return value_field(p, block, offset, text, room);
	default:
		return false;
	}
}
