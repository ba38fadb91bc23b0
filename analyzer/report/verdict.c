/* verdict.c: how far the answer can be trusted. Every reason is one sentence with its numbers; its cure, and
 * whether it hides leaks, come from the table in model.h. */
#include "report/model.h"
#include "base/term.h"
#include "heap/owned.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define REASONS_MAX 64u

static const struct {
	bool hides;
	const char *cure;
} table[] = {
#define X(name, hides, cure) { hides, cure },
	REPORT_REASONS(X)
#undef X
};

const char *report_cure(enum report_reason_code code)
{
	return table[code].cure;
}

bool report_is_complete(const struct report_process *p)
{
	return !p->nreasons;
}

const char *report_signal(char *text, size_t room, uint64_t number)
{
	const char *name = number < 64 ? sigabbrev_np((int)number) : NULL;

	if (name)
		snprintf(text, room, "SIG%s", name);
	else
		snprintf(text, room, "SIG%llu", (unsigned long long)number);
	return text;
}

const char *report_ending(char *text, size_t room, const struct report_process *p)
{
	char name[32];

	if (p->moment) {
		snprintf(text, room, "at moment %u", p->moment);
		return text;
	}
	switch (p->ended) {
	case LG_ENDED_EXITED:
		snprintf(text, room, "exited %llu", (unsigned long long)p->status);
		break;
	case LG_ENDED_SIGNALED:
		snprintf(text, room, "was killed by %s", report_signal(name, sizeof name, p->signal));
		break;
	case LG_ENDED_EXEC:
		snprintf(text, room, "went on as another program");
		break;
	case LG_ENDED_RUNNING:
		snprintf(text, room, "was still running");
		break;
	default:
		snprintf(text, room, "ended unseen");
	}
	return text;
}

int report_add_reason(struct report_process *p, struct pool *pool, enum report_reason_code code,
		      const char *text)
{
	if (!p->reasons)
		p->reasons = pool_take(pool, REASONS_MAX * sizeof *p->reasons);
	if (!p->reasons || !text)
		return -1;
	for (uint32_t i = 0; i < p->nreasons; i++)
		if (!strcmp(p->reasons[i].text, text))
			return 0;
	if (p->nreasons < REASONS_MAX)
		p->reasons[p->nreasons++] =
		    (struct report_reason){ code, text, table[code].cure, table[code].hides };
	return 0;
}

/* ---- the file ------------------------------------------------------------------------------------------ */

static int judge_file(struct report_process *p, const struct trace *t, struct pool *pool)
{
	if (!t->end.present)
		return report_add_reason(
		    p, pool, REASON_UNFINISHED,
		    pool_print(pool, "the trace is cut: the recorder did not finish it%s%s%s",
			       *t->damage ? " (" : "", t->damage, *t->damage ? ")" : ""));
	if (*t->damage)
		return report_add_reason(p, pool, REASON_DAMAGED,
					 pool_print(pool, "the trace is damaged: %s", t->damage));
	return 0;
}

/* A second libc, as dlmopen brings one, has a malloc that no preload reaches. */
static bool has_other_libc(const struct trace_snapshot *s)
{
	unsigned n = 0;

	for (size_t i = 0; s && i < s->nmappings; i++)
		n += s->mappings[i].prot & PROT_EXEC && path_is(s->mappings[i].path, "libc.so.6");
	return n > 1;
}

/* ---- what went past the shim --------------------------------------------------------------------------- */

#define PAST_FUNCTIONS 4u

/* Where libc has what the shim stands before, when libc is the allocator behind it; 0: nowhere that is known. */
static void find_libcs_own(const struct analysis *a, uint64_t own[PAST_FUNCTIONS])
{
	static const char *const functions[PAST_FUNCTIONS] = { "malloc", "calloc", "realloc", "free" };
	const struct trace *t = &a->trace;

	for (size_t i = 0; i < t->nmodules; i++)
		if (path_is(t->modules[i].path, "libc.so.6") && t->process.allocator &&
		    !strcmp(t->modules[i].path, t->process.allocator))
			for (unsigned f = 0; f < PAST_FUNCTIONS; f++)
				if (!names_export(a->names, t->modules[i].id, functions[f], &own[f]))
					own[f] = 0;
}

static bool holds_one_of(const struct trace_memory *range, const uint64_t own[PAST_FUNCTIONS])
{
	for (uint64_t i = 0; i < range->bytes / 8; i++)
		for (unsigned f = 0; f < PAST_FUNCTIONS; f++)
			if (range->words[i] == own[f] && own[f])
				return true;
	return false;
}

/* The first library whose own words lead to libc's functions and not to the shim's, as its global offset table does when
 * it was opened with RTLD_DEEPBIND; NULL: there is none. */
