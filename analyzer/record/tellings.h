/* tellings.h: what a program tells by the client header comes among its events, and is none: it goes into chunks of its own. */
#ifndef LG_RECORD_TELLINGS_H
#define LG_RECORD_TELLINGS_H

#include "record/image.h"

/* Takes it out of events that are in order, the first of which is number `number` of the trace. Returns how many are
 * left. Marks are written at once, the rest is kept for tellings_write(). */
size_t tellings_take(struct image *i, struct trace_event *events, size_t n, uint64_t number);
void tellings_write(struct image *i);
void tellings_free(struct image *i);

#endif
