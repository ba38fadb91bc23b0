/* analysis.c: see analysis.h. */
#include "report/analysis.h"

#include "report/ancestry.h"

#include <stdlib.h>

static const struct trace_snapshot *last_whole(const struct trace *t)
{
	for (size_t i = t->nsnapshots; i-- > 0;)
		if (t->snapshots[i].whole)
			return &t->snapshots[i];
	return NULL;
}

static int judge(struct analysis *a, struct err *err)
{
	if (graph_build(&a->graph, &a->heap, err) || classify(&a->classes, &a->graph, err) ||
	    fold_leaks(&a->leaks, &a->classes, err))
		return -1;
	a->is_judged = true;
	return 0;
}

/* A forked image's heap begins with its parent's. */
static int build_heap(struct analysis *a, struct err *err)
{
	struct ancestry *ancestry = malloc(sizeof *ancestry);

	if (!ancestry)
		return fail(err, "%s: out of memory", a->trace.path);
	ancestry_open(ancestry, &a->trace);
	int failed = heap_build_forked(&a->heap, &a->trace, a->snapshot, ancestry->ancestors, ancestry->count, err);
	ancestry_close(ancestry);
	free(ancestry);
	return failed;
}

int analysis_open(struct analysis *a, const char *path, struct err *err)
{
	*a = (struct analysis){ 0 };
	if (trace_open(&a->trace, path, err))
		return -1;
	a->snapshot = last_whole(&a->trace);
	if (build_heap(a, err))
		return -1;
	return a->snapshot ? judge(a, err) : 0;
}

int analysis_names(struct analysis *a, const struct names_options *options, struct err *err)
{
	return a->names ? 0 : names_open(&a->names, &a->trace, options, err);
}

void analysis_close(struct analysis *a)
{
	names_close(a->names);
	leak_set_free(&a->leaks);
	classes_free(&a->classes);
	graph_free(&a->graph);
	heap_free(&a->heap);
	trace_close(&a->trace);
	*a = (struct analysis){ 0 };
}
