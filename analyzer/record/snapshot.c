/* snapshot.c: see snapshot.h. What can wait does: the target stands still for its registers,
 * its mappings and the copy of its memory. */
#include "record/snapshot.h"

#include "base/thread.h"
#include "record/filter.h"
#include "record/kept.h"
#include "record/reading.h"
#include "record/proc.h"
#include "record/regions.h"
#include "record/threads.h"

#include <stdlib.h>

struct snapshot {
	struct image *image;
	const struct follower *follower;
	struct snapshot_request request;
	uint32_t tid; /* a thread through which /proc shows the address space */
	struct trace_snapshot data; /* owned: all but the memory */
	bool is_begun; /* the file has what stands before the memory */
	struct filter *filter; /* NULL: nothing could be read */
	struct reading *reading;
	struct kept *kept; /* NULL: nothing besides pointers and small integers is kept */
	const char *trouble; /* NULL: all that could be read is in the file */
	bool has_writer;
	pthread_t writer; /* who has all of this for itself until `is_written` */
	_Atomic bool is_written;
};

/* ---- taking ------------------------------------------------------------------------------------------ */

/* A thread of the process that still has its memory: the first one may be gone (pthread_exit in main). */
static uint32_t live_thread(const struct follower *f, uint32_t pid)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->tracees[i].tgid == pid && (f->tracees[i].held || f->tracees[i].stopped))
			return f->tracees[i].tid;
	return pid;
}

static bool read_bytes(const void *context, uint64_t start, void *to, size_t bytes)
{
	const struct snapshot *s = context;

	return space_read(&s->image->space, s->tid, start, to, bytes);
}

static void put_preface(void *context);

/* False: no memory for it. */
static bool open_reading(struct snapshot *s)
{
	bool is_full = s->request.full_contents;
	struct filter_request filter = { .image = s->image,
					 .mappings = s->data.mappings,
					 .nmappings = s->data.nmappings,
					 .spare = s->request.spare,
					 .keeps_all = is_full,
					 .before = put_preface,
					 .context = s };

	s->filter = filter_new(&filter);
	if (s->filter && !is_full)
		s->kept = kept_open(s->data.mappings, s->data.nmappings, read_bytes, s);
	struct reading_request reading = { .space = &s->image->space,
					   .tid = s->tid,
					   .to = &s->data,
					   .filter = s->filter,
					   .hoard = s->request.hoard,
					   .kept = s->kept,
					   .live = is_full ? NULL : image_live(s->image) };
	s->reading = s->filter ? reading_new(&reading) : NULL;
	return s->reading;
}

static void take_threads(struct snapshot *s)
{
	struct threads_request threads = { .image = s->image,
					   .follower = s->follower,
					   .is_stopped = s->request.stopped,
					   .tid = s->tid,
					   .to = &s->data };

	s->trouble = threads_take(&threads);
}

/* What holds blocks besides memory. Threads add to what the kernel holds. */
static void take_held(struct snapshot *s)
{
	s->data.held = proc_held(s->tid, &s->data.nheld);
	take_threads(s);
}

/* Threads that run on put events into rings that were read before: what others did with the same blocks must wait. */
static uint64_t key_of_now(struct segment *segment)
{
	uint64_t key = segment_key(segment) + 1; /* the latest event of who asked may have the key of now */

	segment_beat(segment);
	return key;
}

static void take(struct snapshot *s, struct segment *segment)
{
	s->tid = live_thread(s->follower, s->image->pid);
	image_take(s->image, s->request.stopped ? DRAIN_ALL : key_of_now(segment));
	s->data.id = ++s->image->snapshots;
	s->data.key = segment_key(segment);
	s->data.reason = s->request.reason;
	s->data.method = s->image->space.window ? LG_METHOD_COOPERATIVE
			 : s->request.stopped	? LG_METHOD_PTRACE
						: LG_METHOD_READ;
	if (!s->image->space.window)
		space_open(&s->image->space, s->tid);
	s->data.mappings = space_mappings(&s->image->space, &s->data.nmappings);
	bool is_bare = image_is_bare(s->image) && !s->request.full_contents;
	regions_mark(s->data.mappings, s->data.nmappings, s->image->area, is_bare);
	if (!is_bare)
		take_held(s);
	if (!open_reading(s))
		return;
	reading_take(s->reading);
	/* Of a process that it kills for want of memory, the kernel soon takes the memory away, while it is held at its
	 * end or before. */
	if (s->request.reason == LG_SNAPSHOT_SIGNAL && reading_was_reaped(s->reading))
		s->trouble = "out of memory, the kernel took it away before it was read";
}

