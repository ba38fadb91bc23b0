/* text_file.c: see text_file.h. */
#include "base/text_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES (16u << 20)

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
	if (strlen(text) != *n)
		return fail(err, "%s: %s is text, and this has NUL bytes in it", path, what);
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
