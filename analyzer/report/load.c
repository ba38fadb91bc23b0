/* load.c: traces and their children as one report; see model.h. Loads one trace at a time, so that a tree of hundreds of
 * images needs the memory of its largest. */
#include "report/model.h"

#include "base/term.h"
#include "base/version.h"
#include "report/moments.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct err *err)
{
	return fail(err, "out of memory while making the report");
}

static int load_one(struct report *r, const char *path, const struct report_options *options,
		    struct ancestry *ancestry, struct err *err)
{
	struct analysis a;
	struct stack_book book = { .pool = &r->pool };
	struct report_options own = *options;
	struct report_process *more =
	    realloc(r->processes, (r->nprocesses + 1) * sizeof *more); /* few: no need to double */

	if (!more)
		return no_memory(err);
	r->processes = more;
	own.with_holders |= options->with_suspects && !r->nprocesses;
	int failed = moment_open_named(&a, path, ancestry, &options->analysis, err) ||
		     report_process(&more[r->nprocesses], &a, &book, &r->pool, &own, err);
	r->nprocesses += !failed;
	stack_book_free(&book);
	analysis_close(&a);
	return failed ? -1 : 0;
}

static int is_trace_name(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 4 && !strcmp(entry->d_name + n - 4, ".lgt");
}

static int compare_births(const void *left, const void *right)
{
	const struct report_process *a = left, *b = right;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return (a->image > b->image) - (a->image < b->image);
}

static int doubt_children(struct report *r, uint32_t parent, const char *why, const char *how,
			  struct err *err)
{
	return report_add_reason(&r->processes[parent], &r->pool, REASON_CHILD,
				 pool_print(&r->pool, "%s cannot be read: %s", why, how))
		   ? no_memory(err)
		   : 0;
}

/* Another run's, which had a trace of the same name. What cannot be read is not known to be. */
static bool is_of_another_run(const char *path, uint64_t run_unix_ns)
{
	struct trace t;

	if (trace_peek(&t, path, NULL))
		return false;
	bool is_other = t.process.run_unix_ns != run_unix_ns;
	trace_close(&t);
	return is_other;
}

/* A child whose trace cannot be read is no reason to keep quiet about the rest: its parent's verdict says so. */
static int load_child(struct report *r, uint32_t parent, const char *path,
		      const struct report_options *options, struct ancestry *ancestry, struct err *err)
{
	struct err trouble = { "" };

	if (!load_one(r, path, options, ancestry, &trouble))
		return 0;
	return doubt_children(r, parent, "a child's trace", trouble.text, err);
}

static int tell_of_others(struct report *r, uint32_t parent, const char *folder, unsigned n, struct err *err)
{
	char count[64];

	return n && report_add_note(&r->processes[parent], &r->pool,
				    pool_print(&r->pool,
					       "%s in %s left out: of other runs, they may be removed",
					       human_things(count, sizeof count, n, "trace"), folder))
		   ? no_memory(err)
		   : 0;
}

static int load_children(struct report *r, const char *path, const struct report_options *options,
			 struct ancestry *ancestry, struct err *err)
{
	struct dirent **entries = NULL;
	char *folder = pool_print(&r->pool, "%s.children", path);
	int n = folder ? scandir(folder, &entries, is_trace_name, alphasort) : 0,
	    failed = folder ? 0 : no_memory(err);
	uint32_t parent = r->nprocesses - 1;
	uint64_t run_unix_ns = r->processes[parent].run_unix_ns;
	unsigned others = 0;

	if (n < 0 && errno != ENOENT)
		failed = doubt_children(r, parent, folder, strerror(errno), err);
	for (int i = 0; i < n; i++) {
		const char *child = pool_print(&r->pool, "%s/%s", folder, entries[i]->d_name);

		if (!child)
			failed = no_memory(err);
		else if (is_of_another_run(child, run_unix_ns))
			others++;
		else if (!failed)
			failed = load_child(r, parent, child, options, ancestry, err);
		free(entries[i]);
	}
	free(entries);
	if (!failed)
		failed = tell_of_others(r, parent, folder, others, err);
	qsort(r->processes + parent + 1, r->nprocesses - parent - 1, sizeof *r->processes, compare_births);
	return failed;
}

int report_load(struct report *r, char *const *paths, size_t npaths, const struct report_options *options,
		struct err *err)
{
	struct ancestry ancestry = { 0 };
	int failed = 0;

	*r = (struct report){ .version = LG_VERSION };
	for (size_t i = 0; i < npaths && !failed; i++) {
		failed = load_one(r, paths[i], options, &ancestry, err);
		if (failed)
			break;
		r->processes[r->nprocesses - 1].is_named = true;
		if (!options->no_children && !r->processes[r->nprocesses - 1].moment)
			failed = load_children(r, paths[i], options, &ancestry, err);
	}
	ancestry_close(&ancestry);
	return failed ? -1 : 0;
}

void report_free(struct report *r)
{
	free(r->processes);
	pool_free(&r->pool);
	*r = (struct report){ 0 };
}
