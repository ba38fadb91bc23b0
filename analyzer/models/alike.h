/* alike.h: which blocks are alike, where their stacks do not tell. */
#ifndef LG_MODELS_ALIKE_H
#define LG_MODELS_ALIKE_H

#include "models/models.h"

/* Fills g->kinds and g->reused where they are needed. -1: no memory. */
int alike_tell(const struct models *m, struct graph *g);

#endif
