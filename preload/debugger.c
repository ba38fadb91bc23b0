/* debugger.c: a process can have one tracer. Where the program has one of its own in mind (a debugger that it starts or
 * is, a crash handler that looks at its parent), the recorder lets go of the process first: from then on that asks for
 * its snapshot itself, as without ptrace. Then the real function is called with the caller's very arguments. */
#include "shim.h"
#include "sys.h"

#include <linux/ptrace.h>

#define EXPORT __attribute__((visibility("default")))
#define WAIT_NS (10 * 1000 * 1000)

static void let_go(uint32_t tid)
{
	struct patience patience = { 0 };

	if (!shim.epoch || !thread_ready())
		return;
	_Atomic uint32_t *word = &shim.area->let_go;
	atomic_store(word, tid);
	while (atomic_load(word) == tid && recorder_alive(&patience)) {
		doorbell_ring();
		sys_futex_wait(word, tid, WAIT_NS);
	}
}

/* <sys/ptrace.h> declares it variadic, which in the kernel it is not. */
EXPORT long ptrace(int request, long tid, long address, long data);
EXPORT long ptrace(int request, long tid, long address, long data)
{
	boot();
	if (request == PTRACE_TRACEME)
		let_go(sys_getpid());
	else if (request == PTRACE_ATTACH || request == PTRACE_SEIZE)
		let_go((uint32_t)tid);
	return real_end.ptrace(request, tid, address, data);
}
