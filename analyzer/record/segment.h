/* segment.h: the shared segment from the recorder's side: makes it, names it, hands out its areas. */
#ifndef LG_RECORD_SEGMENT_H
#define LG_RECORD_SEGMENT_H

#include "base/err.h"
#include "leakgraph/ring.h"

#include <stdbool.h>

struct segment {
	int fd; /* close-on-exec: targets open it by path */
	struct lg_control *control;
	char *base; /* the whole segment, sparse */
	uint64_t begun_ns; /* CLOCK_MONOTONIC_RAW when keys began to count */
	uint64_t begun_unix_ns; /* the same moment, by which traces are known to be of this run */
};

int segment_open(struct segment *s, bool drop_when_full, struct err *err);
void segment_close(struct segment *s); /* tells targets to stop recording; safe on a zeroed one */
struct lg_area *segment_area(const struct segment *s, uint32_t index);
/* Of an area whose image has gone nothing is read from here on: another thread may give it back. */
void segment_retire(struct segment *s, uint32_t index);
/* Gives an area back: its memory is dropped and reads as zero. */
void segment_recycle(struct segment *s, uint32_t index);
/* The order key of this moment: no event committed before now has a larger one. */
uint64_t segment_key(const struct segment *s);
/* Keys that a second takes, 0 where they are no times. May sleep some milliseconds soon after segment_open(). */
uint64_t segment_key_hz(const struct segment *s);
void segment_beat(struct segment *s); /* shows targets that the recorder lives */

#endif
