/* analysis.c: see analysis.h. */
#include "report/analysis.h"

#include "passes/breaks.h"

static const struct trace_snapshot *last_whole(const struct trace *t)
{
	for (size_t i = t->nsnapshots; i-- > 0;)
		if (t->snapshots[i].whole)
			return &t->snapshots[i];
	return NULL;
}

static int judge(struct analysis *a, const struct model_files *files, struct err *err)
{
	if (graph_build(&a->graph, &a->heap, err) ||
	    models_apply(&a->models, &a->graph, a->names, files, err) ||
	    counts_find(&a->counts, &a->models, &a->graph, err) || classify(&a->classes, &a->graph, err) ||
	    fold_leaks(&a->leaks, &a->classes, err))
		return -1;
	if (breaks_propose(&a->leaks, &a->classes, &a->models))
		return fail(err, "%s: out of memory", a->trace.path);
	a->is_judged = true;
	return 0;
}

/* What a forked image inherited matters only to blocks of its own, which may be held from there. */
static int build_heap(struct analysis *a, struct ancestry *ancestry, struct err *err)
{
	const struct lg_range *inherited;
	size_t n;

	if (heap_build(&a->heap, &a->trace, a->snapshot, err))
		return -1;
	if (!(a->trace.process.flags & LG_PROCESS_FORKED) || !a->heap.nblocks ||
	    !ancestry_inherited(ancestry, &a->trace, &inherited, &n))
		return 0;
	heap_free(&a->heap);
	return heap_build_forked(&a->heap, &a->trace, a->snapshot, inherited, n, err);
}

int analysis_open(struct analysis *a, const char *path, struct ancestry *ancestry,
		  const struct analysis_options *options, struct err *err)
{
	*a = (struct analysis){ 0 };
	if (trace_open(&a->trace, path, err))
		return -1;
	a->snapshot = last_whole(&a->trace);
	if (names_open(&a->names, &a->trace, &options->names, err) || build_heap(a, ancestry, err) ||
	    heap_errors_find(&a->errors, &a->trace, a->snapshot, err))
		return -1;
	return a->snapshot ? judge(a, &options->models, err) : 0;
}

void analysis_close(struct analysis *a)
{
	heap_errors_free(&a->errors);
	leak_set_free(&a->leaks);
	classes_free(&a->classes);
	counts_free(&a->counts);
	models_close(&a->models);
	graph_free(&a->graph);
	names_close(a->names);
	heap_free(&a->heap);
	trace_close(&a->trace);
	*a = (struct analysis){ 0 };
}