static const char *bound_past(const struct analysis *a)
{
	const struct trace_snapshot *s = a->snapshot;
	uint64_t own[PAST_FUNCTIONS] = { 0 };

	if (s && a->names)
		find_libcs_own(a, own);
	for (size_t i = 0; own[0] && i < s->nmemory; i++) {
		const struct trace_mapping *m = mapping_at(s, s->memory[i].start);
		if (m && m->path && *m->path == '/' && !path_is(m->path, "libc.so.6") &&
		    !path_is(m->path, "liblgpreload.so") && holds_one_of(&s->memory[i], own))
			return m->path;
	}
	return NULL;
}

/* Frees that were not seen leave blocks that look lost; an address that is handed out again gives one away. */
static int judge_bypassed(struct report_process *p, const struct analysis *a, struct pool *pool)
{
	char count[TERM_TEXT];
	const char *past = bound_past(a);

	if (past &&
	    report_add_reason(p, pool, REASON_BYPASSED,
			      pool_print(pool, "not all calls were seen: %s is bound past leakgraph", past)))
		return -1;
	if (p->totals.implied_frees &&
	    report_add_reason(
		p, pool, REASON_BYPASSED,
		pool_print(pool, "not all frees were seen: %s handed out again without one",
			   human_things(count, sizeof count, p->totals.implied_frees, "block"))))
		return -1;
	if (!has_other_libc(a->snapshot))
		return 0;
	return report_add_reason(
	    p, pool, REASON_BYPASSED,
	    pool_print(pool, "part of the program has a libc of its own, whose allocations were not seen"));
}

static bool had_too_many_threads(const struct trace_end *end)
{
	for (size_t i = 0; i < end->nreasons; i++)
		if (!strncmp(end->reasons[i], TRACE_CROWDED, strlen(TRACE_CROWDED)))
			return true;
	return false;
}

static int judge_events(struct report_process *p, const struct trace *t, struct pool *pool)
{
	char allocs[64], frees[64], bytes[TERM_TEXT];
	const struct trace_end *end = &t->end;

	if (t->process.flags & LG_PROCESS_FOREIGN_MALLOC &&
	    report_add_reason(p, pool, REASON_FOREIGN,
			      pool_print(pool, REPORT_FOREIGN_TEXT,
					 t->process.executable && *t->process.executable
					     ? t->process.executable
					     : "its executable")))
		return -1;
	if (!(end->lost_allocs | end->lost_frees))
		return 0;
	return report_add_reason(
	    p, pool, had_too_many_threads(end) ? REASON_CROWDED : REASON_LOST,
	    pool_print(pool, "events lost: %s (%s), %s",
		       human_things(allocs, sizeof allocs, end->lost_allocs, "allocation"),
		       human_bytes(bytes, end->lost_bytes),
		       human_things(frees, sizeof frees, end->lost_frees, "free")));
}

/* Nor does a leak that was left out show, nor is one certain of what blocks that were left out may hold. */
static int judge_sampling(struct report_process *p, struct pool *pool)
{
	char live[64], recorded[TERM_TEXT], every[TERM_TEXT];

	if (!p->sample_bytes)
		return 0;
	return report_add_reason(
	    p, pool, REASON_SAMPLED,
	    pool_print(
		pool,
		"sampled every %s: all numbers are estimates, those of %s from %s recorded; no leak is "
		"certain",
		human_bytes(every, p->sample_bytes),
		human_things(live, sizeof live, p->totals.live_blocks, "live block"),
		human_count(recorded, p->recorded)));
}

/* ---- the snapshot -------------------------------------------------------------------------------------- */

static int judge_absence(struct report_process *p, const struct trace *t, struct pool *pool)
{
	char count[TERM_TEXT], ending[64];
	bool is_begun = t->nsnapshots > 0;

	if (!p->totals.live_blocks && !is_begun)
		return 0;
	return report_add_reason(
	    p, pool, is_begun ? REASON_PARTIAL_SNAPSHOT : REASON_NO_SNAPSHOT,
	    pool_print(pool, "%s at the end (it %s): %s cannot be judged",
		       is_begun ? "no whole snapshot" : "no snapshot",
		       report_ending(ending, sizeof ending, p),
		       human_things(count, sizeof count, p->totals.live_blocks, "live block")));
}

static int judge_unseen(struct report_process *p, struct pool *pool)
{
	char count[TERM_TEXT];

	return report_add_reason(
	    p, pool, REASON_UNSEEN_MOMENT,
	    pool_print(pool, "no snapshot at that moment: %s cannot be judged",
		       human_things(count, sizeof count, p->totals.live_blocks, "live block")));
}

