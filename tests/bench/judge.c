/* judge.c: how long the judge thinks of a trace of a real program: each stage's seconds, the peak of resident
 * memory and the CPU time of all threads.
 *
 *   judge TRACE */
#include "heap/build.h"
#include "passes/breaks.h"
#include "report/analysis.h"
#include "report/holders.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Ends the stage that ran: with its time, or the whole program with why not. */
static void lap(const char *stage, int failed, const struct err *err)
{
	static double since, cpu_since;
	struct rusage usage;

	if (failed) {
		fprintf(stderr, "judge: %s\n", err->text);
		exit(1);
	}
	getrusage(RUSAGE_SELF, &usage);
	if (since > 0)
		printf("%-10s %7.3f s   peak %6ld MiB   %7.3f s of CPU\n", stage,
		       now(CLOCK_MONOTONIC) - since, usage.ru_maxrss / 1024,
		       now(CLOCK_PROCESS_CPUTIME_ID) - cpu_since);
	since = now(CLOCK_MONOTONIC);
	cpu_since = now(CLOCK_PROCESS_CPUTIME_ID);
}

int main(int argc, char **argv)
{
	const struct names_options options = { .no_debuginfod = true };
	static struct analysis a;
	struct holders h;
	struct err err = { "" };

	if (argc != 2)
		return 2;
	lap("start", 0, &err);
	lap("trace", trace_open_unsealed(&a.trace, argv[1], &err), &err);
	a.snapshot = &a.trace.snapshots[a.trace.nsnapshots - 1];
	lap("replay", heap_build_sealing(&a.heap, &a.trace, a.snapshot, &err), &err);
	lap("graph", graph_build(&a.graph, &a.heap, &err) || names_open(&a.names, &a.trace, &options, &err),
	    &err);
	lap("models", models_apply(&a.models, &a.graph, a.names, NULL, &err), &err);
	lap("counts", counts_find(&a.counts, &a.models, &a.graph, &err), &err);
	lap("classify", classify(&a.classes, &a.graph, &err), &err);
	lap("fold", fold_leaks(&a.leaks, &a.classes, &err) || breaks_propose(&a.leaks, &a.classes, &a.models),
	    &err);
	a.is_judged = true;
	lap("dominators", holders_find(&h, &a, &err), &err);
	printf("%u blocks, %lu references\n", a.heap.nblocks, a.graph.first[a.heap.nblocks]);
	return 0;
}
