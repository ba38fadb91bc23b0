/* tellings.h: what a program tells by the client header comes among its events, and is none: it goes into chunks of its own. */
#ifndef LG_RECORD_TELLINGS_H
#define LG_RECORD_TELLINGS_H

#include "record/stacks.h"

struct tellings { /* not yet written; all zero: none; owned */
	struct trace_mark *marks;
	size_t nmarks;
	struct trace_told *told;
	size_t ntold;
	bool out_of_memory; /* something is missing */
};

/* Takes them out of events that are in order, the first of which is number `number` of the trace. Returns how many are
 * left. */
size_t tellings_take(struct tellings *t, const struct lg_area *area, struct stacks *stacks,
		     struct trace_event *events, size_t n, uint64_t number);
/* One chunk's payload from number `at` on, in place of what `out` held. Returns how many went in; 0: there are no more. */
size_t tellings_put_marks(const struct tellings *t, size_t at, struct buf *out);
size_t tellings_put_told(const struct tellings *t, size_t at, struct buf *out);
void tellings_clear(struct tellings *t);

#endif
