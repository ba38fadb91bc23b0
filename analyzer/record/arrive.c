/* arrive.c: the beginning of an image: areas that targets have claimed. */
#include "record/recorder.h"

#include "record/lend.h"
#include "record/preflight.h"
#include "record/proc.h"

#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void answer(struct lg_area *area, enum lg_accept accept)
{
	if (atomic_exchange(&area->accepted, accept) == LG_ACCEPT_WELCOME)
		return; /* it does not wait */
	syscall(SYS_futex, &area->accepted, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool is_first(const struct recorder *r, uint32_t pid)
{
	return pid == r->main_pid && !r->npids;
}

#define INVITED_NS (10u * 1000 * 1000) /* a look every so often */
#define INVITED_LOOKS 100 /* in vain: it does not run */

static bool is_invited(struct recorder *r, struct image *i)
{
	const struct timespec nap = { 0, INVITED_NS };
	_Atomic uint32_t *invited = &i->area->invited;

	answer(i->area, LG_ACCEPT_INVITE);
	for (int n = 0; n < INVITED_LOOKS && !atomic_load(invited) && !kill((pid_t)i->pid, 0); n++) {
		syscall(SYS_futex, invited, FUTEX_WAIT, 0, &nap, NULL, 0);
		recorder_breathe(r);
	}
	return atomic_load(invited);
}

/* Under Yama's ptrace_scope=1 a process is traced by its ancestors, and by one that it invites by that one's id. */
static bool seize(struct recorder *r, struct image *i)
{
	struct err err;

	if (!follow_seize(&r->follower, i->pid, &err))
		return true;
	if (i->is_elsewhere || !is_invited(r, i) || follow_seize(&r->follower, i->pid, &err))
		return false;
	space_open(&i->space, i->pid);
	return true;
}

static enum lg_accept follow(struct recorder *r, struct image *i)
{
	if (!r->options->no_ptrace && seize(r, i))
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

/* Whether a process of the tree has executed it: it has left a note of that before, or is still its parent. (libc's popen
 * and system leave none, and the end of their vfork may be told later than what they executed asks.) A parent that did not
 * have to wait for the recorder may not have been met yet. */
static bool is_of_tree(struct recorder *r, uint32_t pid)
{
	notes_take(r);
	return untraced_expects(&r->untraced, pid) || arrive_find(r, proc_parent(pid));
}

void arrive_lend(struct recorder *r)
{
	uint32_t pid;
	int connection;

	while ((connection = lend_next(r->lender, &pid)) >= 0)
		lend_answer(connection, is_of_tree(r, pid) ? r->segment.fd : -1);
}

/* What exec was told to begin, as a file; NULL: a script, whose interpreter may be any. */
static char *file_told(const struct beginner *told)
{
	struct program_facts facts;
	char *found = NULL;
	int status;

	if (!strchr(told->program, '/') && !program_find(told->program, &found, &status, NULL))
		return found;
	program_inspect(told->program, &facts);
	return facts.kind == PROGRAM_SCRIPT ? NULL : strdup(told->program);
}

/* Of a program that may not be looked at the kernel does not tell the file; exec was told it. */
static char *executable_of(uint32_t pid, const struct beginner *told)
{
	char *executable = told->is_seen ? strdup(told->program) : proc_link(pid, "exe"), *file;

	if (!executable || *executable || !told->program || !(file = file_told(told)))
		return executable;
	free(executable);
	return file;
}

/* What was opened before it came, if it was expected. */
static void open_space(struct recorder *r, struct image *i, struct welcome *met)
{
	if (met->is_followed) {
		i->space = met->space;
		i->begun_ns = met->since_ns;
	} else {
		space_init(&i->space, i->pid);
	}
	met->is_followed = false;
	i->space.breathe = recorder_breathe;
	i->space.context = r;
}

static void begin(struct recorder *r, struct image *i, struct beginner *told, const struct welcome *met)
{
	struct image_start start = { .directory = met->directory,
				     .argv = told->argv,
				     .argc = told->argc,
				     .full_contents = r->options->full_contents };

	i->executable = executable_of(i->pid, told);
	start.writer = open_trace(r, i, &start.path);
	image_begin(i, &r->segment, &start);
}

/* The image goes on as soon as its end can be seen; what its trace begins with is written meanwhile. Where its end cannot
 * be held up, it waits for that, lest it be gone before its name is known. */
static void take_on(struct recorder *r, uint32_t index)
{
	struct lg_area *area = segment_area(&r->segment, index);
	uint32_t pid = recorder_pid(r, area->pid_namespace, atomic_load(&area->pid));
	struct image *former = recorder_find(r, pid), *i;
	struct beginner told = { .pidfd = -1 };
	struct welcome met = { .pid = 0 };
	bool is_wanted = pid && (is_first(r, pid) || !r->options->no_children);

	if (!pid)
		atomic_fetch_add(&r->segment.control->untraced, 1); /* in a namespace that cannot be seen */
	if (former)
		depart(r, former, LG_ENDED_EXEC, 0);
	if (atomic_load(&area->accepted) !=
	    LG_ACCEPT_WELCOME) /* else later notes are about what it becomes */
		notes_take(r);
	untraced_take(&r->untraced, pid, &told);
	welcome_take(r, pid, &met);
	i = is_wanted ? image_new(&r->segment, index, pid, recorder_number(r, pid)) : NULL;
	if (is_wanted && !i && !r->trouble.text[0])
		fail(&r->trouble, "out of memory");
	if (!i) {
		answer(area, LG_ACCEPT_REFUSED);
		beginner_free(&told);
		welcome_free(&met);
		return;
	}
	r->images[index] = i;
	r->nforked += (area->flags & LG_IMAGE_FORKED) != 0;
	bool is_followed = met.is_followed;
	open_space(r, i, &met);
	enum lg_accept accept = is_followed ? LG_ACCEPT_PTRACE : follow(r, i);
	if (accept == LG_ACCEPT_PTRACE)
		answer(area, accept);
	space_open(&i->space, pid);
	begin(r, i, &told, &met);
	beginner_free(&told);
	welcome_free(&met);
	if (accept != LG_ACCEPT_PTRACE)
		answer(area, accept);
}

/* Whether an area has been claimed by an image that waits for an answer of this kind, and is not met yet. */
static bool is_new(struct recorder *r, uint32_t n, enum lg_accept accepted)
{
	struct lg_area *area = segment_area(&r->segment, n);

	return !r->images[n] && atomic_load(&r->segment.control->area_state[n]) == LG_AREA_CLAIMED &&
	       atomic_load(&area->accepted) == accepted && atomic_load(&area->state) == LG_AREA_LIVE;
}

void arrive_welcome(struct recorder *r)
{
	for (uint32_t n = 0; n < LG_AREAS; n++)
		if (is_new(r, n, LG_ACCEPT_WELCOME))
			take_on(r, n);
}

/* Areas in the hands of targets, but not of an image: new ones, and those that a refused target has left. */
void arrive_all(struct recorder *r)
{
	arrive_welcome(r);
	for (uint32_t n = 0; n < LG_AREAS; n++) {
		if (r->images[n] || atomic_load(&r->segment.control->area_state[n]) != LG_AREA_CLAIMED)
			continue;
		if (is_new(r, n, LG_ACCEPT_WAITING))
			take_on(r, n);
		else if (atomic_load(&segment_area(&r->segment, n)->state) == LG_AREA_ENDED)
			segment_recycle(&r->segment, n);
	}
}

struct image *arrive_find(struct recorder *r, uint32_t pid)
{
	if (!recorder_find(r, pid))
		arrive_all(r);
	return recorder_find(r, pid);
}
