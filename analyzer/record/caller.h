/* caller.h: a thread that stands in a system call of libc's, seen from the code that called libc. */
#ifndef LG_RECORD_CALLER_H
#define LG_RECORD_CALLER_H

#include "trace/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `t` holds the registers of a thread stopped by ptrace; `number` is the system call it is in, or -1. When it
 * is in libc, steps out of libc's frames: libc's own stack is full of what calls left behind, which would hold
 * blocks that nobody has any more. Then true, and t->regs are those at the call into libc: what a callee must
 * preserve, and the system call's arguments, which the kernel may still use; the rest is zero.
 * False: not in libc, or no way out; t is as it was. */
bool caller_of_libc(const struct trace_mapping *mappings, size_t n, struct trace_thread *t, uint64_t number);

#endif
