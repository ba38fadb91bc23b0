/* thread.c: a thread's slot. Claimed with one compare-exchange at its first event, given back by the recorder
 * once the thread is gone: there is nothing to do when a thread ends.
 *
 * A slot is mapped when a thread of this process first claims it: address space may be limited, and locked memory is
 * counted by it. No descriptor is needed for that: what lies further on in the segment is mapped by a mapping before
 * it. */
#include "shim.h"
#include "sys.h"

#define EXPORT __attribute__((visibility("default")))

_Thread_local struct self self;

/* Where slots are mapped here; NULL: not yet. The first one's mapping is its area's. */
LARGE static char *_Atomic slots[LG_THREADS];

static char *slot_mapped(uint32_t i)
{
	return i ? atomic_load(&slots[i]) : (char *)shim.area + LG_OFF_SLOTS;
}

/* Maps slots i to i + n - 1. */
static bool slots_map(uint32_t i, uint32_t n)
{
	uint32_t before = i;
	char *memory;

	while (!slot_mapped(before))
		before--;
	uint64_t passed = (i - before) * LG_SLOT_BYTES;
	memory = sys_map_again(slot_mapped(before), passed + n * LG_SLOT_BYTES);
	if (!memory)
		return false;
	if (passed)
		sys_munmap(memory, passed);
	sys_madvise(memory + passed, n * LG_SLOT_BYTES, MADV_DONTDUMP);
	for (uint32_t k = 0; k < n; k++)
		atomic_store(&slots[i + k], memory + passed + k * LG_SLOT_BYTES);
	return true;
}

void *slot_memory(uint32_t i)
{
	return atomic_load(&slots[i]);
}

void slots_map_ahead(void)
{
	uint32_t i = atomic_load(&shim.area->slots);

	if (i + LG_THREADS_AHEAD <= LG_THREADS)
		slots_map(i, LG_THREADS_AHEAD);
}

void slots_unmap(void)
{
	for (uint32_t i = 1; i < LG_THREADS; i++)
		if (atomic_load(&slots[i])) {
			sys_munmap(atomic_load(&slots[i]), LG_SLOT_BYTES);
			atomic_store(&slots[i], NULL);
		}
}

void note_signal_stack(void)
{
	if (!sandboxed)
		atomic_store(&self.thread->signal_stack, sys_signal_stack());
}

/* Not in a vfork child, which has its parent's memory and a stack of its own. */
static bool is_own_slot(void)
{
	return shim.epoch && thread_ready() && (sandboxed || atomic_load(&self.thread->tid) == sys_gettid());
}

/* Nothing but the kernel may still have it. */
EXPORT int sigaltstack(const stack_t *stack, stack_t *former)
{
	boot(); /* a constructor before ours may call it */
	int answer = real_end.sigaltstack(stack, former);

	if (!answer && stack && is_own_slot())
		atomic_store(&self.thread->signal_stack,
			     stack->ss_flags & SS_DISABLE ? 0 : (uint64_t)stack->ss_sp);
	return answer;
}

/* A slot of this thread's own: a signal handler that allocates while it is claimed, or code that such a handler has jumped
 * to, finds it and begins anew with it; then what had begun before, if it goes on at all, does the same once more. */
static void hold_slot(struct lg_area *area, uint32_t i)
{
	uint32_t seen = atomic_load(&area->slots);

	self.held = i + 1;
	atomic_store(&area->threads[i].tid, sandboxed ? 0 : sys_gettid());
	if (!self.number)
		self.number = atomic_fetch_add(&area->nthreads, 1) + 1;
	area->threads[i].number = self.number;
	while (seen <= i && !atomic_compare_exchange_weak(&area->slots, &seen, i + 1))
		;
}

static void use_slot(struct lg_area *area, uint32_t i)
{
	struct lg_thread *t = &area->threads[i];
	char *memory = slot_mapped(i);

	atomic_store(&t->check, LG_CHECK_NONE);
	atomic_store(&t->waiting, 0);
	atomic_store(&t->asking, 0);
	atomic_store(&t->signal_stack, 0);
	self.thread = t;
	note_signal_stack();
	self.tail = atomic_load(&t->tail);
	self.put_key = 0;
	order_now(); /* keys count on from here */
	self.random = shim.sample_seed + self.number;
	self.random = sample_random(&self.random);
	self.unsampled = sample_draw(&self.random, shim.sample_bytes);
	self.scratch = (struct scratch *)memory;
	unwind_reset(self.scratch);
	python_reset(python_scratch(self.scratch));
	self.ring = (struct lg_slot *)(memory + LG_SCRATCH_BYTES);
}

static bool claim_slot(struct lg_area *area)
{
	for (uint32_t i = 0; i < LG_THREADS && !self.held; i++) {
		uint32_t vacant = LG_SLOT_FREE;

		if (atomic_compare_exchange_strong(&area->threads[i].state, &vacant, LG_SLOT_LIVE))
			hold_slot(area, i);
	}
	if (!self.held || (!slot_mapped(self.held - 1) && !slots_map(self.held - 1, 1)))
		return false;
	use_slot(area, self.held - 1);
	return true;
}

#define SLOT_WAIT_NS (20 * 1000 * 1000u)
#define EVENTS_BETWEEN_TRIES 1024u

/* All slots taken: the recorder may have some of dead threads to give back. */
static bool wait_for_slot(struct lg_area *area)
{
	uint64_t since = 0;

	while (!claim_slot(area)) {
		uint64_t now = sys_now_ns();

		since = since ? since : now;
		if (now - since > SLOT_WAIT_NS)
			return false;
		doorbell_ring();
		sys_nap(200 * 1000);
	}
	return true;
}

static bool enter_slot(void)
{
	if (self.unlucky && --self.unlucky)
		return false;
	if (!wait_for_slot(shim.area)) {
		self.unlucky = EVENTS_BETWEEN_TRIES;
		return false;
	}
	self.epoch = *shim.epoch;
	return true;
}

bool thread_enter(void)
{
	if (!*shim.epoch)
		return boot_child() && thread_enter();
	if (enter_slot())
		return true;
	atomic_fetch_add(&shim.area->lost_no_slot, 1);
	return false;
}
