/* demand.c: see demand.h. The segment is shared with the program that is recorded: what it says is checked. */
#include "record/demand.h"

#include "base/clock.h"
#include "leakgraph/env.h"
#include "record/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void wake(_Atomic uint32_t *futex)
{
	syscall(SYS_futex, futex, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* ---- the recorder's side ----------------------------------------------------------------------------- */

uint32_t demand_taken(const struct segment *s, enum lg_wanted *wanted)
{
	const struct lg_demand *d = &s->control->demand;

	*wanted = d->wanted;
	return atomic_load(&d->state) == LG_DEMAND_ASKED ? d->pid : 0;
}

void demand_answer(struct segment *s, const struct demand_answer *answer)
{
	struct lg_demand *d = &s->control->demand;

	d->is_refused = answer->is_refused;
	d->snapshot = answer->snapshot;
	d->pause_ns = answer->pause_ns;
	snprintf(d->text, sizeof d->text, "%s", answer->text);
	atomic_store(&d->state, LG_DEMAND_ANSWERED);
	wake(&d->state);
}

/* ---- finding the segment ----------------------------------------------------------------------------- */

/* The path by which the process was told of the segment. It is opened only when it looks as the launcher writes it:
 * to open something else might do anything. */
static bool segment_path(uint32_t pid, char *path, size_t room)
{
	static const char name[] = LG_ENV_SEGMENT "=";
	size_t bytes;
	char *text = proc_read(pid, "environ", &bytes);
	unsigned recorder, fd;
	bool is_found = false;

	for (size_t at = 0; text && at < bytes && !is_found; at += strnlen(text + at, bytes - at) + 1)
		if (bytes - at > sizeof name && !memcmp(text + at, name, sizeof name - 1) &&
		    memchr(text + at, 0, bytes - at) &&
		    sscanf(text + at + sizeof name - 1, "/proc/%u/fd/%u", &recorder, &fd) == 2) {
			snprintf(path, room, "/proc/%u/fd/%u", recorder, fd);
			is_found = true;
		}
	free(text);
	return is_found;
}

static struct lg_control *map_control(const char *path, uint32_t pid)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct lg_control *c = MAP_FAILED;
	struct stat file;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &file) && S_ISREG(file.st_mode) && file.st_size == (off_t)LG_SEGMENT_BYTES &&
	    proc_maps_inode(pid, file.st_ino))
		c = mmap(NULL, LG_CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return c == MAP_FAILED ? NULL : c;
}

/* Among the files that a process has open. */
static struct lg_control *control_held_by(const char *holder, uint32_t pid)
{
	struct lg_control *c = NULL;
	const struct dirent *entry;
	struct stat file;
	char path[64];

	snprintf(path, sizeof path, "/proc/%.20s/fd", holder);
	DIR *open_files = opendir(path);
	while (open_files && !c && (entry = readdir(open_files))) {
		snprintf(path, sizeof path, "/proc/%.20s/fd/%.20s", holder, entry->d_name);
		if (!stat(path, &file) && S_ISREG(file.st_mode) && file.st_size == (off_t)LG_SEGMENT_BYTES)
			c = map_control(path, pid);
	}
	if (open_files)
		closedir(open_files);
	return c;
}

/* A server may have written its title over its environment: then its recorder is whoever has what it maps open. */
static struct lg_control *control_anywhere(uint32_t pid)
{
	struct lg_control *c = NULL;
	const struct dirent *entry;
	DIR *all = opendir("/proc");

