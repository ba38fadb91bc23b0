/* text_file.c: see text_file.h. */
#include "base/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES (16u << 20)

static size_t lines(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* UTF-8 needs none, but some editors write it. */
static void drop_order_mark(char *text, size_t *n)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (strncmp(text, mark, sizeof mark - 1))
		return;
	*n -= sizeof mark - 1;
	memmove(text, text + sizeof mark - 1, *n + 1);
}

static int take(FILE *file, const char *path, const char *what, char *text, size_t *n, struct err *err)
{
	*n = text ? fread(text, 1, FILE_MAX_BYTES + 1, file) : 0;
	if (ferror(file))
		return fail(err, "%s cannot be read: %s", path, strerror(errno));
	if (!text)
		return fail(err, "out of memory");
	if (*n > FILE_MAX_BYTES)
		return fail(err, "%s is larger than 16 MiB: is it %s?", path, what);
	text[*n] = 0;
	drop_order_mark(text, n);
	if (strlen(text) != *n)
		return fail(err, "%s: line %zu: %s is text, and this has a NUL byte in it", path, lines(text),
			    what);
	return 0;
}

char *text_file(const char *path, const char *what, size_t *n, struct err *err)
{
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(FILE_MAX_BYTES + 1) : NULL;

	if (!file) {
		fail(err, "%s cannot be read: %s", path, strerror(errno));
		return NULL;
	}
	int failed = take(file, path, what, text, n, err);
	fclose(file);
	if (!failed)
		return text;
	free(text);
	return NULL;
}
