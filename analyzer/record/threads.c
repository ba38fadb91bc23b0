/* threads.c: see threads.h. */
#include "record/threads.h"

#include "record/caller.h"
#include "record/proc.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>

static void general_registers(struct trace_thread *t, const struct user_regs_struct *from)
{
	const uint64_t regs[LG_REGS] = { from->rax, from->rdx, from->rcx, from->rbx, from->rsi, from->rdi,
					 from->rbp, from->rsp, from->r8,  from->r9,  from->r10, from->r11,
					 from->r12, from->r13, from->r14, from->r15, from->rip };

	memcpy(t->regs, regs, sizeof regs);
	t->nregs = LG_REGS;
	t->fs_base = from->fs_base;
}

/* The XSAVE area (Intel SDM 1, 13.4): xmm0..15 at byte 160, its header at 512, the extended parts from 576. */
static void vector_registers(struct trace_thread *t)
{
	static uint64_t area[16 * 1024 / 8];
	struct iovec io = { area, sizeof area };

	if (ptrace(PTRACE_GETREGSET, t->tid, (void *)NT_X86_XSTATE, &io) || io.iov_len < 416)
		return;
	size_t extended = io.iov_len > 576 ? (io.iov_len - 576) / 8 : 0;
	t->vector = malloc((32 + extended) * 8);
	if (!t->vector) {
		t->flags &= ~(uint32_t)LG_THREAD_STOPPED; /* not all registers are known */
		return;
	}
	memcpy(t->vector, area + 160 / 8, 32 * 8);
	memcpy(t->vector + 32, area + 576 / 8, extended * 8);
	t->nvector = 32 + (uint32_t)extended;
}

/* What the thread itself takes for its id. */
static uint32_t own_tid(const struct threads_request *r, uint32_t tid)
{
	return r->image->is_elsewhere ? proc_inner_tid(r->image->pid, tid) : tid;
}

static const struct tracee *tracee_of(const struct threads_request *r, uint32_t tid)
{
	for (size_t i = 0; i < r->follower->count; i++)
		if (r->follower->tracees[i].tid == tid)
			return &r->follower->tracees[i];
	return NULL;
}

/* Of the thread that called exit or exec, or returned from main, the shim knows what it was called with; NULL: it is another.
 * Of two that did so at the same time it may be the earlier one that is ending the process: the other is not seen. */
static const struct lg_exit *exit_of(const struct threads_request *r, uint32_t tid)
{
	const struct lg_area *a = r->image->area;
	uint32_t exiting = atomic_load(&a->exiting);
	const struct tracee *t = tracee_of(r, tid);
	const struct lg_exit *e =
	    t && t->missed ? &a->exits[LG_EXIT_FIRST] : &a->exits[(exiting - 1) % LG_EXITS];

	return exiting && e->tid == own_tid(r, tid) ? e : NULL;
}

static void registers_of_stopped(const struct threads_request *r, const struct lg_thread *slot,
				 struct trace_thread *t)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, t->tid, NULL, &regs))
		return;
	general_registers(t, &regs);
	t->flags |= LG_THREAD_STOPPED;
	if (exit_of(r, t->tid))
		return;
	const struct caller_request caller = { .call = (int64_t)regs.orig_rax,
					       .is_asking = slot && atomic_load(&slot->asking) };
	if (caller_of_libc(r->callers, &caller, t))
		t->flags |= LG_THREAD_IN_CALL;
	else
		vector_registers(t);
}

/* What nothing but the kernel may still have of the thread. False: no memory. */
static bool hold_signal_stack(struct trace_snapshot *to, const struct trace_thread *t, uint64_t stack)
{
	struct trace_held *grown = realloc(to->held, (to->nheld + 1) * sizeof *grown);

	if (!grown)
		return false;
	to->held = grown;
	to->held[to->nheld++] =
	    (struct trace_held){ stack, LG_HOLDER_SIGNAL_STACK, t->number ? t->number : t->tid };
	return true;
}

static void describe_thread(const struct threads_request *r, uint32_t tid, const struct lg_thread *slot,
			    bool stopped, struct trace_thread *t)
{
	*t = (struct trace_thread){ .tid = tid, .number = slot ? slot->number : 0 };
	if (stopped)
		registers_of_stopped(r, slot, t);
	const struct lg_exit *end = exit_of(r, tid);
	if (end) {
		memcpy(t->regs, end->regs, sizeof t->regs);
		t->fs_base = end->fs_base;
		t->nregs = LG_REGS;
		t->flags |= LG_THREAD_AT_EXIT;
	}
}

static bool is_stopped(const struct threads_request *r, uint32_t tid)
{
	const struct tracee *t = tracee_of(r, tid);

	return t && r->is_stopped && (t->held || t->stopped);
}

/* A thread that has ended but stays listed: the first one, after pthread_exit. Where ptrace has missed its end, nobody knows
 * whether it ended itself by exit(2) or the process by exit_group(2), which would leave its stack alive. */
static bool is_dead(const struct threads_request *r, uint32_t tid)
{
	const struct tracee *t = tracee_of(r, tid);

	if (t)
		return t->dead && !t->missed;
	return proc_thread_ended(r->image->pid, tid);
}

/* False: no memory. */
static bool take_thread(const struct threads_request *r, uint32_t tid)
{
	struct trace_snapshot *to = r->to;
	struct trace_thread *grown = realloc(to->threads, (to->nthreads + 1) * sizeof *grown);

	if (!grown)
		return false;
	to->threads = grown;
	struct trace_thread *t = &grown[to->nthreads++];
	const struct lg_thread *slot = drain_thread(&r->image->drain, own_tid(r, tid));
	uint64_t signal_stack = slot ? atomic_load(&slot->signal_stack) : 0;
	describe_thread(r, tid, slot, is_stopped(r, tid), t);
	to->threads_seen++;
	to->threads_stopped += (t->flags & LG_THREAD_STOPPED) != 0;
	return !signal_stack || hold_signal_stack(to, t, signal_stack);
}

/* Each thread is a folder in this one: then `tid`, which is there, is all. */
static bool is_only_one(const char *tasks)
{
	struct stat st;

	return !stat(tasks, &st) && st.st_nlink == 2 + 1;
}

static const char *take_all(const struct threads_request *r)
{
	const char *trouble = NULL;
	char path[64];
	const struct dirent *entry;

	snprintf(path, sizeof path, "/proc/%u/task", r->tid);
	if (is_only_one(path) && !is_dead(r, r->tid))
		return take_thread(r, r->tid) ? NULL : "out of memory";
	DIR *tasks = opendir(path);
	if (!tasks)
		trouble = strerror(errno);
	while (tasks && !trouble && (entry = readdir(tasks))) {
		uint32_t tid = (uint32_t)strtoul(entry->d_name, NULL, 10);

		if (tid && !is_dead(r, tid) && !take_thread(r, tid))
			trouble = "out of memory";
	}
	if (tasks)
		closedir(tasks);
	return trouble;
}

const char *threads_take(const struct threads_request *request)
{
	struct callers callers = { .mappings = request->to->mappings, .nmappings = request->to->nmappings };
	struct threads_request r = *request;

	r.callers = &callers;
	const char *trouble = take_all(&r);
	callers_free(&callers);
	return trouble;
}
