/* models.h: all models at work on one process: blocks get types, references get what they really are. */
#ifndef LG_MODELS_MODELS_H
#define LG_MODELS_MODELS_H

#include "models/declarations.h"
#include "models/model.h"
#include "names/store.h"

#define MODELS_MAX 16u

/* What is kept of a block that some model knows. */
struct known {
	uint32_t type; /* number of its type; NO_TYPE */
	uint32_t offset : 24; /* where the object begins; larger ones are not kept */
	uint32_t is_kept : 1; /* its runtime never frees it, or keeps it for reuse */
	uint32_t is_reused : 1; /* its stack and its birth may be another's */
	uint32_t model : 6; /* place in models_all + 1; 0: nobody knows the block */
};
#define NO_TYPE NO_TEXT

struct models {
	struct memory memory;
	struct vtables vtables;
	struct model_world world;
	void *states[MODELS_MAX];
	bool is_open[MODELS_MAX];
	bool is_asked; /* those that only describe were opened */
	bool is_described; /* those models were asked that only describe */
	struct known *of; /* nblocks; NULL: no model found anything */
	struct texts types; /* distinct names, numbered by the first block, by address, that has it */
	struct map spelled; /* what a model calls a type, by address, to the usual name of it */
	struct arena arena;
};

/* Asks every model that classes depend on, and labels the graph's references: all passes come after it. `declared` by
 * the user outlive it; NULL: nothing. */
int models_apply(struct models *m, struct graph *g, struct names *names, struct declarations *declared,
		 struct err *err);
void models_close(struct models *m); /* safe on a zeroed or half-open one */

/* The type's name, or NULL. */
const char *models_type(struct models *m, uint32_t block);
/* "cpython", or NULL: nobody knows the block. */
const char *models_who(struct models *m, uint32_t block);
/* Whether its model says itself which references own a block. */
bool models_says_owners(const struct models *m, uint32_t block);
/* What frees cycles of such blocks: "gc.collect()", or NULL. */
const char *models_collector(const struct models *m, uint32_t block);
const char *models_weak(const struct models *m, uint32_t block);
/* Whether something can refer to the block without owning it, for all that is known. */
bool models_takes_weak(const struct models *m, uint32_t block);
/* What its source writes between such a block and a name in it: "->" or ".". */
const char *models_access(const struct models *m, uint32_t block);
/* Whether a word of the block leads only to more of the same object. */
bool models_is_inner(const struct models *m, uint32_t block, uint64_t offset);
/* The block that the object in it keeps its items in, which nothing else has; NO_BLOCK: none. */
uint32_t models_part(const struct models *m, uint32_t block);
/* Whether nobody can let a word of the block refer to something else. */
bool models_is_fixed(const struct models *m, uint32_t block, uint64_t offset);
/* Whether a word of the block is a variable that lives as long as the program, and what it is called. */
bool models_global(const struct models *m, uint32_t block, uint64_t offset, char *text, size_t room);
/* In which generation of its runtime's collector it is; NO_GENERATION: in none, or nobody knows. */
int models_generation(const struct models *m, uint32_t block);
/* All that its model says of a block; false: nobody knows it. */
bool models_object(const struct models *m, uint32_t block, struct object *o);
/* What a word at `offset` of the block would be that points into block `to`, though the scan has not seen it. */
enum ref_kind models_label(const struct models *m, uint32_t block, uint64_t offset, uint32_t to);
/* DWARF's type of what begins `*offset` bytes into the block; NULL: not known. */
const struct type *models_layout(struct models *m, uint32_t block, uint32_t *offset);
/* Where the words point that an object counts. */
uint64_t models_counted_addr(const struct models *m, uint32_t block);
/* Whether a word that points at an object counts as its owner. */
enum share models_share(const struct models *m, uint32_t block, const struct owner_word *w);
/* Whether a word in block `holder` that points at an object owns it beyond doubt. */
bool models_owns_surely(const struct models *m, uint32_t block, uint32_t holder, uint64_t at);
/* Whether nothing tells of some words if they own or are weak, and whether that is such a word. */
bool models_doubt_kinds(const struct models *m);
bool models_may_be_weak(const struct models *m, uint32_t holder, uint64_t at, uint32_t to);
/* Whether a root's word may be left over from before. */
bool models_doubt_root(const struct models *m, const struct root_ref *r);
/* What a word of a root is in its source; false: unknown. */
bool models_root(const struct models *m, const struct root_ref *r, struct root_words *words);
/* What keeps the models from seeing objects. Returns how many. */
size_t models_notes(const struct models *m, const char *notes[MODELS_MAX]);
/* What a word of the block is called; false: unknown. */
bool models_field(struct models *m, uint32_t block, uint64_t offset, char *text, size_t room);

#endif
