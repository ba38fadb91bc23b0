/* buf.h: bytes out (struct buf) and untrusted bytes in (struct cursor).
 *
 * A buf grows as it is written; if memory runs out it keeps what it has, sets `failed` and drops the rest, so a
 * writer checks once at its end. A cursor never reads past its end; its first error sticks in `broken` and every
 * later take returns 0. */
#ifndef LG_BASE_BUF_H
#define LG_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct buf {
	uint8_t *bytes; /* owned */
	size_t used, room;
	bool failed;
};

void buf_clear(struct buf *b); /* empties, keeps the room */
void buf_free(struct buf *b);
bool buf_reserve(struct buf *b, size_t more); /* room for `more` bytes past `used` */
void buf_put(struct buf *b, const void *bytes, size_t n);
void buf_text(struct buf *b, const char *text); /* the bytes before its NUL */
void buf_number(struct buf *b, uint64_t number); /* in decimal */
void buf_string(struct buf *b, const char *s); /* varint length, bytes; NULL is empty */
void buf_blob(struct buf *b, const void *bytes, size_t n); /* varint length, bytes */
bool buf_print(const struct buf *b, FILE *to); /* false: it is not whole, or could not be written whole */

#define VARINT_MAX 10u /* bytes of the longest */

/* Here, because traces are made of millions of them. */
static inline void buf_varint(struct buf *b, uint64_t v)
{
	if (b->room - b->used < VARINT_MAX && !buf_reserve(b, VARINT_MAX))
		return;
	uint8_t *p = b->bytes + b->used;
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	b->used = (size_t)(p - b->bytes);
}

static inline void buf_zigzag(struct buf *b, int64_t v)
{
	buf_varint(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

struct cursor {
	const uint8_t *at, *end;
	const char *broken; /* what was wrong first; NULL while all is well */
};

uint64_t take_varint(struct cursor *c, const char *what);
/* A varint that must be at most `max`. */
uint64_t take_count(struct cursor *c, uint64_t max, const char *what);
const uint8_t *take_bytes(struct cursor *c, size_t n, const char *what); /* NULL when broken */
/* A string as owned, terminated memory (malloc); NULL when broken. Embedded NULs end it. */
char *take_string(struct cursor *c, const char *what);
/* A length-prefixed part as a cursor of its own. */
struct cursor take_part(struct cursor *c, const char *what);

#endif
