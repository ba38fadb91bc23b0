/* told.h: what the program told of its memory, as it holds at the moment of the heap. */
#ifndef LG_HEAP_TOLD_H
#define LG_HEAP_TOLD_H

#include "heap/heap.h"

/* Fills h->told; the blocks are there. -1: no memory */
int told_find(struct heap *h);
void told_free(struct told *t);

/* References by weak words become weak, and what is ignored is held. Regions told of are roots already. -1: no memory */
int told_apply(struct graph *g);

#endif
