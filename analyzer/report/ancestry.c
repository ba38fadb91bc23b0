/* ancestry.c: see ancestry.h. A run's first trace is FILE, all others are in FILE.children/, named
 * <program>.<pid>[.<n>].lgt; a parent is told by its pid and by having begun before the fork. */
#include "report/ancestry.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct family {
	char first[PATH_MAX]; /* FILE */
	char folder[PATH_MAX]; /* FILE.children */
};

static void family_of(struct family *f, const char *path)
{
	static const char ending[] = ".children/";
	const char *at = NULL;

	for (const char *next = path; (next = strstr(next, ending)); next++)
		at = next;
	int n = at ? (int)(at - path) : (int)strlen(path);
	snprintf(f->first, sizeof f->first, "%.*s", n, path);
	snprintf(f->folder, sizeof f->folder, "%.*s.children", n, path);
}

/* The latest image of the pid that began before the fork; *best is replaced by a better one. */
static void consider(struct trace *best, bool *found, const char *path, const struct trace *child)
{
	struct trace t;

	if (trace_open(&t, path, NULL)) {
		trace_close(&t);
		return;
	}
	bool fits = t.process.pid == child->process.parent_pid && t.process.hello_key < child->process.hello_key;
	if (fits && (!*found || t.process.hello_key > best->process.hello_key)) {
		if (*found)
			trace_close(best);
		*best = t;
		*found = true;
	} else {
		trace_close(&t);
	}
}

static bool find_parent(struct trace *parent, const struct trace *child)
{
	struct family family;
	char pid[32], path[PATH_MAX + 256];
	const struct dirent *entry;
	bool found = false;

	family_of(&family, child->path);
	if (strcmp(family.first, child->path))
		consider(parent, &found, family.first, child);
	snprintf(pid, sizeof pid, ".%lu.", (unsigned long)child->process.parent_pid);
	DIR *folder = opendir(family.folder);
	while (folder && (entry = readdir(folder))) {
		if (!strstr(entry->d_name, pid))
			continue;
		snprintf(path, sizeof path, "%s/%s", family.folder, entry->d_name);
		consider(parent, &found, path, child);
	}
	if (folder)
		closedir(folder);
	return found;
}

static void turn_round(struct ancestry *a)
{
	for (size_t i = 0, j = a->count; i + 1 < j; i++) {
		struct ancestor last = a->ancestors[--j];

		a->ancestors[j] = a->ancestors[i];
		a->ancestors[i] = last;
	}
}

void ancestry_open(struct ancestry *a, const struct trace *child)
{
	a->count = 0;
	while (child->process.flags & LG_PROCESS_FORKED) {
		struct trace *parent = &a->traces[a->count];

		if (a->count == ANCESTORS_MAX || !find_parent(parent, child)) {
			ancestry_close(a);
			return;
		}
		a->ancestors[a->count++] = (struct ancestor){ parent, child->process.hello_key };
		child = parent;
	}
	turn_round(a);
}

void ancestry_close(struct ancestry *a)
{
	for (size_t i = 0; i < a->count; i++)
		trace_close(&a->traces[i]);
	a->count = 0;
}
