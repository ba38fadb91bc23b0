/* cpython_label.c: what a word of a block owns.
 *
 * A reference that the rules do not know stays what it is: too many owners hide a leak, too few invent one. */
#include "models/cpython.h"

#define BLOCK_SLOTS 64u /* of a deque's block, behind the link to the left */

/* ---- before an object -------------------------------------------------------------------------------- */

static enum ref_kind label_before(const struct py *p, const struct py_type *t, uint64_t offset,
				  enum ref_kind kind)
{
	if (offset + 16 >= t->before)
		return REF_BORROWED; /* links of the collector's lists */
	if (p->l->minor == 11)
		return kind;
	if (offset == 0)
		return REF_BORROWED; /* the list of weak references */
	/* 3.12: values of attributes are pointed at one byte before them */
	return p->l->minor == 12 && kind == REF_INTERIOR ? REF_RECOGNISED : kind;
}

/* ---- objects ----------------------------------------------------------------------------------------- */

static enum ref_kind label_weak(uint64_t at, enum ref_kind kind)
{
	switch (at) {
	case WEAK_OBJECT:
		return REF_WEAK;
	case WEAK_PREV:
	case WEAK_NEXT:
		return REF_BORROWED;
	case WEAK_CALLBACK + 8:
		return REF_PAYLOAD; /* hash */
	default:
		return kind;
	}
}

static enum ref_kind label_type(const struct py *p, const struct py_type *t, uint64_t at, enum ref_kind kind)
{
	uint32_t cache = p->l->spec_cache;

	if (!(t->flags & FLAG_TYPE))
		return kind;
	if (at == TYPE_NAME || at == TYPE_MEMBERS || at == TYPE_WEAKLIST)
		return REF_BORROWED;
	return at >= cache && at < cache + 8 * p->l->spec_cache_words ? REF_BORROWED : kind;
}

/* Where the words of the family's own type end, and those begin that subclasses have added: slots. */
static uint64_t family_end(const struct py_type *t)
{
	while (t->base && t->base->family == t->family)
		t = t->base;
	return t->basic;
}

/* The characters of subclasses lie apart. */
static enum ref_kind label_str(struct py *p, uint64_t str, const struct py_type *t, uint64_t at,
			       enum ref_kind kind)
{
	if (t->basic > family_end(t) && at >= family_end(t))
		return kind;
	bool is_utf8 = at == p->l->ascii + 8, is_apart = at == p->l->compact;

	if (py_str_at(p, str) == PY_ASCII)
		return REF_PAYLOAD;

	/* 3.11 has a pointer to wide characters right behind the state. */
	if (is_utf8 || is_apart || (p->l->minor == 11 && at == STR_STATE + 8))
		return kind == REF_START ? kind : REF_PAYLOAD;
	return REF_PAYLOAD;
}

/* Entries are in the set while they are few; those of a table that it has outgrown stay behind. */
static enum ref_kind label_set(struct py *p, uint64_t object, uint64_t at, enum ref_kind kind)
{
	if (at == SET_TABLE || at >= SET_SMALL_END)
		return kind;
	if (at < SET_SMALL || at % 16)
		return REF_PAYLOAD; /* numbers, hashes */
	return py_get(p, object + SET_TABLE) == object + SET_SMALL ? kind : REF_PAYLOAD;
}

/* A word of a frame whose `at` 0 is the frame's first. */
static enum ref_kind label_frame(struct py *p, uint64_t frame, uint64_t at, enum ref_kind kind)
{
	const struct py_layout *l = p->l;
	int32_t top = (int32_t)py_get(p, frame + FRAME_TOP);

	if (at >= FRAME_LOCALS_PLUS)
		return top > 0 && at >= FRAME_LOCALS_PLUS + 8ull * (uint32_t)top ? REF_PAYLOAD : kind;
	if (at == l->frame_code || at == l->frame_func || at == l->frame_locals || at == l->frame_object)
		return kind;
	return REF_BORROWED;
}

static enum ref_kind label_generator(struct py *p, uint64_t object, uint64_t at, enum ref_kind kind)
{
	if (at >= p->l->gen_frame)
		return label_frame(p, object + p->l->gen_frame, at - p->l->gen_frame, kind);
	return at == p->l->gen_exc + 8 ? REF_BORROWED : kind; /* the exception state below */
}

static enum ref_kind label_frame_object(struct py *p, uint64_t object, uint64_t at, enum ref_kind kind)
{
	if (at == 24)
		return REF_BORROWED; /* its frame: its own, or on the stack of frames */
	return at >= p->l->frame_data ? label_frame(p, object + p->l->frame_data, at - p->l->frame_data, kind)
				      : kind;
}

/* A block in a pool may have a word more than its object. */
static bool is_behind(struct py *p, uint32_t block, const struct py_type *t, uint64_t at)
{
	if (!p->blocks[block].pooled)
		return false;
	if (py_is_tuple(t))
		return at >= py_payload_end(p, py_object_addr(p, block), PY_TUPLE);
	return !t->item && !(t->flags & FLAG_INLINE_VALUES) && at >= t->basic;
}

