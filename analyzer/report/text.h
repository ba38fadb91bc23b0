/* text.h: the report for people: the answer first, then what it rests on. */
#ifndef LG_REPORT_TEXT_H
#define LG_REPORT_TEXT_H

#include "base/term.h"
#include "report/model.h"

struct text_options {
	bool all; /* every leak and process, not the top ones */
	bool full_stacks;
	bool show_possible, show_reachable; /* list them, not only count */
	bool brief; /* no class table and totals for what is clean or told in one line */
	const char *here; /* the current folder, for short paths; may be NULL */
	bool trace_is_gone; /* it was recorded only for this report: "next:" says how to keep it */
};

void report_text(const struct term *term, const struct report *r, const struct text_options *options);

#endif
