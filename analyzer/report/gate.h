/* gate.h: from a finished report to an exit status. Pure: it reads the model, prints nothing. */
#ifndef LG_REPORT_GATE_H
#define LG_REPORT_GATE_H

#include "report/finding.h"

enum {
	STATUS_USAGE = 2,
	STATUS_GATE = 23, /* LeakSanitizer's number */
	STATUS_TOOL = 125, /* could not judge */
};
#define NO_LIMIT UINT64_MAX
#define GATE_KINDS_DEFAULT (1u << CLASS_DIRECT | 1u << CLASS_CYCLE | 1u << CLASS_INDIRECT)

struct gate_options {
	unsigned kinds; /* bits 1 << enum leak_class, FINDING_HEAP_ERROR, FINDING_GROWTH */
	/* With neither limit given anything found fails; a limit that is not given when the other is, is none.
	 * A leak is a direct block or a cycle, equal ones counted each; of kinds that no counted leak
	 * stands for (indirect alone, possible, reachable) each block counts. */
	uint64_t max_leaks, max_bytes; /* NO_LIMIT: not given */
	/* Of a kind that has a limit of its own, and so is in no other count. Heap errors and places that grow are
	 * in no other in any case: none passes unless it has one. */
	uint64_t max_of[FINDING_KINDS];
	uint64_t max_growth, max_growth_per_second; /* bytes; a place that grew by no more does not count */
	uint64_t max_peak; /* bytes that one process may have at once; NO_LIMIT: not given */
	int error_exitcode;
	bool allow_degraded;
	bool strict_baseline; /* known leaks that are gone fail too */
	bool no_children; /* children were left out on purpose: what exec led to is not missed */
	const char *only_exe; /* glob over executables' paths and base names; NULL: all */
	int wait_status; /* of the program that was run, when it was run here */
	bool has_wait_status; /* else the traces tell how it ended */
};

enum gate_outcome {
	GATE_PASSED,
	GATE_FAILED, /* more than the limits */
	GATE_UNJUDGED, /* leaks may be hidden */
	GATE_TARGET_FAILED,
};

struct gate_result {
	enum gate_outcome outcome;
	int status; /* the exit status */
	uint64_t leaks; /* in gated kinds and processes */
	uint64_t of[FINDING_KINDS]; /* leaks; heap errors, each time; places that grow */
	uint64_t blocks_of[LEAK_CLASSES]; /* with what is lost behind */
	uint64_t known, new_ones, grown, stale; /* with a baseline: findings as shown, entries */
	uint64_t known_bytes;
	uint64_t peak; /* the largest of the processes */
	struct sum found;
	bool is_over; /* found more than the limits, whatever the outcome */
	const struct report_process *blamed; /* GATE_UNJUDGED: the first process that could not be judged */
	const char *why; /* GATE_UNJUDGED: a sentence, owned by the report or static */
	const char *cure; /* NULL: none */
};

struct gate_options gate_defaults(void);
struct gate_result gate_judge(const struct report *r, const struct gate_options *options);
/* --only-exe */
bool gate_covers(const struct report_process *p, const struct gate_options *options);
/* It is of the kinds that count, and not within what may grow; whether a baseline knows it is another question. */
bool gate_counts(const struct finding *f, const struct gate_options *options);

#endif
