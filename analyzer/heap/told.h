/* told.h: what the program told of its memory, as it holds at the moment of the heap. */
#ifndef LG_HEAP_TOLD_H
#define LG_HEAP_TOLD_H

#include "heap/heap.h"

/* Fills h->told and adds the members of pools to the blocks; all others are there. -1: no memory */
int told_find(struct heap *h);

/* References by weak words become weak, and what is ignored is held. Regions told of are roots already. -1: no memory */
int told_apply(struct graph *g);

#endif
