/* untraced.c: see untraced.h. */
#include "record/untraced.h"

#include "base/clock.h"
#include "base/version.h"
#include "record/preflight.h"
#include "record/proc.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct beginner *find(const struct untraced *u, uint32_t pid)
{
	for (size_t i = 0; i < u->count; i++)
		if (u->beginners[i].pid == pid)
			return &u->beginners[i];
	return NULL;
}

static struct beginner *add(struct untraced *u, uint32_t pid)
{
	struct beginner *b = find(u, pid);

	if (b)
		return b;
	if (u->count == u->room) {
		size_t room = u->room ? u->room * 2 : 16;
		struct beginner *grown = realloc(u->beginners, room * sizeof *grown);

		if (!grown) {
			u->out_of_memory = true;
			return NULL;
		}
		u->beginners = grown;
		u->room = room;
	}
	b = &u->beginners[u->count++];
	*b = (struct beginner){ .pid = pid, .pidfd = (int)syscall(SYS_pidfd_open, pid, 0) };
	return b;
}

static void take_out(struct untraced *u, struct beginner *b)
{
	*b = u->beginners[--u->count];
}

void beginner_free(struct beginner *b)
{
	if (b->pidfd >= 0)
		close(b->pidfd);
	free(b->program);
	free(b->argv);
	*b = (struct beginner){ .pidfd = -1 };
}

/* ---- what becomes of them ------------------------------------------------------------------------------ */

static void find_parent(struct beginner *b)
{
	if (!b->parent_pid)
		b->parent_pid = proc_parent(b->pid);
}

/* The process's folder; of one that has ended its parent's, where most begin. */
static char *folder_of(const struct beginner *b)
{
	char *folder = proc_link(b->pid, "cwd");

	if (folder && *folder)
		return folder;
	free(folder);
	return proc_link(b->parent_pid, "cwd");
}

/* What exec was given, seen from the process's folder. */
static char *resolve(const struct beginner *b, const char *path)
{
	char *folder, *whole = NULL;

	if (*path == '/' || !strchr(path, '/'))
		return strdup(path);
	folder = folder_of(b);
	if (!folder || !*folder || asprintf(&whole, "%s/%s", folder, path) < 0)
		whole = strdup(path);
	free(folder);
	return whole;
}

void untraced_expect(struct untraced *u, uint32_t pid, uint32_t parent_pid, uint32_t image, const char *path,
		     bool takes_shim)
{
	struct beginner *b = add(u, pid);

	if (!b)
		return;
	free(b->argv);
	b->is_seen = false;
	b->argv = NULL;
	b->argc = 0;
	b->image = image;
	b->takes_shim = takes_shim;
	b->lacks_shim = !takes_shim && *path; /* of a descriptor nobody has looked */
	b->is_silent = false;
	b->parent_pid = parent_pid;
	find_parent(b);
	free(b->program);
	b->program = resolve(b, path);
}

static void find_arguments(struct beginner *b)
{
	free(b->argv);
	b->argv = proc_arguments(b->pid, &b->argc);
}

/* One that has ended already has no more than what exec was given, or the name that the kernel keeps. */
static void find_program(struct beginner *b)
{
	char *program = proc_link(b->pid, "exe");
	size_t bytes = 0;

	b->is_seen = program && *program;
	if (program && !b->is_seen) {
		free(program);
		program = b->program ? strdup(b->program) : proc_read(b->pid, "comm", &bytes);
		if (program && bytes)
			program[bytes - 1] = 0; /* for the newline */
	}
	free(b->program);
	b->program = program;
}

/* Not while its exec is under way: both would be its parent's. */
static void look_at(struct beginner *b)
{
	if (!proc_has_executed(b->pid))
		return;
	find_arguments(b);
	find_program(b);
}

void untraced_began(struct untraced *u, uint32_t pid, uint32_t image)
{
	struct beginner *b = add(u, pid);

	if (!b)
		return;
	b->image = image;
	b->is_silent = false;
	find_parent(b);
	if (b->program)
		look_at(b);
	else
		find_program(b);
}

void untraced_silent(struct untraced *u, uint32_t pid)
{
	if (find(u, pid))
		return;
	untraced_began(u, pid, 0);
	struct beginner *b = find(u, pid);
	if (b)
		b->is_silent = true;
}

void untraced_forget(struct untraced *u, uint32_t pid)
{
	struct beginner *b = find(u, pid);

	if (!b)
		return;
	beginner_free(b);
	take_out(u, b);
}

