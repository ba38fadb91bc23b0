/* suppressions.h: findings that the user never wants to see, in LeakSanitizer's or Valgrind's syntax, told apart by
 * content.
 *
 * LeakSanitizer: "leak:PATTERN" a line; PATTERN is found anywhere in a frame's function, file or module, with * for
 * anything, ^ and $ for the ends. Valgrind: "{ name / Memcheck:Leak / match-leak-kinds: ... / fun: obj: src: ... }",
 * frames innermost first, * and ? in them, "..." for any number of frames; entries of other tools are skipped.
 * "Memcheck:Free" is for heap errors: its frames are those of the wrong call. So is a comment "# leakgraph:
 * heap-error:PATTERN", which is an entry of its own: PATTERN is like LeakSanitizer's, of the wrong call's frames or of the
 * block's; other readers pass over it. What takes reachable blocks takes places that grow.
 * A comment "# leakgraph: max-blocks=N max-bytes=SIZE expires=YYYY-MM-DD" right before or in an entry bounds it: what
 * is more than that, or later, is not suppressed. */
#ifndef LG_REPORT_SUPPRESSIONS_H
#define LG_REPORT_SUPPRESSIONS_H

#include "report/model.h"

struct suppression {
	const char *name; /* Valgrind's name, or LeakSanitizer's pattern */
	const char *file; /* "built-in" for our own */
	uint32_t line;
	bool is_pattern; /* LeakSanitizer's: any frame may match `name` */
	unsigned kinds; /* bits 1 << enum leak_class, FINDING_HEAP_ERROR */
	const char *const *frames; /* Valgrind's: "fun:x", "obj:y", "src:f.c:12", "..." */
	uint32_t nframes;
	uint64_t max_blocks, max_bytes; /* UINT64_MAX: no bound */
	const char *expires; /* "2027-01-31"; NULL: never */
	bool is_expired; /* as of the day that was given */
	bool is_over; /* it would have suppressed more than its bound */
	struct sum used; /* what it suppressed, over all processes */
	uint64_t uses; /* leaks, wrong frees */
};

#define SUPPRESSIONS_BUILT_IN "built-in"

struct suppressions {
	struct pool pool;
	struct suppression *at; /* in the order of files and lines */
	uint32_t n, room;
};

/* Adds a file's entries; `today` is "YYYY-MM-DD". 0, or -1 with err, which names the file and the line. */
int suppressions_read(struct suppressions *s, const char *path, const char *today, struct err *err);
int suppressions_add(struct suppressions *s, const char *name, const char *text, size_t n, const char *today,
		     struct err *err); /* the same from memory */
int suppressions_add_defaults(struct suppressions *s, struct err *err);
void suppressions_free(struct suppressions *s);

/* Their use counts are of this report. Takes what they match out of the leaks, reachable places and class sums of every
 * process, into `suppressed`. */
int suppressions_apply(struct suppressions *s, struct report *r, struct err *err);

#endif
