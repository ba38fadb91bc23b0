/* verdict: what a verdict rests on, and which reasons take from it. */
#include "report/analysis.h"
#include "report/model.h"
#include "suite.h"

#include <sys/mman.h>

#define EVENTS 10u

static struct trace_snapshot snapshot;
static struct analysis a;
static struct report_process p;
static struct pool pool;

/* A program that returned from main, all of whose memory was seen at its exit. */
static void begin_test(void)
{
	snapshot = (struct trace_snapshot){ .whole = true, .reason = LG_SNAPSHOT_EXIT, .events = EVENTS };
	a = (struct analysis){ .snapshot = &snapshot, .is_judged = true };
	a.trace.nevents = EVENTS;
	a.trace.snapshots = &snapshot;
	a.trace.nsnapshots = 1;
	a.trace.end.present = true;
	p = (struct report_process){ .ended = LG_ENDED_EXITED };
}

/* It rests on nothing but, if `code` is one, this reason. */
static void check_reason(unsigned nreasons, enum report_reason_code code)
{
	ck_assert_int_eq(report_verdict(&p, &a, &pool), 0);
	ck_assert_uint_eq(p.nreasons, nreasons);
	if (nreasons)
		ck_assert_uint_eq(p.reasons[0].code, code);
	pool_free(&pool);
}
#define IS_COMPLETE() check_reason(0, 0)
#define RESTS_ON(code) check_reason(1, code)

START_TEST(what_was_seen_at_exit_is_complete)
{
	begin_test();
	IS_COMPLETE();
}
END_TEST

/* Memory may change without an event. */
START_TEST(a_snapshot_on_demand_is_not_of_the_end)
{
	begin_test();
	snapshot.reason = LG_SNAPSHOT_DEMAND;
	RESTS_ON(REASON_EARLY_SNAPSHOT);
	begin_test();
	snapshot.reason = LG_SNAPSHOT_DEMAND;
	p.ended = LG_ENDED_RUNNING;
	IS_COMPLETE();
}
END_TEST

START_TEST(a_snapshot_of_an_exec_is_of_the_end_of_what_became_another)
{
	begin_test();
	snapshot.reason = LG_SNAPSHOT_EXEC;
	p.ended = LG_ENDED_EXEC;
	IS_COMPLETE();
	begin_test();
	snapshot.reason = LG_SNAPSHOT_EXEC;
	snapshot.events = EVENTS - 1;
	RESTS_ON(REASON_EARLY_SNAPSHOT);
}
END_TEST

START_TEST(a_second_libc_allocates_unseen)
{
	struct trace_mapping mappings[] = {
		{ .prot = PROT_EXEC, .path = (char *)"/lib/libc.so.6" },
		{ .prot = PROT_READ, .path = (char *)"/lib/libc.so.6" },
		{ .prot = PROT_EXEC, .path = (char *)"/lib/libm.so.6" },
	};

	begin_test();
	snapshot.mappings = mappings;
	snapshot.nmappings = 3;
	IS_COMPLETE();
	begin_test();
	mappings[1].prot = PROT_EXEC;
	snapshot.mappings = mappings;
	snapshot.nmappings = 3;
	RESTS_ON(REASON_BYPASSED);
}
END_TEST

START_TEST(registers_of_each_thread_are_known_or_missing)
{
	struct trace_thread threads[] = { { .flags = LG_THREAD_STOPPED },
					  { .flags = LG_THREAD_AT_EXIT },
					  { 0 } };

	begin_test();
	snapshot.threads = threads;
	snapshot.nthreads = 2;
	snapshot.threads_seen = 2;
	IS_COMPLETE();
	begin_test();
	snapshot.threads = threads;
	snapshot.nthreads = snapshot.threads_seen = 3;
	RESTS_ON(REASON_UNSTOPPED);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_was_seen_at_exit_is_complete,
		a_snapshot_on_demand_is_not_of_the_end,
		a_snapshot_of_an_exec_is_of_the_end_of_what_became_another,
		a_second_libc_allocates_unseen,
		registers_of_each_thread_are_known_or_missing,
	};

	return suite_run("verdict", tests, sizeof tests / sizeof *tests);
}
