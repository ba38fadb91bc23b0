/* passes.h: from a finished model to a result. No pass loads, none prints; equal input gives equal output, and
 * order never depends on addresses or hashing. */
#ifndef LG_PASSES_PASSES_H
#define LG_PASSES_PASSES_H

#include "passes/components.h"

/* Every live block is in exactly one class. */
#define LG_CLASSES(X)                                                                                        \
	X(DIRECT, "direct")                                                                                  \
	X(CYCLE, "cycle") X(INDIRECT, "indirect") X(POSSIBLE, "possible") X(REACHABLE, "reachable")
enum leak_class {
#define X(name, text) CLASS_##name,
	LG_CLASSES(X)
#undef X
	    LEAK_CLASSES
};
const char *leak_class_name(enum leak_class class);

struct classes {
	const struct graph *graph;
	uint8_t *of; /* nblocks: enum leak_class */
	struct sum sums[LEAK_CLASSES];
	struct components components; /* of the lost blocks */
	uint32_t *head; /* nblocks: of lost blocks, the component of the first head that reaches it */
	uint8_t *shared; /* nblocks: 1 when more than one head reaches it */
};
int classify(struct classes *c, const struct graph *g, struct err *err);
void classes_free(struct classes *c);

/* One edge of a cycle, in the order of walking it. */
struct cycle_edge {
	uint32_t from, to; /* blocks */
	uint64_t offset; /* bytes into `from` */
};

/* Why an edge is proposed to be cut; or-ed, the weightier ones larger. */
enum break_reason {
	BREAK_AGE = 1, /* it leads to the block of the ring that was born first */
	BREAK_ALL = 2, /* cut in all blocks of its kind, it opens every cycle of the knot */
	BREAK_NAME = 4, /* its field has the name of a link back */
};
#define NO_BREAK UINT32_MAX

/* A leak: all lost heads that are alike (graph_kind()), of the same class and shape, folded.
 * Blocks of one instance: a direct leak's head, or all members of a cycle. */
struct leak {
	enum leak_class kind; /* CLASS_DIRECT, CLASS_CYCLE or CLASS_POSSIBLE */
	uint32_t instances;
	struct sum heads; /* over all instances */
	/* Each lost block is counted with its first head only, so sums match the totals */
	struct sum indirect;
	uint64_t retained_bytes; /* heads and what only they reach, over all instances */
	uint32_t stack; /* of the first instance's head (a cycle's head is its oldest member) */
	uint64_t first_birth; /* of the oldest head: the stable tie-break */
	uint32_t *blocks; /* head blocks of all instances, by birth, instance by instance */
	uint32_t nblocks;
	struct cycle_edge *edges; /* CYCLE: a shortest ring through the oldest member of the first instance */
	uint32_t nedges; /* at most LEAK_EDGES_MAX kept */
	uint32_t cycle_length; /* edges of that ring, uncut */
	uint32_t members; /* CYCLE: blocks of one instance */
	uint32_t break_edge; /* of edges: the one to cut, by breaks_propose(); NO_BREAK: none */
	enum break_reason break_reason;
};
#define LEAK_EDGES_MAX 64u

struct leak_set {
	/* By kind (cycle and direct together, then possible), bytes with indirect falling, then birth */
	struct leak *leaks;
	uint32_t nleaks;
};
int fold_leaks(struct leak_set *out, const struct classes *c, struct err *err);
void leak_set_free(struct leak_set *set);

/* A shortest path of references from a root to a block, by such as surely own if there is one.
 * steps[0] is the block that the root word points at. */
struct path {
	bool found;
	struct root_ref root;
	uint32_t *steps; /* nsteps blocks, the last is the target */
	struct ref *refs; /* nsteps - 1: how each step points at the next */
	uint32_t nsteps;
};
int path_from_root(struct path *p, const struct graph *g, uint32_t block, struct err *err);
void path_free(struct path *p);

/* Who points at a block. */
struct referrers {
	struct cycle_edge *blocks; /* from other blocks (to == block), by from's birth */
	uint8_t *kinds; /* enum ref_kind of each */
	uint64_t nblocks;
	uint64_t *roots; /* numbers of root_refs */
	uint64_t nroots;
};
int find_referrers(struct referrers *r, const struct graph *g, uint32_t block, struct err *err);
void referrers_free(struct referrers *r);

#endif
