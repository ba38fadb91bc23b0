/* run.c: the recorder's loop: one thread, over all images of one run.
 *
 * A round looks at what waitpid tells, takes on new images, serves requests, drains every ring, and sleeps on the
 * doorbell: a futex in the shared segment that targets ring and that the SIGCHLD handler bumps, so that nothing
 * is waited for longer than it takes. */
#include "record/record.h"

#include "base/clock.h"

#include "record/demand.h"
#include "record/follow.h"
#include "record/image.h"
#include "record/launch.h"
#include "record/output.h"
#include "record/proc.h"
#include "record/retire.h"
#include "record/segment.h"
#include "record/snapshot.h"
#include "record/untraced.h"
#include "record/verify.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLOT_SWEEP_NS (10u * 1000 * 1000)
#define END_EXPECTED_NS (5u * 1000 * 1000) /* after the snapshot of an image that asked for it */
#define BUSY_NAP_NS (500u * 1000)
#define IDLE_NAP_NS (10u * 1000 * 1000)

struct recorder {
	const struct record_options *options;
	struct segment segment;
	struct follower follower;
	struct untraced untraced;
	uint64_t nforked; /* images that began by a fork */
	struct output output;
	struct verifier *verifier; /* NULL: no stack is checked */
	struct trace_writer *first; /* of the first image's trace, until it begins */
	struct image *images[LG_AREAS]; /* by area, owned; NULL: vacant */
	struct {
		uint32_t pid, images;
	} * pids; /* how many images each pid has had */
	size_t npids;
	uint32_t main_pid;
	bool main_traced, main_done;
	int main_status;
	uint64_t main_done_ns, swept_ns, nap_ns;
	struct environment environment; /* of PROGRAM, besides its own */
	struct retirement retirement;
	struct err trouble; /* first image that could not be recorded */
};

static struct image *image_of(struct recorder *r, uint32_t pid)
{
	for (size_t i = 0; i < LG_AREAS; i++)
		if (r->images[i] && r->images[i]->pid == pid)
			return r->images[i];
	return NULL;
}

/* ---- the end of an image ----------------------------------------------------------------------------- */

static void finish(struct recorder *r, struct image *i, enum lg_ending ending, int status)
{
	bool is_main = i->pid == r->main_pid;
	struct retiree retiree = {
		.image = i,
		.end = { .ending = ending,
			 .status = ending == LG_ENDED_EXITED ? (uint64_t)WEXITSTATUS(status) : 0,
			 .signal = ending == LG_ENDED_SIGNALED ? (uint64_t)WTERMSIG(status) : 0,
			 .key = segment_key(&r->segment),
			 .duration_ns = clock_ns(CLOCK_MONOTONIC) - i->begun_ns },
	};

	if (r->verifier)
		verify_leave(r->verifier, i);
	if (ending == LG_ENDED_EXEC)
		image_make_file(i); /* the next image may have the same program and pid */
	r->images[i->index] = NULL;
	(is_main && ending != LG_ENDED_EXEC ? retire_last : retire)(&r->retirement, &retiree);
}

static void breathe(void *context)
{
	segment_beat(&((struct recorder *)context)->segment);
}

static void write_last(struct image *i)
{
	snapshot_write(i->last);
	i->last = NULL;
}

static void take_snapshot(struct recorder *r, struct image *i, enum lg_snapshot_reason reason, bool stopped,
			  struct hoard *hoard)
{
	struct snapshot_request request = { .reason = reason,
					    .stopped = stopped,
					    .hoard = hoard,
					    .full_contents = r->options->full_contents,
					    .breathe = breathe,
					    .context = r };

	write_last(i);
	i->last = snapshot_take(i, &r->segment, &r->follower, &request);
	i->last_ns = clock_ns(CLOCK_MONOTONIC);
}

static bool hook_wants_ending(void *context, uint32_t pid)
{
	return image_of(context, pid) != NULL;
}

static bool hook_execs(void *context, uint32_t pid)
{
	struct image *i = image_of(context, pid);

	return i && i->exec_foretold;
}

