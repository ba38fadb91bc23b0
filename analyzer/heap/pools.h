/* pools.h: what lives in the pools of CPython's own allocator (obmalloc.c of 3.10 to 3.13), by the memory alone.
 *
 * Objects of up to 512 bytes lie in pools of 16 KiB, which no traced call has allocated. A pool says of what size its
 * blocks are, how far they have been given out, and which are free; all of that must agree, or it is no pool and stays
 * what its mapping is. */
#ifndef LG_HEAP_POOLS_H
#define LG_HEAP_POOLS_H

#include "heap/heap.h"

/* Adds the blocks that live in pools, and the pools, to a heap that has a snapshot. -1: no memory
 * A forked image has those of its parent, and nobody can tell which are its own: they stay roots. */
int heap_add_pools(struct heap *h);

#endif
