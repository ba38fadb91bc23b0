/* pool.c: see pool.h. */
#include "report/pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES (64u * 1024u)

struct pool_chunk {
	struct pool_chunk *before;
	size_t used, room;
	_Alignas(max_align_t) char bytes[];
};

static struct pool_chunk *chunk_for(struct pool *p, size_t bytes)
{
	if (p->last && p->last->room - p->last->used >= bytes)
		return p->last;
	size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
	struct pool_chunk *chunk = calloc(1, sizeof *chunk + room);
	if (!chunk)
		return NULL;
	chunk->before = p->last;
	chunk->room = room;
	return p->last = chunk;
}

void *pool_take(struct pool *p, size_t bytes)
{
	size_t rounded = (bytes + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	struct pool_chunk *chunk = rounded < bytes ? NULL : chunk_for(p, rounded);

	if (!chunk)
		return NULL;
	chunk->used += rounded;
	return chunk->bytes + chunk->used - rounded;
}

char *pool_text(struct pool *p, const char *text)
{
	size_t n = text ? strlen(text) + 1 : 0;
	char *copy = text ? pool_take(p, n) : NULL;

	return copy ? memcpy(copy, text, n) : NULL;
}

char *pool_print(struct pool *p, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		return NULL;
	char *copy = pool_text(p, text);
	free(text);
	return copy;
}

void pool_free(struct pool *p)
{
	while (p->last) {
		struct pool_chunk *before = p->last->before;

		free(p->last);
		p->last = before;
	}
}
