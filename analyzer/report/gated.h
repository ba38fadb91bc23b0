/* gated.h: what of a report counts for a gate, in the report's order, and how it is called. */
#ifndef LG_REPORT_GATED_H
#define LG_REPORT_GATED_H

#include "base/buf.h"
#include "report/gate.h"

/* What a renderer is told besides the report. */
struct output_context {
	const struct gate_options *gate; /* kinds and processes that count */
	const struct gate_result *result; /* NULL: nothing was gated */
	const char *root; /* of the sources: files below it are written relative to it */
};

/* What counts, in the report's order: for (struct finding f = { 0 }; finding_next(&f, r, c);) */
bool finding_next(struct finding *f, const struct report *r, const struct output_context *c);
bool finding_is_accepted(const struct finding *f); /* a baseline knows it */

/* The innermost frame in a file below the root; else the stack's site; NULL: there is none. */
const struct report_frame *finding_place(const struct report_stack *s, const struct output_context *c);
/* "src/a.c" below the root, else as it is; NULL when the file is not known. */
const char *finding_file(const struct report_frame *f, const struct output_context *c);
bool finding_is_below_root(const struct report_frame *f, const struct output_context *c);
/* "300 B in 2 blocks leaked, allocated by make_leak"; "double free by free in drop" */
void finding_title(struct buf *out, const struct finding *f);

#endif
