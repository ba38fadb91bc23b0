/* unsure.h: what may be lost though it is called reachable, since of the words that hold it nothing tells whether they
 * own or are weak. */
#ifndef LG_PASSES_UNSURE_H
#define LG_PASSES_UNSURE_H

#include "models/models.h"
#include "passes/passes.h"

/* Reachable blocks that are not if such words are weak, as far as the counts of the objects allow it. -1: no memory */
int unsure_find(struct sum *unsure, const struct classes *c, const struct models *m);

#endif