static void hook_ending(void *context, uint32_t pid, bool late, int status)
{
	struct recorder *r = context;
	struct image *i = image_of(r, pid);

	if (!i || (!space_is_open(&i->space) && i->snapshots))
		return; /* else it has read its memory for us, which nobody can any more */
	if (late)
		image_degrade(i, "not all threads stopped at the end: their registers are not known");
	take_snapshot(r, i, WIFSIGNALED(status) ? LG_SNAPSHOT_SIGNAL : LG_SNAPSHOT_EXIT, true, NULL);
}

static void finish_with(struct recorder *r, struct image *i, int status)
{
	finish(r, i, WIFSIGNALED(status) ? LG_ENDED_SIGNALED : LG_ENDED_EXITED, status);
}

static void hook_let_go(void *context, uint32_t pid, bool over, int status)
{
	struct recorder *r = context;
	struct image *i = image_of(r, pid);

	if (i && over)
		finish_with(r, i, status);
	else if (i)
		write_last(i);
}

static uint32_t images_of(const struct recorder *r, uint32_t pid)
{
	for (size_t i = 0; i < r->npids; i++)
		if (r->pids[i].pid == pid)
			return r->pids[i].images;
	return 0;
}

static void hook_executed(void *context, uint32_t pid)
{
	struct recorder *r = context;
	struct image *i = image_of(r, pid);

	if (i)
		finish(r, i, LG_ENDED_EXEC, 0);
	if (!r->options->no_children)
		untraced_began(&r->untraced, pid, images_of(r, pid));
}

static void hook_vforked(void *context, uint32_t child)
{
	struct recorder *r = context;

	if (!r->options->no_children && !images_of(r, child) && proc_has_executed(child))
		untraced_began(&r->untraced, child, 0);
}

/* What ended was not the image, but another program that it had become. */
static bool has_executed_unseen(const struct recorder *r, const struct image *i)
{
	return i->exec_foretold && !follow_has(&r->follower, i->pid) && atomic_load(&i->area->exiting);
}

static void hook_gone(void *context, uint32_t pid, int status)
{
	struct recorder *r = context;
	struct image *i = image_of(r, pid);

	if (i && has_executed_unseen(r, i)) {
		finish(r, i, LG_ENDED_EXEC, 0);
	} else if (i) {
		untraced_forget(&r->untraced, pid);
		finish_with(r, i, status);
	}
	if (pid == r->main_pid) {
		r->main_done = true;
		r->main_status = status;
		r->main_done_ns = clock_ns(CLOCK_MONOTONIC);
	}
}

static const struct follow_hooks hooks = { hook_ending,	  hook_let_go,	hook_wants_ending, hook_execs,
					   hook_executed, hook_vforked, hook_gone };

/* Its pidfd becomes readable; where there is none, its number is free. */
static bool is_gone(const struct image *i)
{
	struct pollfd p = { .fd = i->pidfd, .events = POLLIN };

	return i->pidfd >= 0 ? poll(&p, 1, 0) == 1 : kill((pid_t)i->pid, 0) && errno == ESRCH;
}

/* Images that ptrace does not follow. */
static void notice_ends(struct recorder *r)
{
	for (size_t n = 0; n < LG_AREAS; n++) {
		struct image *i = r->images[n];

		if (i && i->pid != r->main_pid && !follow_has(&r->follower, i->pid) && is_gone(i))
			finish(r, i, has_executed_unseen(r, i) ? LG_ENDED_EXEC : LG_ENDED_UNKNOWN, 0);
	}
}

/* ---- the beginning of an image ----------------------------------------------------------------------- */

static uint32_t image_number(struct recorder *r, uint32_t pid)
{
	for (size_t i = 0; i < r->npids; i++)
		if (r->pids[i].pid == pid)
			return r->pids[i].images++;
	void *grown = realloc(r->pids, (r->npids + 1) * sizeof *r->pids);
	if (grown) {
		r->pids = grown;
		r->pids[r->npids].pid = pid;
		r->pids[r->npids++].images = 1;
	}
	return 0;
}

