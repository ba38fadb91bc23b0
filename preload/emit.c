/* emit.c: the producer's side of a thread's ring.
 *
 * An event first reserves its slots with one instruction, then is written, then committed; a signal handler that
 * allocates in between takes the next slots and commits on its own. Never allocates, leaves errno alone. */
#include "memos.h"
#include "shim.h"
#include "sys.h"

/* The latest of a process that counts from beat to beat: behind the recorder's clock, which is faster than events are. */
static _Atomic uint64_t counted;

static uint64_t count_from_beat(void)
{
	uint64_t beat = atomic_load(&shim.control->beat_key), last = atomic_load(&counted), key;

	do
		key = last + 1 > beat ? last + 1 : beat;
	while (!atomic_compare_exchange_weak(&counted, &last, key));
	return key;
}

uint64_t order_untimed(void)
{
	self.key =
	    shim.clock == ORDER_BEATS ? count_from_beat() : atomic_fetch_add(&shim.control->counter, 1) + 1;
	return self.key;
}

void order_leave_tsc(void)
{
	if (!shim.epoch || shim.clock != ORDER_TSC)
		return;
	atomic_store(&counted, order_now());
	shim.clock = ORDER_BEATS;
}

/* Takes a page over, then reads the clock. If it was taken away again in between, whoever has it may have read the clock
 * earlier than this: then it is nobody's, and the next event there reads the clock again. */
