/* writer.c: appends chunks to a new trace file.
 *
 * A chunk is in the file whole or not at all: what cannot be written is cut away again, so that everything before it
 * stays readable. Chunk numbers count what was put, not what was written; a reader sees by the gap how much was
 * dropped. Threads compress at the same time, each in a press of its own, and write in turn. A process that may run into
 * RLIMIT_FSIZE must ignore SIGXFSZ. */
#include "trace/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GATHER_BYTES (256u << 10)
#define LEVEL (-3) /* half the time of level 1, and a sixth (events) to a third (memory) more bytes */
#define PACKED_LEAST 256u /* shorter payloads do not shrink, and the first of a trace takes long */

/* Where one chunk is made. */
struct press {
	struct press *next;
	ZSTD_CCtx *zstd;
	struct buf chunk; /* header and what is stored */
};

struct trace_writer {
	pthread_mutex_t lock; /* of all that follows */
	int fd; /* owned; -1: the file is not made yet */
	char *path;
	struct press *idle; /* owned: as many as there have been threads that put at once */
	/* Whole chunks that are not in the file yet, after its header where it has none */
	struct buf gathered;
	bool gathers; /* writes much at once */
	uint64_t good_bytes; /* length of the file up to its last whole chunk */
	uint64_t sequence; /* of the next chunk put */
	bool is_broken; /* a chunk was dropped; `broken` says why */
	struct err broken;
};

