/* exit.c: the last moment of a process that exits.
 *
 * A handler registered before all others, for no module, runs after all of them: after atexit handlers, static
 * destructors and _dl_fini (glibc stdlib/exit.c runs them last in, first out). What main's stack held below the
 * caller of exit is dead by then, so that caller's registers are what the recorder counts from. */
#include "shim.h"
#include "sys.h"

int __cxa_atexit(void (*handler)(void *), void *argument, void *dso); /* Itanium C++ ABI, 3.3.6.3 */

static void last_hook(void *unused)
{
	struct lg_area *area = shim.area;
	struct regs regs;

	(void)unused;
	if (!shim.epoch || !thread_ready())
		return;
	area = shim.area;
	if (unwind_to_caller_of((uint64_t)shim.exit, &regs)) {
		for (unsigned i = 0; i < LG_REGS; i++)
			area->exit_regs[i] = regs.r[i];
		area->exit_tid = sys_gettid();
		atomic_store(&area->exiting, 1);
	}
	if (atomic_load(&area->accepted) == LG_ACCEPT_READ)
		request_snapshot(LG_REQ_SNAPSHOT_EXIT);
}

void exit_watch(void)
{
	__cxa_atexit(last_hook, NULL, NULL);
}
