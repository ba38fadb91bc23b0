/* launch.h: starts PROGRAM under the shim, held back until the recorder is ready for it. */
#ifndef LG_RECORD_LAUNCH_H
#define LG_RECORD_LAUNCH_H

#include "base/err.h"
#include "record/environment.h"

#include <stdint.h>
#include <sys/types.h>

struct launch {
	pid_t pid;
	int go_fd; /* a byte lets the child exec */
	int failure_fd; /* the child's errno when exec failed; end of file when it worked */
	char *shim_link; /* a private name for the shim without spaces and colons, or NULL */
};

/* The shim beside this program (build/) or in ../lib/leakgraph (installed). `path` is PATH_MAX long. */
int launch_find_shim(char *path, struct err *err);
/* Forks the child, which waits. `segment_fd` is this process's descriptor of the segment. */
int launch_prepare(struct launch *l, const char *program, char **argv, const struct environment *environment,
		   int segment_fd, struct err *err);
/* Lets it exec. 0, or -1 with err and *exit_status 126 or 127. */
int launch_go(struct launch *l, const char *program, int *exit_status, struct err *err);
void launch_abandon(struct launch *l); /* never let it go */
void launch_close(struct launch *l);

#endif
