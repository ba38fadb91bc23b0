/* members.h: blocks that the program hands out of pools of its own: see leakgraph/leakgraph.h.
 *
 * A pool is a range of memory in a block, or in no block. Its members become blocks like any other. What is left of the
 * block that they lie in is what lies before the first of them; words between them hold nothing. */
#ifndef LG_HEAP_MEMBERS_H
#define LG_HEAP_MEMBERS_H

#include "heap/heap.h"

/* Fills told.pools and told.members. -1: no memory */
int heap_add_members(struct heap *h);

#endif
