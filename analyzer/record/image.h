/* image.h: one process image being recorded: its area, its trace file, and how it ended. */
#ifndef LG_RECORD_IMAGE_H
#define LG_RECORD_IMAGE_H

#include "record/drain.h"
#include "record/live.h"
#include "record/segment.h"
#include "record/space.h"
#include "record/stacks.h"
#include "record/tellings.h"
#include "trace/trace.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct builtin_memory;
struct judgement;

struct image {
	uint32_t index; /* of its area */
	uint32_t pid; /* as the recorder has it */
	bool is_elsewhere; /* in another pid namespace: the ids in its area are not the recorder's */
	uint32_t number; /* how many images of this pid came before */
	struct lg_area *area;
	struct space space;
	struct drain drain;
	/* Events in order, not yet written; NULL: there were none, or no memory for it */
	struct encoder *encoder;
	struct trace_event *taken; /* the drain's, not yet encoded */
	size_t ntaken;
	unsigned key_shift; /* how coarse the file's time stamps are */
	struct live *live; /* NULL: its heap is not known */
	bool is_watched; /* or is not to be: events have gone by */
	struct trace_writer *writer;
	char *path;
	bool has_own_malloc; /* where calls of its executable go, unseen */
	char *executable; /* owned; "" when it is not known, NULL for want of memory */
	int pidfd; /* -1: ptrace tells of the end */
	uint64_t begun_ns, written_ns; /* CLOCK_MONOTONIC */
	uint64_t begun_cpu_ns; /* what the recorder had spent before the image began */
	uint64_t events_written;
	struct stacks stacks;
	struct trace_suspect *suspects; /* of the events in the encoder; owned */
	size_t nsuspects;
	struct tellings tellings;
	uint32_t modules_written;
	uint64_t snapshots;
	/* Not yet written to its end: nothing else may be written or drained before, but where a thread of its own writes it;
	 * owned */
	struct snapshot *last;
	uint64_t last_ns; /* when it was taken */
	uint64_t end_ns; /* the same, of one that a thread asked for which is to end the process; 0: none */
	/* Of the snapshot that the program asked about; NULL: none is under way; owned */
	struct judgement *judgement;
	bool exec_foretold; /* the last snapshot was asked for by exec */
	pthread_mutex_t broken_lock; /* a snapshot may be written beside the rest */
	struct err broken; /* first trouble with the trace file */
	char **reasons; /* why the verdict is degraded */
	size_t nreasons;
};

/* The image in area `index`, by the id that the recorder knows it by. NULL: no memory. */
struct image *image_new(const struct segment *s, uint32_t index, uint32_t pid, uint32_t number);
/* What its trace begins with. Of what is NULL the process is asked. */
struct image_start {
	const char *path; /* of the trace */
	struct trace_writer *writer; /* the image takes it over; NULL: it has none, and `broken` says why */
	const char *directory;
	char **argv;
	uint32_t argc;
	bool full_contents;
};
/* Its events can be taken from here on. */
void image_begin(struct image *i, const struct segment *s, const struct image_start *start);
/* One round: takes events from the rings and writes what is due (a full chunk, or any older than a quarter of a
 * second). `key` is segment_key() from before the round's segment_beat(). */
void image_round(struct image *i, uint64_t key, uint64_t now_ns);
/* Every event below `key`, as drain_rest() takes it, out of the rings, while the target can still be asked about them. */
void image_take(struct image *i, uint64_t key);
/* What was taken, into the file. */
void image_write(struct image *i);
/* Not all that it did is known. */
bool image_has_lost(const struct image *i);
/* It has allocated nothing, ever: to judge it takes no memory of it. */
bool image_is_bare(const struct image *i);
/* What lives by the events so far; NULL when that is not known for sure. */
const struct live *image_live(const struct image *i);
/* Adds a line to the footer's reasons; equal lines are kept once. */
void image_degrade(struct image *i, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes what is left and the footer, and closes the file. The image adds to `end` what it has counted. */
void image_finish(struct image *i, const struct trace_end *end, struct builtin_memory *builtins);
/* Makes the file now if it is not there yet: its name is taken. */
void image_make_file(struct image *i);
/* Chunks of an image that has only begun are gathered: most are over before it is worth while to write. First failure sticks. */
void image_put(struct image *i, enum lg_chunk_kind kind, const struct buf *payload);
bool image_is_broken(struct image *i); /* there is no trace, or it cannot be written any more */
void image_free(struct image *i);

#endif
