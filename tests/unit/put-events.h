/* put-events.h: a few events as one EVENTS payload, keys as they are. */
#ifndef LG_TESTS_PUT_EVENTS_H
#define LG_TESTS_PUT_EVENTS_H

#include "trace/trace.h"

#include <stdlib.h>

static inline void put_events(struct buf *out, const struct trace_event *events, size_t n)
{
	struct encoder *e = encoder_new(0);

	if (!e || encoder_add(e, events, n) != n)
		abort();
	encoder_put(e, out);
	encoder_free(e);
}

#endif
