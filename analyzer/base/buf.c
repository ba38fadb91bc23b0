/* buf.c: see buf.h. */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

void buf_clear(struct buf *b)
{
	b->used = 0;
	b->failed = false;
}

void buf_free(struct buf *b)
{
	free(b->bytes);
	*b = (struct buf){ 0 };
}

bool buf_reserve(struct buf *b, size_t more)
{
	if (b->room - b->used >= more)
		return !b->failed;
	size_t room = b->room ? b->room : 256;
	while (room - b->used < more)
		room *= 2;
	uint8_t *bytes = b->failed ? NULL : realloc(b->bytes, room);
	if (!bytes) {
		b->failed = true;
		return false;
	}
	b->bytes = bytes;
	b->room = room;
	return true;
}

void buf_put(struct buf *b, const void *bytes, size_t n)
{
	if (n && buf_reserve(b, n)) {
		memcpy(b->bytes + b->used, bytes, n);
		b->used += n;
	}
}

void buf_blob(struct buf *b, const void *bytes, size_t n)
{
	buf_varint(b, n);
	buf_put(b, bytes, n);
}

void buf_text(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

void buf_number(struct buf *b, uint64_t number)
{
	char digits[20], *at = digits + sizeof digits;

	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	buf_put(b, at, (size_t)(digits + sizeof digits - at));
}

void buf_string(struct buf *b, const char *s)
{
	buf_blob(b, s, s ? strlen(s) : 0);
}

bool buf_print(const struct buf *b, FILE *to)
{
	return !b->failed && fwrite(b->bytes, 1, b->used, to) == b->used && !fflush(to);
}

uint64_t take_varint(struct cursor *c, const char *what)
{
	uint64_t v = 0;

	if (c->broken)
		return 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (c->at == c->end)
			break;
		uint8_t byte = *c->at++;
		if (shift == 63 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
	c->broken = what;
	return 0;
}

uint64_t take_count(struct cursor *c, uint64_t max, const char *what)
{
	uint64_t v = take_varint(c, what);

	if (v <= max)
		return v;
	c->broken = what;
	return 0;
}

const uint8_t *take_bytes(struct cursor *c, size_t n, const char *what)
{
	if (!c->broken && (size_t)(c->end - c->at) < n)
		c->broken = what;
	if (c->broken)
		return NULL;
	const uint8_t *bytes = c->at;
	c->at += n;
	return bytes;
}

char *take_string(struct cursor *c, const char *what)
{
	struct cursor part = take_part(c, what);

	if (c->broken)
		return NULL;
	char *s = strndup((const char *)part.at, (size_t)(part.end - part.at));
	if (!s)
		c->broken = "memory";
	return s;
}

struct cursor take_part(struct cursor *c, const char *what)
{
	size_t n = (size_t)take_varint(c, what);
	const uint8_t *bytes = take_bytes(c, n, what);

	return bytes ? (struct cursor){ bytes, bytes + n, NULL } : (struct cursor){ NULL, NULL, what };
}
