/* live.h: which pages of a process's brk heap hold live blocks, as its events tell.
 *
 * One bit for each sixteen bytes and four bytes a page, so it is true of an allocator that aligns blocks to sixteen bytes
 * and keeps to itself what it manages: glibc's. What it cannot follow it says. */
#ifndef LG_RECORD_LIVE_H
#define LG_RECORD_LIVE_H

#include "trace/trace.h"

#include <stdbool.h>

struct live;

struct live *live_new(uint64_t heap_start); /* of a heap that has no blocks yet; NULL: no memory */
void live_free(struct live *l); /* NULL is fine */
void live_take(struct live *l, const struct trace_event *events, size_t n); /* in their true order */

/* A walk over pages, upwards. */
struct live_walk {
	const struct live *live;
	uint64_t next; /* page of the heap that is looked at next */
	uint64_t reached; /* page behind the last one that a block from before `next` reaches */
};
/* True when a live block lies in the page, if only by the 16 bytes of its allocator's before it, and of every page that
 * is not known well. */
bool live_needs_page(struct live_walk *w, uint64_t page_addr);

#endif
