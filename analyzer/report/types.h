/* types.h: the live blocks by type: how many, how large, what they keep alive, how many are lost. What no model knows
 * is told by the function that allocated it and its size. */
#ifndef LG_REPORT_TYPES_H
#define LG_REPORT_TYPES_H

#include "base/buf.h"
#include "base/term.h"
#include "report/model.h"

struct types_row {
	const char *type; /* "struct node"; NULL: unknown, then */
	const struct report_stack *stack; /* ... where one was allocated */
	uint64_t size; /* ... and its bytes */
	const char *model; /* who knows the type: "c++", "cpython"; NULL: nobody */
	struct sum live, lost,
	    retained; /* retained: what would be freed with all of them; zero when not judged */
};

struct types {
	struct report report; /* the process, and the pool that all this lives in */
	struct types_row *rows; /* by live bytes falling, then by birth of the oldest */
	uint32_t nrows;
	struct sum typed, all;
};

int types_load(struct types *t, const char *path, const struct report_options *options, struct err *err);
void types_free(struct types *t);

void types_text(const struct term *term, const struct types *t, bool all, const char *here);
void types_json(struct buf *out, const struct types *t);

#endif
