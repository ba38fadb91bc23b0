/* cpython_layout.h: where CPython keeps what, in bytes, for the versions that are known; generated from its headers.
 *
 * The version is told by the size of a heap type object. What is not in the table is the same in all three. */
#ifndef LG_MODELS_CPYTHON_LAYOUT_H
#define LG_MODELS_CPYTHON_LAYOUT_H

#include "leakgraph/cpython.h"

struct py_layout {
	uint32_t minor;
	uint32_t heap_type; /* sizeof(PyHeapTypeObject): the version's fingerprint */
	uint32_t static_type; /* sizeof(PyTypeObject) */
	uint32_t cached_keys, spec_cache, spec_cache_words; /* of a heap type; borrowed words of the last */
	uint32_t ascii, compact; /* where a str's characters begin */
	uint32_t code_instructions;
	uint32_t code_nlocalsplus, code_stacksize;
	uint32_t gen_frame, gen_state, gen_exc; /* of generators and coroutines */
	uint32_t frame_code, frame_func, frame_locals, frame_object, frame_globals, frame_builtins,
	    frame_previous;
	uint32_t frame_data; /* of a frame object: the frame that outlived its call */
	uint32_t free_lists, free_lists_end, free_keys, free_keys_count, interp_gc, interp_threads,
	    type_cache, func_cache, func_cache_end;
	uint32_t interp_next, interp_runtime; /* of an interpreter: the next one, and the runtime */
	uint32_t runtime_interps; /* of the runtime: the first */
	uint32_t thread_chunk, thread_top, thread_frame; /* thread_frame: 3.11, 3.12: of a _PyCFrame */
	uint32_t
	    builtin_weaklist; /* from the place of a static type to its weak references, in the interpreter */
	uint32_t cframe_frame; /* NO_CFRAME: the thread points at the frame itself */
};

static const struct py_layout py_layouts[] = {
	{ LG_CPYTHON_3_11,	   .free_lists = 3608,	  .free_lists_end = 7128, .free_keys = 5168,
	  .free_keys_count = 5808, .heap_type = 904,	  .static_type = 408,	  .cached_keys = 872,
	  .spec_cache = 896,	   .spec_cache_words = 1, .code_nlocalsplus = 76, .code_stacksize = 68,
	  .gen_frame = 80,	   .gen_state = 75,	  .gen_exc = 48,	  .frame_func = 0,
	  .frame_locals = 24,	   .frame_object = 40,	  .frame_globals = 8,	  .frame_builtins = 16,
	  .frame_data = 48,	   .interp_gc = 648,	  .interp_next = 0,	  .interp_runtime = 40,
	  .runtime_interps = 40,   .interp_threads = 16,  .type_cache = 9056,	  .thread_chunk = 296,
	  .thread_top = 304 },
	{ LG_CPYTHON_3_12,	 .free_lists = 267408,	    .free_lists_end = 273400,
	  .free_keys = 271376,	 .free_keys_count = 272020, .heap_type = 920,
	  .static_type = 416,	 .cached_keys = 880,	    .spec_cache = 904,
	  .spec_cache_words = 1, .code_nlocalsplus = 72,    .code_stacksize = 64,
	  .gen_frame = 72,	 .gen_state = 67,	    .gen_exc = 40,
	  .frame_func = 16,	 .frame_locals = 40,	    .frame_object = 48,
	  .frame_globals = 24,	 .frame_builtins = 32,	    .frame_data = 48,
	  .interp_gc = 112,	 .interp_next = 0,	    .interp_runtime = 96,
	  .runtime_interps = 40, .interp_threads = 72,	    .type_cache = 275392,
	  .thread_chunk = 232,	 .thread_top = 240,	    .builtin_weaklist = 32 },
	{ LG_CPYTHON_3_13,	    .free_lists = 10952,    .free_lists_end = 14496, .free_keys = 12504,
	  .free_keys_count = 13144, .heap_type = 928,	    .static_type = 416,	     .cached_keys = 880,
	  .spec_cache = 904,	    .spec_cache_words = 3,  .code_nlocalsplus = 72,  .code_stacksize = 64,
	  .gen_frame = 72,	    .gen_state = 67,	    .gen_exc = 40,	     .frame_func = 16,
	  .frame_locals = 40,	    .frame_object = 48,	    .frame_globals = 24,     .frame_builtins = 32,
	  .frame_data = 64,	    .interp_gc = 7400,	    .interp_next = 7264,     .interp_runtime = 7376,
	  .runtime_interps = 632,   .interp_threads = 7344, .type_cache = 84656,     .thread_chunk = 232,
	  .thread_top = 240,	    .func_cache = 17008,    .func_cache_end = 82544, .builtin_weaklist = 40 },
};

