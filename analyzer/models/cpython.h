/* cpython.h: the CPython model from inside: what its parts share. Each calls only those below it:
 *
 * cpython.c         finds the interpreter; the model
 * cpython_roots.c   the interpreter's own words: generations, caches, stacks of frames
 * cpython_fields.c  what a word is called
 * cpython_words.c   what words of CPython's own types are called
 * cpython_label.c   what a word owns
 * cpython_pybind11.c  tables of pybind11's that own nothing
 * cpython_parts.c   blocks that are no objects but parts of one: a list's items, a dictionary's keys
 * cpython_objects.c blocks that are objects
 * cpython_types.c   type objects */
#ifndef LG_MODELS_CPYTHON_H
#define LG_MODELS_CPYTHON_H

#include "base/ranges.h"
#include "models/cpython_layout.h"
#include "models/model.h"
#include "names/store.h"

#include <string.h>

/* Which rules hold for the instances of a type; a type of no family follows its base. */
#define PY_FAMILIES(X)                                                                                       \
	X(OBJECT, "object")                                                                                  \
	X(TYPE, "type")                                                                                      \
	X(INT, "int")                                                                                        \
	X(FLOAT, "float")                                                                                    \
	X(COMPLEX, "complex")                                                                                \
	X(STR, "str")                                                                                        \
	X(BYTES, "bytes")                                                                                    \
	X(BYTEARRAY, "bytearray")                                                                            \
	X(LIST, "list")                                                                                      \
	X(TUPLE, "tuple")                                                                                    \
	X(DICT, "dict")                                                                                      \
	X(SET, "set")                                                                                        \
	X(FROZENSET, "frozenset")                                                                            \
	X(WEAKREF, "weakref.ReferenceType")                                                                  \
	X(WEAKPROXY, "weakref.ProxyType")                                                                    \
	X(WEAKCALLABLE, "weakref.CallableProxyType")                                                         \
	X(DEQUE, "collections.deque")                                                                        \
	X(CODE, "code")                                                                                      \
	X(MEMORYVIEW, "memoryview")                                                                          \
	X(LRU_CACHE, "functools._lru_cache_wrapper")                                                         \
	X(LRU_LINK, "functools._lru_list_elem")                                                              \
	X(GROUPBY, "itertools.groupby")                                                                      \
	X(TEE_DATA, "itertools._tee_dataobject")                                                             \
	X(GENERATOR, "generator")                                                                            \
	X(COROUTINE, "coroutine")                                                                            \
	X(ASYNCGEN, "async_generator")                                                                       \
	X(FRAME, "frame")                                                                                    \
	X(ARRAY, "array.array")                                                                              \
	X(CONTEXTVAR, "_contextvars.ContextVar")                                                             \
	X(EXCEPTION, "BaseException")                                                                        \
	X(TRACEBACK, "traceback")                                                                            \
	X(FUNCTION, "function")                                                                              \
	X(CELL, "cell")                                                                                      \
	X(MODULE, "module")
enum py_family {
#define X(name, text) PY_##name,
	PY_FAMILIES(X)
#undef X
	    PY_NFAMILIES
};

struct py_type {
	uint64_t addr;
	const char *name;
	uint64_t flags;
	uint64_t basic, item; /* bytes of an instance, and of each of its items */
	uint64_t weaklist; /* where an instance's list of weak references is; 0: nowhere, or before it */
	uint64_t dict; /* where an instance's dictionary is; 0: nowhere, or before it */
	uint64_t members, cached_keys; /* addresses; 0: none */
	const struct py_type *base; /* NULL: object */
	enum py_family family;
	uint32_t before; /* bytes of an instance's block that lie before it */
	uint32_t number; /* place in py.types */
};

/* What a block is. */
enum py_what {
	PY_UNKNOWN,
	PY_INSTANCE, /* an object */
	PY_CORPSE, /* an object that its allocator keeps for reuse */
	PY_ITEMS, /* a list's items */
	PY_KEYS, /* a dictionary's keys, and values if they are not apart */
	PY_INTERNED, /* the keys of the dictionary of interned strings, which holds them weakly */
	PY_VALUES, /* values of a dictionary that shares its keys */
	PY_TABLE, /* a set's entries */
	PY_DEQUE_BLOCK,
	PY_FREE_KEYS, /* what a dictionary had, kept for another */
	PY_DATA, /* numbers or characters */
	PY_ARENA, /* what the compiler makes a module's syntax tree in; it lives as long as the main script runs */
	PY_WHATS
};

enum py_mark {
	PY_FIRST = 1, /* DEQUE_BLOCK: of its deque */
	PY_LAST = 2,
	PY_NAMESPACE = 4, /* a dictionary: the attributes of an object */
	PY_GLOBALS = 8, /* ... which is a module */
	PY_CLASS = 16, /* ... which is a class */
	PY_BORROWS = 32, /* UNKNOWN: a node that owns no object that it points at */
};

struct py_block {
	uint32_t of; /* INSTANCE, CORPSE: number of its type; else: the object whose part it is, a block */
	uint16_t from; /* where what others point at begins in what was asked for */
	uint8_t what; /* enum py_what */
	uint8_t marks; /* bits, enum py_mark */
};

#define INTERPS_MAX 64u

struct py {
	const struct model_world *w;
	struct memory *memory;
	const struct block *blocks;
	const struct py_layout *l;
	uint64_t type; /* where PyType_Type is */
	uint32_t fences; /* a debugging allocator's around what it gives out; 0: there is none */
	struct map by_addr; /* type objects, and addresses that are none */
	struct py_type **types;
	uint32_t ntypes, types_room;
	struct arena arena;
	struct py_block *of; /* one a block */
	/* cpython_roots.c: */
	uint64_t interps[INTERPS_MAX]; /* the program's own, and those that it has made */
	uint32_t ninterps; /* 0: none was found */
	uint32_t steps; /* taken along frames */
	struct ranges frames; /* stacks of frames, of which only `owned` words are references */
	struct ranges owned, doubtful;
	struct lg_range *running; /* frames with their variables, by address */
	size_t nrunning, running_room;
};