/* The snapshot that was used is not of the end, or memory may have changed since. */
static bool is_early(const struct report_process *p, const struct trace *t, const struct trace_snapshot *s)
{
	bool is_of_end = s->reason == LG_SNAPSHOT_EXIT || s->reason == LG_SNAPSHOT_SIGNAL ||
			 (s->reason == LG_SNAPSHOT_EXEC && p->ended == LG_ENDED_EXEC) ||
			 p->ended == LG_ENDED_RUNNING;

	return !is_of_end && (s->events < t->nevents || s->reason == LG_SNAPSHOT_DEMAND);
}

static int judge_moment(struct report_process *p, const struct trace *t, const struct trace_snapshot *s,
			struct pool *pool)
{
	char count[TERM_TEXT];

	if (s->reason == LG_SNAPSHOT_CHECK)
		return 0; /* as the program wants it */
	if (s != &t->snapshots[t->nsnapshots - 1])
		return report_add_reason(
		    p, pool, REASON_PARTIAL_SNAPSHOT,
		    pool_print(pool, "the last snapshot is not whole; judged by the one before"));
	if (is_early(p, t, s))
		return report_add_reason(
		    p, pool, REASON_EARLY_SNAPSHOT,
		    pool_print(pool, "no snapshot at the end; judged by an earlier one, %s before it",
			       human_things(count, sizeof count, t->nevents - s->events, "event")));
	return 0;
}

static const char *method_name(uint64_t method)
{
	switch (method) {
#define X(name, number, text)                                                                                \
	case LG_METHOD_##name:                                                                               \
		return text;
		LG_SNAPSHOT_METHODS(X)
#undef X
	}
	return "unknown";
}

/* Threads whose registers are not those of the moment, nor of its call of exit. */
static uint64_t count_unknown(const struct trace_snapshot *s)
{
	uint64_t known = 0;

	for (size_t i = 0; i < s->nthreads; i++)
		known += (s->threads[i].flags & (LG_THREAD_STOPPED | LG_THREAD_AT_EXIT)) != 0;
	return s->threads_seen > known ? s->threads_seen - known : 0;
}

static int judge_reading(struct report_process *p, const struct analysis *a, struct pool *pool)
{
	const struct trace_snapshot *s = a->snapshot;
	char bytes[TERM_TEXT];

	if (s->bytes_unread &&
	    report_add_reason(p, pool, REASON_UNREAD,
			      pool_print(pool, "%s of memory could not be read%s%s",
					 human_bytes(bytes, s->bytes_unread), s->nunread ? ": " : "",
					 s->nunread ? strerror(s->unread[0].error) : "")))
		return -1;
	if (a->graph.unread_block_bytes &&
	    report_add_reason(p, pool, REASON_UNREAD_BLOCKS,
			      pool_print(pool, "%s of live blocks are not in the snapshot",
					 human_bytes(bytes, a->graph.unread_block_bytes))))
		return -1;
	uint64_t unknown = count_unknown(s);
	if (!unknown)
		return 0;
	return report_add_reason(
	    p, pool, REASON_UNSTOPPED,
	    pool_print(
		pool,
		"%llu of %llu threads were not stopped for the snapshot (%s): their registers are unknown",
		(unsigned long long)unknown, (unsigned long long)s->threads_seen, method_name(s->method)));
}

static int judge_snapshot(struct report_process *p, const struct analysis *a, struct pool *pool)
{
	if (!a->snapshot)
		return a->is_asked ? judge_unseen(p, pool) : judge_absence(p, &a->trace, pool);
	if (!a->is_asked && judge_moment(p, &a->trace, a->snapshot, pool))
		return -1;
	return judge_reading(p, a, pool);
}

/* ---- the recorder -------------------------------------------------------------------------------------- */

static enum report_reason_code code_of(const char *reason)
{
	return strncmp(reason, TRACE_UNSEEN_ALLOCATOR, strlen(TRACE_UNSEEN_ALLOCATOR)) ? REASON_RECORDER
										       : REASON_FOREIGN;
}

static int judge_recorder(struct report_process *p, const struct trace *t, struct pool *pool)
{
	char count[64];

	for (size_t i = 0; i < t->end.nreasons; i++)
		if (report_add_reason(p, pool, code_of(t->end.reasons[i]),
				      pool_text(pool, t->end.reasons[i])))
			return -1;
	if (!t->end.untraced)
		return 0;
	return report_add_reason(p, pool, REASON_UNTRACED,
				 pool_print(pool, "%s of its tree could not be recorded",
					    human_things(count, sizeof count, t->end.untraced, "program")));
}

int report_verdict(struct report_process *p, const struct analysis *a, struct pool *pool)
{
	const struct trace *t = &a->trace;

	return judge_file(p, t, pool) || judge_events(p, t, pool) || judge_sampling(p, pool) ||
		       judge_bypassed(p, a, pool) || judge_snapshot(p, a, pool) || judge_recorder(p, t, pool)
		   ? -1
		   : 0;
}
