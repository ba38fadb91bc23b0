/* thread.c: a thread's slot. Claimed with one compare-exchange at its first event, given back by the recorder
 * once the thread is gone: there is nothing to do when a thread ends. */
#include "shim.h"
#include "sys.h"

_Thread_local struct self self;

static void use_slot(struct lg_area *area, uint32_t i)
{
	struct lg_thread *t = &area->threads[i];
	char *memory = (char *)area + LG_OFF_SLOTS + i * LG_SLOT_BYTES;
	uint32_t seen = atomic_load(&area->slots);

	t->number = atomic_fetch_add(&area->nthreads, 1) + 1;
	while (seen <= i && !atomic_compare_exchange_weak(&area->slots, &seen, i + 1))
		;
	atomic_store(&t->tid, sys_gettid());
	self.thread = t;
	self.scratch = (struct scratch *)memory;
	unwind_reset(self.scratch);
	self.ring = (struct lg_event *)(memory + LG_SCRATCH_BYTES);
}

static bool claim_slot(struct lg_area *area)
{
	for (uint32_t i = 0; i < LG_THREADS; i++) {
		uint32_t vacant = LG_SLOT_FREE;

		if (atomic_compare_exchange_strong(&area->threads[i].state, &vacant, LG_SLOT_LIVE)) {
			use_slot(area, i);
			return true;
		}
	}
	return false;
}

/* All slots taken: the recorder may have some of dead threads to give back. */
static bool wait_for_slot(struct lg_area *area)
{
	struct patience patience = { 0 };

	while (!claim_slot(area)) {
		doorbell_ring();
		sys_nap(200 * 1000);
		if (!recorder_alive(&patience))
			return false;
	}
	return true;
}

bool thread_enter(void)
{
	bool ready;

	if (!*shim.epoch)
		return boot_child() && thread_enter();
	if (self.entering) {
		atomic_fetch_add(&shim.area->lost_nested, 1);
		return false;
	}
	self.entering = 1;
	ready = wait_for_slot(shim.area);
	if (ready)
		self.epoch = *shim.epoch;
	else
		atomic_fetch_add(&shim.area->lost_no_slot, 1);
	self.entering = 0;
	return ready;
}
