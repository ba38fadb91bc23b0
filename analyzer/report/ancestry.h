/* ancestry.h: the traces of the images that a forked image comes from, found where `run` put them. */
#ifndef LG_REPORT_ANCESTRY_H
#define LG_REPORT_ANCESTRY_H

#include "heap/heap.h"

#define ANCESTORS_MAX 16u /* a chain of forks without exec, deeper than any that is not a runaway */

struct ancestry {
	struct trace traces[ANCESTORS_MAX];
	struct ancestor ancestors[ANCESTORS_MAX]; /* oldest first; their traces are above */
	size_t count; /* 0: not forked, or some parent is not at hand: then nothing is known of what was inherited */
};

void ancestry_open(struct ancestry *a, const struct trace *child);
void ancestry_close(struct ancestry *a);

#endif
