/* roots.h: a root word by a name that a person can find in the source or in /proc/PID/maps. */
#ifndef LG_REPORT_ROOTS_H
#define LG_REPORT_ROOTS_H

#include "report/analysis.h"
#include "report/pool.h"

/* A word of a root. */
struct root_name {
	/* "registry.head in app (app.c:12)", "local `conn` in serve(), thread 2", "register rbx of thread 1"; NULL: no
	 * memory */
	const char *text;
	const char *expression; /* what a debugger would take for it: "registry.head"; NULL: nobody knows */
	enum root_kind
	    kind; /* of its region, but for locals of frames that lie right below thread-local storage */
};

/* A model's name comes before that of the memory which the word lies in. */
struct root_name root_name(struct pool *pool, struct analysis *a, const struct root_ref *r);

/* All that a region's words are to the reader, or the variable that begins at `at`: "registry in app", "the stack of
 * thread 2", "the mapping 0x7f..-0x7f.. of /memfd:pool". NULL: no memory. */
const char *root_holder_text(struct pool *pool, struct names *names, const struct heap *h,
			     const struct root_region *region, uint64_t at, bool is_variable);

#endif
