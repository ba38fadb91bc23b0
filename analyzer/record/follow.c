/* follow.c: see follow.h. The stops are those of ptrace(2) under PTRACE_SEIZE. */
#include "record/follow.h"

#include "record/proc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OPTIONS (PTRACE_O_TRACEEXIT | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEVFORKDONE)
#define HOLD_NS (1000u * 1000 * 1000) /* how long one thread may keep the others waiting at their end */
#define EXEC_HOLD_NS (50u * 1000 * 1000)

static struct tracee *find(const struct follower *f, uint32_t tid)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->tracees[i].tid == tid)
			return &f->tracees[i];
	return NULL;
}

static struct tracee *add(struct follower *f, uint32_t tid, uint32_t tgid)
{
	struct tracee *t = find(f, tid);

	if (t)
		return t;
	if (f->count == f->room) {
		size_t room = f->room ? f->room * 2 : 64;
		struct tracee *grown = realloc(f->tracees, room * sizeof *grown);

		if (!grown)
			return NULL;
		f->tracees = grown;
		f->room = room;
	}
	f->tracees[f->count] = (struct tracee){ .tid = tid, .tgid = tgid };
	return &f->tracees[f->count++];
}

static void drop(struct follower *f, uint32_t tid)
{
	struct tracee *t = find(f, tid);

	if (t)
		*t = f->tracees[--f->count];
}

static size_t threads_of(const struct follower *f, uint32_t pid, bool held_only)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += f->tracees[i].tgid == pid && !f->tracees[i].dead && !f->tracees[i].missed &&
		     (!held_only || f->tracees[i].held);
	return n;
}

static struct tracee *first_held(const struct follower *f, uint32_t pid)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->tracees[i].tgid == pid && f->tracees[i].held)
			return &f->tracees[i];
	return NULL;
}

/* The process of a thread, as the kernel has it; 0: there is no such thread any more. */
static uint32_t tgid_of(uint32_t tid)
{
	char path[64], line[128];
	unsigned tgid = 0;

	snprintf(path, sizeof path, "/proc/%u/status", tid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "Tgid: %u", &tgid) == 1)
			break;
	if (f)
		fclose(f);
	return tgid;
}

static void go_on(uint32_t tid, int signal)
{
	ptrace(PTRACE_CONT, tid, NULL, (void *)(long)signal);
}

/* Unless a kill has ended that stop meanwhile: the thread may wait at its exit already, which has not been seen yet. */
static void go_on_if_there(uint32_t tid, int signal)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, tid, &info, WSTOPPED | WNOHANG | WNOWAIT | __WALL) || !info.si_pid)
		go_on(tid, signal);
}

int follow_seize(struct follower *f, uint32_t pid, struct err *err)
{
	if (follow_has(f, pid))
		return 0;
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(long)OPTIONS))
		return fail(err, "cannot ptrace process %u: %s", pid, strerror(errno));
	return add(f, pid, pid) ? 0 : fail(err, "out of memory");
}

bool follow_has(const struct follower *f, uint32_t pid)
{
	return find(f, pid) != NULL;
}

uint32_t follow_process(const struct follower *f, uint32_t tid)
{
	const struct tracee *t = find(f, tid);

	return t ? t->tgid : 0;
}

void follow_free(struct follower *f)
{
	free(f->tracees);
	f->tracees = NULL;
	f->count = f->room = 0;
}

/* ---- the end of a process ---------------------------------------------------------------------------- */

static void forget_hold(struct follower *f, uint32_t pid)
{
	for (size_t i = 0; i < f->nheld; i++)
		if (f->held[i].pid == pid)
			f->held[i--] = f->held[--f->nheld];
}

static void release_held(struct follower *f, uint32_t pid)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->tracees[i].tgid == pid && f->tracees[i].held) {
			f->tracees[i].held = false;
			go_on(f->tracees[i].tid, 0);
		}
	forget_hold(f, pid);
}

static bool hold(struct follower *f, uint32_t pid, uint64_t now_ns)
{
	for (size_t i = 0; i < f->nheld; i++)
		if (f->held[i].pid == pid)
			return true;
	if (f->nheld == sizeof f->held / sizeof *f->held)
		return false;
	f->held[f->nheld].pid = pid;
	f->held[f->nheld++].deadline_ns =
	    now_ns + (f->hooks->execs(f->context, pid) ? EXEC_HOLD_NS : HOLD_NS);
	return true;
}

/* Whether a thread at PTRACE_EVENT_EXIT ends alone, while others live on: it called exit(2), or neither exit_group(2)
 * nor a signal, by which all end, brought it there; a sandbox kills so. Of one that cannot be asked any more,
 * exit_group(2) or a kill ended the stop: it was there before. (A second kill, of threads that the first one brought
 * there, goes to the first thread: kernel/signal.c, complete_signal.) */
static bool ends_alone(const struct follower *f, uint32_t tid, uint32_t pid)
{
	size_t left = threads_of(f, pid, false);
	struct user_regs_struct regs;

	if (left > 1 && ptrace(PTRACE_GETREGS, tid, NULL, &regs))
		return errno == ESRCH && tid != pid;
	return left > threads_of(f, pid, true) + 1 &&
	       (regs.orig_rax == SYS_exit || (regs.orig_rax != SYS_exit_group && proc_is_unsignaled(tid)));
}

