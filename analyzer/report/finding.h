/* finding.h: one thing that a gate may count, of whatever kind: a heap error, a leak, a place that grows. Gates,
 * baselines and suppressions know no more of it than this. */
#ifndef LG_REPORT_FINDING_H
#define LG_REPORT_FINDING_H

#include "report/model.h"

struct finding {
	uint32_t next_process, next; /* where finding_next() of gated.h goes on */
	const struct report_process *process;
	const struct report_leak *leak; /* a leak, or a place that grows; NULL: */
	const struct report_error *error;
	unsigned kind; /* an enum leak_class, FINDING_HEAP_ERROR, FINDING_GROWTH */
	const char *id, *name; /* "L1", "E1", "G1"; "cycle", "double-free", "growth" */
	const struct fingerprint *fingerprint;
	const struct report_stack *stack; /* where it was allocated; of a heap error: of the wrong call */
	struct sum sum; /* with what is lost behind; of a heap error how often, and no bytes */
	enum baseline_state *baseline; /* in the model, to be set; so is */
	bool *is_unsteady;
};

/* The one with this number among a process's: heap errors, leaks, places that grow. False: there are not so many. */
bool finding_at(struct finding *f, const struct report_process *p, uint32_t number);
struct finding finding_of_error(const struct report_process *p, struct report_error *e);
struct finding finding_of_leak(const struct report_process *p, struct report_leak *leak);
/* "cycle", "heap-error", "growth": what --kinds calls it. */
const char *finding_kind_name(unsigned kind);

#endif
