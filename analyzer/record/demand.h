/* demand.h: one leakgraph asks the recorder of another for something, through the control pages of its segment. */
#ifndef LG_RECORD_DEMAND_H
#define LG_RECORD_DEMAND_H

#include "base/err.h"
#include "record/segment.h"

#include <stdbool.h>
#include <stdint.h>

struct demand_answer {
	uint64_t snapshot; /* its number in the trace */
	uint64_t pause_ns; /* how long the process stood still */
	char text[1024]; /* the trace's path; refused: why */
	bool is_refused;
};

/* Has the recorder of a process take a snapshot of it, leave out what it allocates from now on, or no longer, and waits for
 * that. -1 with err: nobody records it, nobody answers, or it is refused. */
int demand(uint32_t pid, enum lg_wanted wanted, struct demand_answer *answer, struct err *err);

/* The recorder's side: the process that something is wanted of; 0: none is. Each is to be answered. */
uint32_t demand_taken(const struct segment *s, enum lg_wanted *wanted);
void demand_answer(struct segment *s, const struct demand_answer *answer);

#endif
