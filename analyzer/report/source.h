/* source.h: the live and the dead by source line: what each line allocated, what of it lives, leaked, was temporary, or
 * was there at the peak. */
#ifndef LG_REPORT_SOURCE_H
#define LG_REPORT_SOURCE_H

#include "base/buf.h"
#include "base/term.h"
#include "report/model.h"

struct source_row {
	const char *file, *function, *module; /* file NULL: unknown; the row is then a function's */
	uint32_t line; /* 0: unknown */
	struct sum allocated, live, lost, peak;
	uint64_t temporary; /* blocks that were freed before their thread allocated anything else */
};

struct source {
	struct report report; /* the process, and the pool that all this lives in */
	struct source_row *rows; /* by live bytes falling, then peak, then allocated, then as they were met */
	uint32_t nrows;
};

int source_load(struct source *s, const char *path, const struct report_options *options, struct err *err);
void source_free(struct source *s);

/* With the line itself under its numbers, where the file is at hand. */
void source_text(const struct term *t, const struct source *s, bool all, const char *here);
void source_json(struct buf *out, const struct source *s);

#endif
