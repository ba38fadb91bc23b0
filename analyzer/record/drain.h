/* drain.h: rings in, events in their true order out. */
#ifndef LG_RECORD_DRAIN_H
#define LG_RECORD_DRAIN_H

#include "leakgraph/ring.h"
#include "trace/trace.h"

#include <stdbool.h>

/* A growing array of events. */
struct events {
	struct trace_event *items; /* owned */
	size_t count, room;
};
void events_free(struct events *e);

#define HOLES_MAX 16u /* signal handlers nested in one another, in mid-event: each leaves one or two */
struct ring_reader {
	uint64_t next; /* first place not yet looked at */
	uint64_t overtaken; /* behind the last event that was taken in its turn */
	uint64_t latest; /* largest key so far */
	uint64_t holes[HOLES_MAX]; /* places before `next` that were reserved but not committed, ascending */
	uint64_t hole_since_ns[HOLES_MAX];
	unsigned nholes;
};

struct drain {
	struct lg_area *area;
	struct ring_reader *readers; /* by slot, owned */
	uint32_t nreaders;
	struct events pending; /* drained; the first `given` were handed out by the last pass */
	size_t given;
	bool has_tellings; /* or has had: events that are no block's */
	bool is_mixed; /* they are not all in the order of their keys */
	uint64_t cut; /* of the pass under way: keys from here on are not known to be in order */
	struct events spare; /* for merging */
	uint64_t taken; /* events ever drained */
	bool is_behind; /* the last pass left events in the rings because there were too many */
	bool out_of_memory;
};

void drain_init(struct drain *d, struct lg_area *area); /* of a zeroed one */
void drain_free(struct drain *d);
/* Takes some of what the rings hold. `key` is segment_key() from before the last segment_beat(): all events with smaller keys are
 * then in order and are handed out; later ones stay pending. Returns the first of *n events, good until the drain is
 * called again. */
struct trace_event *drain_pass(struct drain *d, uint64_t key, uint64_t now_ns, size_t *n);
/* The same, as many as there are. DRAIN_ALL: the image is over, or stands still; every event that is there is in order. */
#define DRAIN_ALL UINT64_MAX
struct trace_event *drain_rest(struct drain *d, uint64_t key, uint64_t now_ns, size_t *n);
/* Recycles the slots of threads for which `gone` says yes. */
void drain_release(struct drain *d, uint32_t pid, bool (*gone)(uint32_t pid, uint32_t tid));
/* What a kernel thread has in the segment, NULL: nothing. */
const struct lg_thread *drain_thread(const struct drain *d, uint32_t tid);

#endif
