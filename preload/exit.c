/* exit.c: the last moment of a process that ends by its own doing.
 *
 * A handler registered before all others, for no module, runs after all of them: after atexit handlers, static
 * destructors and _dl_fini (glibc stdlib/exit.c runs them last in, first out). What main's stack held below the
 * caller of exit is dead by then, so that caller's registers are what the recorder counts from.
 * Where ptrace shows the recorder every ending, that is all; elsewhere the process asks for its snapshot and waits,
 * before _exit, quick_exit and abort too, as far as they are called from outside libc; and where compilers and assert()
 * lead into libc, to end in an abort of its own. */
#include "shim.h"
#include "sys.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

int __cxa_atexit(void (*handler)(void *), void *argument, void *dso); /* Itanium C++ ABI, 3.3.6.3 */
int __cxa_at_quick_exit(void (*handler)(void *), void *dso);

void note_end(void)
{
	uint32_t tid = sys_gettid(), which = tid == sys_getpid() ? LG_EXIT_FIRST : LG_EXIT_OTHER;
	struct lg_exit *note = &shim.area->exits[which];
	struct regs regs;

	if (!unwind_to_program(&regs))
		return;
	for (unsigned i = 0; i < LG_REGS; i++)
		note->regs[i] = regs.r[i];
	/* The control block's first word is its own address, which is fs_base (x86-64 TLS ABI, variant II). */
	__asm__("movq %%fs:0, %0" : "=r"(note->fs_base));
	note_signal_stack();
	note->tid = tid;
	atomic_store(&shim.area->exiting, 1 + which);
}

/* Then nothing that its registers refer to is a block. Of a forked child, which may not have said HELLO, no one knows. */
static bool has_allocated_nothing(void)
{
	return *shim.epoch && !atomic_load(&shim.area->nthreads);
}

static void last_hook(void *unused)
{
	(void)unused;
	if (!shim.epoch)
		return;
	if (!has_allocated_nothing()) {
		if (!thread_ready())
			return;
		note_end();
	}
	if (atomic_load(&shim.area->accepted) == LG_ACCEPT_READ)
		request_snapshot(LG_REQ_SNAPSHOT_EXIT);
}

void exit_watch(void)
{
	__cxa_atexit(last_hook, NULL, NULL);
	__cxa_at_quick_exit(last_hook, NULL);
}

/* A vfork child that leaves takes nothing with it: memory and epoch are its parent's. */
static bool takes_image(void)
{
	boot(); /* a constructor before ours may leave */
	return shim.epoch && *shim.epoch && atomic_load(&shim.area->pid) == sys_getpid();
}

static void leave_early(void)
{
	if (takes_image() && atomic_load(&shim.area->accepted) == LG_ACCEPT_READ)
		last_hook(NULL);
}

/* No way back, and where another thread ends the process at the same time, one of them may end unseen by ptrace. */
EXPORT void _exit(int status)
{
	if (takes_image())
		last_hook(NULL);
	real_end.exit_now(status);
	__builtin_unreachable();
}

EXPORT extern __typeof__(_exit) _Exit __attribute__((alias("_exit")));

/* syscall(SYS_exit_group, status): sandbox.c leads here. */
void ending_syscall(long n, long status)
{
	if (takes_image())
		last_hook(NULL);
	real_end.syscall(n, status, 0, 0, 0, 0, 0);
}

EXPORT void abort(void)
{
	leave_early();
	real_end.abort();
	__builtin_unreachable();
}

EXPORT void __assert_fail(const char *claim, const char *file, unsigned line, const char *function)
{
	leave_early();
	real_end.assert_fail(claim, file, line, function);
	__builtin_unreachable();
}

EXPORT void __assert_perror_fail(int error, const char *file, unsigned line, const char *function)
{
	leave_early();
	real_end.assert_perror_fail(error, file, line, function);
	__builtin_unreachable();
}

EXPORT __attribute__((noreturn)) void __stack_chk_fail(void);
EXPORT void __stack_chk_fail(void)
{
	leave_early();
	real_end.stack_chk_fail();
	__builtin_unreachable();
}
