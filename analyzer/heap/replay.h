/* replay.h: events to live blocks, a batch at a time.
 *
 * The rules, where a trace leaves a choice:
 *   ALLOC or RESIZE at a live address   the old block ended unseen: an implied free
 *   FREE, RELEASE of no live address    an unknown free
 *   RELEASE                             takes the block aside for its thread; others may get the address
 *   RESIZE                              settles the thread's latest RELEASE: moved on, or put back
 *   RELEASE without a RESIZE            (the thread died inside realloc) put back unless the address is taken
 * A moved block keeps its birth and takes the resize's size, stack and thread. */
#ifndef LG_HEAP_REPLAY_H
#define LG_HEAP_REPLAY_H

#include "heap/heap.h"

struct replay;

/* sample_bytes: the trace's. NULL: out of memory */
struct replay *replay_new(uint64_t sample_bytes);
int replay_events(struct replay *r, const struct trace_event *events, size_t n); /* -1: out of memory */
/* Before the first event: blocks that were there already, from the image's parent. -1: out of memory */
int replay_inherit(struct replay *r, const struct lg_range *blocks, size_t n);
/* What lives now, as ranges by address, owned by the caller; NULL: no memory, or more than `most`. */
struct lg_range *replay_live(const struct replay *r, uint64_t most, size_t *n);
int replay_finish(struct replay *r, struct heap *h); /* blocks, totals, touched; -1: out of memory */
void replay_free(struct replay *r); /* NULL is fine */

#endif
