/* tables.c: what all who fill the tables of struct trace share: room for more, counts out of untrusted bytes, and a note of what was
 * wrong. */
#include "trace/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t room_of(size_t n)
{
	size_t room = 16;

	while (room < n)
		room *= 2;
	return n ? room : 0;
}

bool array_grow(struct trace *t, void *array_pointer, size_t n, size_t more, size_t item_bytes)
{
	size_t room = room_of(n + more);
	void *array;

	memcpy(&array, array_pointer, sizeof array);
	if (room == room_of(n) && array)
		return true;
	array = room > SIZE_MAX / item_bytes ? NULL : realloc(array, room * item_bytes);
	if (!array) {
		t->file->starved = true;
		return false;
	}
	memcpy(array_pointer, &array, sizeof array);
	return true;
}

void trace_note(struct trace *t, const char *format, ...)
{
	va_list args;

	if (t->damage[0]) {
		t->file->more_damage++;
		return;
	}
	va_start(args, format);
	vsnprintf(t->damage, sizeof t->damage, format, args);
	va_end(args);
}

size_t bytes_left(const struct cursor *c)
{
	return c->broken ? 0 : (size_t)(c->end - c->at);
}

size_t take_items(struct cursor *c, size_t least_bytes, const char *what)
{
	uint64_t n = take_count(c, bytes_left(c) / least_bytes, what);

	return c->broken ? 0 : (size_t)n;
}

uint32_t take_u32(struct cursor *c, const char *what)
{
	return (uint32_t)take_count(c, UINT32_MAX, what);
}

void refuse(struct cursor *c, bool wrong, const char *what)
{
	if (wrong && !c->broken)
		c->broken = what;
}
