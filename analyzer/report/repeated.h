/* repeated.h: leaks that show in every one of several runs of a program, by their fingerprints. One that does not may be
 * how threads happened to meet, or what a cache held just then. */
#ifndef LG_REPORT_REPEATED_H
#define LG_REPORT_REPEATED_H

#include "report/model.h"

struct repeated {
	char (*seen)[FINGERPRINT_DIGITS + 1]; /* owned; in every run so far; sorted, each once */
	size_t n;
	unsigned runs;
};

/* One more run: forgets what it does not show. 0, or -1 with err. */
int repeated_add(struct repeated *s, const struct report *r, struct err *err);
/* Marks leaks of the last run that were not in all before. 0, or -1 with err. */
int repeated_mark(struct repeated *s, struct report *r, struct err *err);
void repeated_free(struct repeated *s);

#endif
