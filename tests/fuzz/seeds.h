/* seeds.h: the files of LG_FUZZ_TRACES (build/fuzz/traces), which tests/fuzz/make-traces makes, in order of their names. */
#ifndef LG_FUZZ_SEEDS_H
#define LG_FUZZ_SEEDS_H

#include "replay.h"

#include <dirent.h>
#include <string.h>

static const char *seeds_ending;

static int is_seed(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && !strcmp(dot, seeds_ending);
}

/* Opens those that end so; there are 1 to `most`. Returns how many. */
static inline int seeds_open(const char *ending, int most, void (*open_seed)(int i, const char *path))
{
	const char *folder = getenv("LG_FUZZ_TRACES");
	struct dirent **entries;
	char path[4096];

	folder = folder ? folder : "build/fuzz/traces";
	seeds_ending = ending;
	int n = scandir(folder, &entries, is_seed, alphasort);
	claim(n > 0 && n <= most);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
		open_seed(i, path);
		free(entries[i]);
	}
	free(entries);
	return n;
}

#endif