	while (all && !c && (entry = readdir(all)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			c = control_held_by(entry->d_name, pid);
	if (all)
		closedir(all);
	return c;
}

static bool is_usable(const struct lg_control *c)
{
	return c->magic == LG_RING_MAGIC && c->version == LG_RING_VERSION && !atomic_load(&c->closed) &&
	       c->pid_namespace == proc_namespace((uint32_t)getpid());
}

static struct lg_control *find_control(uint32_t pid, struct err *err)
{
	struct lg_control *c = NULL;
	char path[64];

	if (kill((pid_t)pid, 0) && errno == ESRCH) {
		fail(err, "there is no process %u", pid);
		return NULL;
	}
	if (segment_path(pid, path, sizeof path))
		c = map_control(path, pid);
	c = c ? c : control_anywhere(pid);
	if (c && is_usable(c))
		return c;
	if (c)
		munmap(c, LG_CONTROL_BYTES);
	fail(err,
	     "process %u is not being recorded by this user and this version of leakgraph; start it by "
	     "leakgraph run",
	     pid);
	return NULL;
}

/* ---- asking ------------------------------------------------------------------------------------------ */

#define CLAIM_TRIES 1000u /* of ten milliseconds */
#define ANSWER_NS (120ull * 1000 * 1000 * 1000)
#define SILENCE_NS (10ull * 1000 * 1000 * 1000) /* a recorder whose heart stands still for so long is gone */

/* One that was left claimed or answered by a process that is gone is taken over. */
static bool claim(struct lg_demand *d)
{
	for (unsigned i = 0; i < CLAIM_TRIES; i++) {
		uint32_t state = atomic_load(&d->state), demander = atomic_load(&d->demander);
		bool is_free = state == LG_DEMAND_NONE || (state != LG_DEMAND_ASKED && demander &&
							   kill((pid_t)demander, 0) && errno == ESRCH);

		if (is_free && atomic_compare_exchange_strong(&d->state, &state, LG_DEMAND_CLAIMED)) {
			atomic_store(&d->demander, (uint32_t)getpid());
			return true;
		}
		usleep(10 * 1000);
	}
	return false;
}

static bool wait_for_answer(struct lg_control *c)
{
	const struct timespec nap = { 0, 100 * 1000 * 1000 };
	uint64_t begun = clock_ns(CLOCK_MONOTONIC), heard = begun, heartbeat = 0;

	for (uint64_t now = begun; now - begun < ANSWER_NS && now - heard < SILENCE_NS;) {
		if (atomic_load(&c->demand.state) == LG_DEMAND_ANSWERED)
			return true;
		if (atomic_load(&c->closed))
			return false;
		syscall(SYS_futex, &c->demand.state, FUTEX_WAIT, LG_DEMAND_ASKED, &nap, NULL, 0);
		now = clock_ns(CLOCK_MONOTONIC);
		if (atomic_load(&c->heartbeat) != heartbeat) {
			heartbeat = atomic_load(&c->heartbeat);
			heard = now;
		}
	}
	return false;
}

static int ask(struct lg_control *c, uint32_t pid, enum lg_wanted wanted, struct demand_answer *answer,
	       struct err *err)
{
	struct lg_demand *d = &c->demand;

	if (!claim(d))
		return fail(err, "the recorder of process %u is busy with another demand", pid);
	d->pid = pid;
	d->wanted = wanted;
	atomic_store(&d->state, LG_DEMAND_ASKED);
	atomic_fetch_add(&c->doorbell, 1);
	wake(&c->doorbell);
	if (!wait_for_answer(c))
		return fail(err, "the recorder of process %u does not answer; was it stopped or killed?",
			    pid);
	*answer = (struct demand_answer){ .snapshot = d->snapshot,
					  .pause_ns = d->pause_ns,
					  .is_refused = d->is_refused };
	memcpy(answer->text, d->text, sizeof answer->text - 1);
	atomic_store(&d->state, LG_DEMAND_NONE);
	return answer->is_refused ? fail(err, "%s", answer->text) : 0;
}

int demand(uint32_t pid, enum lg_wanted wanted, struct demand_answer *answer, struct err *err)
{
	struct lg_control *c = find_control(pid, err);

	if (!c)
		return -1;
	int failed = ask(c, pid, wanted, answer, err);
	munmap(c, LG_CONTROL_BYTES);
	return failed;
}
