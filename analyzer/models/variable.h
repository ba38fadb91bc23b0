/* variable.h: the variable of the source that a root word belongs to. */
#ifndef LG_MODELS_VARIABLE_H
#define LG_MODELS_VARIABLE_H

#include "heap/heap.h"
#include "names/variables.h"

/* A global, a thread-local variable, or a local of a thread's frame; false: none is known there. */
bool root_variable(struct names *names, const struct heap *h, const struct root_region *region, uint64_t at,
		   struct variable *v);

#endif
