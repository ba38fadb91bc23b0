/* analysis.c: see analysis.h. */
#include "report/analysis.h"

#include "base/text_file.h"
#include "heap/build.h"
#include "heap/pools.h"
#include "heap/told.h"
#include "models/alike.h"
#include "passes/breaks.h"

#include <stdlib.h>

/* The first that the program wants to be judged, else the last. */
static const struct trace_snapshot *judged_one(const struct trace *t)
{
	for (size_t i = 0; i < t->nsnapshots; i++)
		if (t->snapshots[i].whole && t->snapshots[i].reason == LG_SNAPSHOT_CHECK)
			return &t->snapshots[i];
	for (size_t i = t->nsnapshots; i-- > 0;)
		if (t->snapshots[i].whole)
			return &t->snapshots[i];
	return NULL;
}

int analysis_read_model(struct declarations *d, const char *path, struct err *err)
{
	size_t n;
	char *text = text_file(path, "a file of models", &n, err);
	int failed = text ? declarations_add(d, path, text, err) : -1;

	free(text);
	return failed;
}

static int read_models(struct analysis *a, const struct analysis_options *options, struct err *err)
{
	for (unsigned i = 0; i < options->nmodels; i++)
		if (analysis_read_model(&a->declared, options->models[i], err))
			return -1;
	return 0;
}

static const struct trace_snapshot *whole_one(const struct trace *t, uint64_t id)
{
	for (size_t i = 0; i < t->nsnapshots; i++)
		if (t->snapshots[i].whole && t->snapshots[i].id == id)
			return &t->snapshots[i];
	return NULL;
}

static int judge(struct analysis *a, struct err *err)
{
	bool are_all_known = !a->trace.process.sample_bytes; /* who refers to an object */

	if (graph_build(&a->graph, &a->heap, err) ||
	    models_apply(&a->models, &a->graph, a->names, &a->declared, err) ||
	    (are_all_known && counts_find(&a->counts, &a->models, &a->graph, err)) ||
	    classify(&a->classes, &a->graph, err))
		return -1;
	if (unsure_find(&a->unsure, &a->classes, &a->models))
		return fail(err, "%s: out of memory", a->trace.path);
	if (alike_tell_lost(&a->models, &a->graph, a->classes.of, CLASS_REACHABLE))
		return fail(err, "%s: out of memory", a->trace.path);
	if (fold_leaks(&a->leaks, &a->classes, err))
		return -1;
	if (breaks_propose(&a->leaks, &a->classes, &a->models))
		return fail(err, "%s: out of memory", a->trace.path);
	a->is_judged = true;
	return 0;
}

/* What a forked image inherited matters only to blocks of its own, which may be held from there, and to frees that look
 * wrong. */
static int build_heap_upto(struct analysis *a, const struct trace_snapshot *upto, struct ancestry *ancestry,
			   struct err *err)
{
	struct inherited *from = &a->inherited;

	if (heap_build_sealing(&a->heap, &a->trace, upto, err))
		return -1;
	if (!(a->trace.process.flags & LG_PROCESS_FORKED) || !(a->heap.nblocks || a->trace.nsuspects) ||
	    !ancestry_inherited(ancestry, &a->trace, &from->at, &from->n))
		return 0;
	heap_free(&a->heap);
	return heap_build_forked(&a->heap, &a->trace, upto, from->at, from->n, err);
}

static int build_heap(struct analysis *a, struct ancestry *ancestry, struct err *err)
{
	const struct trace_snapshot asked = { .events = a->asked_events, .key = a->asked_key };
	int failed = build_heap_upto(a, a->is_asked && !a->snapshot ? &asked : a->snapshot, ancestry, err);

	if (!failed && heap_add_pools(&a->heap))
		failed = fail(err, "%s: not enough memory for what lives in pools", a->trace.path);
	if (!failed && told_find(&a->heap)) /* by the moment that was asked for */
		failed = fail(err, "%s: not enough memory for what it told", a->trace.path);
	a->heap.snapshot = a->snapshot;
	return failed;
}

/* From the trace, which is open, on. Its events are checked as they become the heap. */
static int compute(struct analysis *a, struct ancestry *ancestry, const struct analysis_options *options,
		   struct err *err)
{
	if (read_models(a, options, err) ||
	    ancestry_names(ancestry, &a->names, &a->trace, &options->names, err) ||
	    build_heap(a, ancestry, err) || heap_errors_find(&a->errors, &a->heap, &a->inherited, err))
		return -1;
	return a->snapshot ? judge(a, err) : 0;
}

int analysis_open(struct analysis *a, const char *path, struct ancestry *ancestry,
		  const struct analysis_options *options, struct err *err)
{
	*a = (struct analysis){ 0 };
	if (trace_open_unsealed(&a->trace, path, err))
		return -1;
	a->snapshot = judged_one(&a->trace);
	return compute(a, ancestry, options, err);
}

int analysis_open_at(struct analysis *a, const char *path, uint64_t snapshot, struct ancestry *ancestry,
		     const struct analysis_options *options, struct err *err)
{
	*a = (struct analysis){ 0 };
	if (trace_open_unsealed(&a->trace, path, err))
		return -1;
	a->snapshot = whole_one(&a->trace, snapshot);
	a->is_asked = true;
	if (!a->snapshot)
		return fail(err,
			    "%s: it has no whole snapshot %llu; leakgraph growth lists those that it has",
			    path, (unsigned long long)snapshot);
	return compute(a, ancestry, options, err);
}

int analysis_open_events(struct analysis *a, const char *path, uint64_t events, uint64_t key,
			 struct ancestry *ancestry, const struct analysis_options *options, struct err *err)
{
	*a = (struct analysis){ .asked_events = events, .asked_key = key };
	if (trace_open(&a->trace, path, err))
		return -1;
	a->is_asked = events < a->trace.nevents;
	return compute(a, ancestry, options, err);
}

void analysis_close(struct analysis *a)
{
	heap_errors_free(&a->errors);
	leak_set_free(&a->leaks);
	classes_free(&a->classes);
	counts_free(&a->counts);
	models_close(&a->models);
	declarations_free(&a->declared);
	graph_free(&a->graph);
	heap_free(&a->heap);
	trace_close(&a->trace);
	*a = (struct analysis){ 0 };
}
