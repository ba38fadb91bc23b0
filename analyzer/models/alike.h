/* alike.h: which blocks are alike, where their stacks do not tell. */
#ifndef LG_MODELS_ALIKE_H
#define LG_MODELS_ALIKE_H

#include "models/models.h"

/* Fills g->kinds and g->reused where they are needed. -1: no memory. */
int alike_tell(const struct models *m, struct graph *g);
/* Of blocks whose class is not `reachable`: those of one type are alike, too, whose stacks read alike, line by line. For up
 * to ALIKE_STACKS_MAX stacks, as all are named. -1: no memory. */
int alike_tell_lost(struct models *m, struct graph *g, const uint8_t *classes, uint8_t reachable);
#define ALIKE_STACKS_MAX 4096u

#endif
