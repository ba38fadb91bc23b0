/* caller.h: a thread that waits in libc or in the tool's own library, seen from the code that called that. */
#ifndef LG_RECORD_CALLER_H
#define LG_RECORD_CALLER_H

#include "trace/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unwinding;

/* A process of which threads are stopped. */
struct callers {
	const struct trace_mapping *mappings;
	size_t nmappings;
	struct unwinding *unwinding; /* owned: what libunwind knows of it; NULL: nothing yet */
};

struct caller_request {
	int64_t call; /* the system call that the thread is in; negative: none */
	bool is_asking; /* the program had the tool's library wait: its frames are like libc's */
};

/* `t` holds the registers of a thread stopped by ptrace. When it is in a system call of libc's, steps out of libc's
 * frames: they are full of what calls left behind, which would hold blocks that nobody has any more. Then true, and
 * t->regs are those at the call into libc: what a callee must preserve, and the system call's arguments, which the kernel
 * may still use; the rest is zero. t->vector is what the frames have in the registers that a callee must preserve.
 * False: not in a system call, not in libc, in the midst of a hook, or no way out; t is as it was. A function that is at
 * work, and a hook, may hold the only pointer to a block that it was given or is about to hand out. */
bool caller_of_libc(struct callers *c, const struct caller_request *r, struct trace_thread *t);
void callers_free(struct callers *c);

#endif
