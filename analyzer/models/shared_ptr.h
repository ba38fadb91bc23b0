/* shared_ptr.h: the model of shared pointers from inside: what its parts share.
 *
 * shared_ptr.c      the model: what a block is, and what its words own
 * shared_control.c  control blocks, and the pairs that point at them
 * shared_kinds.c    which pairs are weak where no debug information tells
 * shared_live.c     which pairs own beyond doubt */
#ifndef LG_MODELS_SHARED_PTR_H
#define LG_MODELS_SHARED_PTR_H

#include "models/model.h"
#include "names/store.h"

struct shared_layout;
struct shared_live;

/* A class of control blocks. */
struct shared_class {
	const struct shared_layout *layout; /* NULL: the class is something else */
	const struct type *type; /* T, by debug information; NULL: not known */
	const char *inside, *apart, *expired; /* how blocks are called */
};

/* Places that the source gives one type: the same offset of blocks that one piece of code made. */
enum place_kind { PLACE_UNKNOWN, PLACE_STRONG, PLACE_WEAK };
struct shared_place {
	enum place_kind is;
	bool is_mixed; /* it was decided both ways */
};

struct shared {
	const struct model_world *world;
	struct arena arena;
	struct map classes; /* class name -> struct shared_class */
	struct map places; /* key of a place -> struct shared_place */
	struct shared_live *live; /* NULL: nobody has asked */
};

/* One control block. */
struct control {
	const struct shared_class *class;
	uint64_t use, weak; /* shared_ptrs, weak_ptrs */
	uint64_t object; /* its address */
};

bool control_at(struct shared *s, uint32_t block, struct control *c);
/* Does the word at `at` point at a control block, behind a word that points into its object? */
bool shared_is_pair(struct shared *s, uint64_t at, struct control *c, uint32_t *block);
/* Of an object that refers to itself, as std::enable_shared_from_this does, nobody wants to be the owner. */
bool shared_is_own(const struct shared *s, uint64_t at, const struct control *c);

/* Finds out by the counts which places hold weak pointers. -1: no memory */
int shared_find_weak(struct shared *s);
/* holder NO_BLOCK: a root. What is not known is taken for strong. */
enum place_kind shared_place_kind(const struct shared *s, uint32_t holder, uint64_t at);

/* Whether the word at `at` in a block, the second of a pair, surely is an owner's. */
bool shared_owns_surely(struct shared *s, uint32_t holder, uint64_t at);
void shared_live_free(struct shared_live *live); /* NULL is fine */

#endif
