/* midway.c: snapshots of a process that goes on, one at a time: wanted by another leakgraph, by the program, or to judge
 * what the program has lost by now.
 *
 *   prepared  room for the copy is made by a thread of its own (hoard.h)
 *   taken     the process stands still for the copy alone
 *   written   by a thread of its own (snapshot.h); then it can be looked at in the file
 *
 * Where that takes its time, rings are drained meanwhile: who fills one would wait. */
#include "record/recorder.h"

#include "base/clock.h"
#include "record/judgement.h"
#include "record/snapshot.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *midway_refusal(const struct recorder *r, struct image *i)
{
	if (!i)
		return "is not among those that are recorded (any more)";
	if (image_is_broken(i))
		return "has no trace that can be written";
	if (!follow_has(&r->follower, i->pid))
		return "is recorded without ptrace, so it cannot be stopped for a snapshot";
	if (!space_is_open(&i->space))
		return "does not let its memory be read";
	return follow_is_ending(&r->follower, i->pid) || i->exec_foretold ? "is about to end" : NULL;
}

bool midway_begin(struct recorder *r, struct image *i, enum lg_snapshot_reason reason,
		  enum midway_purpose purpose)
{
	if (r->midway.image)
		return false;
	r->midway = (struct midway){
		.image = i,
		.reason = reason,
		.purpose = purpose,
		.hoard = hoard_new(&i->space),
	};
	midway_go_on(r);
	return true;
}

/* The program's own wish: an end that another of its threads came to meanwhile is not lost. */
static void end_wish(struct image *i)
{
	uint32_t request = atomic_load(&i->area->request);

	if (request == LG_REQ_SNAPSHOT_NOW || request == LG_REQ_SNAPSHOT_CHECK)
		atomic_compare_exchange_strong(&i->area->request, &request, LG_REQ_NONE);
	syscall(SYS_futex, &i->area->request, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void take(struct recorder *r)
{
	struct midway *m = &r->midway;
	struct image *i = m->image;
	uint64_t begun = clock_ns(CLOCK_MONOTONIC);
	bool stopped = follow_stop(&r->follower, i->pid);

	last_take(r, i, m->reason, stopped, m->hoard);
	m->hoard = NULL;
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	follow_resume(&r->follower, i->pid, now);
	if (m->purpose == MIDWAY_WISHED)
		end_wish(i);
	snapshot_write_beside(i->last);
	m->is_taken = true;
	m->answer.snapshot = i->snapshots;
	m->answer.pause_ns = now - begun;
	snprintf(m->answer.text, sizeof m->answer.text, "%s", i->path);
}

/* What it was for; `refusal`: it could not be taken. */
static void finish(struct recorder *r, const char *refusal)
{
	struct midway m = r->midway;

	r->midway.image = NULL;
	hoard_free(m.hoard);
	if (m.is_taken) {
		last_write(m.image);
		image_make_file(m.image);
	}
	switch (m.purpose) {
	case MIDWAY_DEMANDED:
		m.answer.is_refused = refusal;
		if (refusal)
			snprintf(m.answer.text, sizeof m.answer.text, "process %u %s", m.image->pid, refusal);
		demand_answer(&r->segment, &m.answer);
		break;
	case MIDWAY_WISHED:
		if (refusal)
			end_wish(m.image);
		break;
	case MIDWAY_JUDGED:
		if (refusal || image_has_lost(m.image))
			judgement_unknown(m.image);
		else
			judgement_begin(r, m.image);
	}
}

void midway_go_on(struct recorder *r)
{
	struct midway *m = &r->midway;

	if (!m->image || hoard_is_being_made(m->hoard))
		return;
	const char *refusal = m->is_taken ? NULL : midway_refusal(r, m->image);
	if (!m->is_taken && !refusal)
		take(r);
	if (refusal || !snapshot_is_being_written(m->image->last))
		finish(r, refusal);
}

void midway_end(struct recorder *r, struct image *i)
{
	if (r->midway.image == i)
		finish(r, r->midway.is_taken ? NULL : "has ended");
}
