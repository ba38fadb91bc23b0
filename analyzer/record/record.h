/* record.h: the recorder. Launches a program under the shim, follows every process image of its tree, drains
 * their rings into one trace each, and takes a snapshot of each at its end. */
#ifndef LG_RECORD_RECORD_H
#define LG_RECORD_RECORD_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record_options {
	char **argv; /* PROGRAM ARGS..., NULL-terminated */
	const char *output; /* FILE, an existing folder, or NULL: leakgraph.<program>.<pid>.lgt here */
	bool no_ptrace; /* never ptrace the target */
	bool drop_when_full; /* --on-full=drop: lose events at once rather than wait for room */
	bool free_stacks; /* --free-stacks: take the stack of every free too */
	bool no_python_frames; /* --no-python-frames */
	bool full_contents; /* --contents=full */
	uint64_t sample_bytes, sample_seed; /* --sample, as in ring.h */
	bool no_environment; /* leave the target's environment as it is, but for what the shim needs */
	bool no_children; /* record the first program only */
	uint64_t linger_ns; /* how long to stay with descendants that outlive PROGRAM */
	/* Judges a snapshot of a trace that is still being written: how many blocks, and bytes, are lost. False: it cannot
	 * be judged. Called in a thread of its own. */
	bool (*judge)(const char *trace, uint64_t snapshot, uint64_t *blocks, uint64_t *bytes);
};

/* What happened. Traces are in the order in which their images began; the first is PROGRAM's own. */
struct record_result {
	char **traces; /* paths, owned */
	size_t ntraces;
	int wait_status; /* PROGRAM's, as from waitpid(2) */
	uint64_t untraced; /* processes of the tree that the shim met but could not record */
	char *verified; /* NULL: not asked for; else how the stacks compare, as lines for the user; owned */
	char environment[64]; /* "" or what was set for PROGRAM: "PYTHONMALLOC=malloc" */
	char note[512]; /* "" or one line why recording was degraded for the whole run */
};

/* Returns 0 when PROGRAM ran (whatever became of it); -1 with err when it could not be started or traced, and
 * then *exit_status is DESIGN's: 125 (the tool), 126 (cannot be executed), 127 (not found), 2 (usage). */
int record_run(const struct record_options *options, struct record_result *result, int *exit_status,
	       struct err *err);
void record_result_free(struct record_result *result);

/* Checks PROGRAM's file before it is run: static, other class, other libc, script without #!, ...
 * Returns 0 and the resolved path (owned), or -1 with err and *exit_status. */
int record_preflight(const char *program, char **path, int *exit_status, struct err *err);

#endif
