/* items.h: arrays behind a count of their items: new T[n] keeps one where T has a destructor. */
#ifndef LG_TRACE_ITEMS_H
#define LG_TRACE_ITEMS_H

#include "trace/trace.h"

#define ITEMS_AT_MAX 64u

/* Where items may begin behind a count: 8 bytes into the block, or as many as they are aligned to. */
static inline bool items_may_begin(uint64_t offset)
{
	return offset >= 8 && offset <= ITEMS_AT_MAX && !(offset & (offset - 1));
}

/* How many items fill a block from `offset` on, as the word before them says; 0: they do not. */
uint64_t items_counted(const struct trace_snapshot *s, uint64_t start, uint64_t bytes, uint64_t offset);

#endif
