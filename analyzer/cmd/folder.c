/* folder.c: see folder.h. */
#include "cmd/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *folder_make(struct err *err)
{
	const char *parent = getenv("TMPDIR");
	char *path = NULL;

	if (!parent || !*parent)
		parent = "/tmp";
	if (asprintf(&path, "%s/leakgraph-XXXXXX", parent) < 0) {
		fail(err, "out of memory");
		return NULL;
	}
	if (mkdtemp(path))
		return path;
	fail(err, "no folder for the trace can be made in %s: %s; set TMPDIR, or use -o FILE", parent,
	     strerror(errno));
	free(path);
	return NULL;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

void folder_remove(const char *path)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS))
		fprintf(stderr, "leakgraph: %s could not be removed: %s\n", path, strerror(errno));
}
