/* sandbox.c: seccomp and the like, seen as they come. In strict mode, and under many a filter, a system call that the program does
 * not make itself is its death, and asking the kernel whether that is so may be one. So the calls that put a filter on
 * are passed on from here, and from just before the first that succeeds the shim makes no system call any more (sys.h):
 * it waits spinning, the recorder looks by itself, stacks are cut where memory was not vouched for before, and forked
 * children pass by unrecorded. A filter that a program begins under, and the recorder does not, is found by boot. */
#include "shim.h"
#include "sys.h"

#include <errno.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#define EXPORT __attribute__((visibility("default")))

volatile bool sandboxed;
_Atomic uint64_t spun_ns;

/* What will be needed is made ready while it can still be had. Returns whether there was a sandbox before. */
static bool sandbox_enter(void)
{
	bool former = sandboxed;

	if (!former && shim.epoch && thread_ready()) {
		unwind_vouch();
		slots_map_ahead();
	}
	sandboxed = true;
	return former;
}

/* A call that puts a filter on. It may also take the TSC away: strict mode does. */
enum effect { EFFECT_NONE, EFFECT_SANDBOX, EFFECT_STRICT, EFFECT_TSC };

static enum effect effect_of(long n, long what, long how)
{
	if (n == SYS_seccomp)
		return what == SECCOMP_SET_MODE_STRICT	 ? EFFECT_STRICT
		       : what == SECCOMP_SET_MODE_FILTER ? EFFECT_SANDBOX
							 : EFFECT_NONE;
	if (n != SYS_prctl)
		return EFFECT_NONE;
	if (what == PR_SET_SECCOMP)
		return how == SECCOMP_MODE_STRICT ? EFFECT_STRICT : EFFECT_SANDBOX;
	return what == PR_SET_TSC && how != PR_TSC_ENABLE ? EFFECT_TSC : EFFECT_NONE;
}

/* Before the call; returns what to go back to when it fails. */
static bool brace(enum effect effect)
{
	boot();
	if (effect == EFFECT_STRICT || effect == EFFECT_TSC)
		order_leave_tsc();
	return effect == EFFECT_SANDBOX || effect == EFFECT_STRICT ? sandbox_enter() : sandboxed;
}

/* <sys/prctl.h> declares it variadic, which in the kernel it is not. */
EXPORT int prctl(int option, long a, long b, long c, long d);
EXPORT int prctl(int option, long a, long b, long c, long d)
{
	bool former = brace(effect_of(SYS_prctl, option, a));
	int answer = real_end.prctl(option, a, b, c, d);

	if (answer < 0)
		sandboxed = former;
	return answer;
}

/* syscall(2) for the two numbers that may put a filter on. */
__attribute__((used)) static long filtering_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	bool former = brace(effect_of(n, a, b));
	long answer = real_end.syscall(n, a, b, c, d, e, f);

	if (answer < 0)
		sandboxed = former;
	return answer;
}

/* One ends the process; the others go straight on, with the caller's stack as it is: vfork is one of them. */
_Static_assert(offsetof(struct real_end, syscall) == 0, "as the stub below finds it");
__asm__(".globl syscall\n\t.type syscall, @function\n"
	"syscall:\n\t.cfi_startproc\n\t"
	"cmpq $317, %rdi\n\tje filtering_syscall\n\t" /* SYS_seccomp */
	"cmpq $157, %rdi\n\tje filtering_syscall\n\t" /* SYS_prctl */
	"cmpq $231, %rdi\n\tje ending_syscall\n\t" /* SYS_exit_group */
	"jmp *real_end(%rip)\n\t"
	".cfi_endproc\n\t.size syscall, .-syscall");