static inline bool py_word(struct py *p, uint64_t addr, uint64_t *word)
{
	return memory_held(p->memory, addr, word);
}

/* The word, or 0. */
static inline uint64_t py_get(struct py *p, uint64_t addr)
{
	uint64_t word;

	return py_word(p, addr, &word) ? word : 0;
}

/* Pools have what does not fit them from another allocator, which has fences of its own. */
static inline uint32_t py_fences(const struct py *p, uint32_t block)
{
	return p->w->heap->npools && !p->blocks[block].pooled ? 2 * p->fences : p->fences;
}

static inline uint32_t py_head(const struct py *p, uint32_t block)
{
	return DEBUG_HEAD * py_fences(p, block);
}

/* What was asked for of a block. */
static inline uint64_t py_start(const struct py *p, uint32_t block)
{
	return p->blocks[block].addr + py_head(p, block);
}

static inline uint64_t py_size(const struct py *p, uint32_t block)
{
	uint64_t size = p->blocks[block].size, own = (DEBUG_HEAD + DEBUG_TAIL) * py_fences(p, block);

	return size > own ? size - own : 0;
}

static inline uint64_t py_object_addr(const struct py *p, uint32_t block)
{
	return py_start(p, block) + p->of[block].from;
}

static inline const struct py_type *py_type_of_block(const struct py *p, uint32_t block)
{
	return p->types[p->of[block].of];
}

/* `tuple` itself: subclasses and named tuples of C have more behind their items. */
static inline bool py_is_tuple(const struct py_type *t)
{
	return t->family == PY_TUPLE && !(t->flags & FLAG_HEAP) && !strcmp(t->name, "tuple");
}

static inline bool py_is_instance(const struct py *p, uint32_t block)
{
	return block != NO_BLOCK && (p->of[block].what == PY_INSTANCE || p->of[block].what == PY_CORPSE);
}

/* Says of all blocks whether they are objects: of[] is there. -1: no memory */
int py_find_objects(struct py *p);
int64_t py_count(struct py *p, uint32_t block); /* of an object; NO_COUNT: it is not counted, or not known */
/* A dictionary of some object's attributes. */
static inline bool py_is_namespace(const struct py *p, uint32_t block)
{
	return block != NO_BLOCK && p->of[block].what == PY_INSTANCE && p->of[block].marks & PY_NAMESPACE;
}

/* Where the numbers, characters or items end of an object that says how many it has, counted from its start. */
uint64_t py_payload_end(struct py *p, uint64_t object, enum py_family family);
bool py_is_immortal(struct py *p, uint32_t block); /* an object that is never freed, and not counted */

/* The type object at an address; NULL: there is none, or no memory. */
const struct py_type *py_type_at(struct py *p, uint64_t addr);

/* Marks the parts of every object. */
void py_find_parts(struct py *p);
void py_find_free_keys(struct py *p, uint64_t interp); /* those that the interpreter has put aside */

/* Of a dictionary's keys. */
struct py_keys {
	uint64_t entries; /* their offset in the block */
	uint64_t nentries; /* used ones */
	uint32_t entry_bytes; /* 24: hash, key, value; 16: key, value */
};
bool py_keys_at(struct py *p, uint64_t addr, uint64_t bytes, struct py_keys *k);

/* Of so many bytes behind where values of attributes begin: where they end. From 3.13 on a byte of each tells in which order
 * they came, behind them all. */
uint64_t py_values_end(const struct py *p, uint64_t bytes);

/* Marks the nodes of pybind11's tables. */
void py_find_pybind11(struct py *p);
/* What a word of a block that is neither an object nor a part of one is. */
enum ref_kind py_label_borrowed(struct py *p, uint32_t holder, uint64_t at, enum ref_kind kind);

enum ref_kind py_label(struct py *p, uint32_t block, struct ref r);
/* Behind a debugging allocator's head a block begins for all others. */
enum ref_kind py_label_start(struct py *p, uint64_t at, uint32_t to, enum ref_kind kind);

/* Finds the interpreter by its collector's lists. -1: no memory */
int py_find_roots(struct py *p);
enum ref_kind py_label_root(struct py *p, const struct root_ref *r);
bool py_root_words(struct py *p, const struct root_ref *r, struct root_words *words);
int py_generation(struct py *p, uint32_t block); /* model.h: of the collector */
bool py_doubts_root(const struct py *p, const struct root_ref *r); /* a running frame's stack */

/* What a word of an instance is called that is no member of its type; NULL: nobody knows. */
const char *py_word_name(const struct py_type *t, uint64_t at);
bool py_field(struct py *p, uint32_t block, uint64_t offset, char *text, size_t room);
bool py_global(struct py *p, uint32_t block, uint64_t offset, char *text, size_t room);
bool py_is_inner(struct py *p, uint32_t block, uint64_t offset);
bool py_is_fixed(struct py *p, uint32_t block, uint64_t offset);
/* Where the characters of a str are. */
enum py_str {
	PY_ASCII,
	PY_COMPACT,
	PY_APART
}; /* in it; in it, with room for their UTF-8 form apart; apart */
enum py_str py_str_at(struct py *p, uint64_t str);
/* What a code object calls its i-th variable. */
bool py_variable_name(struct py *p, uint64_t code, uint64_t i, char *text, size_t room);
/* The characters of a str, as far as the snapshot has them. */
bool py_text(struct py *p, uint64_t str, char *text, size_t room);

#endif