struct snapshot *snapshot_take(struct image *i, struct segment *segment, const struct follower *f,
			       const struct snapshot_request *request)
{
	struct snapshot *s = calloc(1, sizeof *s);

	if (!s) {
		image_degrade(i, "no snapshot: the recorder ran out of memory");
		hoard_free(request->hoard);
		return NULL;
	}
	s->image = i;
	s->follower = f;
	s->request = *request;
	take(s, segment);
	return s;
}

/* ---- writing ----------------------------------------------------------------------------------------- */

static void put(struct snapshot *s, enum lg_chunk_kind kind, struct buf *out)
{
	image_put(s->image, kind, out);
	buf_clear(out);
	space_breathe(&s->image->space);
}

/* Vector registers hold data of the program, as memory does; of small numbers there nobody asks. */
static void filter_vectors(struct snapshot *s)
{
	for (struct trace_thread *t = s->data.threads; t < s->data.threads + s->data.nthreads; t++)
		for (size_t i = 0; i < t->nvector; i++)
			if (!filter_is_address(s->filter, t->vector[i]))
				t->vector[i] = 0;
}

/* What stands before the memory in the file, before its first chunk. */
static void put_preface(void *context)
{
	struct snapshot *s = context;
	struct buf out = { 0 };

	space_breathe(&s->image->space);
	if (s->is_begun)
		return;
	s->is_begun = true;
	image_write(s->image);
	s->data.events = s->image->events_written;
	put_snapshot(&out, &s->data);
	put(s, LG_CHUNK_SNAPSHOT, &out);
	filter_vectors(s);
	put_threads(&out, s->data.threads, s->data.nthreads);
	put(s, LG_CHUNK_THREADS, &out);
	put_mappings(&out, s->data.mappings, s->data.nmappings);
	put(s, LG_CHUNK_MAPPINGS, &out);
	buf_free(&out);
}

static void put_kept(struct snapshot *s)
{
	struct buf out = { 0 };

	while (s->kept && kept_put(s->kept, &out))
		put(s, LG_CHUNK_KEPT, &out);
	buf_free(&out);
}

static void put_all(struct snapshot *s)
{
	struct buf out = { 0 };

	reading_finish(s->reading);
	bool is_whole = filter_finish(s->filter);
	put_held(&out, s->data.held, s->data.nheld);
	if (s->data.nheld)
		put(s, LG_CHUNK_HELD, &out);
	put_kept(s);
	buf_clear(&out);
	put_unread(&out, s->data.unread, s->data.nunread);
	put(s, LG_CHUNK_UNREAD, &out);
	if (!is_whole)
		s->trouble = "out of memory";
	if (!s->trouble) {
		put_snapshot_end(&out, &s->data);
		put(s, LG_CHUNK_SNAPSHOT_END, &out);
	}
	buf_free(&out);
}

static void snapshot_free(struct snapshot *s)
{
	reading_free(s->reading);
	filter_free(s->filter);
	proc_mappings_free(s->data.mappings, s->data.nmappings);
	for (size_t i = 0; i < s->data.nthreads; i++)
		free(s->data.threads[i].vector);
	free(s->data.threads);
	free(s->data.held);
	free(s->data.unread);
	hoard_free(s->request.hoard);
	kept_free(s->kept);
	free(s);
}

#define LITTLE_BYTES (4u << 20) /* not worth a thread */

/* All of it but what the process' verdict is told. */
static void *write_beside(void *context)
{
	struct snapshot *s = context;

	put_all(s);
	atomic_store(&s->is_written, true);
	return NULL;
}

void snapshot_write_beside(struct snapshot *s)
{
	if (!s || !s->data.nmappings || !s->reading)
		return;
	put_preface(s);
	s->has_writer = s->data.bytes_read > LITTLE_BYTES && thread_begin(&s->writer, write_beside, s);
}

bool snapshot_has_writer(const struct snapshot *s)
{
	return s->has_writer;
}

bool snapshot_is_being_written(const struct snapshot *s)
{
	return s && s->has_writer && !atomic_load(&s->is_written);
}

void snapshot_write(struct snapshot *s)
{
	if (!s)
		return;
	if (!s->data.nmappings)
		image_degrade(s->image, "no snapshot: /proc/%u/maps cannot be read", s->tid);
	else if (!s->reading)
		image_degrade(s->image, "no snapshot: the recorder ran out of memory");
	else if (s->has_writer)
		pthread_join(s->writer, NULL);
	else
		put_all(s);
	if (s->trouble)
		image_degrade(s->image, "the snapshot is not whole: %s", s->trouble);
	snapshot_free(s);
}
