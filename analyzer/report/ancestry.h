/* ancestry.h: what forked images inherited, from the traces of the images that they were forked from; and the names of
 * the files that the traces of one run share.
 *
 * Traces are found where `run` puts them: the first in FILE, all others in FILE.children/, where another run's may lie,
 * too. A parent's events are replayed once for all of its children. */
#ifndef LG_REPORT_ANCESTRY_H
#define LG_REPORT_ANCESTRY_H

#include "heap/heap.h"
#include "names/names.h"

struct ancestry {
	char *first; /* FILE of the run that the members are of; NULL: none yet */
	uint64_t run_unix_ns; /* ... and when it began */
	struct relative *members;
	size_t count;
	uint64_t ranges_left; /* how many more may be kept: beyond, nothing is known */
	struct names *names; /* of the last trace, for the next; NULL: none yet */
};

/* The blocks that were live when `child` was forked, sorted, disjoint; they live as long as the ancestry. False:
 * not known, because some parent's trace is not at hand. Start with a zeroed ancestry. */
bool ancestry_inherited(struct ancestry *a, const struct trace *child, const struct lg_range **ranges,
			size_t *n);
/* For one trace at a time; they live until the next is asked for. 0, or -1 with err. */
int ancestry_names(struct ancestry *a, struct names **names, const struct trace *t,
		   const struct names_options *options, struct err *err);
void ancestry_close(struct ancestry *a);

#endif
