/* chunks.c: the frame around every payload: header, checksum, compression, and the way back after damage.
 *
 * No length in a file is believed before the bytes are known to be there, and looking for the next good chunk
 * hashes a bounded number of bytes however many false starts a file holds. */
#include "trace/file.h"

#define XXH_INLINE_ALL
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define SEARCH_WINDOW 65536u
#define CHECKED_BYTES offsetof(struct lg_chunk_header, checksum)
_Static_assert(CHECKED_BYTES == 24, "the checksum covers the 24 bytes before it");

void chunk_source_open(struct chunk_source *s, int fd, uint64_t size_bytes)
{
	*s = (struct chunk_source){ .fd = fd, .size_bytes = size_bytes };
	s->search_budget = size_bytes * 16 + 8 * (uint64_t)LG_CHUNK_RAW_MAX;
}

void chunk_source_close(struct chunk_source *s)
{
	buf_free(&s->stored);
	buf_free(&s->raw);
	ZSTD_freeDCtx(s->zstd);
	*s = (struct chunk_source){ .fd = -1 };
}

uint64_t chunk_next(const struct chunk *c)
{
	return c->at + sizeof c->head + c->head.stored_bytes;
}

uint64_t chunk_checksum(const struct lg_chunk_header *head, const void *stored)
{
	XXH3_state_t state;

	XXH3_64bits_reset(&state);
	XXH3_64bits_update(&state, head, CHECKED_BYTES);
	XXH3_64bits_update(&state, stored, head->stored_bytes);
	return XXH3_64bits_digest(&state);
}

/* -DLG_FUZZ_NO_CHECKSUM believes every chunk: a fuzzer cannot guess 64 bits. For fuzzing only. */
static bool checksum_holds(const struct lg_chunk_header *head, const void *stored)
{
#ifdef LG_FUZZ_NO_CHECKSUM
	(void)head, (void)stored;
	return true;
#else
	return chunk_checksum(head, stored) == head->checksum;
#endif
}

static bool read_at(const struct chunk_source *s, uint64_t at, void *to, size_t n)
{
	for (uint8_t *p = to; n;) {
		ssize_t got = pread(s->fd, p, n, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return true;
}

/* `size` bytes to be overwritten, with slack behind them; NULL when memory runs out. */
static uint8_t *room_for(struct buf *b, size_t size)
{
	buf_clear(b);
	if (!buf_reserve(b, size + CHUNK_SLACK))
		return NULL;
	memset(b->bytes + size, 0, CHUNK_SLACK);
	b->used = size;
	return b->bytes;
}

static bool read_head(const struct chunk_source *s, uint64_t at, struct lg_chunk_header *h)
{
	return at <= s->size_bytes && s->size_bytes - at >= sizeof *h && read_at(s, at, h, sizeof *h) &&
	       h->magic == LG_CHUNK_MAGIC && h->stored_bytes <= LG_CHUNK_RAW_MAX &&
	       h->raw_bytes <= LG_CHUNK_RAW_MAX;
}

bool chunk_read(struct chunk_source *s, uint64_t at, struct chunk *c)
{
	struct lg_chunk_header *h = &c->head;

	c->at = at;
	if (!read_head(s, at, h) || h->stored_bytes > s->size_bytes - at - sizeof *h)
		return false;
	uint8_t *stored = room_for(&s->stored, h->stored_bytes);
	return stored && read_at(s, at + sizeof *h, stored, h->stored_bytes) && checksum_holds(h, stored);
}

bool chunk_is_cut(struct chunk_source *s, uint64_t at)
{
	struct lg_chunk_header h;

	if (s->size_bytes - at < sizeof h)
		return true;
	return read_head(s, at, &h) && h.stored_bytes > s->size_bytes - at - sizeof h;
}

/* ---- resynchronising ---------------------------------------------------------------------------------- */

/* Looking for chunks may touch only so many bytes in all: a hostile file can be full of false starts. */
static bool may_touch(struct chunk_source *s, uint64_t bytes)
{
	if (bytes > s->search_budget)
		return false;
	s->search_budget -= bytes;
	return true;
}

/* A good chunk behind the bad one, and not one that a program's memory happens to hold: its number cannot be
 * further on than the bytes between could hold chunks. */
static bool is_successor(struct chunk_source *s, uint64_t at, uint64_t bad_at, uint64_t expected,
			 struct chunk *c)
{
	struct lg_chunk_header h;

	if (!read_head(s, at, &h) || h.sequence < expected ||
	    h.sequence - expected > 1 + (at - bad_at) / sizeof h)
		return false;
	return may_touch(s, h.stored_bytes) && chunk_read(s, at, c);
}

/* Offset of the next chunk magic at or after `at`, or UINT64_MAX. */
static uint64_t find_magic(struct chunk_source *s, uint64_t at)
{
	static const uint32_t magic = LG_CHUNK_MAGIC;
	uint8_t window[SEARCH_WINDOW];

	while (at < s->size_bytes && s->size_bytes - at >= sizeof(struct lg_chunk_header)) {
		uint64_t left = s->size_bytes - at;
		size_t n = left < sizeof window ? (size_t)left : sizeof window;
		if (!may_touch(s, n) || !read_at(s, at, window, n))
			break;
		const uint8_t *hit = memmem(window, n, &magic, sizeof magic);
		if (hit)
			return at + (uint64_t)(hit - window);
		at += n - (sizeof magic - 1);
	}
	return UINT64_MAX;
}

bool chunk_resync(struct chunk_source *s, uint64_t bad_at, uint64_t expected, struct chunk *c)
{
	struct chunk bad = { .at = bad_at };

	/* Most often only the payload is bad, and the chunk's own length still leads to the next one. */
	if (read_head(s, bad_at, &bad.head)) {
		if (!may_touch(s, bad.head.stored_bytes)) /* chunk_read() has hashed it in vain */
			return false;
		if (is_successor(s, chunk_next(&bad), bad_at, expected, c))
			return true;
	}
	for (uint64_t at = bad_at + 1; (at = find_magic(s, at)) != UINT64_MAX; at++)
		if (is_successor(s, at, bad_at, expected, c))
			return true;
	return false;
}

/* ---- payloads ----------------------------------------------------------------------------------------- */

static const uint8_t *decompress(struct chunk_source *s, const struct lg_chunk_header *h)
{
	uint8_t *raw = room_for(&s->raw, h->raw_bytes);

	if (!s->zstd)
		s->zstd = ZSTD_createDCtx();
	if (!raw || !s->zstd)
		return NULL;
	size_t got = ZSTD_decompressDCtx(s->zstd, raw, h->raw_bytes, s->stored.bytes, h->stored_bytes);
	memset(raw + h->raw_bytes, 0, CHUNK_SLACK);
	return got == h->raw_bytes ? raw : NULL;
}

const uint8_t *chunk_payload(struct chunk_source *s, const struct chunk *c)
{
	switch (c->head.codec) {
	case LG_CODEC_RAW:
		return c->head.raw_bytes == c->head.stored_bytes ? s->stored.bytes : NULL;
	case LG_CODEC_ZSTD:
		return decompress(s, &c->head);
	default:
		return NULL;
	}
}
