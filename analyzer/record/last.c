/* last.c: the last snapshot of an image: taken now, written to its end when the target has gone on. */
#include "record/recorder.h"

#include "base/clock.h"
#include "record/snapshot.h"

void last_take(struct recorder *r, struct image *i, enum lg_snapshot_reason reason, bool stopped,
	       struct hoard *hoard)
{
	struct snapshot_request request = { .reason = reason,
					    .stopped = stopped,
					    .hoard = hoard,
					    .full_contents = r->options->full_contents,
					    .spare = &r->spare };

	last_write(i);
	i->last = snapshot_take(i, &r->segment, &r->follower, &request);
	i->last_ns = clock_ns(CLOCK_MONOTONIC);
}

void last_write(struct image *i)
{
	snapshot_write(i->last);
	i->last = NULL;
}

void last_settle(struct image *i)
{
	if (!snapshot_is_being_written(i->last))
		last_write(i);
}
