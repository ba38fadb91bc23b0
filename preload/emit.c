/* emit.c: the producer's side of a thread's ring.
 *
 * An event first reserves its place with one instruction, then is written, then committed; a signal handler that
 * allocates in between takes the next place and commits on its own. Never allocates, leaves errno alone. */
#include "shim.h"
#include "sys.h"

/* Takes a page over, then reads the clock. If it was taken away again in between, whoever has it may have read the clock
 * earlier than this: then it is nobody's, and the next event there reads the clock again. */
uint64_t order_take(_Atomic uint64_t *owner, uint64_t mine, uint64_t beat)
{
	uint64_t key;

	self.beat = beat;
	atomic_exchange(owner, mine);
	key = order_now();
	if (unlikely(atomic_load(owner) != mine))
		atomic_store(owner, 0);
	return key;
}

#define RING_SLACK 64u /* places kept for signal handlers that come between the check and the reserve */

static bool ring_has_room(struct self *s, uint64_t room)
{
	uint64_t reserved = atomic_load_explicit(&s->thread->reserved, memory_order_relaxed);

	if (likely(reserved - s->tail < room))
		return true;
	s->tail = atomic_load_explicit(&s->thread->tail, memory_order_acquire);
	return reserved - s->tail < room;
}

/* Long before the ring is full: a recorder that has found little to do looks again only after some milliseconds. */
static __attribute__((noinline)) void wake_recorder(void)
{
	if (atomic_load_explicit(&shim.control->asleep, memory_order_relaxed))
		doorbell_ring();
}

#define WAIT_NS (2 * 1000 * 1000)

/* A full ring: wait for the recorder as long as it shows life, else give the event up. Waits for more room than it
 * needs: recorder and threads that take turns every few events find nothing in their caches. */
static __attribute__((noinline)) bool ring_wait(struct self *s)
{
	struct patience patience = { 0 };

	if (shim.control->drop_when_full || atomic_load(&shim.control->closed))
		return false;
	while (!ring_has_room(s, LG_RING_RESUME)) {
		wake_recorder();
		atomic_store(&s->thread->waiting, 1);
		if (!ring_has_room(s, LG_RING_RESUME))
			sys_futex_wait(&s->thread->waiting, 1, WAIT_NS);
		if (!recorder_alive(&patience))
			return false;
	}
	return true;
}

static inline struct lg_event *ring_reserve(struct self *s, uint64_t room, uint64_t *place)
{
	uint64_t one = 1;

	if (unlikely(!ring_has_room(s, room)) && !ring_wait(s))
		return NULL;
	/* No lock prefix: only this thread writes, and a signal comes before or after one instruction. */
	__asm__ volatile("xaddq %0, %1" : "+r"(one), "+m"(*(uint64_t *)&s->thread->reserved)::"memory");
	*place = one;
	if (unlikely(one % LG_RING_WAKE == 0))
		wake_recorder();
	return &s->ring[one % LG_RING_EVENTS];
}

static inline void ring_commit(struct lg_event *e, uint64_t place, enum lg_event_type type, const void *p)
{
	uint64_t lap = (place / LG_RING_EVENTS) & 1 ? 0 : LG_EV_LAP;

	atomic_store_explicit(&e->commit, order_key((uint64_t)p) << LG_EV_KEY_SHIFT | lap | type,
			      memory_order_release);
}

static void count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

void emit_alloc(enum lg_event_type type, const void *p, size_t size, enum lg_entry entry,
		const uint64_t *frame)
{
	uint64_t place;

	if (unlikely(!shim.epoch) || !thread_ready())
		return;
	uint32_t stack = unwind_stack(frame);
	if (unlikely(shim.verify_every))
		verify_stack(stack);
	struct lg_event *e = ring_reserve(&self, LG_RING_EVENTS - LG_RING_FREE_ROOM, &place);
	if (unlikely(!e)) {
		count(&self.thread->lost_allocs, 1);
		count(&self.thread->lost_bytes, size);
		return;
	}
	e->addr = (uint64_t)p;
	e->size = size;
	e->stack = stack;
	e->entry = (uint16_t)entry;
	e->flags = 0;
	ring_commit(e, place, type, p);
}

void emit_free(enum lg_event_type type, const void *p, enum lg_entry entry)
{
	uint64_t place;

	if (unlikely(!shim.epoch) || !thread_ready())
		return;
	struct lg_event *e = ring_reserve(&self, LG_RING_EVENTS - RING_SLACK, &place);
	if (unlikely(!e)) {
		count(&self.thread->lost_frees, 1);
		return;
	}
	e->addr = (uint64_t)p;
	e->size = 0;
	e->stack = 0;
	e->entry = (uint16_t)entry;
	e->flags = 0;
	ring_commit(e, place, type, p);
}