uint64_t order_take(uint64_t addr, uint64_t beat)
{
	_Atomic uint64_t *owner = order_owner(addr);
	uint64_t mine = order_mine(addr), key;

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

	if (shim.control->drop_when_full || atomic_load(&shim.control->closed) ||
	    atomic_load(&shim.area->accepted) == LG_ACCEPT_REFUSED)
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

/* False: a signal handler has put events there meanwhile. No lock prefix: only this thread writes, and a signal comes
 * before or after one instruction. */
static inline bool ring_claim(struct lg_thread *t, uint64_t place, uint64_t nslots)
{
	bool is_mine;

	__asm__ volatile("cmpxchgq %3, %1"
			 : "=@ccz"(is_mine), "+m"(*(uint64_t *)&t->reserved), "+a"(place)
			 : "r"(place + nslots)
			 : "memory");
	return is_mine;
}

static inline void slot_commit(uint64_t place, uint64_t head, uint64_t rest)
{
	struct lg_slot *slot = &self.ring[place % LG_RING_SLOTS];

	slot->rest = rest;
	atomic_store_explicit(&slot->head, head | lg_slot_lap(place), memory_order_release);
}

static __attribute__((noinline)) void commit_wide(uint64_t place, const struct lg_event *e)
{
	slot_commit(place + 1, lg_more_head(e), e->size);
	slot_commit(place, lg_wide_head(e), e->addr);
}

/* Puts an event, all of it but its key, into the ring; it is about the page of `at`. False: the ring is full.
 * `put_key` follows last: a handler's key must not rest on that of an event which is not there. */
static inline __attribute__((always_inline)) bool ring_put(uint64_t room, struct lg_event e, const void *at)
{
	uint64_t place, nslots;

	do {
		if (unlikely(!ring_has_room(&self, room)) && !ring_wait(&self))
			return false;
		place =
		    atomic_load_explicit(&self.thread->reserved, memory_order_acquire); /* before the key */
		e.key = order_key((uint64_t)at);
		nslots = likely(lg_event_is_narrow(&e, self.put_key)) ? 1 : 2;
	} while (unlikely(!ring_claim(self.thread, place, nslots)));
	if (likely(nslots == 1))
		slot_commit(place, lg_narrow_head(&e), lg_narrow_rest(&e));
	else
		commit_wide(place, &e);
	if (likely(e.key > self.put_key))
		self.put_key = e.key;
	if (unlikely((place + nslots) % LG_RING_WAKE < nslots))
		wake_recorder();
	return true;
}

static void count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

/* ---- frees that look wrong --------------------------------------------------------------------------- */

#define ENDED_TAG_SHIFT 22 /* stacks have 22 bits */

/* Puts down who freed addr, and says who did so before. */
static __attribute__((noinline)) uint32_t ended_exchange(uint64_t addr, uint32_t stack)
{
	uint64_t tag = addr / 16 << ENDED_TAG_SHIFT;
	uint64_t before = atomic_exchange(&shim.ended[addr / MEMO_SPACING % MEMOS_MOST], tag | stack);

	return (before ^ tag) >> ENDED_TAG_SHIFT ? 0 : (uint32_t)before % LG_NODES;
}

/* What a free says besides its address when it looks wrong: as in lg_event. */
struct doubt {
	uint64_t size;
	uint32_t stack;
	uint16_t aligns;
};

/* ... and when nothing is known of the block: the events have to tell. */
static inline struct doubt free_claim(size_t size, memo given)
{
	return (struct doubt){ .size = (uint32_t)size, .aligns = memo_aligns(given) };
}

/* A free that did not fit at a glance, or whose stack was asked for. */
static struct doubt free_look(uint64_t addr, size_t size, memo known, memo given, const uint64_t *frame)
{
	struct doubt d = { 0 };
	bool is_forgotten = memo_is_of_other(known, addr);
	bool is_fine = is_forgotten || memo_is_left_out(known, addr) || memo_fits(known, given, addr);

	if (is_fine && !shim.ended)
		return d;
	uint32_t stack = python_join(unwind_stack(frame));
	uint32_t before = shim.ended ? ended_exchange(addr, stack) : 0;
	if (is_fine)
		return is_forgotten ? free_claim(size, given) : d;
	d.stack = stack;
	d.size = (uint64_t)before << 32 | (uint32_t)size;
	d.aligns = memo_aligns(given);
	if (known)
		d.aligns |= (uint16_t)(memo_aligns(known) << 8);
	return d;
}

static inline __attribute__((always_inline)) void put_free(enum lg_event_type type, const void *p,
							   enum lg_entry entry, struct doubt doubt)
{
	struct lg_event e = { .type = type,
			      .addr = (uint64_t)p,
			      .size = doubt.size,
			      .stack = doubt.stack,
			      .entry = (uint16_t)entry,
			      .aligns = doubt.aligns };

	if (unlikely(!ring_put(LG_RING_SLOTS - RING_SLACK, e, p)))
		count(&self.thread->lost_frees, 1);
}

/* ---- events ------------------------------------------------------------------------------------------ */

/* Nothing to tell: not recording, or an operator's own call. */
static inline bool is_silent(const uint64_t *frame)
{
	if (unlikely(!shim.epoch)) {
		boot_pass_by();
		return true;
	}
	return !thread_ready() || (unlikely(self.inside) && operators_contain(frame[1]));
}

static void remember_left_out(const void *p, size_t size)
{
	atomic_store_explicit(memo_place((uint64_t)p), memo_make((uint64_t)p, size, MEMO_LEFT_OUT),
			      memory_order_relaxed);
}

static __attribute__((noinline)) void leave_out(const void *p, size_t size)
{
	remember_left_out(p, size);
	count(&self.thread->left_out_allocs, 1);
	count(&self.thread->left_out_bytes, size);
	if (!self.has_left_out)
		emit_told(LG_TOLD_LEFT_OUT, p, size, LG_NO_NAME);
	self.has_left_out = shim.has_left_out = true;
}

/* True: the block is recorded. */
static inline bool sample(const void *p, size_t size)
{
	size += !size;
	if (likely(self.unsampled >= size)) {
		self.unsampled -= size;
		return false;
	}
	self.unsampled = sample_draw(&self.random, shim.sample_bytes);
	sampled_add(shim.private->sampled, (uint64_t)p);
	python_forget(python_scratch(self.scratch));
	return true;
}

/* A block that is resized stays recorded, if it was; where blocks are sampled, its new size has its own chance. */
static __attribute__((noinline)) bool is_left_out(enum lg_event_type type, const void *p, size_t size)
{
	if (unlikely(self.paused |
		     (atomic_load_explicit(&shim.area->paused, memory_order_relaxed) & ~LG_PAUSED_SAMPLED)) &&
	    type == LG_EV_ALLOC) {
		leave_out(p, size);
		return true;
	}
	if (!shim.sample_bytes || !p || sample(p, size))
		return false;
	if (type == LG_EV_RESIZE)
		put_free(type, (const void *)LG_UNRECORDED, LG_ENTRY_REALLOC, (struct doubt){ 0 });
	return true;
}

static inline bool may_leave_out(void)
{
	return unlikely(self.paused | atomic_load_explicit(&shim.area->paused, memory_order_relaxed));
}

bool emit_left_out(const void *p)
{
	if (unlikely(shim.sample_bytes))
		return !sampled_holds(shim.private->sampled, (uint64_t)p);
	return shim.epoch &&
	       memo_is_left_out(atomic_load_explicit(memo_place((uint64_t)p), memory_order_relaxed),
				(uint64_t)p);
}

void emit_still_left_out(const void *p, size_t size)
{
	if (shim.epoch && !shim.sample_bytes)
		remember_left_out(p, size);
}

void emit_still_recorded(const void *p)
{
	if (shim.sample_bytes)
		sampled_add(shim.private->sampled, (uint64_t)p);
}

/* `aligned`: memo_align() of what operator new was given. */
static inline __attribute__((always_inline)) bool put_alloc(enum lg_event_type type, const void *p,
							    size_t size, memo aligned, enum lg_entry entry,
							    const uint64_t *frame)
{
	if (is_silent(frame) || (may_leave_out() && is_left_out(type, p, size)))
		return false;
	uint32_t stack = unwind_stack(frame);
	if (unlikely(shim.verify_every))
		verify_stack(stack);
	stack = python_join(stack);
	atomic_store_explicit(memo_place((uint64_t)p), memo_make((uint64_t)p, size, entry) | aligned,
			      memory_order_relaxed);
	struct lg_event e = { .type = type,
			      .addr = (uint64_t)p,
			      .size = size,
			      .stack = stack,
			      .entry = (uint16_t)entry,
			      .aligns = memo_aligns(aligned) };
	if (unlikely(!ring_put(LG_RING_SLOTS - LG_RING_FREE_ROOM, e, p))) {
		count(&self.thread->lost_allocs, 1);
		count(&self.thread->lost_bytes, size);
		return true;
	}
	if (unlikely(self.disabled) && p)
		emit_told(LG_TOLD_IGNORE, p, 0, LG_NO_NAME);
	return true;
}

bool emit_alloc(enum lg_event_type type, const void *p, size_t size, enum lg_entry entry,
		const uint64_t *frame)
{
	return put_alloc(type, p, size, 0, entry, frame);
}

void emit_alloc_aligned(const void *p, size_t size, size_t alignment, enum lg_entry entry,
			const uint64_t *frame)
{
	put_alloc(LG_EV_ALLOC, p, size, memo_align(alignment), entry, frame);
}

/* Any free that did not fit at a glance. */
static __attribute__((noinline)) void free_doubted(enum lg_event_type type, const void *p, size_t size,
						   memo given, const uint64_t *frame)
{
	_Atomic memo *at = memo_place((uint64_t)p);
	memo known = atomic_load_explicit(at, memory_order_relaxed);
	struct doubt doubt = free_look((uint64_t)p, size, known, given, frame);

	if (!memo_is_of_other(known, (uint64_t)p))
		atomic_store_explicit(at, memo_ended(known), memory_order_relaxed);
	put_free(type, p, given & MEMO_ENTRY, doubt);
}

/* Nothing to tell of the end of a block that was not. */
static inline bool was_unsampled(const void *p)
{
	return unlikely(shim.sample_bytes) && !sampled_take(shim.private->sampled, (uint64_t)p);
}

void emit_free(enum lg_event_type type, const void *p, enum lg_entry entry, const uint64_t *frame)
{
	if (is_silent(frame) || was_unsampled(p))
		return;
	_Atomic memo *at = memo_place((uint64_t)p);
	memo known = atomic_load_explicit(at, memory_order_relaxed);

	if (likely(memo_fits_free(known, (uint64_t)p))) {
		atomic_store_explicit(at, memo_ended(known), memory_order_relaxed);
	} else if (!memo_is_of_other(known, (uint64_t)p) || shim.ended) {
		free_doubted(type, p, 0, memo_make((uint64_t)p, 0, entry), frame);
		return;
	}
	put_free(type, p, entry, (struct doubt){ 0 });
}

void emit_free_given(const void *p, size_t size, size_t alignment, enum lg_entry entry, const uint64_t *frame)
{
	if (is_silent(frame) || was_unsampled(p))
		return;
	_Atomic memo *at = memo_place((uint64_t)p);
	memo known = atomic_load_explicit(at, memory_order_relaxed);
	memo given = memo_make((uint64_t)p, size, entry) | memo_align(alignment);
	struct doubt doubt = { 0 };

	if (likely(memo_fits(known, given, (uint64_t)p)) && !shim.ended) {
		atomic_store_explicit(at, memo_ended(known), memory_order_relaxed);
	} else if (!memo_is_of_other(known, (uint64_t)p) || shim.ended) {
		free_doubted(LG_EV_FREE, p, size, given, frame);
		return;
	} else {
		doubt = free_claim(size, given);
	}
	put_free(LG_EV_FREE, p, entry, doubt);
}

/* What is not told may be reported falsely: its loss counts as the one that has the same effect. */
static void put_told(enum lg_told what, const void *p, size_t bytes, uint32_t stack, uint32_t name)
{
	struct lg_event e = { .type = LG_EV_TOLD,
			      .addr = (uint64_t)p,
			      .size = bytes,
			      .stack = stack,
			      .entry = (uint16_t)what,
			      .aligns = (uint16_t)name };

	if (!ring_put(LG_RING_SLOTS - RING_SLACK, e, p))
		count(&self.thread->lost_frees, 1);
}

void emit_told(enum lg_told what, const void *p, size_t bytes, uint32_t name)
{
	put_told(what, p, bytes, 0, name);
}

void emit_member(const void *p, size_t size, const uint64_t *frame)
{
	put_told(LG_TOLD_MEMBER, p, size, unwind_stack(frame), LG_NO_NAME);
	if (unlikely(self.disabled))
		emit_told(LG_TOLD_IGNORE, p, 0, LG_NO_NAME);
}

void emit_mark(uint32_t number)
{
	ring_put(LG_RING_SLOTS - RING_SLACK, (struct lg_event){ .type = LG_EV_MARK, .addr = number }, NULL);
}
