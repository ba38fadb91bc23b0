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

bool py_text(struct py *p, uint64_t str, char *text, size_t room)
{
	uint64_t length = py_get(p, str + STR_LENGTH);
	uint32_t state = (uint32_t)py_get(p, str + STR_STATE), kind = state >> 2 & 7;
	uint64_t at = str + (state & 0x40 ? p->l->ascii : p->l->compact);
	const struct py_type *t = py_type_at(p, py_get(p, str + OBJECT_TYPE));
	size_t used = 0;

	if (!t || t->family != PY_STR || !length || length > NAME_MAX || !(state & 0x20) ||
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

/* ---- instances --------------------------------------------------------------------------------------- */

/* The name that the type or a base of it gives to a word of its instances: slots, and members of C's types. */
static bool member_name(struct py *p, const struct py_type *t, uint64_t offset, char *text, size_t room)
{
	for (unsigned depth = 0; t && depth < BASES_MAX; t = t->base, depth++)
		for (uint64_t m = t->members, n = 0; m && n < MEMBERS_MAX; m += MEMBER_BYTES, n++) {
			uint64_t name, at;

			if (!memory_word(p->memory, m, &name) || !name ||
			    !memory_word(p->memory, m + MEMBER_OFFSET, &at))
				break;
			if (at == offset)
				return memory_text(p->memory, name, text, room);
		}
	return false;
}

static bool say(char *text, size_t room, const char *what)
{
	return snprintf(text, room, "%s", what) > 0;
}

/* Words that have no member for a name. */
static const char *known_name(enum py_family family, uint64_t at)
{
	static const struct {
		enum py_family family;
		uint32_t at;
		const char *name;
	} names[] = {
		{ PY_LIST, LIST_ITEMS, "items" },
		{ PY_DICT, DICT_KEYS, "keys" },
		{ PY_DICT, DICT_VALUES, "values" },
		{ PY_SET, SET_TABLE, "table" },
		{ PY_WEAKREF, WEAK_OBJECT, "referent" },
		{ PY_WEAKREF, WEAK_CALLBACK, "__callback__" },
		{ PY_DEQUE, DEQUE_LEFT, "left" },
		{ PY_DEQUE, DEQUE_RIGHT, "right" },
		{ PY_CELL, 16, "cell_contents" },
		{ PY_TYPE, TYPE_BASE, "__base__" },
		{ PY_TYPE, 264, "__dict__" },
		{ PY_TYPE, 336, "__bases__" },
		{ PY_TYPE, 344, "__mro__" },
		{ PY_TYPE, 352, "tp_cache" },
		{ PY_TYPE, 360, "__subclasses__" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].family == family && names[i].at == at)
			return names[i].name;
	return at == OBJECT_TYPE ? "__class__" : NULL;
}

/* The i-th of a dictionary's keys. */
static bool key_text(struct py *p, uint64_t keys, uint64_t bytes, uint64_t i, char *text, size_t room)
{
	struct py_keys k;

	if (!py_keys_at(p, keys, bytes, &k) || i >= k.nentries)
		return false;
	uint64_t entry = keys + k.entries + i * k.entry_bytes;
	return py_text(p, py_get(p, entry + k.entry_bytes - 16), text, room);
}

static uint64_t bytes_at(const struct py *p, uint64_t addr)
{
	uint32_t block = addr ? heap_find(p->w->heap, addr) : NO_BLOCK;

	return block == NO_BLOCK ? 0 : py_start(p, block) + py_size(p, block) - addr;
}

static bool attribute_name(struct py *p, uint64_t keys, uint64_t i, char *text, size_t room)
{
	return key_text(p, keys, bytes_at(p, keys), i, text, room);
}

static bool instance_field(struct py *p, uint32_t block, uint64_t offset, char *text, size_t room)
{
	const struct py_type *t = py_type_of_block(p, block);
	uint32_t from = p->of[block].from;
	uint64_t at = offset - from, values = t->basic + 8;

	if (offset + 16 < from || (offset < from && from == 32 && offset < 16))
		return say(text, room, offset == 0 && p->l->minor > 11 ? "__weakref__" : "__dict__");
	if (offset < from)
		return say(text, room, at + 16 == 0 ? "gc next" : "gc previous");
	if (t->flags & FLAG_INLINE_VALUES && p->l->minor >= 13 && at >= values &&
	    attribute_name(p, t->cached_keys, (at - values) / 8, text, room))
		return true;
	if (t->family == PY_TUPLE && at >= TUPLE_ITEMS)
		return snprintf(text, room, "[%llu]", (unsigned long long)(at - TUPLE_ITEMS) / 8) > 0;
	if (known_name(t->family, at))
		return say(text, room, known_name(t->family, at));
	if (t->weaklist && at == t->weaklist)
		return say(text, room, "__weakref__");
	if (t->dict && at == t->dict)
		return say(text, room, "__dict__");
	return member_name(p, t, at, text, room);
}

/* ---- parts ------------------------------------------------------------------------------------------- */

static bool entry_field(struct py *p, uint32_t block, uint64_t offset, char *text, size_t room)
{
	uint64_t keys = py_start(p, block), bytes = py_size(p, block);
	struct py_keys k;
	char name[NAME_MAX];

	if (!py_keys_at(p, keys, bytes, &k) || offset < k.entries)
		return false;
	uint64_t i = (offset - k.entries) / k.entry_bytes, word = (offset - k.entries) % k.entry_bytes / 8;
	if (word + 2 == k.entry_bytes / 8)
		return snprintf(text, room, "key %llu", (unsigned long long)i) > 0;
	if (key_text(p, keys, bytes, i, name, sizeof name))
		return snprintf(text, room, "['%s']", name) > 0;
	return snprintf(text, room, "value %llu", (unsigned long long)i) > 0;
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
	case PY_VALUES:
		return value_field(p, block, offset, text, room);
	default:
		return false;
	}
}
