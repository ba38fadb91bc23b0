/* retained.h: what would be freed with all blocks of a kind at once: of a type, of a place. */
#ifndef LG_PASSES_RETAINED_H
#define LG_PASSES_RETAINED_H

#include "passes/dominators.h"

/* kinds[nblocks] numbers each block's kind, below `nkinds`. retained[nkinds] gets what the blocks of each kind retain
 * together, each byte counted once. -1: no memory. */
int retained_by_kind(const struct dominators *d, const uint32_t *kinds, uint32_t nkinds,
		     struct sum *retained);

#endif
