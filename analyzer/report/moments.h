/* moments.h: the moments of a trace at which what lives can be compared: its whole snapshots,
 * the epochs that the program marked, and its end. */
#ifndef LG_REPORT_MOMENTS_H
#define LG_REPORT_MOMENTS_H

#include "report/analysis.h"

struct moment {
	const struct trace_snapshot *snapshot; /* NULL: no memory was read then */
	const char *what; /* "snapshot", "mark", "exit", "end" */
	const char *name; /* that the program gave it; NULL: none */
	uint64_t events; /* of the trace that lie before it */
	uint64_t key;
};

struct moments {
	struct moment *at; /* in their order; owned */
	uint32_t n;
};

/* -1: no memory */
int moments_find(struct moments *m, const struct trace *t);
void moments_free(struct moments *m);
/* The moment that a user means by "2", or by the name of a mark: its number, from 1. NO_MOMENT: there is none. */
uint32_t moments_named(const struct moments *m, const char *word);
#define NO_MOMENT UINT32_MAX
/* Nanoseconds from one moment to another; 0: the trace's clock tells no time. */
uint64_t moments_between(const struct trace *t, const struct moment *from, const struct moment *to);

/* The analysis that a user means by "app.lgt", or by "app.lgt@2" as of the second moment, which a->moment is then. A
 * file of that very name comes first. */
int moment_open_named(struct analysis *a, const char *word, struct ancestry *ancestry,
		      const struct analysis_options *options, struct err *err);

/* What lived at a moment before that of the analysis. */
int moment_heap(struct heap *h, const struct analysis *a, const struct moment *moment, struct err *err);

/* The analysis as of a moment; of one without a snapshot only the events are known. */
int moment_open(struct analysis *a, const char *path, const struct moment *moment, struct ancestry *ancestry,
		const struct analysis_options *options, struct err *err);

#endif
