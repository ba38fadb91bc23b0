/* verify.c: stacks handed to the recorder, to be checked against libunwind's.
 *
 * The thread notes its registers, asks, and waits where it stands: until it is answered its stack stays as it is, and
 * the recorder can step from this very frame outwards without any of the shim's rules. Waits no longer than the
 * recorder lives. A handler that allocates while its thread waits goes unchecked. */
#include "shim.h"
#include "sys.h"

#include <string.h>

#define WAIT_NS (10 * 1000 * 1000)

static bool is_due(void)
{
	if (++self.unverified < shim.verify_every ||
	    atomic_load_explicit(&self.thread->check, memory_order_relaxed) != LG_CHECK_NONE)
		return false;
	self.unverified = 0;
	return true;
}

static void wait_for_answer(_Atomic uint32_t *check)
{
	struct patience patience = { 0 };
	uint32_t seen;

	while ((seen = atomic_load(check)) != LG_CHECK_NONE && recorder_alive(&patience)) {
		doorbell_ring();
		sys_futex_wait(check, seen, WAIT_NS);
	}
	seen = LG_CHECK_ASKED;
	atomic_compare_exchange_strong(check, &seen, LG_CHECK_NONE);
}

__attribute__((noinline)) void verify_stack(uint32_t node)
{
	struct lg_thread *t = self.thread;
	struct regs regs;

	if (!is_due())
		return;
	memset(&regs, 0, sizeof regs);
	HERE(&regs);
	t->check_node = node;
	t->check_regs = (uint64_t)regs.r;
	atomic_store(&t->check, LG_CHECK_ASKED);
	wait_for_answer(&t->check);
	__asm__ volatile("" ::"r"(&regs)
			 : "memory"); /* this frame, which the registers belong to, lasts till here */
}
