/* ancestry.c: see ancestry.h. A parent is told by its pid and by having begun before the fork, later than any other
 * image of that pid. */
#include "report/ancestry.h"

#include "heap/build.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANGES_MAX (32ull << 20) /* half a GiB */
#define GENERATIONS_MAX 64 /* forks of forks without an exec; more is a runaway */

struct relative {
	char *path;
	uint64_t pid, parent_pid, begun; /* order key: of the fork, if it was forked */
	bool is_forked;
	bool is_known; /* inherited is */
	bool is_tried; /* its parent has been replayed, or cannot be */
	struct lg_range *inherited;
	size_t ninherited;
};

/* ---- the members of a run ---------------------------------------------------------------------------- */

static char *first_of(const char *path)
{
	static const char ending[] = ".children/";
	const char *at = NULL;

	for (const char *next = path; (next = strstr(next, ending)); next++)
		at = next;
	return strndup(path, at ? (size_t)(at - path) : strlen(path));
}

static void add_member(struct ancestry *a, const char *path)
{
	struct relative *members = realloc(a->members, (a->count + 1) * sizeof *members);
	struct trace t;

	if (!members)
		return;
	a->members = members;
	if (trace_peek(&t, path, NULL))
		return;
	char *copy = t.process.run_unix_ns == a->run_unix_ns ? strdup(path) : NULL;
	if (copy)
		a->members[a->count++] = (struct relative){
			.path = copy,
			.pid = t.process.pid,
			.parent_pid = t.process.parent_pid,
			.begun = t.process.hello_key,
			.is_forked = t.process.flags & LG_PROCESS_FORKED,
		};
	trace_close(&t);
}

static void forget_members(struct ancestry *a)
{
	for (size_t i = 0; i < a->count; i++) {
		free(a->members[i].path);
		free(a->members[i].inherited);
	}
	free(a->members);
	free(a->first);
	*a = (struct ancestry){ .names = a->names };
}

static void find_members(struct ancestry *a, const struct trace *t)
{
	char name[PATH_MAX];
	const struct dirent *entry;

	forget_members(a);
	a->ranges_left = RANGES_MAX;
	a->run_unix_ns = t->process.run_unix_ns;
	a->first = first_of(t->path);
	if (!a->first)
		return;
	add_member(a, a->first);
	snprintf(name, sizeof name, "%s.children", a->first);
	DIR *folder = opendir(name);
	while (folder && (entry = readdir(folder)))
		if (entry->d_name[0] != '.' &&
		    snprintf(name, sizeof name, "%s.children/%s", a->first, entry->d_name) < (int)sizeof name)
			add_member(a, name);
	if (folder)
		closedir(folder);
}

static struct relative *parent_of(const struct ancestry *a, const struct relative *child)
{
	struct relative *best = NULL;

	for (size_t i = 0; i < a->count; i++) {
		struct relative *m = &a->members[i];

		if (m->pid == child->parent_pid && m->begun < child->begun &&
		    (!best || m->begun > best->begun))
			best = m;
	}
	return best;
}

/* ---- what they inherited ----------------------------------------------------------------------------- */

static int by_fork(const void *left, const void *right)
{
	const struct heap_fork *a = left, *b = right;

	return (a->key > b->key) - (a->key < b->key);
}

/* The forks of `parent`, by time; `children` in the same order. */
static size_t list_forks(const struct ancestry *a, const struct relative *parent, struct heap_fork *forks)
{
	size_t n = 0;

	for (size_t i = 0; i < a->count; i++)
		if (a->members[i].is_forked && parent_of(a, &a->members[i]) == parent)
			forks[n++] = (struct heap_fork){ .key = a->members[i].begun, .child = i };
	qsort(forks, n, sizeof *forks, by_fork);
	return n;
}

static void replay_parent(struct ancestry *a, const struct relative *parent)
{
	struct heap_fork *forks = calloc(a->count, sizeof *forks);
	size_t n = forks ? list_forks(a, parent, forks) : 0;
	struct trace t;

	if (n && !trace_open(&t, parent->path, NULL)) {
		int failed = heap_forks(&t, parent->inherited, parent->ninherited, forks, n, &a->ranges_left);
		for (size_t i = 0; i < n; i++) {
			struct relative *child = &a->members[forks[i].child];

			child->is_known = !failed && forks[i].live;
			child->inherited = forks[i].live;
			child->ninherited = forks[i].nlive;
		}
		trace_close(&t);
	}
	for (size_t i = 0; i < n; i++)
		a->members[forks[i].child].is_tried = true;
	free(forks);
}

/* Makes known what a member inherited, its ancestors first. */
static bool learn(struct ancestry *a, struct relative *m, int generation)
{
	if (!m->is_forked || m->is_tried)
		return !m->is_forked || m->is_known;
	struct relative *parent = parent_of(a, m);
	m->is_tried = true;
	if (!parent || generation == GENERATIONS_MAX || !learn(a, parent, generation + 1))
		return false;
	replay_parent(a, parent);
	return m->is_known;
}

bool ancestry_inherited(struct ancestry *a, const struct trace *child, const struct lg_range **ranges,
			size_t *n)
{
	char *first = first_of(child->path);

	if (first && (!a->first || strcmp(first, a->first) || a->run_unix_ns != child->process.run_unix_ns))
		find_members(a, child);
	free(first);
	for (size_t i = 0; i < a->count; i++) {
		struct relative *m = &a->members[i];

		if (m->pid != child->process.pid || m->begun != child->process.hello_key)
			continue;
		if (!learn(a, m, 0))
			return false;
		*ranges = m->inherited;
		*n = m->ninherited;
		return true;
	}
	return false;
}

int ancestry_names(struct ancestry *a, struct names **names, const struct trace *t,
		   const struct names_options *options, struct err *err)
{
	int failed = 0;

	if (!a->names || !names_follow(a->names, t)) {
		names_close(a->names);
		failed = names_open(&a->names, t, options, err);
	}
	*names = a->names;
	return failed;
}

void ancestry_close(struct ancestry *a)
{
	forget_members(a);
	names_close(a->names);
	*a = (struct ancestry){ 0 };
}
