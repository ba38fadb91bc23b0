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
	void (*breathe)(void *context); /* called now and then: the recorder's heartbeat */
	void *context;
};

struct snapshot;

/* All that is wanted of the target, which may go on, or end, when this returns; drains the image's rings first. What
 * cannot be read is recorded as such and degrades the verdict. NULL: no memory for it, and the image says so. */
struct snapshot *snapshot_take(struct image *i, const struct segment *segment, const struct follower *f,
			       const struct snapshot_request *request);
/* Writes what of it is not yet in the trace, before anything else is. Frees it; NULL is fine. */
void snapshot_write(struct snapshot *s);

#endif
