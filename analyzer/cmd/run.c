/* run.c: leakgraph run: records a program. Its output and exit status pass through untouched; a signal that killed
 * it kills leakgraph too. What leakgraph has to say it says on stderr, after the program is gone. */
#include "base/clock.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "report/gate.h"
#include "report/model.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Counting the events of a trace larger than this would keep the user waiting: their number is told instead. */
#define COUNTED_EVENTS_MAX 5000000u

static const char help[] = "usage: leakgraph run [options] [--] PROGRAM ARGS...\n"
			   "       leakgraph PROGRAM ARGS...\n"
			   "Record a program's allocations, and its memory at the end, in a trace.\n"
			   "\n";
static const char help_end[] =
    "\n"
    "The exit status is PROGRAM's; 125, 126, 127: it was not run, cannot be run, was not found; 2: wrong usage.\n"
    "\n"
    "Examples:\n"
    "  leakgraph run ./app --selftest\n"
    "  leakgraph run -o app.lgt -- ./app -x     then: leakgraph report app.lgt\n"
    "  leakgraph run --no-children -- make check\n";

static int show_help(void)
{
	printf("%s%s  -q, --quiet            say nothing when all is well\n%s%s", help, run_options_help,
	       common_options_help, help_end);
	return 0;
}

/* ---- what happened ------------------------------------------------------------------------------------- */

struct counts {
	uint64_t allocations, frees;
};

static int count_batch(void *context, const struct trace_event *events, size_t n)
{
	struct counts *c = context;

	for (size_t i = 0; i < n; i++) {
		c->allocations +=
		    events[i].type == LG_EV_ALLOC ||
		    (events[i].type == LG_EV_RESIZE && events[i].addr && events[i].addr != LG_UNRECORDED);
		c->frees += events[i].type == LG_EV_FREE || events[i].type == LG_EV_RELEASE;
		/* a realloc that failed gave nothing up */
		c->frees -= events[i].type == LG_EV_RESIZE && !events[i].addr;
	}
	return 0;
}

static void tell_events(const struct trace *t)
{
	struct counts c = { 0, 0 };
	struct err err;
	char allocations[64], frees[64];
	uint64_t lost = t->end.lost_allocs + t->end.lost_frees;

	if (t->nevents > COUNTED_EVENTS_MAX || trace_events(t, count_batch, &c, &err))
		fprintf(stderr, "; %s", human_things(frees, sizeof frees, t->nevents, "event"));
	else
		fprintf(stderr, "; %s, %s",
			human_things(allocations, sizeof allocations, c.allocations, "allocation"),
			human_things(frees, sizeof frees, c.frees, "free"));
	if (t->process.sample_bytes)
		fprintf(stderr, ", a sample of one every %s", human_bytes(frees, t->process.sample_bytes));
	if (lost)
		fprintf(stderr, ", %s LOST", human_things(frees, sizeof frees, lost, "event"));
}

static void tell_ending(int wait_status)
{
	char name[32];

	if (WIFSIGNALED(wait_status))
		fprintf(stderr, " was killed by %s",
			report_signal(name, sizeof name, (uint64_t)WTERMSIG(wait_status)));
	else
		fprintf(stderr, " exited %d", WEXITSTATUS(wait_status));
}

static const char *short_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void tell_name(const char *program)
{
	const struct term out = term_on(stderr, COLOR_NEVER);

	fputs("leakgraph: ", stderr);
	term_clean(&out, short_name(program));
}

/* What no report can show is said at once. */
static void tell_unseen(const struct trace *t, const char *program)
{
	const struct term out = term_on(stderr, COLOR_NEVER);

	if (t->process.flags & LG_PROCESS_FOREIGN_MALLOC)
		fprintf(stderr, "leakgraph: " REPORT_FOREIGN_TEXT "; %s\n", program,
			report_cure(REASON_FOREIGN));
	for (size_t i = 0; i < t->end.nreasons; i++)
		if (!strncmp(t->end.reasons[i], TRACE_UNSEEN_ALLOCATOR, strlen(TRACE_UNSEEN_ALLOCATOR))) {
			fputs("leakgraph: ", stderr);
			term_clean(&out, t->end.reasons[i]);
			fprintf(stderr, "; %s\n", report_cure(REASON_FOREIGN));
		}
}

