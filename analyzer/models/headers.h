/* headers.h: objects behind headers that nobody declared: what a program keeps of its blocks may be a place near their start. */
#ifndef LG_MODELS_HEADERS_H
#define LG_MODELS_HEADERS_H

#include "models/models.h"

/* Such references of the graph are as good as starts from then on. Of blocks that models know they say themselves where the
 * object begins. -1: no memory */
int headers_recognise(const struct models *m, struct graph *g);

#endif
