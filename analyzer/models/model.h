/* model.h: what blocks are, and which of their words own, told by those who know a layout.
 *
 * A model knows one kind of object: CPython's, libstdc++'s control blocks, what DWARF describes. It looks whether the
 * process has any, names the blocks that are its own, and says of each reference out of them whether it owns. It reads
 * memory of the target only through memory.h, so whatever is there can mislead it but not hurt it: every walk is
 * bounded, and what does not fit is no object. A model that is not sure says nothing.
 *
 * Each model is a file with a `const struct model`; models.c asks them in order of its table. */
#ifndef LG_MODELS_MODEL_H
#define LG_MODELS_MODEL_H

#include "heap/heap.h"
#include "models/memory.h"
#include "models/vtables.h"
#include "names/names.h"
#include "names/types.h"

/* What all models see. */
struct model_world {
	const struct heap *heap;
	const struct graph *graph; /* as scanned: no reference is labelled yet */
	struct memory *memory;
	struct names *names; /* symbols, types, and bytes of files; the models may ask it anything */
	struct vtables *vtables;
	const struct declarations *declared; /* the user's */
	struct models *models; /* what the others say of a block; only when references are labelled */
};

#define NO_COUNT (-1)

/* What a model says of one block. */
struct object {
	const char *
	    type; /* as a programmer would write it; lives as long as the models. NULL: only its shape is known */
	uint32_t offset; /* where the object begins in the block: references to there are as good as starts */
	int64_t
	    count; /* references that own it, as it says itself; NO_COUNT: it keeps none, or none to compare */
	int64_t
	    weak_count; /* the same of words labelled weak that its model's share() counts; NO_COUNT: it keeps none */
	bool
	    owns_exactly; /* each word that its model leaves strong is counted where it points: what has fewer is overfreed */
	bool is_part; /* another object's alone, which points at it: no word of a stack owns it as well */
	bool
	    is_link; /* of a smart pointer, between its holders and the object: not what to break a cycle at */
	bool is_collected; /* the model's collector follows it, and frees it when only a cycle holds it */
	bool is_immortal; /* its runtime never frees it: it is no leak */
	bool
	    is_reused; /* its runtime makes objects of what others were freed as: its stack and age may be another's */
	bool is_dead; /* a corpse that its allocator keeps for reuse: it owns nothing, and is no leak */
};

/* Of a collector: 0 is the youngest; what it never looks at again is in none of those. */
enum { NO_GENERATION = -1, GENERATION_PERMANENT = 100 };

/* A word that points at an object that keeps a count. */
struct owner_word {
	uint64_t at; /* its address; of a register, see struct root_ref */
	enum ref_kind kind;
	bool is_register;
};

/* Whether the object counts it. */
enum share { SHARE_NOT, SHARE_MAYBE, SHARE_SURE };

/* What a word of a root is called. */
struct root_words {
	char text[512]; /* "local `x` in f() (app.py)" */
	char expression[256]; /* what the source would write for what it points at, which may be nothing */
	bool has_expression;
};

struct model {
	const char *name; /* "cpython": it stands in reports */
	/* It tells types and fields of blocks that nobody else knows, and nothing that classes depend on: it is opened
	 * when someone first asks, since most programs have no finding to tell of. */
	bool only_describes;
	/* Objects lie behind words of their runtime's: what C's types say of their blocks is not said of them. */
	bool has_heads;
	const char *collector; /* how to run what frees cycles: "gc.collect()"; NULL: nothing does */
	const char *weak; /* what refers to an object without owning it: "weakref.ref"; NULL: not known */
	const char *access; /* what its source writes between an object and a name in it; NULL: "->" */

	/* Looks for what the model knows. `*state` is passed to the others. 1: there is some, 0: there is none,
	 * -1: no memory. The one place where a model may walk over all blocks. */
	int (*open)(void **state, const struct model_world *w);
	void (*close)(void *state); /* NULL is fine */