/* The same in all of them. */
enum {
	OBJECT_COUNT = 0,
	TYPE_NAME = 24,
	TYPE_BASIC = 32,
	TYPE_ITEM = 40,
	TYPE_FLAGS = 168,
	TYPE_DOC = 176,
	TYPE_WEAKLIST_OFFSET = 208,
	TYPE_MEMBERS = 240,
	TYPE_BASE = 256,
	TYPE_BASES = 336,
	TYPE_DICT_OFFSET = 288,
	TYPE_WEAKLIST = 368,
	TYPE_OWN_NAME = 16, /* from the cached keys of a heap type */
	LIST_ITEMS = 24,
	LIST_ALLOCATED = 32,
	TUPLE_ITEMS = 24,
	INT_DIGITS = 24,
	DICT_VERSION = 24,
	DICT_KEYS = 32,
	DICT_VALUES = 40,
	KEYS_SMALLEST = 120,
	VALUES_HEAD = 8, /* 3.13: how many there are */
	FREE_KEYS_MAX = 80,
	PY_POOLED_MAX = 512, /* bytes of a block in a pool */
	DEBUG_HEAD = 16,
	DEBUG_TAIL = 8,
	TUPLE_BEFORE = 16, /* the collector's links */
	KEYS_ENTRIES = 24,
	KEYS_INDICES = 32,
	SET_MASK = 32,
	SET_TABLE = 40,
	SET_SMALL = 64,
	SET_SMALL_END = 192,
	WEAK_OBJECT = 16,
	WEAK_CALLBACK = 24,
	WEAK_PREV = 40,
	WEAK_NEXT = 48,
	STR_LENGTH = 16,
	STR_COMPACT = 1 << 5, /* of its state */
	STR_ASCII = 1 << 6,
	DEQUE_LEFT = 24,
	DEQUE_RIGHT = 32,
	DEQUE_LEFT_INDEX = 40,
	DEQUE_RIGHT_INDEX = 48,
	DEQUE_BLOCK = 528,
	ARENA_ROOM = 0, /* bytes behind the head, and how many of them are in use */
	ARENA_USED = 8,
	ARENA_MEMORY = 24,
	ARENA_HEAD = 32,
	MEMORYVIEW_OBJECT = 64,
	LRU_PREV = 16,
	LRU_NEXT = 24,
	GROUPBY_GROUPER = 56,
	TEE_READ = 24, /* an int */
	TEE_VALUES = 40,
	CODE_NAMES = 96, /* co_localsplusnames */
	FRAME_TOP = 64,
	FRAME_LOCALS_PLUS = 72,
	MEMBER_BYTES = 40,
	MEMBER_TYPE = 8,
	MEMBER_OFFSET = 16,
	MEMBER_FLAGS = 24,
	MEMBER_READONLY = 1,
	THREAD_NEXT = 8,
	THREAD_INTERP = 16,
	GC_GENERATIONS = 24,
	GC_GENERATIONS_PACKED = 20, /* 3.13.1 on, where the links' alignment is said to be 4 */
	GC_GENERATION_BYTES = 24,
	GC_GENERATION0 = 96,
	GC_PERMANENT = 104, /* what gc.freeze() has put aside */
	CACHE_ENTRIES = 4096,
	BUILTINS_BYTES = 16384, /* 3.12 on: what static types have per interpreter, behind the cache */
	CACHE_ENTRY_BYTES = 24,
};

#define DEBUG_FENCE 0xfdfdfdfdfdfdfdull

#define FLAG_INLINE_VALUES (1u << 2) /* 3.13 */
#define FLAG_MANAGED_WEAK (1u << 3) /* 3.12 on */
#define FLAG_MANAGED_DICT (1u << 4)
#define FLAG_HEAP (1u << 9)
#define FLAG_READY (1u << 12)
#define FLAG_GC (1u << 14)
#define FLAG_TYPE (1u << 31) /* its instances are types */

#endif
