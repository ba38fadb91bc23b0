/* serve.c: what targets and demanders ask of the recorder: snapshots, and to be let go. */
#include "record/recorder.h"

#include "base/clock.h"
#include "record/demand.h"
#include "record/judgement.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From here on the image is as without ptrace. */
static void let_go(struct recorder *r, struct image *i)
{
	if (i->pidfd < 0)
		i->pidfd = (int)syscall(SYS_pidfd_open, i->pid, 0);
	atomic_store(&i->area->accepted, LG_ACCEPT_READ);
	follow_detach(&r->follower, i->pid);
}

/* What is lost by now. Events that were lost make it look as if there were leaks, or none. */
void serve_verdict(struct recorder *r, struct image *i)
{
	_Atomic uint32_t *state = &i->area->verdict.state;

	judgement_poll(i);
	if (i->judgement || atomic_load(state) != LG_VERDICT_ASKED || r->midway.image)
		return;
	uint32_t asked = LG_VERDICT_ASKED;
	if (!atomic_compare_exchange_strong(state, &asked, LG_VERDICT_TAKEN))
		return;
	if (image_has_lost(i))
		judgement_unknown(i);
	else
		midway_begin(r, i, LG_SNAPSHOT_DEMAND, MIDWAY_JUDGED);
}

#define END_NS (500ull * 1000 * 1000) /* until a process whose thread was answered is gone */

/* Another thread is about to end the process, and has had it looked at: it would be gone in the midst of a second look.
 * Unless the end was averted, by a handler of SIGABRT that jumps away. */
static bool is_ending(const struct image *i, uint32_t request)
{
	return request == LG_REQ_SNAPSHOT_EXIT && i->end_ns && clock_ns(CLOCK_MONOTONIC) - i->end_ns < END_NS;
}

void serve_request(struct recorder *r, struct image *i)
{
	uint32_t request = atomic_load(&i->area->request) & LG_REQ_WHAT;
	bool traced = follow_has(&r->follower, i->pid), serves = !space_is_open(&i->space);

	if (request == LG_REQ_NONE || is_ending(i, request))
		return;
	if (request == LG_REQ_SNAPSHOT_NOW || request == LG_REQ_SNAPSHOT_CHECK) {
		midway_begin(r, i, request == LG_REQ_SNAPSHOT_CHECK ? LG_SNAPSHOT_CHECK : LG_SNAPSHOT_DEMAND,
			     MIDWAY_WISHED);
		return;
	}
	notes_take(r);
	space_serve(&i->space, serves ? i->area : NULL); /* then it must not stand still */
	bool stopped = traced && !serves && follow_stop(&r->follower, i->pid);
	last_take(r, i, request == LG_REQ_SNAPSHOT_EXEC ? LG_SNAPSHOT_EXEC : LG_SNAPSHOT_EXIT, stopped, NULL);
	space_serve(&i->space, NULL);
	i->exec_foretold = request == LG_REQ_SNAPSHOT_EXEC;
	i->end_ns = i->exec_foretold ? 0 : i->last_ns;
	if (traced && i->exec_foretold && untraced_gains_privileges(&r->untraced, i->pid))
		let_go(r, i);
	atomic_fetch_add(&i->area->answers, 1);
	atomic_store(&i->area->request, LG_REQ_NONE);
	syscall(SYS_futex, &i->area->request, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
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

	if (!pid || r->midway.image)
		return;
	const char *refusal = wanted == LG_WANTED_SNAPSHOT || !i ? midway_refusal(r, i) : NULL;
	if (!refusal && wanted == LG_WANTED_SNAPSHOT) {
		midway_begin(r, i, LG_SNAPSHOT_DEMAND, MIDWAY_DEMANDED);
		return;
	}
	answer.is_refused = refusal;
	if (refusal)
		snprintf(answer.text, sizeof answer.text, "process %u %s", pid, refusal);
	else
		pause_image(i, wanted == LG_WANTED_PAUSE, &answer);
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
	i = pid ? arrive_find(r, pid) : NULL;
	welcome_forget(r, pid);
	if (i)
		let_go(r, i);
	else if (pid)
		follow_detach(&r->follower, pid);
	atomic_store(&asking->area->let_go, 0);
	syscall(SYS_futex, &asking->area->let_go, FUTEX_WAKE, 1, NULL, NULL, 0);
}
