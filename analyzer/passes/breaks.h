/* breaks.h: which reference of a cycle should not own. A proposal, with its reasons: names of links back ("parent",
 * "prev"), age (what was born first most likely owns), and whether the cut opens every cycle of the knot. */
#ifndef LG_PASSES_BREAKS_H
#define LG_PASSES_BREAKS_H

#include "models/models.h"
#include "passes/passes.h"

/* Fills the proposal of each cycle leak that has a ring of two blocks or more. -1: no memory. */
int breaks_propose(struct leak_set *leaks, const struct classes *c, struct models *models);

/* "parent", "m_prev", "owner_": a name by which links back go. */
bool is_back_name(const char *field);

#endif
