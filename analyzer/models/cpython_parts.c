/* cpython_parts.c: blocks that are no objects: what an object keeps beside itself. */
#include "models/cpython.h"

#include <string.h>

/* ---- blocks ------------------------------------------------------------------------------------------ */

/* What an object points at is its part, though it may begin with what is left of another object. */
static bool may_be_part(const struct py *p, uint32_t block)
{
	return p->of[block].what == PY_UNKNOWN || p->of[block].what == PY_CORPSE;
}

/* Marks the block that `addr` points into as a part of `owner`. The first owner has it. NO_BLOCK: it is none. */
static uint32_t mark(struct py *p, uint64_t addr, enum py_what what, uint32_t owner)
{
	uint32_t block = addr ? heap_find(p->w->heap, addr) : NO_BLOCK;

	if (block == NO_BLOCK || !may_be_part(p, block) || addr - py_start(p, block) > UINT16_MAX)
		return NO_BLOCK;
	p->of[block] = (struct py_block){ .of = owner,
					  .from = (uint16_t)(addr - py_start(p, block)),
					  .what = (uint8_t)what };
	return block;
}

static bool is_start(const struct py *p, uint64_t addr)
{
	uint32_t block = addr ? heap_find(p->w->heap, addr) : NO_BLOCK;

	return block != NO_BLOCK && py_start(p, block) == addr;
}

/* A part to whose first byte its object points. */
static uint32_t mark_start(struct py *p, uint64_t addr, enum py_what what, uint32_t owner)
{
	return is_start(p, addr) ? mark(p, addr, what, owner) : NO_BLOCK;
}

/* ---- dictionaries ------------------------------------------------------------------------------------ */

#define MANY_ENTRIES (1u << 20) /* larger numbers may be missing from a trace */

/* A table of 2^n places has room for two thirds as many entries, and an index for each place behind its head. */
static uint64_t keys_bytes(struct py_keys *k, unsigned log2_size, uint32_t entry_bytes)
{
	unsigned index_log2 = log2_size < 8 ? 0 : log2_size < 16 ? 1 : log2_size < 32 ? 2 : 3;

	k->entry_bytes = entry_bytes;
	k->entries = KEYS_INDICES + (1ull << (log2_size + index_log2));
	k->nentries = (2ull << log2_size) / 3;
	return k->entries + k->nentries * entry_bytes;
}

/* What a block of so many bytes was asked for; in pools sizes are rounded up. */
static bool is_size(const struct py *p, uint64_t bytes, uint64_t asked)
{
	return bytes == asked ||
	       (p->w->heap->npools && bytes <= PY_POOLED_MAX && bytes > asked && bytes < asked + 16);
}

/* The size of the block tells the shape: the bytes that say it share a word with one that is never written. */
bool py_keys_at(struct py *p, uint64_t addr, uint64_t bytes, struct py_keys *k)
{
	for (unsigned log2_size = 3; log2_size < 40; log2_size++)
		for (uint32_t entry_bytes = 16; entry_bytes <= 24; entry_bytes += 8)
			if (is_size(p, bytes, keys_bytes(k, log2_size, entry_bytes))) {
				uint64_t used = py_get(p, addr + KEYS_ENTRIES);

				if (used < k->nentries && (used || k->nentries < MANY_ENTRIES))
					k->nentries = used;
				return true;
			}
	return false;
}

/* The dictionary of interned strings: each is its own value. */
static bool is_interned(struct py *p, uint64_t addr, uint64_t bytes)
{
	struct py_keys k;
	uint64_t same = 0;

	if (!py_keys_at(p, addr, bytes, &k) || k.entry_bytes != 16 || k.nentries < 500)
		return false;
	for (uint64_t i = 0; i < k.nentries && same < 200; i++) {
		uint64_t key = py_get(p, addr + k.entries + 16 * i);
		uint64_t value = py_get(p, addr + k.entries + 16 * i + 8);

		if (key != value)
			return false;
		same += key != 0;
	}
	return same == 200;
}

static void mark_keys(struct py *p, uint64_t addr, uint32_t owner)
{
	uint32_t block = mark_start(p, addr, PY_KEYS, owner);

	if (block != NO_BLOCK && is_interned(p, addr, py_size(p, block)))
		p->of[block].what = PY_INTERNED;
}

static void find_dict(struct py *p, uint64_t addr, uint32_t block)
{
	uint64_t values = py_get(p, addr + DICT_VALUES);

	mark_keys(p, py_get(p, addr + DICT_KEYS), block);
	mark(p, values && p->l->minor >= 13 ? values + VALUES_HEAD : values, PY_VALUES, block);
}

/* Where an instance keeps the values of its attributes; 0: in a dictionary, or in itself. */
static uint64_t managed_values(struct py *p, uint64_t addr)
{
	uint64_t word;

	if (p->l->minor == 11)
		return py_get(p, addr - 32);
	word = py_get(p, addr - 24);
	return p->l->minor == 12 && word & 1 ? word + 1 : 0; /* its low bit is set by pointing one before */
}

uint64_t py_values_end(const struct py *p, uint64_t bytes)
{
	uint64_t words = bytes / 8;

	return p->l->minor >= 13 ? 8 * (words - (words + 8) / 9) : bytes;
}

