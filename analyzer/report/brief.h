/* brief.h: what leakgraph check says: a line when all is well, else at most 20 that name what counts, where it was
 * allocated, why it is lost and how to accept it. The whole report is text.h's. */
#ifndef LG_REPORT_BRIEF_H
#define LG_REPORT_BRIEF_H

#include "base/term.h"
#include "report/gated.h"

struct brief_options {
	const struct output_context *context; /* with a result */
	const char *here; /* the current folder, for short paths; may be NULL */
	bool trace_is_gone; /* it was recorded only for this */
};

/* The first lines; brief_outcome writes the last ones. */
void brief_text(const struct term *term, const struct report *r, const struct brief_options *options);
/* "leakgraph: check FAILED: ...", and what passed by a baseline or by limits; nothing when there was nothing. */
void brief_outcome(const struct term *term, const struct report *r, const struct output_context *c);

#endif