static void tell_first(const struct record_result *result, const char *program, uint64_t ns)
{
	struct trace t = { 0 };
	struct err err;
	char time[TERM_TEXT];
	bool is_open = !trace_open(&t, result->traces[0], &err);

	tell_name(program);
	if (is_open)
		fprintf(stderr, " (pid %llu)", (unsigned long long)t.process.pid);
	tell_ending(result->wait_status);
	fprintf(stderr, " after %s", human_time(time, ns));
	if (is_open)
		tell_events(&t);
	fprintf(stderr, "; trace: %s\n", result->traces[0]);
	if (is_open)
		tell_unseen(&t, program);
	trace_close(&t);
}

static void tell(const struct record_result *result, const char *program, uint64_t ns)
{
	char count[64];

	if (!result->ntraces) {
		tell_name(program);
		tell_ending(result->wait_status);
		fprintf(stderr, "; nothing was recorded: leakgraph doctor %s says why\n", program);
		return;
	}
	tell_first(result, program, ns);
	if (result->ntraces > 1)
		fprintf(stderr, "leakgraph: and %s, in %s.children\n",
			human_things(count, sizeof count, result->ntraces - 1, "more program run"),
			result->traces[0]);
	if (result->untraced)
		fprintf(stderr, "leakgraph: %s could not be recorded\n",
			human_things(count, sizeof count, result->untraced, "program run"));
	fprintf(stderr, "leakgraph: next: leakgraph report %s\n", result->traces[0]);
}

/* ---- the command --------------------------------------------------------------------------------------- */

/* Ends as the program did. The core dump, if any, was the program's. */
static int end_like(int wait_status)
{
	struct rlimit none = { 0, 0 };
	int number = WTERMSIG(wait_status);
	sigset_t only;

	if (!WIFSIGNALED(wait_status))
		return WEXITSTATUS(wait_status);
	fflush(NULL);
	setrlimit(RLIMIT_CORE, &none);
	signal(number, SIG_DFL);
	sigemptyset(&only);
	sigaddset(&only, number);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	raise(number);
	return 128 + number;
}

static int run(const struct record_options *options, bool is_quiet)
{
	struct record_result result = { 0 };
	struct err err = { "" };
	uint64_t start_ns = clock_ns(CLOCK_MONOTONIC);
	int status = STATUS_TOOL;

	if (record_run(options, &result, &status, &err))
		return trouble(status, &err);
	uint64_t duration_ns = clock_ns(CLOCK_MONOTONIC) - start_ns;
	if (!is_quiet)
		tell_environment(&result);
	if (*result.note)
		fprintf(stderr, "leakgraph: %s\n", result.note);
	if (result.verified)
		fprintf(stderr, "leakgraph: %s", result.verified);
	if (!is_quiet || !result.ntraces)
		tell(&result, options->argv[0], duration_ns);
	status = result.wait_status;
	record_result_free(&result);
	return end_like(status);
}

const struct option run_longs[] = {
	COMMON_OPTIONS, RUN_OPTIONS, { "quiet", no_argument, NULL, OPT_QUIET }, { 0 }
};

int cmd_run(int argc, char **argv)
{
	struct record_options options;
	struct err err = { "" };
	bool is_quiet = false;
	int code;

	set_run_defaults(&options);
	options_start();
	while ((code = option_next(argc, argv, "+:ho:qV", run_longs, &err)) != -1) {
		if (code == OPT_HELP)
			return show_help();
		if (code == OPT_VERSION)
			return show_version();
		if (code == OPT_QUIET)
			is_quiet = true;
		else if (code == '?' || take_run_option(&options, code, optarg, &err) < 0)
			return wrong_usage("run", &err);
	}
	options.argv = argv + optind;
	if (optind < argc)
		return run(&options, is_quiet);
	fail(&err, "no PROGRAM to run; try: leakgraph run -- ./app");
	return wrong_usage("run", &err);
}