bool untraced_expects(const struct untraced *u, uint32_t pid)
{
	return find(u, pid);
}

bool untraced_takes_shim(const struct untraced *u, uint32_t pid)
{
	const struct beginner *b = find(u, pid);

	return b && b->takes_shim;
}

bool untraced_has_arguments(struct untraced *u, uint32_t pid)
{
	struct beginner *b = find(u, pid);

	if (b && !b->argc)
		look_at(b);
	return b && b->argc;
}

bool untraced_gains_privileges(const struct untraced *u, uint32_t pid)
{
	const struct beginner *b = find(u, pid);
	struct program_facts facts = { .kind = PROGRAM_UNREADABLE };

	if (b && b->program)
		program_inspect(b->program, &facts);
	return facts.is_set_id || facts.has_capabilities;
}

static bool has_ended(const struct beginner *b)
{
	struct pollfd p = { .fd = b->pidfd, .events = POLLIN };

	return b->pidfd < 0 || poll(&p, 1, 0) == 1;
}

uint32_t untraced_ended(const struct untraced *u, bool all)
{
	for (size_t i = 0; i < u->count; i++)
		if (all || has_ended(&u->beginners[i]))
			return u->beginners[i].pid;
	return 0;
}

bool untraced_take(struct untraced *u, uint32_t pid, struct beginner *b)
{
	struct beginner *found = find(u, pid);

	if (!found)
		return false;
	*b = *found;
	take_out(u, found);
	return true;
}

void untraced_free(struct untraced *u)
{
	for (size_t i = 0; i < u->count; i++)
		beginner_free(&u->beginners[i]);
	free(u->beginners);
	*u = (struct untraced){ 0 };
}

/* ---- the trace of one ---------------------------------------------------------------------------------- */

/* Why it was not recorded: by its file, else what is left. */
static void find_reason(const struct beginner *b, struct err *reason)
{
	struct program_facts facts;
	int status;

	if (b->is_silent) {
		fail(reason, "a child that had allocated nothing was still running when recording ended");
		return;
	}
	if (b->program && *b->program == '/') {
		program_inspect(b->program, &facts);
		if (facts.kind == PROGRAM_ELF && program_judge(b->program, &facts, &status, reason))
			return;
	}
	if (b->lacks_shim) {
		fail(
		    reason,
		    "what executed it left liblgpreload.so out of LD_PRELOAD or LEAKGRAPH_SEGMENT out of its "
		    "environment (append to LD_PRELOAD rather than set it), or it may not read "
		    "liblgpreload.so (another user, another root)");
		return;
	}
	fail(
	    reason,
	    "the shim did not come to life in it: its environment lacks LD_PRELOAD or LEAKGRAPH_SEGMENT, "
	    "it begins in a seccomp sandbox or with too little address space (ulimit -v), it may not read "
	    "liblgpreload.so or open the segment (another user, root, /proc or network), nothing can be preloaded "
	    "into it, or it was killed while it was loaded");
}

int untraced_write(const struct beginner *b, const struct segment *s, const char *path, struct err *err)
{
	struct trace_process process = { .pid = b->pid,
					 .parent_pid = b->parent_pid,
					 .image = b->image,
					 .clock = s->control->clock,
					 .ticks_per_second = segment_key_hz(s),
					 .hello_key = segment_key(s),
					 .start_unix_ns = clock_ns(CLOCK_REALTIME),
					 .page_bytes = LG_PAGE,
					 .executable = b->program,
					 .recorder = (char *)LG_VERSION,
					 .argv = b->argc ? b->argv : (char **)&b->program,
					 .argc = b->argc ? b->argc : b->program != NULL,
					 .run_unix_ns = s->begun_unix_ns };
	struct err reason = { "" }, line = { "" };
	struct trace_end end = { .ending = LG_ENDED_UNKNOWN,
				 .reasons = (char *[]){ line.text },
				 .nreasons = 1 };
	struct buf out = { 0 };
	struct trace_writer *writer;

	if (trace_writer_open(&writer, path, err))
		return -1;
	find_reason(b, &reason);
	fail(&line, "not recorded: %.*s", (int)sizeof line.text - 32, reason.text);
	put_process(&out, &process);
	int failed = trace_put(writer, LG_CHUNK_PROCESS, &out, err);
	buf_clear(&out);
	put_end(&out, &end);
	if (!failed)
		failed = trace_put(writer, LG_CHUNK_END, &out, err);
	buf_free(&out);
	return trace_writer_close(writer, failed ? NULL : err) || failed ? -1 : 0;
}