static void mark_namespace(struct py *p, uint64_t dict, unsigned marks)
{
	uint32_t block = dict ? heap_find(p->w->heap, dict) : NO_BLOCK;

	if (block != NO_BLOCK && p->of[block].what == PY_INSTANCE && py_object_addr(p, block) == dict &&
	    py_type_of_block(p, block)->family == PY_DICT)
		p->of[block].marks |= marks;
}

/* ---- others ------------------------------------------------------------------------------------------ */

static void find_deque(struct py *p, uint64_t addr, uint32_t owner)
{
	uint64_t at = py_get(p, addr + DEQUE_LEFT), last = py_get(p, addr + DEQUE_RIGHT);

	for (bool first = true; at; first = false) {
		uint32_t block = mark_start(p, at, PY_DEQUE_BLOCK, owner);

		if (block == NO_BLOCK || py_size(p, block) < DEQUE_BLOCK)
			return;
		p->of[block].marks = (first ? PY_FIRST : 0) | (at == last ? PY_LAST : 0);
		if (at == last)
			return;
		at = py_get(p, at + DEQUE_BLOCK - 8);
	}
}

static void find_set(struct py *p, uint64_t addr, uint32_t block)
{
	uint64_t table = py_get(p, addr + SET_TABLE);

	if (table != addr + SET_SMALL)
		mark_start(p, table, PY_TABLE, block);
}

/* Characters that lie apart, and the UTF-8 form that some strings have had made. */
static void find_str(struct py *p, uint64_t addr, uint32_t block)
{
	uint64_t size = py_size(p, block);
	enum py_str how = py_str_at(p, addr);

	if (how != PY_ASCII && size >= p->l->compact)
		mark_start(p, py_get(p, addr + p->l->ascii + 8), PY_DATA, block);
	if (how == PY_APART && size >= p->l->compact + 8)
		mark_start(p, py_get(p, addr + p->l->compact), PY_DATA, block);
}

/* The name of a type that was made at run time is characters, whatever was in their block before. */
static void find_name(struct py *p, uint64_t addr, uint32_t owner)
{
	uint64_t name = py_get(p, addr + p->l->cached_keys + TYPE_OWN_NAME);

	if (is_start(p, name))
		p->of[heap_find(p->w->heap, name)] = (struct py_block){ .of = owner, .what = PY_DATA };
}

static void find_parts(struct py *p, uint32_t block)
{
	const struct py_type *t = py_type_of_block(p, block);
	uint64_t addr = py_object_addr(p, block);

	if (t->flags & FLAG_MANAGED_DICT) {
		mark(p, managed_values(p, addr), PY_VALUES, block);
		mark_namespace(p, py_get(p, addr - 24), PY_NAMESPACE);
	}
	if (t->dict)
		mark_namespace(p, py_get(p, addr + t->dict),
			       t->family == PY_MODULE ? PY_NAMESPACE | PY_GLOBALS
			       : t->family == PY_TYPE ? PY_NAMESPACE | PY_CLASS
						      : PY_NAMESPACE);
	switch (t->family) {
	case PY_LIST:
		mark_start(p, py_get(p, addr + LIST_ITEMS), PY_ITEMS, block);
		break;
	case PY_DICT:
		find_dict(p, addr, block);
		break;
	case PY_SET:
	case PY_FROZENSET:
		find_set(p, addr, block);
		break;
	case PY_DEQUE:
		find_deque(p, addr, block);
		break;
	case PY_STR:
		find_str(p, addr, block);
		break;
	case PY_BYTEARRAY:
		mark_start(p, py_get(p, addr + 32), PY_DATA, block);
		break;
	case PY_ARRAY:
		mark_start(p, py_get(p, addr + 24), PY_DATA, block);
		break;
	case PY_TYPE:
		mark_keys(p, py_get(p, addr + p->l->cached_keys), block);
		find_name(p, addr, block);
		break;
	default:
		break;
	}
}

static bool is_arena(struct py *p, uint32_t block)
{
	uint64_t addr = py_start(p, block), room = py_size(p, block) - ARENA_HEAD;

	return py_size(p, block) > ARENA_HEAD && py_get(p, addr + ARENA_ROOM) == room &&
	       py_get(p, addr + ARENA_USED) <= room && py_get(p, addr + ARENA_MEMORY) == addr + ARENA_HEAD;
}

void py_find_parts(struct py *p)
{
	for (uint32_t i = 0; i < p->w->heap->nblocks; i++)
		if (p->of[i].what == PY_INSTANCE)
			find_parts(p, i);
	for (uint32_t i = 0; i < p->w->heap->nblocks; i++)
		if (p->of[i].what == PY_UNKNOWN && is_arena(p, i))
			p->of[i] = (struct py_block){ .of = NO_BLOCK, .what = PY_ARENA };
}

/* Keys of the smallest kind. A dictionary that has outgrown them leaves in them all that they held, and their count. */
static bool may_be_free_keys(const struct py *p, uint64_t addr)
{
	return is_start(p, addr) && is_size(p, py_size(p, heap_find(p->w->heap, addr)), KEYS_SMALLEST);
}

void py_find_free_keys(struct py *p, uint64_t interp)
{
	uint64_t list = interp + p->l->free_keys;
	uint32_t n = 0;

	memory_bytes(p->memory, interp + p->l->free_keys_count, &n, sizeof n);
	for (uint32_t i = 0; i < n && n <= FREE_KEYS_MAX; i++)
		if (may_be_free_keys(p, py_get(p, list + 8 * i)))
			mark(p, py_get(p, list + 8 * i), PY_FREE_KEYS, NO_BLOCK);
}
