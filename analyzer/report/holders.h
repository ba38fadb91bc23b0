/* holders.h: what keeps the reachable blocks alive: variables, stacks and mappings, by what would be freed with each. */
#ifndef LG_REPORT_HOLDERS_H
#define LG_REPORT_HOLDERS_H

#include "passes/dominators.h"
#include "report/analysis.h"
#include "report/pool.h"

/* Who names a holder. */
enum holder_sort {
	HOLDER_REGION, /* nobody: a thread's stack, its registers, a mapping */
	HOLDER_SYMBOL, /* a symbol covers `at` */
	HOLDER_WORDS, /* a model, as a root */
	HOLDER_GLOBAL, /* a model, as a variable in memory that some block has */
};

struct holder {
	enum holder_sort sort;
	uint32_t region; /* of the graph; GLOBAL: the block */
	uint64_t at; /* the symbol's first byte; REGION: the region's; GLOBAL: the offset in the block */
	uint64_t word; /* WORDS: the first of its words among the graph's roots */
	struct sum retained;
	struct sum main; /* the place, of those that it retains blocks of, with most bytes */
	uint32_t main_block; /* the oldest block of that place; NO_BLOCK: it retains nothing */
	uint64_t bytes_per_second; /* that the place grows by; 0: it does not, or nobody knows (rates.h) */
};

struct holders {
	struct holder *at; /* each is a group of root words, in the order of roots; then global variables */
	uint32_t n, room;
	uint32_t *group_of; /* nroot_refs */
	struct scoped_ref *scoped; /* references that are global variables */
	size_t nscoped;
	struct dominators dominators;
	/* The first HOLDERS_MAX that retain something, by bytes falling, then in order of roots */
	uint32_t *heaviest;
	uint32_t nheaviest;
};
#define HOLDERS_MAX 20u

/* Needs a judged analysis. What a block retains counts all that is behind it. */
int holders_find(struct holders *h, struct analysis *a, struct err *err);
/* The same for those who want to know the holders only: global variables of an interpreter are holders by themselves, and
 * the tables that they lie in retain nothing by them. */
int holders_find_variables(struct holders *h, struct analysis *a, struct err *err);
/* What it is to the reader: "registry in app", "app.cache", "the stack of thread 2". NULL: no memory. */
const char *holder_text(struct pool *pool, struct analysis *a, const struct holder *h);
enum root_kind holder_kind(const struct analysis *a, const struct holder *h);
void holders_free(struct holders *h); /* safe on a zeroed one */

#endif
