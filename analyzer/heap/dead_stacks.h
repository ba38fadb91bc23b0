/* dead_stacks.h: stacks that glibc keeps for its next thread after theirs has ended: what they hold is nobody's. */
#ifndef LG_HEAP_DEAD_STACKS_H
#define LG_HEAP_DEAD_STACKS_H

#include "heap/canvas.h"

void paint_dead_stacks(struct canvas *c, const struct heap *h);

#endif