/* Whether that is the first thread, whose stop a kill has ended already, as others end the process: as if it had not
 * stopped. */
static bool is_first_woken(const struct follower *f, const struct tracee *t)
{
	struct user_regs_struct regs;

	return t->tid == t->tgid && threads_of(f, t->tgid, false) > 1 &&
	       ptrace(PTRACE_GETREGS, t->tid, NULL, &regs) && errno == ESRCH;
}

static int exit_status(uint32_t tid)
{
	unsigned long status = 0;

	ptrace(PTRACE_GETEVENTMSG, tid, NULL, &status);
	return (int)status;
}

/* Detaches from a process of which all threads are held. False: its first thread ended before the others, and tells of
 * the whole's end only when it is waited for. */
static bool detach_held(struct follower *f, uint32_t pid)
{
	const struct tracee *first = find(f, pid);

	if (!first || !first->held)
		return false;
	forget_hold(f, pid);
	for (size_t i = 0; i < f->count;)
		if (f->tracees[i].tgid == pid) {
			ptrace(PTRACE_DETACH, f->tracees[i].tid, NULL, NULL);
			drop(f, f->tracees[i].tid);
		} else {
			i++;
		}
	return true;
}

/* All threads that are left are held: the process is at its end. */
static void end_if_complete(struct follower *f, uint32_t pid, uint32_t held_tid)
{
	if (threads_of(f, pid, true) < threads_of(f, pid, false))
		return;
	int status = exit_status(held_tid);
	f->hooks->ending(f->context, pid, false, status);
	bool over = detach_held(f, pid);
	if (!over)
		release_held(f, pid);
	f->hooks->let_go(f->context, pid, over, status);
}

static void at_exit(struct follower *f, uint32_t tid, uint32_t pid, uint64_t now_ns)
{
	bool is_wanted =
	    f->hooks->wants_ending(f->context, pid); /* it may be met only now, and others: they are added */
	struct tracee *t = find(f, tid);

	if (!is_wanted || ends_alone(f, t->tid, pid) || !hold(f, pid, now_ns)) {
		t->dead = true;
		go_on(t->tid, 0);
	} else if (is_first_woken(f, t)) {
		t->missed = true; /* if all others are held, check_held() sees it */
	} else {
		t->held = true;
		end_if_complete(f, pid, t->tid);
	}
}

/* A thread that calls exit(2) or exit_group(2) just as another one ends the process does not stop (Linux kernel/signal.c,
 * ptrace_stop: it has a kill pending), and of the first thread's end nothing is told before that of the others. */
static bool has_missed_first(struct follower *f, uint32_t pid)
{
	struct tracee *first = find(f, pid);

	if (first && !first->held && !first->dead && !first->missed && proc_thread_ended(pid, pid))
		first->missed = true;
	return first && first->missed;
}

static void check_held(struct follower *f, uint64_t now_ns)
{
	for (size_t i = 0; i < f->nheld; i++) {
		uint32_t pid = f->held[i].pid;
		size_t nheld = f->nheld;
		const struct tracee *held = first_held(f, pid);

		if (held && has_missed_first(f, pid))
			end_if_complete(f, pid, held->tid);
		if (f->nheld < nheld) {
			i--;
			continue;
		}
		if (now_ns < f->held[i].deadline_ns)
			continue;
		bool ends = !f->hooks->execs(f->context, pid);
		int status = exit_status(pid);

		if (ends)
			f->hooks->ending(f->context, pid, true, status);
		release_held(f, pid);
		if (ends)
			f->hooks->let_go(f->context, pid, false, status);
		i--;
	}
}

/* ---- stops ------------------------------------------------------------------------------------------- */

