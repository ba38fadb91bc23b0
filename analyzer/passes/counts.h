/* counts.h: the references that were found against the counts that objects keep themselves.
 *
 * What is found is an upper bound of an object's owners: a word may only look like one. So fewer found than counted
 * is certain: a reference was taken and lost. More found than counted means something only where the words of those
 * who point are known one by one. */
#ifndef LG_PASSES_COUNTS_H
#define LG_PASSES_COUNTS_H

#include "heap/heap.h"
#include "models/models.h"

enum count_verdict {
	COUNT_NONE, /* it keeps no count */
	COUNT_EXACT, /* as many owners as it counts */
	COUNT_WITHIN, /* as many, if some words that may own are left out */
	COUNT_SURPLUS, /* it counts owners that are nowhere: leaked references */
	COUNT_DEFICIT, /* it has owners that it does not count: it will be freed under their hands */
	COUNT_VERDICTS
};
const char *count_verdict_name(enum count_verdict verdict); /* "exact", ... */

/* What was found of one object. */
struct counted {
	int64_t stored; /* NO_COUNT */
	int64_t stored_weak; /* the same of weak references */
	uint32_t exact; /* owning words whose holders' layout is known */
	uint32_t strong; /* these and all others that point at it, in roots and blocks */
	uint32_t weak; /* words known as weak that the object counts as such */
	uint32_t maybe; /* words of stacks and registers; pointers with a tag, or at odd addresses */
	enum count_verdict verdict;
};

/* Of counted references, those that are nowhere: of the owning ones, or of all when weak ones are counted too, for a
 * weak one may not be known as such. */
uint64_t counted_missing(const struct counted *o);

struct count_set {
	uint64_t objects; /* blocks that keep a count */
	uint64_t sums[COUNT_VERDICTS];
	uint32_t *found; /* blocks with a surplus, then those with a deficit, by birth */
	uint32_t nfound, nsurplus;
	struct counted *of; /* nblocks; NULL: no object keeps a count */
};

/* Labels references of stacks and registers, and such as point elsewhere than at the object, as borrowed where its count
 * is explained without them: so it comes before the passes that follow references. */
int counts_find(struct count_set *c, const struct models *m, struct graph *g, struct err *err);
void counts_free(struct count_set *c); /* safe on a zeroed one */

#endif
