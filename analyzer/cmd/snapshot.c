/* snapshot.c: leakgraph snapshot: has the recorder of a running process look at it now. */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "record/demand.h"
#include "report/gate.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: leakgraph snapshot PID\n"
    "Has the recorder of a process under leakgraph run look at its memory now. The process stands still for "
    "as long\n"
    "as that takes, and goes on. Its trace then holds one snapshot more: leakgraph growth tells what "
    "survived "
    "from\n"
    "one to the next.\n"
    "\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0; 2: wrong usage; 125: the process is not being recorded, or could not be stopped.\n"
    "\n"
    "Examples:\n"
    "  leakgraph run -o app.lgt ./app &\n"
    "  leakgraph snapshot $(pidof app)\n";

static int take(uint32_t pid)
{
	struct demand_answer answer;
	struct err err = { "" };
	char pause[TERM_TEXT];

	if (demand_snapshot(pid, &answer, &err))
		return trouble(STATUS_TOOL, &err);
	struct term term = term_on(stdout, COLOR_NEVER);
	term_clean(&term, answer.text);
	printf(": snapshot %llu of process %u, paused for %s\n", (unsigned long long)answer.snapshot, pid,
	       human_time(pause, answer.pause_ns));
	fail(&err, "the answer could not be written; is the disk full?");
	return fflush(stdout) ? trouble(STATUS_TOOL, &err) : 0;
}

/* 0: that is no process id */
static uint32_t process_id(const char *word)
{
	char *end;
	unsigned long pid = strtoul(word, &end, 10);

	return *word >= '1' && *word <= '9' && !*end && pid <= INT_MAX ? (uint32_t)pid : 0;
}

const struct option snapshot_longs[] = { COMMON_OPTIONS, { NULL, 0, NULL, 0 } };

int cmd_snapshot(int argc, char **argv)
{
	struct err err = { "" };
	int code;

	options_start();
	while ((code = option_next(argc, argv, ":hV", snapshot_longs, &err)) != -1) {
		if (code == OPT_VERSION)
			return show_version();
		if (code != OPT_HELP)
			return wrong_usage("snapshot", &err);
		fputs(help, stdout);
		return 0;
	}
	uint32_t pid = optind + 1 == argc ? process_id(argv[optind]) : 0;
	if (pid)
		return take(pid);
	fail(&err, "it takes the id of one process; try: leakgraph snapshot $(pidof app)");
	return wrong_usage("snapshot", &err);
}