static void answer(struct lg_area *area, enum lg_accept accept)
{
	atomic_store(&area->accepted, accept);
	syscall(SYS_futex, &area->accepted, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool is_first(const struct recorder *r, uint32_t pid)
{
	return pid == r->main_pid && !r->npids;
}

static enum lg_accept follow(struct recorder *r, struct image *i)
{
	struct err err;

	if (!r->options->no_ptrace && !follow_seize(&r->follower, i->pid, &err))
		return space_is_open(&i->space) ? LG_ACCEPT_PTRACE : LG_ACCEPT_READ;
	i->pidfd = (int)syscall(SYS_pidfd_open, i->pid, 0);
	return LG_ACCEPT_READ;
}

/* The trace of an image that begins; NULL: it has none, and says why. */
static struct trace_writer *open_trace(struct recorder *r, struct image *i, const char **path)
{
	struct trace_writer *writer = r->first;

	*path = r->output.first;
	if (i->pid == r->main_pid && !i->number) {
		r->first = NULL;
		return writer;
	}
	const char *program = i->executable && *i->executable ? i->executable : "process";
	const char *other = output_other(&r->output, program, i->pid, &i->broken);
	if (!other)
		return NULL;
	*path = other;
	return trace_writer_gather(&writer, other, &i->broken) ? NULL : writer;
}

/* What processes say of their execs. One that says HELLO has said this before. */
static struct lg_note *first_note(struct recorder *r)
{
	struct lg_note *first = NULL, *note = r->segment.control->notes;

	for (; note < r->segment.control->notes + LG_NOTES; note++)
		if (atomic_load(&note->state) == LG_NOTE_READY &&
		    (!first || (int32_t)(note->order - first->order) < 0))
			first = note;
	return first;
}

/* In their order: that an exec has failed is told after that it would come. */
static void read_notes(struct recorder *r)
{
	struct lg_note *note;

	for (unsigned n = 0; n < LG_NOTES && (note = first_note(r)); n++) {
		uint32_t pid = proc_outer_pid(note->pid_namespace, note->pid);
		note->path[sizeof note->path - 1] = 0;
		struct image *i = image_of(r, pid);
		if (note->has_failed && i)
			i->exec_foretold = false;
		if (note->has_failed)
			untraced_forget(&r->untraced, pid);
		else if (pid && !r->options->no_children)
			untraced_expect(&r->untraced, pid, images_of(r, pid), note->path);
		atomic_store(&note->state, LG_NOTE_FREE);
	}
}

/* The image goes on as soon as its end can be seen; what its trace begins with is written meanwhile. Where its end cannot
 * be held up, it waits for that, lest it be gone before its name is known. */
static void take_on(struct recorder *r, uint32_t index)
{
	struct lg_area *area = segment_area(&r->segment, index);
	uint32_t pid = proc_outer_pid(area->pid_namespace, atomic_load(&area->pid));
	struct image *former = image_of(r, pid), *i;
	const char *path;
	bool is_wanted = pid && (is_first(r, pid) || !r->options->no_children);

	if (!pid)
		atomic_fetch_add(&r->segment.control->untraced, 1); /* in a namespace that cannot be seen */
	if (former)
		finish(r, former, LG_ENDED_EXEC, 0);
	read_notes(r);
	untraced_forget(&r->untraced, pid);
	i = is_wanted ? image_new(&r->segment, index, pid, image_number(r, pid)) : NULL;
	if (i) {
		i->space.breathe = breathe;
		i->space.context = r;
	}
	if (is_wanted && !i && !r->trouble.text[0])
		fail(&r->trouble, "out of memory");
	if (!i) {
		answer(area, LG_ACCEPT_REFUSED);
		return;
	}
	r->images[index] = i;
	r->nforked += (area->flags & LG_IMAGE_FORKED) != 0;
	enum lg_accept accept = follow(r, i);
	if (accept == LG_ACCEPT_PTRACE)
		answer(area, accept);
	i->executable = proc_link(pid, "exe");
	struct trace_writer *writer = open_trace(r, i, &path);
	image_begin(i, &r->segment, path, writer, r->options->full_contents);
	if (accept != LG_ACCEPT_PTRACE)
		answer(area, accept);
}

/* Areas in the hands of targets, but not of an image: new ones, and those that a refused target has left. */
static void take_on_new(struct recorder *r)
{
	for (uint32_t n = 0; n < LG_AREAS; n++) {
		struct lg_area *area = segment_area(&r->segment, n);

		if (r->images[n] || atomic_load(&r->segment.control->area_state[n]) != LG_AREA_CLAIMED)
			continue;
		/* In this order: an area that is being recycled meanwhile is wiped at once. */
		if (!atomic_load(&area->accepted) && atomic_load(&area->state) == LG_AREA_LIVE)
			take_on(r, n);
		else if (atomic_load(&area->state) == LG_AREA_ENDED)
			segment_recycle(&r->segment, n);
	}
}

/* ---- programs without a shim -------------------------------------------------------------------------- */

static void write_untraced(struct recorder *r, struct beginner *b)
{
	const char *path = NULL;
	struct err err = { "" };

	if (b->program)
		path = output_other(&r->output, *b->program ? b->program : "process", b->pid, &err);
	if (!path || untraced_write(b, &r->segment, path, &err))
		atomic_fetch_add(&r->segment.control->untraced, 1); /* counted at least */
	image_number(r, b->pid); /* told once: the end of its vfork may be seen only now */
	beginner_free(b);
}

/* Looks for notes and new images between seeing that a process has ended and saying that it had none. */
static void settle_untraced(struct recorder *r, bool all)
{
	struct beginner b;
	uint32_t pid;

	while ((pid = untraced_ended(&r->untraced, all))) {
		read_notes(r); /* all that it had to say is there */
		take_on_new(r);
		if (!untraced_take(&r->untraced, pid, &b))
			continue;
		if (b.is_silent && !all)
			beginner_free(&b);
		else
			write_untraced(r, &b);
	}
}

/* ---- a round ----------------------------------------------------------------------------------------- */

/* What a round brought in. */
struct haul {
	uint64_t taken; /* events */
	bool is_behind; /* there were more than one round takes */
};

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
static void snapshot_now(struct recorder *r, struct image *i, struct demand_answer *answer)
{
	struct hoard *hoard = hoard_new(i->pid);
	uint64_t begun = clock_ns(CLOCK_MONOTONIC);
	bool stopped = follow_stop(&r->follower, i->pid);

	take_snapshot(r, i, LG_SNAPSHOT_DEMAND, stopped, hoard);
	answer->snapshot = i->snapshots;
	snprintf(answer->text, sizeof answer->text, "%s", i->path);
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	follow_resume(&r->follower, i->pid, now);
	answer->pause_ns = now - begun;
	write_last(i);
	image_make_file(i);
}

/* The program's own wish. An end that another of its threads came to meanwhile is not lost. */
static void serve_wish(struct recorder *r, struct image *i)
{
	uint32_t request = LG_REQ_SNAPSHOT_NOW;
	struct demand_answer answer;

	if (!why_not(r, i))
		snapshot_now(r, i, &answer);
	atomic_compare_exchange_strong(&i->area->request, &request, LG_REQ_NONE);
	syscall(SYS_futex, &i->area->request, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void serve_request(struct recorder *r, struct image *i)
{
	uint32_t request = atomic_load(&i->area->request) & LG_REQ_WHAT;
	bool traced = follow_has(&r->follower, i->pid), serves = !space_is_open(&i->space);

	if (request == LG_REQ_NONE)
		return;
	if (request == LG_REQ_SNAPSHOT_NOW) {
		serve_wish(r, i);
		return;
	}
	read_notes(r);
	i->space.window = serves ? i->area : NULL; /* then it must not stand still */
	bool stopped = traced && !serves && follow_stop(&r->follower, i->pid);
	take_snapshot(r, i, request == LG_REQ_SNAPSHOT_EXEC ? LG_SNAPSHOT_EXEC : LG_SNAPSHOT_EXIT, stopped,
		      NULL);
	i->space.window = NULL;
	i->exec_foretold = request == LG_REQ_SNAPSHOT_EXEC;
	if (traced && i->exec_foretold && untraced_gains_privileges(&r->untraced, i->pid))
		let_go(r, i);
	atomic_store(&i->area->request, LG_REQ_NONE);
	syscall(SYS_futex, &i->area->request, FUTEX_WAKE, 1, NULL, NULL, 0);
	if (traced)
		follow_resume(&r->follower, i->pid, clock_ns(CLOCK_MONOTONIC));
}

static void serve_demand(struct recorder *r)
{
	struct demand_answer answer = { .is_refused = false };
	uint32_t pid = demand_taken(&r->segment);
	struct image *i = pid ? image_of(r, pid) : NULL;
	const char *refusal = why_not(r, i);

	if (!pid)
		return;
	if (refusal) {
		answer.is_refused = true;
		snprintf(answer.text, sizeof answer.text, "process %u %s", pid, refusal);
	} else {
		snapshot_now(r, i, &answer);
	}
	demand_answer(&r->segment, &answer);
}

/* The program wants to trace a process of its own tree. */
static void make_way(struct recorder *r, struct image *asking)
{
	uint32_t tid = atomic_load(&asking->area->let_go), pid;
	struct image *i;

	if (!tid)
		return;
	pid = follow_process(&r->follower, tid);
	i = pid ? image_of(r, pid) : NULL;
	if (i)
		let_go(r, i);
	else if (pid)
		follow_detach(&r->follower, pid);
	atomic_store(&asking->area->let_go, 0);
	syscall(SYS_futex, &asking->area->let_go, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool thread_gone_elsewhere(uint32_t pid, uint32_t tid)
{
	return !proc_has_inner_tid(pid, tid);
}

static bool thread_gone(uint32_t pid, uint32_t tid)
{
	return syscall(SYS_tgkill, pid, tid, 0) && errno == ESRCH;
}

/* `key` is from before this round's beat. */
static struct haul drain_all(struct recorder *r, uint64_t key, uint64_t now)
{
	struct haul haul = { 0 };
	bool sweep = now - r->swept_ns > SLOT_SWEEP_NS;

	for (size_t n = 0; n < LG_AREAS; n++) {
		struct image *i = r->images[n];

		if (!i)
			continue;
		if (i->begun_ns > now) { /* in this round: it may be at its end already, or nearly */
			haul.is_behind = true; /* the next round is due at once */
			continue;
		}
		uint64_t before = i->drain.taken;
		serve_request(r, i);
		make_way(r, i);
		if (r->verifier)
			verify_round(r->verifier, i);
		if (i->last && now < i->last_ns + END_EXPECTED_NS)
			continue;
		write_last(i);
		image_round(i, key, now);
		if (sweep)
			drain_release(&i->drain, i->pid,
				      i->is_elsewhere ? thread_gone_elsewhere : thread_gone);
		haul.taken += i->drain.taken - before;
		haul.is_behind |= i->drain.is_behind;
	}
	if (sweep)
		r->swept_ns = now;
	return haul;
}

/* Sleeps as soon as the rings are empty: waking for a few events throws the targets out of the processor's caches. */
static void nap(struct recorder *r, uint32_t doorbell, struct haul haul)
{
	if (haul.is_behind)
		return;
	r->nap_ns = haul.taken ? BUSY_NAP_NS : r->nap_ns * 2 < IDLE_NAP_NS ? r->nap_ns * 2 : IDLE_NAP_NS;
	struct timespec t = { 0, (long)r->nap_ns };

	atomic_store(&r->segment.control->asleep, 1);
	syscall(SYS_futex, &r->segment.control->doorbell, FUTEX_WAIT, doorbell, &t, NULL, 0);
	atomic_store(&r->segment.control->asleep, 0);
}

#define SILENT_MAX 256u
#define SCANS_MAX 10u /* of a tree that forks without end */

/* Looks for forked children that have allocated nothing yet, and may: daemons. They hold a mapping of the segment. One
 * that forks and ends meanwhile may hide its child: then it is looked for again. */
static void find_silent_children(struct recorder *r)
{
	_Atomic uint64_t *forks = &r->segment.control->forks;
	uint32_t pids[SILENT_MAX];
	struct stat segment;
	uint64_t before;
	unsigned tries = 0;

	if (r->options->no_children || fstat(r->segment.fd, &segment))
		return;
	do {
		before = atomic_load(forks);
		size_t n = before == r->nforked ? 0 : proc_find_mapped(segment.st_ino, pids, SILENT_MAX);
		for (size_t i = 0; i < n; i++)
			if (!image_of(r, pids[i]))
				untraced_silent(&r->untraced, pids[i]);
	} while (atomic_load(forks) != before && ++tries < SCANS_MAX);
}

static bool all_over(struct recorder *r, uint64_t now)
{
	if (!r->main_done)
		return false;
	if (now - r->main_done_ns > r->options->linger_ns)
		return true;
	for (size_t n = 0; n < LG_AREAS; n++)
		if (r->images[n])
			return false;
	if (!r->untraced.count)
		find_silent_children(r);
	return !r->untraced.count;
}

/* Looks at everything once. */
static struct haul round_of(struct recorder *r, uint64_t now)
{
	uint64_t key = segment_key(&r->segment);

	segment_beat(&r->segment);
	follow_poll(&r->follower, now);
	notice_ends(r);
	read_notes(r);
	take_on_new(r);
	settle_untraced(r, false);
	serve_demand(r);
	return drain_all(r, key, now);
}

static void record_rounds(struct recorder *r)
{
	for (;;) {
		uint32_t doorbell = atomic_load(&r->segment.control->doorbell);
		struct haul haul = round_of(r, clock_ns(CLOCK_MONOTONIC));

		if (all_over(r, clock_ns(CLOCK_MONOTONIC)))
			return;
		nap(r, doorbell, haul);
	}
}

/* Descendants that outlive the program by more than the user wants to wait. */
static void leave_behind(struct recorder *r)
{
	find_silent_children(r);
	settle_untraced(r, true);
	for (size_t n = 0; n < LG_AREAS; n++) {
		struct image *i = r->images[n];

		if (!i)
			continue;
		image_degrade(i, "still running when recording ended");
		follow_detach(&r->follower, i->pid);
		finish(r, i, LG_ENDED_RUNNING, 0);
	}
}

/* ---- signals ----------------------------------------------------------------------------------------- */

static _Atomic uint32_t *signal_doorbell;
static volatile pid_t signal_target;

static void on_child(int signal)
{
	(void)signal;
	if (signal_doorbell)
		atomic_fetch_add(signal_doorbell, 1);
}

static void on_terminate(int signal)
{
	if (signal_target > 0)
		kill(signal_target, signal);
}

static const int handled[] = { SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGXFSZ };
#define NHANDLED (sizeof handled / sizeof *handled)

/* The keyboard's signals go to the target by themselves; the recorder stays for the report. */
static void set_signals(struct sigaction former[NHANDLED])
{
	for (size_t i = 0; i < NHANDLED; i++) {
		struct sigaction action = { .sa_flags = SA_RESTART };

		action.sa_handler = handled[i] == SIGCHLD			    ? on_child
				    : handled[i] == SIGTERM || handled[i] == SIGHUP ? on_terminate
										    : SIG_IGN;
		sigaction(handled[i], &action, &former[i]);
	}
}

static void reset_signals(const struct sigaction former[NHANDLED])
{
	for (size_t i = 0; i < NHANDLED; i++)
		sigaction(handled[i], &former[i], NULL);
	signal_doorbell = NULL;
	signal_target = 0;
}

/* ---- the whole --------------------------------------------------------------------------------------- */

/* A file size limit would raise SIGXFSZ while the segment is sized. */
static int open_segment(struct recorder *r, struct err *err)
{
	void (*former)(int) = signal(SIGXFSZ, SIG_IGN);
	int failed = segment_open(&r->segment, r->options->drop_when_full, err);

	signal(SIGXFSZ, former);
	return failed;
}

static int open_verifier(struct recorder *r, uint32_t every, struct err *err)
{
	r->segment.control->verify_every = every;
	r->segment.control->free_stacks = r->options->free_stacks;
	r->verifier = every ? verify_open() : NULL;
	return every && !r->verifier ? fail(err, "out of memory") : 0;
}

/* Each image takes descriptors of the recorder. The program was forked before: its limit stays. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* The first image never began: what was kept ready for it goes again. */
static void drop_first(struct recorder *r)
{
	if (!r->first)
		return;
	trace_writer_close(r->first, NULL);
	unlink(r->output.first);
	r->first = NULL;
}

static int record_program(struct recorder *r, const char *program, int *exit_status, struct err *err)
{
	struct sigaction former[NHANDLED];
	struct launch launch;

	if (!r->options->no_environment)
		environment_find(&r->environment, program, r->options->argv);
	int failed = launch_prepare(&launch, program, r->options->argv, &r->environment, r->segment.fd, err);

	raise_descriptor_limit();
	if (!failed)
		failed = output_first(&r->output, r->options->output, program, (uint32_t)launch.pid, err) ||
			 trace_writer_open(&r->first, r->output.first, err);
	if (failed) {
		launch_abandon(&launch);
		launch_close(&launch);
		return -1;
	}
	r->main_pid = (uint32_t)launch.pid;
	signal_doorbell = &r->segment.control->doorbell;
	signal_target = launch.pid;
	set_signals(former);
	retire_open(&r->retirement, &r->segment);
	failed = launch_go(&launch, program, exit_status, err);
	if (failed)
		launch_abandon(&launch);
	else
		record_rounds(r);
	leave_behind(r);
	retire_close(&r->retirement);
	if (!r->trouble.text[0])
		r->trouble = r->retirement.trouble;
	drop_first(r);
	reset_signals(former);
	launch_close(&launch);
	return failed;
}

static void fill_result(struct recorder *r, struct record_result *result)
{
	result->wait_status = r->main_status;
	result->untraced = atomic_load(&r->segment.control->untraced);
	for (size_t i = 0; i < r->environment.n; i++)
		snprintf(result->environment + strlen(result->environment),
			 sizeof result->environment - strlen(result->environment), "%s%s", i ? " " : "",
			 r->environment.settings[i]);
	snprintf(result->note, sizeof result->note, "%.*s", (int)sizeof result->note - 1, r->trouble.text);
	result->verified = r->verifier ? verify_text(r->verifier) : NULL;
	result->traces = calloc(r->output.count + 1, sizeof *result->traces);
	for (size_t i = 0; result->traces && i < r->output.count; i++)
		if (!access(r->output.paths[i], F_OK)) {
			result->traces[result->ntraces] = r->output.paths[i];
			r->output.paths[i] = NULL;
			result->ntraces++;
		}
}

#define KEPT_BYTES (64 << 20)
#define MAPPED_BYTES (16 << 20)

/* What one image was recorded with serves the next: the kernel need not take it back and clear it. */
static void keep_memory(void)
{
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
	mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
}

int record_run(const struct record_options *options, struct record_result *result, int *exit_status,
	       struct err *err)
{
	struct recorder *r = calloc(1, sizeof *r);
	char *program = NULL;
	uint32_t verify_every;
	int failed;

	*result = (struct record_result){ 0 };
	*exit_status = 125;
	keep_memory();
	if (!r)
		return fail(err, "out of memory");
	r->options = options;
	r->segment.fd = -1;
	r->nap_ns = BUSY_NAP_NS;
	r->follower.hooks = &hooks;
	r->follower.context = r;
	*exit_status = 2;
	failed = verify_wanted(&verify_every, err) ||
		 record_preflight(options->argv[0], &program, exit_status, err);
	if (!failed) {
		*exit_status = 125;
		failed = open_segment(r, err) || open_verifier(r, verify_every, err) ||
			 record_program(r, program, exit_status, err);
	}
	if (!failed)
		fill_result(r, result);
	follow_free(&r->follower);
	untraced_free(&r->untraced);
	verify_close(r->verifier);
	segment_close(&r->segment);
	output_free(&r->output);
	free(r->pids);
	free(program);
	free(r);
	return failed ? -1 : 0;
}

void record_result_free(struct record_result *result)
{
	for (size_t i = 0; i < result->ntraces; i++)
		free(result->traces[i]);
	free(result->traces);
	free(result->verified);
	*result = (struct record_result){ 0 };
}
