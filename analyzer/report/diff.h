/* diff.h: what came, went and grew between two traces, or two moments of one, by the fingerprint of the stack that
 * allocated it: the same over builds and machines. */
#ifndef LG_REPORT_DIFF_H
#define LG_REPORT_DIFF_H

#include "base/buf.h"
#include "base/term.h"
#include "report/model.h"

#define LG_CHANGES(X)                                                                                        \
	X(NEW, "new")                                                                                        \
	X(GROWN, "grown")                                                                                    \
	X(SAME, "same")                                                                                      \
	X(SHRUNK, "shrunk")                                                                                  \
	X(GONE, "gone")
enum change {
#define X(name, text) CHANGE_##name,
	LG_CHANGES(X)
#undef X
};

struct diff_row {
	const char *fingerprint;
	const struct report_stack *stack; /* of the newer side if it is there */
	const char *type; /* of one of its blocks there; NULL: unknown */
	struct sum live[2], lost[2]; /* old, new; lost is zero where nothing is judged */
	enum change change; /* of the live bytes */
};

struct diff {
	struct report sides[2]; /* old, new: one process each */
	uint64_t moments[2]; /* that were asked for, from 1; 0: the end */
	struct sum live[2], lost[2];
	/* By growth of live bytes falling, then new ones by birth, then gone ones by birth */
	struct diff_row *rows;
	uint32_t nrows;
};

/* Each is a trace, or TRACE@N: its moment N, as growth counts them. */
int diff_load(struct diff *d, const char *older, const char *newer, const struct report_options *options,
	      struct err *err);
void diff_free(struct diff *d);

void diff_text(const struct term *term, const struct diff *d, bool all, const char *here);
void diff_json(struct buf *out, const struct diff *d);

#endif
