/* dead_stacks.c: see dead_stacks.h.
 *
 * glibc 2.36 (nptl/allocatestack.c, sysdeps/x86_64/nptl/tls.h) maps a thread's stack with a guard below and its
 * control block, struct pthread, at the top. The block begins with tcb (itself), dtv, self (itself); when the
 * thread has ended its tid is 0, or -1 once it has been joined and the mapping waits in a cache with all that was on it.
 * A thread that was detached has itself for its joinid; of another the result is there for who will join it. */
#include "heap/dead_stacks.h"

#include "heap/owned.h"
#include "heap/roots.h"

#define TCB_ALIGNMENT 64u
#define TCB_TID 720u /* offsetof(struct pthread, tid), half a word */
#define TCB_JOINID 1568u
#define TCB_RESULT 1576u

/* A thread id of LG_SMALL_INTEGER or more is not kept in a trace: only known threads tell live blocks from dead. */
static bool threads_are_known(const struct trace_snapshot *s)
{
	for (size_t i = 0; i < s->nthreads; i++)
		if (!(s->threads[i].flags & (LG_THREAD_STOPPED | LG_THREAD_AT_EXIT)) ||
		    !s->threads[i].fs_base)
			return false;
	return true;
}

static bool is_live(const struct trace_snapshot *s, uint64_t tcb)
{
	for (size_t i = 0; i < s->nthreads; i++)
		if (s->threads[i].fs_base == tcb)
			return true;
	return false;
}

static bool looks_dead(const struct trace_snapshot *s, uint64_t tcb, const uint64_t *words)
{
	uint64_t tid;

	return words[0] == tcb && words[1] != tcb && words[2] == tcb &&
	       snapshot_word(s, tcb + TCB_TID, &tid) && (int32_t)tid <= 0 && !is_live(s, tcb);
}

/* Of a thread that looks dead. */
static bool can_be_joined(const struct trace_snapshot *s, uint64_t tcb)
{
	uint64_t tid, joinid;

	return snapshot_word(s, tcb + TCB_TID, &tid) && !(int32_t)tid &&
	       snapshot_word(s, tcb + TCB_JOINID, &joinid) && joinid != tcb;
}

static void paint_nobodys(struct canvas *c, uint64_t start, uint64_t end)
{
	canvas_paint(c, (struct root_region){ .kind = ROOT_NOBODY, .path = "", .start = start, .end = end });
}

/* Only where the guard shows that the mapping begins with this stack. */
static bool has_guard(const struct trace_snapshot *s, const struct trace_mapping *m)
{
	return m > s->mappings && m[-1].end == m->start && !m[-1].prot;
}

static void paint_in_range(struct canvas *c, const struct trace_snapshot *s, const struct trace_memory *range)
{
	uint64_t at = (range->start + TCB_ALIGNMENT - 1) & ~(uint64_t)(TCB_ALIGNMENT - 1);

	for (; at + 24 <= range->start + range->bytes; at += TCB_ALIGNMENT) {
		if (!looks_dead(s, at, range->words + (at - range->start) / 8))
			continue;
		const struct trace_mapping *m = mapping_at(s, at);
		if (!m || !mapping_is_anonymous(m) || !has_guard(s, m))
			continue;
		if (can_be_joined(s, at)) {
			paint_nobodys(c, m->start, at + TCB_RESULT);
			paint_nobodys(c, at + TCB_RESULT + 8, at + TCB_BYTES);
		} else {
			paint_nobodys(c, m->start, at + TCB_BYTES);
		}
	}
}

void paint_dead_stacks(struct canvas *c, const struct heap *h)
{
	const struct trace_snapshot *s = h->snapshot;

	if (!threads_are_known(s))
		return;
	for (size_t i = 0; i < s->nmemory; i++)
		paint_in_range(c, s, &s->memory[i]);
	canvas_dry(c);
}
