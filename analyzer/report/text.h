/* text.h: the report for people: the answer first, then what it rests on. */
#ifndef LG_REPORT_TEXT_H
#define LG_REPORT_TEXT_H

#include "base/term.h"
#include "report/model.h"
#include "report/suppressions.h"

struct text_options {
	bool all; /* every leak and process, not the top ones */
	bool full_stacks;
	bool show_possible, show_reachable; /* list them, not only count */
	bool brief; /* no class table and totals for what is clean or told in one line */
	const char *here; /* the current folder, for short paths; may be NULL */
	bool trace_is_gone; /* it was recorded only for this report: "next:" says how to keep it */
};

void report_text(const struct term *term, const struct report *r, const struct text_options *options);
/* Its first line: how the program ended and what it lost, or of several programs what they lost together. */
void report_headline(const struct term *term, const struct report *r);

/* What a suppression of a file did, or that it did nothing or is no longer good. Ours are told with `all`, when used. */
bool suppression_is_told(const struct suppression *p, bool all);
void suppression_text(const struct term *term, const struct suppression *p);

#endif
