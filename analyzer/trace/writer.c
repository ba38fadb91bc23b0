/* writer.c: appends chunks to a new trace file.
 *
 * A chunk is in the file whole or not at all: one that cannot be written is cut away again, so that everything
 * before it stays readable. Chunk numbers count what was put, not what was written; a reader sees by the gap how
 * much was dropped. A process that may run into RLIMIT_FSIZE must ignore SIGXFSZ. */
#include "trace/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define LEVEL (-1) /* half the time of level 1 on events, a tenth more bytes */

struct trace_writer {
	int fd; /* owned */
	char *path;
	ZSTD_CCtx *zstd;
	struct buf packed; /* the compressed payload of the chunk under way */
	uint64_t good_bytes; /* length of the file up to its last whole chunk */
	uint64_t sequence; /* of the next chunk put */
	bool is_broken; /* a chunk was dropped; `broken` says why */
	struct err broken;
};

/* Writes all of two parts. The parts are used up on the way. */
static int write_all(int fd, struct iovec parts[2])
{
	while (parts[0].iov_len + parts[1].iov_len) {
		ssize_t n = writev(fd, parts, 2);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		for (int i = 0; i < 2; i++) {
			size_t used = (size_t)n < parts[i].iov_len ? (size_t)n : parts[i].iov_len;
			parts[i].iov_base = (char *)parts[i].iov_base + used;
			parts[i].iov_len -= used;
			n -= (ssize_t)used;
		}
	}
	return 0;
}

/* Appends, or leaves the file as it was. */
static int append(struct trace_writer *w, const void *head, size_t head_bytes, const void *body,
		  size_t body_bytes, struct err *err)
{
	struct iovec parts[2] = { { (void *)(uintptr_t)head, head_bytes },
				  { (void *)(uintptr_t)body, body_bytes } };

	if (write_all(w->fd, parts) == 0) {
		w->good_bytes += head_bytes + body_bytes;
		return 0;
	}
	int error = errno;
	if (ftruncate(w->fd, (off_t)w->good_bytes) < 0 || lseek(w->fd, (off_t)w->good_bytes, SEEK_SET) < 0)
		return fail(err, "%s: cannot write: %s, nor cut back to byte %llu: %s", w->path,
			    strerror(error), (unsigned long long)w->good_bytes, strerror(errno));
	return fail(err, "%s: cannot write: %s; the trace ends at byte %llu", w->path, strerror(error),
		    (unsigned long long)w->good_bytes);
}

static int create(struct trace_writer *w, const char *path, struct err *err)
{
	const struct lg_file_header head = { LG_TRACE_MAGIC, LG_TRACE_VERSION, 0 };

	w->path = strdup(path);
	w->zstd = ZSTD_createCCtx();
	if (!w->path || !w->zstd)
		return fail(err, "%s: out of memory", path);
	ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, LEVEL);
	w->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (w->fd < 0 && errno == EEXIST)
		return fail(err, "%s: exists already, and traces are never overwritten; name another file",
			    path);
	if (w->fd < 0)
		return fail(err, "%s: cannot create: %s", path, strerror(errno));
	if (append(w, &head, sizeof head, NULL, 0, err) == 0)
		return 0;
	unlink(path); /* just made, and of no use without a header */
	return -1;
}

static void destroy(struct trace_writer *w)
{
	if (w->fd >= 0)
		close(w->fd);
	ZSTD_freeCCtx(w->zstd);
	buf_free(&w->packed);
	free(w->path);
	free(w);
}

int trace_writer_open(struct trace_writer **out, const char *path, struct err *err)
{
	struct trace_writer *w = calloc(1, sizeof *w);

	*out = NULL;
	if (!w)
		return fail(err, "%s: out of memory", path);
	w->fd = -1;
	if (create(w, path, err) < 0) {
		destroy(w);
		return -1;
	}
	*out = w;
	return 0;
}

/* Compresses into w->packed. Says false where storing the payload as it is takes no more room. */
static bool pack(struct trace_writer *w, const struct buf *payload)
{
	buf_clear(&w->packed);
	if (payload->used < 2 || !buf_reserve(&w->packed, payload->used - 1))
		return false;
	size_t n = ZSTD_compress2(w->zstd, w->packed.bytes, payload->used - 1, payload->bytes, payload->used);
	if (ZSTD_isError(n))
		return false; /* most often: no room, since it would not shrink */
	w->packed.used = n;
	return true;
}

static int put(struct trace_writer *w, enum lg_chunk_kind kind, const struct buf *payload, uint64_t sequence,
	       struct err *err)
{
	if (payload->failed)
		return fail(err, "%s: out of memory; chunk %llu is missing", w->path,
			    (unsigned long long)sequence);
	if (payload->used > LG_CHUNK_RAW_MAX)
		return fail(err, "%s: chunk %llu of %zu bytes is too large", w->path,
			    (unsigned long long)sequence, payload->used);
	bool is_packed = pack(w, payload);
	const struct buf *stored = is_packed ? &w->packed : payload;
	struct lg_chunk_header head = {
		.magic = LG_CHUNK_MAGIC,
		.kind = (uint16_t)kind,
		.codec = is_packed ? LG_CODEC_ZSTD : LG_CODEC_RAW,
		.stored_bytes = (uint32_t)stored->used,
		.raw_bytes = (uint32_t)payload->used,
		.sequence = sequence,
	};
	head.checksum = chunk_checksum(&head, stored->bytes);
	return append(w, &head, sizeof head, stored->bytes, stored->used, err);
}

int trace_put(struct trace_writer *w, enum lg_chunk_kind kind, const struct buf *payload, struct err *err)
{
	uint64_t sequence = w->sequence++;
	struct err trouble = { 0 };

	if (w->is_broken && kind != LG_CHUNK_END)
		return fail(err, "%s", w->broken.text);
	if (put(w, kind, payload, sequence, &trouble) == 0)
		return w->is_broken ? fail(err, "%s", w->broken.text) : 0;
	if (!w->is_broken)
		w->broken = trouble;
	w->is_broken = true;
	return fail(err, "%s", w->broken.text);
}

int trace_writer_close(struct trace_writer *w, struct err *err)
{
	int answer = 0;

	if (!w)
		return 0;
	if (close(w->fd) < 0) /* where a network file system tells of a full disk */
		answer = fail(err, "%s: cannot write: %s", w->path, strerror(errno));
	w->fd = -1;
	if (w->is_broken)
		answer = fail(err, "%s", w->broken.text);
	destroy(w);
	return answer;
}
