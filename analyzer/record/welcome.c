/* welcome.c: processes that have become a program with the shim, and are followed before they say HELLO: they need not
 * wait for the recorder then, nor wake it. What will be needed of them is opened meanwhile. */
#include "record/recorder.h"

#include "base/clock.h"
#include "record/proc.h"

#include <stdlib.h>

static struct welcome *find(struct recorder *r, uint32_t pid)
{
	for (struct welcome *w = r->welcomes; w < r->welcomes + LG_WELCOMES; w++)
		if (w->pid == pid)
			return w;
	return NULL;
}

static _Atomic uint32_t *word_of(const struct recorder *r, const struct welcome *w)
{
	return &r->segment.control->welcome[w - r->welcomes];
}

void welcome_free(struct welcome *w)
{
	if (w->is_followed)
		space_close(&w->space);
	free(w->directory);
	*w = (struct welcome){ .pid = 0 };
}

static void forget(struct recorder *r, struct welcome *w)
{
	atomic_store(word_of(r, w), 0);
	welcome_free(w);
}

/* False: it cannot be traced, or not looked into. */
static bool follow(struct recorder *r, struct welcome *w)
{
	struct err err;

	if (follow_seize(&r->follower, w->pid, &err))
		return false;
	w->is_followed = true;
	space_init(&w->space, w->pid);
	w->directory = proc_link(w->pid, "cwd");
	if (!space_is_open(&w->space))
		return false;
	atomic_store(word_of(r, w), w->pid);
	return true;
}

/* False: its exec is still under way, the end of which would be one more stop. */
static bool meet(struct recorder *r, struct welcome *w)
{
	if (!untraced_has_arguments(&r->untraced, w->pid))
		return false;
	if (proc_is_set_id(w->pid) || !follow(r, w))
		forget(r, w);
	return true;
}

bool welcome(struct recorder *r, uint32_t pid)
{
	welcome_forget(r, pid);
	struct welcome *w = find(r, 0);
	if (!w || r->options->no_ptrace || !untraced_takes_shim(&r->untraced, pid))
		return false;
	*w = (struct welcome){ .pid = pid, .since_ns = clock_ns(CLOCK_MONOTONIC) };
	r->awaits_exec |= !meet(r, w);
	return w->is_followed;
}

#define EXEC_NS (1000u * 1000) /* else it is followed when it has said HELLO */

void welcome_go_on(struct recorder *r, uint64_t now_ns)
{
	if (!r->awaits_exec)
		return;
	r->awaits_exec = false;
	for (struct welcome *w = r->welcomes; w < r->welcomes + LG_WELCOMES; w++) {
		if (!w->pid || w->is_followed || meet(r, w))
			continue;
		if (now_ns > w->since_ns + EXEC_NS)
			forget(r, w);
		else
			r->awaits_exec = true;
	}
}

void welcome_take(struct recorder *r, uint32_t pid, struct welcome *taken)
{
	struct welcome *w = pid ? find(r, pid) : NULL;

	if (!w)
		return;
	*taken = *w;
	*w = (struct welcome){ .pid = 0 };
	atomic_store(word_of(r, w), 0);
}

void welcome_forget(struct recorder *r, uint32_t pid)
{
	struct welcome *w = pid ? find(r, pid) : NULL;

	if (w)
		forget(r, w);
}

void welcome_forget_all(struct recorder *r)
{
	for (struct welcome *w = r->welcomes; w < r->welcomes + LG_WELCOMES; w++)
		if (w->pid)
			forget(r, w);
}