	/* Is the block one of mine? Fills `o`, which comes zeroed but for counts of NO_COUNT. Cheap; always answers
	 * the same. */
	bool (*classify)(void *state, uint32_t block, struct object *o);

	/* What a reference out of a block of mine is; r's own kind if there is nothing to say. NULL: never anything. */
	enum ref_kind (*label)(void *state, uint32_t block, struct ref r);
	/* What the word at an address is that points at block `to`, if it is known whoever holds it: half of a smart
	 * pointer. Asked after the holder's model. NULL: never anything. */
	enum ref_kind (*label_any)(void *state, uint32_t holder, uint64_t at, uint32_t to,
				   enum ref_kind kind);
	/* The same for words of roots: borrowed pointers in an interpreter's caches. NULL: never anything. */
	enum ref_kind (*label_root)(void *state, const struct root_ref *r);

	/* Whether the word at an address that was labelled as the owner of block `to` may as well be a weak one: nothing tells.
	 * holder NO_BLOCK: memory of a root. NULL: never. */
	bool (*may_be_weak)(void *state, uint32_t holder, uint64_t at, uint32_t to);

	/* Whether a word of a root may be left over from before, like a word of a stack. NULL: none of mine. */
	bool (*doubt_root)(void *state, const struct root_ref *r);

	/* What a word of a root is in its source. False: unknown. NULL: never. */
	bool (*root)(void *state, const struct root_ref *r, struct root_words *words);
	/* What keeps objects from being seen, and the cure; NULL: nothing. NULL: never. */
	const char *(*note)(void *state);
	/* Whether a word that points at a block of mine is one that the object counts; such words point at the block's
	 * start. NULL: each counts that points to where the object begins. */
	enum share (*share)(void *state, uint32_t block, const struct owner_word *w);
	/* Whether the word at an address in block `holder` is an owner of a block of mine beyond doubt, where share() is sure that
	 * it would count: the holder lives, and nothing but an owner can be there. Asked of what has more owners than it counts;
	 * NULL: of none. */
	bool (*owns_surely)(void *state, uint32_t block, uint32_t holder, uint64_t at);

	/* DWARF's type of what begins `*offset` bytes into a block of mine. NULL: not known; never. */
	const struct type *(*layout)(void *state, uint32_t block, uint32_t *offset);

	/* What a word of a block of mine is called in its source: "next", "staff[3]". False: unknown. NULL: never. */
	bool (*field)(void *state, uint32_t block, uint64_t offset, char *text, size_t room);
	/* Whether a word of a block of mine leads only to more of what its source sees as one object: a list's items, the
	 * values of attributes. NULL: never. */
	bool (*is_inner)(void *state, uint32_t block, uint64_t offset);
	/* The block that an object of mine keeps its items in, and nothing else does; NO_BLOCK: none. NULL: never. */
	uint32_t (*part)(void *state, uint32_t block);
	/* Whether what `weak` says can refer to a block of mine: to no list of Python's. NULL: to any. */
	bool (*takes_weak)(void *state, uint32_t block);
	/* Whether nobody who writes its source can let a word of a block of mine refer to something else: a tuple's item. NULL:
	 * never. */
	bool (*is_fixed)(void *state, uint32_t block, uint64_t offset);
	/* What a word of a block of mine is called if it is a variable of its program for as long as that runs: "app.cache", of a
	 * module. False: it is none. NULL: never. */
	bool (*global)(void *state, uint32_t block, uint64_t offset, char *text, size_t room);
	/* The generation of its runtime's collector that a block of mine is in. NULL: always NO_GENERATION. */
	int (*generation)(void *state, uint32_t block);
};

/* In order: the first that knows a block has it. Ends with NULL. */
extern const struct model *const models_all[];

extern const struct model model_declared, model_cpython, model_shared_ptr, model_gobject, model_rust,
    model_containers, model_rtti, model_dwarf;

#endif