static bool is_group_stop(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* exec by another thread than the first: it takes the first one's id (ptrace(2), "execve(2) under ptrace"). */
static void executed(struct follower *f, uint32_t pid)
{
	unsigned long former = pid;

	ptrace(PTRACE_GETEVENTMSG, pid, NULL, &former);
	for (size_t i = 0; i < f->count;)
		if (f->tracees[i].tgid == pid && f->tracees[i].tid != pid)
			drop(f, f->tracees[i].tid);
		else
			i++;
	drop(f, pid);
	if (add(f, pid, pid) && f->hooks->executed(f->context, pid)) {
		go_on(pid, 0);
		return;
	}
	drop(f, pid);
	ptrace(PTRACE_DETACH, pid, NULL,
	       NULL); /* a sanitizer may not be traced; others say HELLO and are seized */
}

/* It may be over already: it was told of by its own stops. */
static void add_begun(struct follower *f, uint32_t parent)
{
	unsigned long tid = 0;
	uint32_t tgid;

	if (!ptrace(PTRACE_GETEVENTMSG, parent, NULL, &tid) && (tgid = tgid_of((uint32_t)tid)))
		add(f, (uint32_t)tid, tgid);
}

/* A vfork child (posix_spawn's, system's too) has become another program, or has ended: its parent goes on. */
static void vfork_done(struct follower *f, uint32_t parent)
{
	unsigned long child = 0;

	if (!ptrace(PTRACE_GETEVENTMSG, parent, NULL, &child) && child)
		f->hooks->vforked(f->context, (uint32_t)child);
	go_on_if_there(parent, 0);
}

static void stopped(struct follower *f, uint32_t tid, int status, uint64_t now_ns)
{
	struct tracee *t = find(f, tid);

	uint32_t tgid = t ? t->tgid : tgid_of(tid);

	if (!t && !(t = add(f, tid, tgid ? tgid : tid))) {
		go_on(tid, 0);
		return;
	}
	switch (status >> 16) {
	case PTRACE_EVENT_EXIT:
		at_exit(f, tid, t->tgid, now_ns);
		break;
	case PTRACE_EVENT_EXEC:
		executed(f, tid);
		break;
	case PTRACE_EVENT_CLONE:
		add_begun(f, tid);
		go_on_if_there(tid, 0);
		break;
	case PTRACE_EVENT_VFORK_DONE:
		vfork_done(f, tid);
		break;
	case PTRACE_EVENT_STOP:
		if (is_group_stop(WSTOPSIG(status)))
			ptrace(PTRACE_LISTEN, tid, NULL, NULL);
		else
			go_on_if_there(tid, 0);
		break;
	default:
		go_on_if_there(tid, WSTOPSIG(status));
	}
}

static void ended(struct follower *f, uint32_t tid, int status)
{
	struct tracee *t = find(f, tid);
	uint32_t tgid = t ? t->tgid : tid;

	drop(f, tid);
	if (tid == tgid)
		f->hooks->gone(f->context, tid, status);
	else if ((t = first_held(f, tgid)))
		end_if_complete(f, tgid, t->tid);
}

void follow_poll(struct follower *f, uint64_t now_ns)
{
	int status;
	pid_t tid;

	while ((tid = waitpid(-1, &status, __WALL | WNOHANG)) > 0) {
		if (WIFSTOPPED(status))
			stopped(f, (uint32_t)tid, status, now_ns);
		else
			ended(f, (uint32_t)tid, status);
	}
	check_held(f, now_ns);
}

/* ---- stopping a running process ---------------------------------------------------------------------- */

#define STOP_TRIES 5000 /* of a tenth of a millisecond */

/* Whether it has stopped, or has not and will not: what has ended is left for follow_poll(). */
static bool is_settled(const struct tracee *t, bool *has_stopped)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, t->tid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL))
		return true;
	*has_stopped = info.si_pid && (info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED);
	return info.si_pid != 0;
}

static bool wait_for_stop(struct tracee *t)
{
	const struct timespec nap = { 0, 100 * 1000 };
	bool has_stopped = false;
	int status;

	for (int i = 0; i < STOP_TRIES && !is_settled(t, &has_stopped); i++)
		nanosleep(&nap, NULL);
	if (!has_stopped || waitpid((pid_t)t->tid, &status, __WALL | WNOHANG) <= 0)
		return false;
	t->stopped = true;
	t->held = status >> 16 == PTRACE_EVENT_EXIT;
	t->status = status;
	return true;
}

bool follow_stop(struct follower *f, uint32_t pid)
{
	bool all = true;

	for (size_t i = 0; i < f->count; i++)
		if (f->tracees[i].tgid == pid && !f->tracees[i].stopped)
			ptrace(PTRACE_INTERRUPT, f->tracees[i].tid, NULL, NULL);
	for (size_t i = 0; i < f->count; i++) {
		struct tracee *t = &f->tracees[i];

		if (t->tgid != pid || t->stopped || t->dead)
			continue;
		all &= wait_for_stop(t);
		if (t->stopped && t->status >> 16 == PTRACE_EVENT_CLONE)
			add_begun(f, t->tid); /* that one stops by itself */
	}
	return all;
}

/* What the stop was for may add and drop tracees: then it is looked from the first on again. */
static struct tracee *any_stopped(struct follower *f, uint32_t pid)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->tracees[i].tgid == pid && f->tracees[i].stopped)
			return &f->tracees[i];
	return NULL;
}

void follow_resume(struct follower *f, uint32_t pid, uint64_t now_ns)
{
	struct tracee *t;

	while ((t = any_stopped(f, pid))) {
		t->stopped = false;
		t->held = false;
		stopped(f, t->tid, t->status, now_ns);
	}
}

bool follow_is_ending(const struct follower *f, uint32_t pid)
{
	return first_held(f, pid) != NULL;
}

void follow_detach(struct follower *f, uint32_t pid)
{
	follow_stop(f, pid);
	for (size_t i = 0; i < f->count;) {
		struct tracee *t = &f->tracees[i];

		if (t->tgid != pid) {
			i++;
			continue;
		}
		ptrace(PTRACE_DETACH, t->tid, NULL,
		       (void *)(long)(t->status >> 16 ? 0 : WSTOPSIG(t->status)));
		drop(f, t->tid);
	}
}
