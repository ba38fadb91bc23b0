/* snapshot.h: the memory and registers of a process at one moment, from outside, into its trace. */
#ifndef LG_RECORD_SNAPSHOT_H
#define LG_RECORD_SNAPSHOT_H

#include "record/follow.h"
#include "record/hoard.h"
#include "record/image.h"
#include "record/mapped.h"

struct snapshot_request {
	enum lg_snapshot_reason reason;
	bool stopped; /* the threads that `follower` knows of this process are stopped */
	bool full_contents; /* keep every word */
	/* Where memory is put aside until the target has gone on; taken over. NULL: nowhere */
	struct hoard *hoard;
	struct mapped_spare *spare;
};

struct snapshot;

/* All that is wanted of the target, which may go on, or end, when this returns; drains the image's rings first. What
 * cannot be read is recorded as such and degrades the verdict. NULL: no memory for it, and the image says so. */
struct snapshot *snapshot_take(struct image *i, struct segment *segment, const struct follower *f,
			       const struct snapshot_request *request);
/* Writes what of it is not yet in the trace, before anything else is, or waits till it is written. Frees it; NULL is fine. */
void snapshot_write(struct snapshot *s);
/* The same in a thread of its own, beside what else comes of the image; then snapshot_write() is still to be called. */
void snapshot_write_beside(struct snapshot *s);
bool snapshot_has_writer(const struct snapshot *s);
bool snapshot_is_being_written(
    const struct snapshot *s); /* by that thread, which is not yet done; NULL is not */

#endif
