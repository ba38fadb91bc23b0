/* depart.c: the end of an image, as waitpid, ptrace or a pidfd tells of it. */
#include "record/recorder.h"

#include "base/clock.h"
#include "record/judgement.h"
#include "record/proc.h"
#include "record/verify.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

void depart(struct recorder *r, struct image *i, enum lg_ending ending, int status)
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
	judgement_abandon(i);
	midway_end(r, i);
	if (ending == LG_ENDED_EXEC)
		image_make_file(i); /* the next image may have the same program and pid */
	r->images[i->index] = NULL;
	segment_retire(&r->segment, i->index);
	(is_main && ending != LG_ENDED_EXEC ? retire_last : retire)(&r->retirement, &retiree);
}

static bool hook_wants_ending(void *context, uint32_t pid)
{
	return arrive_find(context, pid) != NULL;
}

static bool hook_execs(void *context, uint32_t pid)
{
	struct image *i = recorder_find(context, pid);

	return i && i->exec_foretold;
}

static void hook_ending(void *context, uint32_t pid, bool late, int status)
{
	struct recorder *r = context;
	struct image *i = recorder_find(r, pid);

	if (!i || (!space_is_open(&i->space) && i->snapshots))
		return; /* else it has read its memory for us, which nobody can any more */
	if (late)
		image_degrade(i, "not all threads stopped at the end: their registers are not known");
	last_take(r, i, WIFSIGNALED(status) ? LG_SNAPSHOT_SIGNAL : LG_SNAPSHOT_EXIT, true, NULL);
}

static void finish_with(struct recorder *r, struct image *i, int status)
{
	depart(r, i, WIFSIGNALED(status) ? LG_ENDED_SIGNALED : LG_ENDED_EXITED, status);
}

static void hook_let_go(void *context, uint32_t pid, bool over, int status)
{
	struct recorder *r = context;
	struct image *i = recorder_find(r, pid);

	if (i && over)
		finish_with(r, i, status);
	else if (i)
		last_write(i);
}

static bool hook_executed(void *context, uint32_t pid)
{
	struct recorder *r = context;
	struct image *i = arrive_find(r, pid);

	if (i)
		depart(r, i, LG_ENDED_EXEC, 0);
	if (r->options->no_children)
		return false;
	untraced_began(&r->untraced, pid, recorder_images(r, pid));
	return welcome(r, pid);
}

/* Of most, a note tells that they were about to exec. */
static void hook_vforked(void *context, uint32_t child)
{
	struct recorder *r = context;

	if (r->options->no_children || recorder_images(r, child))
		return;
	notes_take(r);
	if (!untraced_expects(&r->untraced, child) && !proc_has_executed(child))
		return;
	untraced_began(&r->untraced, child, 0);
	welcome(r, child);
}

/* What ended was not the image, but another program that it had become. */
static bool has_executed_unseen(const struct recorder *r, const struct image *i)
{
	return i->exec_foretold && !follow_has(&r->follower, i->pid) && atomic_load(&i->area->exiting);
}

static void hook_gone(void *context, uint32_t pid, int status)
{
	struct recorder *r = context;
	struct image *i = arrive_find(r, pid);

	welcome_forget(r, pid);
	if (i && has_executed_unseen(r, i)) {
		depart(r, i, LG_ENDED_EXEC, 0);
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

const struct follow_hooks depart_hooks = { hook_ending,	  hook_let_go,	hook_wants_ending, hook_execs,
					   hook_executed, hook_vforked, hook_gone };

/* Its pidfd becomes readable; where there is none, its number is free. */
static bool is_gone(const struct image *i)
{
	struct pollfd p = { .fd = i->pidfd, .events = POLLIN };

	return i->pidfd >= 0 ? poll(&p, 1, 0) == 1 : kill((pid_t)i->pid, 0) && errno == ESRCH;
}

/* Images that ptrace does not follow. */
void depart_notice(struct recorder *r)
{
	for (size_t n = 0; n < LG_AREAS; n++) {
		struct image *i = r->images[n];

		if (i && i->pid != r->main_pid && !follow_has(&r->follower, i->pid) && is_gone(i))
			depart(r, i, has_executed_unseen(r, i) ? LG_ENDED_EXEC : LG_ENDED_UNKNOWN, 0);
	}
}
