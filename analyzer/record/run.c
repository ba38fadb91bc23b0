/* run.c: the recorder's loop: one thread, over all images of one run.
 *
 * A round looks at what waitpid tells, takes on new images, serves requests, drains every ring, and sleeps on the
 * doorbell: a futex in the shared segment that targets ring and that the SIGCHLD handler bumps, so that nothing
 * is waited for longer than it takes. */
#include "record/recorder.h"

#include "base/clock.h"
#include "record/launch.h"
#include "record/lend.h"
#include "record/proc.h"
#include "record/signals.h"
#include "record/snapshot.h"
#include "record/verify.h"

#include <errno.h>
#include <linux/futex.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLOT_SWEEP_NS (10u * 1000 * 1000)
#define END_EXPECTED_NS (5u * 1000 * 1000) /* after the snapshot of an image that asked for it */
#define BUSY_NAP_NS (5u * 1000 * 1000) /* threads that fill their rings sooner ring the doorbell */
#define IDLE_NAP_NS (10u * 1000 * 1000)
#define EXEC_NAP_NS (50u * 1000) /* the rest of an exec takes no longer, mostly */
#define YOUNG_NS (1000u * 1000) /* an image's rings are not looked at before: many are over by then */

/* What a round brought in. */
struct haul {
	uint64_t taken; /* events */
	bool is_behind; /* there were more than one round takes */
};

static bool thread_gone_elsewhere(uint32_t pid, uint32_t tid)
{
	return !proc_has_inner_tid(pid, tid);
}

static bool thread_gone(uint32_t pid, uint32_t tid)
{
	return syscall(SYS_tgkill, pid, tid, 0) && errno == ESRCH;
}

static bool is_end_expected(const struct image *i, uint64_t now)
{
	return i->last && !snapshot_has_writer(i->last) && now < i->last_ns + END_EXPECTED_NS;
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
		uint64_t before = i->drain.taken;
		serve_request(r, i);
		serve_verdict(r, i);
		serve_let_go(r, i);
		if (r->verifier)
			verify_round(r->verifier, i);
		if (now < i->begun_ns + YOUNG_NS || is_end_expected(i, now))
			continue;
		last_settle(i);
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
	struct timespec t = { 0, r->awaits_exec ? EXEC_NAP_NS : haul.taken ? BUSY_NAP_NS : IDLE_NAP_NS };

	atomic_store(&r->segment.control->asleep, 1);
	syscall(SYS_futex, &r->segment.control->doorbell, FUTEX_WAIT, doorbell, &t, NULL, 0);
	atomic_store(&r->segment.control->asleep, 0);
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
		shimless_find_silent(r);
	return !r->untraced.count;
}

/* Looks at everything once. */
static struct haul round_of(struct recorder *r, uint64_t now)
{
	uint64_t key = segment_key(&r->segment);

	segment_beat(&r->segment);
	follow_poll(&r->follower, now);
	welcome_go_on(r, now);
	depart_notice(r);
	notes_take(r);
	arrive_lend(r);
	arrive_all(r);
	shimless_settle(r, false);
	midway_go_on(r);
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
	shimless_find_silent(r);
	shimless_settle(r, true);
	for (size_t n = 0; n < LG_AREAS; n++) {
		struct image *i = r->images[n];

		if (!i)
			continue;
		image_degrade(i, "still running when recording ended");
		follow_detach(&r->follower, i->pid);
		depart(r, i, LG_ENDED_RUNNING, 0);
	}
}

/* ---- the whole --------------------------------------------------------------------------------------- */

/* A file size limit would raise SIGXFSZ while the segment is sized. */
static int open_segment(struct recorder *r, struct err *err)
{
	void (*former)(int) = signal(SIGXFSZ, SIG_IGN);
	int failed = segment_open(&r->segment, r->options->drop_when_full, err);

	signal(SIGXFSZ, former);
	if (!failed)
		r->lender = lend_open(&r->segment);
	return failed;
}

static int open_verifier(struct recorder *r, uint32_t every, struct err *err)
{
	r->segment.control->verify_every = every;
	r->segment.control->free_stacks = r->options->free_stacks;
	r->segment.control->no_python_frames = r->options->no_python_frames;
	r->segment.control->sample_bytes = r->options->sample_bytes;
	r->segment.control->sample_seed = r->options->sample_seed;
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
	struct signals signals;
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
	signals_set(&signals, &r->segment.control->doorbell, launch.pid);
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
	signals_reset(&signals);
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
	r->segment.fd = r->lender = -1;
	r->follower.hooks = &depart_hooks;
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
	welcome_forget_all(r);
	untraced_free(&r->untraced);
	verify_close(r->verifier);
	lend_close(r->lender);
	mapped_spare_free(&r->spare);
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