static int write_all(int fd, const uint8_t *bytes, size_t left)
{
	while (left) {
		ssize_t n = write(fd, bytes, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		left -= (size_t)n;
	}
	return 0;
}

/* Appends, or leaves the file as it was. */
static int append(struct trace_writer *w, const uint8_t *bytes, size_t n, struct err *err)
{
	if (write_all(w->fd, bytes, n) == 0) {
		w->good_bytes += n;
		return 0;
	}
	int error = errno;
	if (ftruncate(w->fd, (off_t)w->good_bytes) < 0 || lseek(w->fd, (off_t)w->good_bytes, SEEK_SET) < 0)
		return fail(err, "%s: cannot write: %s, nor cut back to byte %llu: %s", w->path,
			    strerror(error), (unsigned long long)w->good_bytes, strerror(errno));
	return fail(err, "%s: cannot write: %s; the trace ends at byte %llu", w->path, strerror(error),
		    (unsigned long long)w->good_bytes);
}

static int make_file(struct trace_writer *w, struct err *err)
{
	w->fd = open(w->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (w->fd < 0 && errno == EEXIST)
		return fail(err, "%s: exists already, and traces are never overwritten; name another file",
			    w->path);
	return w->fd < 0 ? fail(err, "%s: cannot create: %s", w->path, strerror(errno)) : 0;
}

static size_t chunk_bytes(const uint8_t *chunk)
{
	struct lg_chunk_header head;

	memcpy(&head, chunk, sizeof head);
	return sizeof head + head.stored_bytes;
}

/* As much as there is room for. */
static int append_by_chunk(struct trace_writer *w, const struct buf *gathered, struct err *err)
{
	int failed = 0;

	for (size_t at = 0, n; at < gathered->used && !failed; at += n) {
		n = w->good_bytes ? chunk_bytes(gathered->bytes + at) : sizeof(struct lg_file_header);
		failed = append(w, gathered->bytes + at, n, err);
	}
	return failed;
}

/* What was gathered, into the file. */
static int flush(struct trace_writer *w, struct err *err)
{
	int failed;

	if (w->fd < 0 && (w->is_broken || make_file(w, err)))
		return -1;
	failed = append(w, w->gathered.bytes, w->gathered.used, err) && append_by_chunk(w, &w->gathered, err);
	if (failed && !w->good_bytes)
		unlink(w->path); /* just made, and of no use without a header */
	buf_clear(&w->gathered);
	return failed ? -1 : 0;
}

/* ---- presses ------------------------------------------------------------------------------------------ */

static void press_free(struct press *p)
{
	ZSTD_freeCCtx(p->zstd);
	buf_free(&p->chunk);
	free(p);
}

static struct press *press_new(void)
{
	struct press *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->zstd = ZSTD_createCCtx();
	if (!p->zstd) {
		free(p);
		return NULL;
	}
	ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, LEVEL);
	return p;
}

/* One that no other thread has; NULL: no memory, or no chunk of this kind is written any more. */
static struct press *press_take(struct trace_writer *w, enum lg_chunk_kind kind)
{
	pthread_mutex_lock(&w->lock);
	bool is_wanted = !w->is_broken || kind == LG_CHUNK_END;
	struct press *p = is_wanted ? w->idle : NULL;
	if (p)
		w->idle = p->next;
	pthread_mutex_unlock(&w->lock);
	return p || !is_wanted ? p : press_new();
}

/* Under the lock. */
static void press_return(struct trace_writer *w, struct press *p)
{
	p->next = w->idle;
	w->idle = p;
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static void destroy(struct trace_writer *w)
{
	struct press *next;

	if (w->fd >= 0)
		close(w->fd);
	for (struct press *press = w->idle; press; press = next) {
		next = press->next;
		press_free(press);
	}
	buf_free(&w->gathered);
	pthread_mutex_destroy(&w->lock);
	free(w->path);
	free(w);
}

int trace_writer_gather(struct trace_writer **out, const char *path, struct err *err)
{
	static const struct lg_file_header head = { LG_TRACE_MAGIC, LG_TRACE_VERSION, 0 };
	struct trace_writer *w = calloc(1, sizeof *w);

	*out = NULL;
	if (!w)
		return fail(err, "%s: out of memory", path);
	w->fd = -1;
	w->gathers = true;
	w->path = strdup(path);
	w->idle = press_new();
	pthread_mutex_init(&w->lock, NULL);
	buf_put(&w->gathered, &head, sizeof head);
	if (!w->path || !w->idle || w->gathered.failed) {
		destroy(w);
		return fail(err, "%s: out of memory", path);
	}
	*out = w;
	return 0;
}

int trace_writer_open(struct trace_writer **out, const char *path, struct err *err)
{
	if (trace_writer_gather(out, path, err))
		return -1;
	(*out)->gathers = false;
	if (flush(*out, err) == 0)
		return 0;
	destroy(*out);
	*out = NULL;
	return -1;
}

/* ---- putting ------------------------------------------------------------------------------------------ */

/* Puts what is stored of the payload to `to`, where there is room for all of it: compressed where that takes less. Returns
 * how many bytes. */
static size_t squeeze(ZSTD_CCtx *zstd, const struct buf *payload, uint8_t *to)
{
	if (payload->used >= PACKED_LEAST) {
		size_t n = ZSTD_compress2(zstd, to, payload->used - 1, payload->bytes, payload->used);

		if (!ZSTD_isError(n))
			return n;
	}
	if (payload->used) /* most often: no room, since it would not shrink */
		memcpy(to, payload->bytes, payload->used);
	return payload->used;
}

/* Makes the chunk, all but its number. NULL is fine. */
static void press_chunk(struct press *p, enum lg_chunk_kind kind, const struct buf *payload)
{
	struct lg_chunk_header head = { .magic = LG_CHUNK_MAGIC, .kind = (uint16_t)kind };

	if (!p || payload->failed || payload->used > LG_CHUNK_RAW_MAX)
		return;
	buf_clear(&p->chunk);
	if (!buf_reserve(&p->chunk, sizeof head + payload->used))
		return;
	head.raw_bytes = (uint32_t)payload->used;
	head.stored_bytes = (uint32_t)squeeze(p->zstd, payload, p->chunk.bytes + sizeof head);
	head.codec = head.stored_bytes < head.raw_bytes ? LG_CODEC_ZSTD : LG_CODEC_RAW;
	buf_put(&p->chunk, &head, sizeof head);
	p->chunk.used += head.stored_bytes;
}

/* Numbers the chunk and gathers it. */
static int gather(struct trace_writer *w, const struct press *p, const struct buf *payload, uint64_t sequence,
		  struct err *err)
{
	struct lg_chunk_header head;

	if (payload->failed)
		return fail(err, "%s: out of memory; chunk %llu is missing", w->path,
			    (unsigned long long)sequence);
	if (payload->used > LG_CHUNK_RAW_MAX)
		return fail(err, "%s: chunk %llu of %zu bytes is too large", w->path,
			    (unsigned long long)sequence, payload->used);
	if (!p || p->chunk.failed || !buf_reserve(&w->gathered, p->chunk.used)) {
		w->gathered.failed = false;
		return fail(err, "%s: out of memory", w->path);
	}
	memcpy(&head, p->chunk.bytes, sizeof head);
	head.sequence = sequence;
	head.checksum = chunk_checksum(&head, p->chunk.bytes + sizeof head);
	buf_put(&w->gathered, &head, sizeof head);
	buf_put(&w->gathered, p->chunk.bytes + sizeof head, head.stored_bytes);
	return 0;
}

static bool is_due(const struct trace_writer *w, enum lg_chunk_kind kind)
{
	return !w->gathers || kind == LG_CHUNK_END || w->gathered.used >= GATHER_BYTES;
}

static void note_broken(struct trace_writer *w, const struct err *trouble)
{
	if (!w->is_broken)
		w->broken = *trouble;
	w->is_broken = true;
}

static int state(const struct trace_writer *w, struct err *err)
{
	return w->is_broken ? fail(err, "%s", w->broken.text) : 0;
}

static void put(struct trace_writer *w, enum lg_chunk_kind kind, const struct press *p,
		const struct buf *payload)
{
	uint64_t sequence = w->sequence++;
	struct err trouble = { 0 };

	if (w->is_broken && kind != LG_CHUNK_END)
		return;
	if (gather(w, p, payload, sequence, &trouble) || (is_due(w, kind) && flush(w, &trouble))) {
		note_broken(w, &trouble);
		if (kind == LG_CHUNK_END && !gather(w, p, payload, sequence, &trouble))
			flush(w, &trouble); /* alone it may fit */
	}
}

int trace_put(struct trace_writer *w, enum lg_chunk_kind kind, const struct buf *payload, struct err *err)
{
	struct press *p = press_take(w, kind);

	press_chunk(p, kind, payload);
	pthread_mutex_lock(&w->lock);
	put(w, kind, p, payload);
	if (p)
		press_return(w, p);
	int answer = state(w, err);
	pthread_mutex_unlock(&w->lock);
	return answer;
}

int trace_flush(struct trace_writer *w, struct err *err)
{
	struct err trouble = { 0 };

	pthread_mutex_lock(&w->lock);
	if (!w->is_broken && w->gathered.used && flush(w, &trouble))
		note_broken(w, &trouble);
	int answer = state(w, err);
	pthread_mutex_unlock(&w->lock);
	return answer;
}

int trace_writer_close(struct trace_writer *w, struct err *err)
{
	int answer = 0;

	if (!w)
		return 0;
	trace_flush(w, NULL);
	if (w->fd >= 0 && close(w->fd) < 0) /* where a network file system tells of a full disk */
		answer = fail(err, "%s: cannot write: %s", w->path, strerror(errno));
	w->fd = -1;
	if (w->is_broken)
		answer = fail(err, "%s", w->broken.text);
	destroy(w);
	return answer;
}
