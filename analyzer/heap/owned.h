/* owned.h: which memory belongs to the allocator. Its free parts hold dead words, so it is never a root. */
#ifndef LG_HEAP_OWNED_H
#define LG_HEAP_OWNED_H

#include "base/ranges.h"
#include "heap/heap.h"

struct owned {
	struct ranges sure; /* by the allocator's own structures, or exactly the pages of one block */
	struct ranges guessed; /* whole mappings or arenas that held blocks: stacks in them come first */
};

void owned_find(struct owned *o, const struct heap *h); /* out of memory: either set has failed */
void owned_free(struct owned *o);

/* Mappings by address. */
const struct trace_mapping *mapping_at(const struct trace_snapshot *s, uint64_t addr);
bool mapping_is_readable(const struct trace_mapping *m); /* may hold roots at all */
bool mapping_is_anonymous(
    const struct trace_mapping *m); /* private and no file's, but not [stack] and the like */
/* Whether a file whose name begins so is mapped in the snapshot: the trace knows only modules that were in stacks. */
bool has_mapped(const struct heap *h, const char *prefix);
bool path_is(const char *path, const char *prefix); /* its base name begins so */

#endif