/* From 3.12 on types of C count the items that indices do not reach to what instances have before their items, and make room for
 * them twice: os.stat_result. */
static bool is_behind_items(struct py *p, uint32_t block, const struct py_type *t, uint64_t at)
{
	return t->family == PY_TUPLE && t->basic > TUPLE_ITEMS &&
	       at >= t->basic + 8 * py_get(p, py_object_addr(p, block) + OBJECT_SIZE);
}

/* In which order an instance's values came, behind them. */
static bool is_order(const struct py *p, uint32_t block, const struct py_type *t, uint64_t at)
{
	uint64_t values = t->basic + VALUES_HEAD, size = py_size(p, block) - p->of[block].from;

	return p->l->minor >= 13 && t->flags & FLAG_INLINE_VALUES && size > values &&
	       at >= values + py_values_end(p, size - values);
}

/* A ring's links own the next one, and nobody the cache where it begins. */
static enum ref_kind label_link(struct py *p, uint64_t object, uint64_t at, enum ref_kind kind)
{
	uint64_t next = py_get(p, object + LRU_NEXT);

	if (at == LRU_PREV)
		return REF_BORROWED;
	if (at != LRU_NEXT)
		return kind;
	const struct py_type *t = py_type_at(p, py_get(p, next + OBJECT_TYPE));
	return t && t->family == PY_LRU_CACHE ? REF_BORROWED : kind;
}

/* Values that were not read yet are what was there before. */
static enum ref_kind label_tee(struct py *p, uint64_t object, uint64_t at, enum ref_kind kind)
{
	uint32_t read = (uint32_t)py_get(p, object + TEE_READ);

	return at >= TEE_VALUES + 8ull * read ? REF_PAYLOAD : kind;
}

static enum ref_kind label_instance(struct py *p, uint32_t block, const struct py_type *t, uint64_t at,
				    enum ref_kind kind)
{
	if (is_behind(p, block, t, at) || is_behind_items(p, block, t, at) || is_order(p, block, t, at))
		return REF_PAYLOAD;
	if (at == OBJECT_TYPE || (t->weaklist && at == t->weaklist))
		return at == OBJECT_TYPE ? kind : REF_BORROWED;
	switch (t->family) {
	case PY_INT:
	case PY_FLOAT:
	case PY_COMPLEX:
	case PY_BYTES:
		return at >= OBJECT_SIZE && at < py_payload_end(p, py_object_addr(p, block), t->family)
			   ? REF_PAYLOAD
			   : kind;
	case PY_STR:
		return label_str(p, py_object_addr(p, block), t, at, kind);
	case PY_DICT:
		return at == DICT_VERSION ? REF_PAYLOAD : kind;
	case PY_SET:
	case PY_FROZENSET:
		return label_set(p, py_object_addr(p, block), at, kind);
	case PY_WEAKREF:
	case PY_WEAKPROXY:
	case PY_WEAKCALLABLE:
		return label_weak(at, kind);
	case PY_CODE:
		return at >= p->l->code_instructions ? REF_PAYLOAD : kind;
	case PY_GENERATOR:
	case PY_COROUTINE:
	case PY_ASYNCGEN:
		return label_generator(p, py_object_addr(p, block), at, kind);
	case PY_FRAME:
		return label_frame_object(p, py_object_addr(p, block), at, kind);
	case PY_MEMORYVIEW:
		return at == MEMORYVIEW_OBJECT ? REF_BORROWED : kind; /* its managed buffer has it */
	case PY_LRU_CACHE:
	case PY_LRU_LINK:
		return label_link(p, py_object_addr(p, block), at, kind);
	case PY_GROUPBY:
		return at == GROUPBY_GROUPER ? REF_BORROWED : kind;
	case PY_TEE_DATA:
		return label_tee(p, py_object_addr(p, block), at, kind);
	case PY_BYTEARRAY:
		return at == 40 ? REF_BORROWED : kind; /* the start inside its buffer */
	case PY_CONTEXTVAR:
		return at == 32 ? REF_BORROWED : kind; /* its cache */
	case PY_TYPE:
		return label_type(p, t, at, kind);
	default:
		return kind;
	}
}

/* ---- parts ------------------------------------------------------------------------------------------- */

/* What lies behind the items is what was there before. */
static enum ref_kind label_items(struct py *p, uint32_t block, uint64_t offset, enum ref_kind kind)
{
	uint64_t list = py_object_addr(p, p->of[block].of), n = py_get(p, list + OBJECT_SIZE);
	bool is_known = n || py_get(p, list + LIST_ALLOCATED);

	return is_known && offset >= 8 * n ? REF_PAYLOAD : kind;
}

static enum ref_kind label_keys(struct py *p, uint32_t block, uint64_t offset, enum ref_kind kind)
{
	struct py_keys k;

