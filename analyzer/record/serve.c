/* serve.c: what targets and demanders ask of the recorder: snapshots, and to be let go. */
#include "record/recorder.h"

#include "base/clock.h"
#include "record/demand.h"
#include "record/judgement.h"
#include "record/snapshot.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

void serve_breathe(void *context)
{
	segment_beat(&((struct recorder *)context)->segment);
}

void serve_write_last(struct image *i)
{
	snapshot_write(i->last);
	i->last = NULL;
}

void serve_snapshot(struct recorder *r, struct image *i, enum lg_snapshot_reason reason, bool stopped,
		    struct hoard *hoard)
{
	struct snapshot_request request = { .reason = reason,
					    .stopped = stopped,
					    .hoard = hoard,
					    .full_contents = r->options->full_contents,
					    .spare = &r->spare,
					    .breathe = serve_breathe,
					    .context = r };

	serve_write_last(i);
	i->last = snapshot_take(i, &r->segment, &r->follower, &request);
	i->last_ns = clock_ns(CLOCK_MONOTONIC);
}

/* From here on the image is as without ptrace. */
static void let_go(struct recorder *r, struct image *i)
{
	if (i->pidfd < 0)
		i->pidfd = (int)syscall(SYS_pidfd_open, i->pid, 0);
	atomic_store(&i->area->accepted, LG_ACCEPT_READ);
	follow_detach(&r->follower, i->pid);
}

/* NULL: a snapshot may be taken of it now. */
static const char *why_not(const struct recorder *r, const struct image *i)
{
	if (!i)
		return "is not among those that are recorded (any more)";
	if (!i->writer || i->broken.text[0])
		return "has no trace that can be written";
	if (!follow_has(&r->follower, i->pid))
		return "is recorded without ptrace, so it cannot be stopped for a snapshot";
	if (!space_is_open(&i->space))
		return "does not let its memory be read";
	return follow_is_ending(&r->follower, i->pid) || i->exec_foretold ? "is about to end" : NULL;
}

/* The process stands still only while it is looked at. */
static void snapshot_now(struct recorder *r, struct image *i, enum lg_snapshot_reason reason,
			 struct demand_answer *answer)
{
	struct hoard *hoard = hoard_new(i->pid);
	uint64_t begun = clock_ns(CLOCK_MONOTONIC);
	bool stopped = follow_stop(&r->follower, i->pid);

	serve_snapshot(r, i, reason, stopped, hoard);
	answer->snapshot = i->snapshots;
	snprintf(answer->text, sizeof answer->text, "%s", i->path);
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	follow_resume(&r->follower, i->pid, now);
	answer->pause_ns = now - begun;
	serve_write_last(i);
	image_make_file(i);
}

/* The program's own wish. An end that another of its threads came to meanwhile is not lost. */
static void serve_wish(struct recorder *r, struct image *i, uint32_t request)
{
	struct demand_answer answer;

	if (!why_not(r, i))
		snapshot_now(r, i, request == LG_REQ_SNAPSHOT_CHECK ? LG_SNAPSHOT_CHECK : LG_SNAPSHOT_DEMAND,
			     &answer);
	atomic_compare_exchange_strong(&i->area->request, &request, LG_REQ_NONE);
	syscall(SYS_futex, &i->area->request, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Events that were lost make it look as if there were leaks, or none. */
void serve_verdict(struct recorder *r, struct image *i)
{
	struct lg_verdict *v = &i->area->verdict;
	uint32_t asked = LG_VERDICT_ASKED;
	struct demand_answer answer;

	judgement_poll(i);
	if (i->judgement || !atomic_compare_exchange_strong(&v->state, &asked, LG_VERDICT_TAKEN))
		return;
	if (why_not(r, i) || image_has_lost(i)) {
		judgement_unknown(i);
		return;
	}
	snapshot_now(r, i, LG_SNAPSHOT_DEMAND, &answer);
	judgement_begin(r, i);
}

void serve_request(struct recorder *r, struct image *i)
{
	uint32_t request = atomic_load(&i->area->request) & LG_REQ_WHAT;
	bool traced = follow_has(&r->follower, i->pid), serves = !space_is_open(&i->space);

	if (request == LG_REQ_NONE)
		return;
	if (request == LG_REQ_SNAPSHOT_NOW || request == LG_REQ_SNAPSHOT_CHECK) {
		serve_wish(r, i, request);
		return;
	}
	notes_take(r);
	space_serve(&i->space, serves ? i->area : NULL); /* then it must not stand still */
	bool stopped = traced && !serves && follow_stop(&r->follower, i->pid);
	serve_snapshot(r, i, request == LG_REQ_SNAPSHOT_EXEC ? LG_SNAPSHOT_EXEC : LG_SNAPSHOT_EXIT, stopped,
		       NULL);
	space_serve(&i->space, NULL);
	i->exec_foretold = request == LG_REQ_SNAPSHOT_EXEC;
	if (traced && i->exec_foretold && untraced_gains_privileges(&r->untraced, i->pid))
		let_go(r, i);
	atomic_store(&i->area->request, LG_REQ_NONE);
	syscall(SYS_futex, &i->area->request, FUTEX_WAKE, 1, NULL, NULL, 0);
	if (traced)
		follow_resume(&r->follower, i->pid, clock_ns(CLOCK_MONOTONIC));
}

/* New blocks of all its threads are left out from here on, or no longer. */
static void pause_image(struct image *i, bool pauses, struct demand_answer *answer)
{
	if (pauses)
		atomic_fetch_or(&i->area->paused, LG_PAUSED_OUTSIDE);
	else
		atomic_fetch_and(&i->area->paused, ~LG_PAUSED_OUTSIDE);
	snprintf(answer->text, sizeof answer->text, "%s", i->path);
}

void serve_demand(struct recorder *r)
{
	struct demand_answer answer = { .is_refused = false };
	enum lg_wanted wanted;
	uint32_t pid = demand_taken(&r->segment, &wanted);
	struct image *i = pid ? recorder_find(r, pid) : NULL;
	const char *refusal = wanted == LG_WANTED_SNAPSHOT || !i ? why_not(r, i) : NULL;

	if (!pid)
		return;
	if (refusal) {
		answer.is_refused = true;
		snprintf(answer.text, sizeof answer.text, "process %u %s", pid, refusal);
	} else if (wanted == LG_WANTED_SNAPSHOT) {
		snapshot_now(r, i, LG_SNAPSHOT_DEMAND, &answer);
	} else {
		pause_image(i, wanted == LG_WANTED_PAUSE, &answer);
	}
	demand_answer(&r->segment, &answer);
}

/* The program wants to trace a process of its own tree. */
void serve_let_go(struct recorder *r, struct image *asking)
{
	uint32_t tid = atomic_load(&asking->area->let_go), pid;
	struct image *i;

	if (!tid)
		return;
	pid = follow_process(&r->follower, tid);
	i = pid ? recorder_find(r, pid) : NULL;
	if (i)
		let_go(r, i);
	else if (pid)
		follow_detach(&r->follower, pid);
	atomic_store(&asking->area->let_go, 0);
	syscall(SYS_futex, &asking->area->let_go, FUTEX_WAKE, 1, NULL, NULL, 0);
}
