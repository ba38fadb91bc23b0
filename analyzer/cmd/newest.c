/* newest.c: see newest.h. */
#include "cmd/newest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

static bool is_trace_name(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && !strcmp(name + n - 4, ".lgt");
}

/* Of files equally new the one whose name comes last. */
static bool is_better(const struct stat *now, const char *name, const struct stat *best,
		      const char *best_name)
{
	if (!best_name || is_newer(&now->st_mtim, &best->st_mtim))
		return true;
	return !is_newer(&best->st_mtim, &now->st_mtim) && strcmp(name, best_name) > 0;
}

char *newest_trace(const char *folder, struct err *err)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct stat best = { 0 }, now;
	char *name = NULL;

	if (!dir) {
		fail(err, "the folder cannot be read: %s", strerror(errno));
		return NULL;
	}
	while ((entry = readdir(dir)))
		if (is_trace_name(entry->d_name) && !fstatat(dirfd(dir), entry->d_name, &now, 0) &&
		    S_ISREG(now.st_mode) && is_better(&now, entry->d_name, &best, name)) {
			free(name);
			name = strdup(entry->d_name);
			best = now;
		}
	closedir(dir);
	if (!name)
		fail(err, "no .lgt file here; name a TRACE, or record one: leakgraph run -- PROGRAM");
	return name;
}