	if (!py_keys_at(p, py_start(p, block), py_size(p, block), &k))
		return kind;
	if (offset < k.entries || (offset - k.entries) / k.entry_bytes >= k.nentries)
		return REF_PAYLOAD;
	if (k.entry_bytes == 24 && (offset - k.entries) % 24 == 0)
		return REF_PAYLOAD; /* hash */
	return kind;
}

/* Interned strings go when nobody else has them, except for immortal ones. */
static enum ref_kind label_interned(struct py *p, uint32_t block, uint32_t to, uint64_t offset,
				    enum ref_kind found)
{
	enum ref_kind kind = label_keys(p, block, offset, found);

	return kind == REF_START && !py_is_immortal(p, to) ? REF_WEAK : kind;
}

static enum ref_kind label_deque(struct py *p, uint32_t block, uint64_t offset, enum ref_kind kind)
{
	uint64_t deque = py_object_addr(p, p->of[block].of), slot = offset / 8 - 1;
	unsigned marks = p->of[block].marks;

	if (offset == 0)
		return REF_BORROWED; /* to the left */
	if (slot >= BLOCK_SLOTS)
		return marks & PY_LAST ? REF_PAYLOAD : kind; /* to the right */
	if ((marks & PY_FIRST && slot < py_get(p, deque + DEQUE_LEFT_INDEX)) ||
	    (marks & PY_LAST && slot > py_get(p, deque + DEQUE_RIGHT_INDEX)))
		return REF_PAYLOAD;
	return kind;
}

/* A list beside it owns the objects that its nodes refer to (Python/pyarena.c), and not all words of these are set. */
static enum ref_kind label_arena(struct py *p, uint32_t block, uint32_t to, uint64_t offset,
				 enum ref_kind kind)
{
	if (offset >= ARENA_HEAD + py_get(p, py_start(p, block) + ARENA_USED))
		return REF_PAYLOAD;
	return p->of[to].what == PY_INSTANCE ? REF_BORROWED : kind;
}

/* ---- the whole --------------------------------------------------------------------------------------- */

/* Offsets count from the start of what was asked for, and so do kinds. */
static enum ref_kind label_asked(struct py *p, uint32_t block, uint32_t to, uint64_t offset,
				 enum ref_kind kind)
{
	const struct py_block *b = &p->of[block];

	switch (b->what) {
	case PY_INSTANCE: {
		const struct py_type *t = py_type_of_block(p, block);

		return offset < b->from ? label_before(p, t, offset, kind)
					: label_instance(p, block, t, offset - b->from, kind);
	}
	case PY_CORPSE:
		return p->of[to].what == PY_CORPSE ? kind : REF_PAYLOAD; /* a list of them */
	case PY_FREE_KEYS:
	case PY_DATA:
		return REF_PAYLOAD;
	case PY_ARENA:
		return label_arena(p, block, to, offset, kind);
	case PY_ITEMS:
		return label_items(p, block, offset, kind);
	case PY_INTERNED:
		return label_interned(p, block, to, offset, kind);
	case PY_KEYS:
		return label_keys(p, block, offset, kind);
	case PY_VALUES:
		return offset - b->from < py_values_end(p, py_size(p, block) - b->from) ? kind : REF_PAYLOAD;
	case PY_TABLE:
		return offset % 16 ? REF_PAYLOAD : kind;
	case PY_DEQUE_BLOCK:
		return label_deque(p, block, offset, kind);
	default:
		return kind;
	}
}

/* A debugging allocator's block begins with its size, most significant byte first, and a fence: words that a trace
 * leaves out. */
static bool is_fenced(struct py *p, uint32_t block)
{
	uint64_t bytes = py_get(p, p->blocks[block].addr), fence = py_get(p, p->blocks[block].addr + 8);

	return p->blocks[block].size >= DEBUG_HEAD + DEBUG_TAIL &&
	       (!bytes || __builtin_bswap64(bytes) <= p->blocks[block].size - DEBUG_HEAD - DEBUG_TAIL) &&
	       (!fence || fence >> 8 == DEBUG_FENCE);
}

enum ref_kind py_label_start(struct py *p, uint64_t at, uint32_t to, enum ref_kind kind)
{
	uint64_t value;

	if (!p->fences || kind != REF_INTERIOR || !py_word(p, at, &value))
		return kind;
	if (value == py_start(p, to) && p->of[to].what != PY_UNKNOWN)
		return REF_RECOGNISED;
	return (value == py_start(p, to) || value == p->blocks[to].addr + DEBUG_HEAD) && is_fenced(p, to)
		   ? REF_RECOGNISED
		   : kind;
}

enum ref_kind py_label(struct py *p, uint32_t block, struct ref r)
{
	uint64_t at = p->blocks[block].addr + ref_offset(r);
	bool is_start = py_label_start(p, at, r.to, ref_kind(r)) != ref_kind(r);

	if (ref_offset(r) < py_head(p, block))
		return REF_PAYLOAD;
	enum ref_kind kind = label_asked(p, block, r.to, ref_offset(r) - py_head(p, block),
					 is_start ? REF_START : ref_kind(r));
	return is_start && kind == REF_START ? REF_RECOGNISED : kind;
}
