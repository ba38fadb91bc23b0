/* holders.h: what keeps the reachable blocks alive: variables, stacks and mappings, by what would be freed with each. */
#ifndef LG_REPORT_HOLDERS_H
#define LG_REPORT_HOLDERS_H

#include "passes/dominators.h"
#include "report/analysis.h"

/* A variable, a thread's stack, its registers, a mapping. */
struct holder {
	uint32_t region; /* of the graph */
	uint64_t at; /* the variable's first byte, else the region's */
	bool is_named; /* a symbol covers `at` */
	struct sum retained;
	struct sum main; /* the place, of those that it retains blocks of, with most bytes */
	uint32_t main_block; /* the oldest block of that place; NO_BLOCK: it retains nothing */
};

struct holders {
	struct holder *at; /* each is a group of root words, in the order of roots */
	uint32_t n;
	uint32_t *group_of; /* nroot_refs */
	struct dominators dominators;
	/* The first HOLDERS_MAX that retain something, by bytes falling, then in order of roots */
	uint32_t *heaviest;
	uint32_t nheaviest;
};
#define HOLDERS_MAX 20u

/* Needs a judged analysis. */
int holders_find(struct holders *h, struct analysis *a, struct err *err);
void holders_free(struct holders *h); /* safe on a zeroed one */

#endif
