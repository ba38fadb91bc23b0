/* demands.c: what is asked of the recorder of a running process: leakgraph snapshot, pause, resume. */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "record/demand.h"
#include "report/gate.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct demand_command {
	const char *name, *help;
	enum lg_wanted wanted;
};

static const struct demand_command snapshot_command = {
	"snapshot",
	"usage: leakgraph snapshot PID\n"
	"Has the recorder of a process under leakgraph run look at its memory now. The process stands still for as long\n"
	"as that takes, and goes on. Its trace then holds one snapshot more: leakgraph growth tells what survived from\n"
	"one to the next.\n"
	"\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0; 2: wrong usage; 125: the process is not being recorded, or could not be stopped.\n"
	"\n"
	"Examples:\n"
	"  leakgraph run -o app.lgt ./app &\n"
	"  leakgraph snapshot $(pidof app)\n",
	LG_WANTED_SNAPSHOT
};

#define PAUSE_HELP                                                                                           \
	"usage: leakgraph pause PID\n"                                                                       \
	"       leakgraph resume PID\n"                                                                      \
	"What a process under leakgraph run allocates between the two is not recorded; that blocks end, "    \
	"always "                                                                                            \
	"is.\n"                                                                                              \
	"Memory of the heap that is no recorded block then counts as a root, so that nothing is reported "   \
	"falsely.\n"                                                                                         \
	"\n"                                                                                                 \
	"  --help, --version\n"                                                                              \
	"\n"                                                                                                 \
	"Exit status: 0; 2: wrong usage; 125: the process is not being recorded.\n"                          \
	"\n"                                                                                                 \
	"Examples:\n"                                                                                        \
	"  leakgraph run -o app.lgt ./app &\n"                                                               \
	"  leakgraph pause $(pidof app)\n"                                                                   \
	"  leakgraph resume $(pidof app)\n"

static const struct demand_command pause_command = { "pause", PAUSE_HELP, LG_WANTED_PAUSE };
static const struct demand_command resume_command = { "resume", PAUSE_HELP, LG_WANTED_RESUME };

static int tell(const struct demand_command *c, uint32_t pid, const struct demand_answer *answer)
{
	struct term term = term_on(stdout, COLOR_NEVER);
	struct err err = { "" };
	char pause[TERM_TEXT];

	term_clean(&term, answer->text);
	if (c->wanted == LG_WANTED_SNAPSHOT)
		printf(": snapshot %llu of process %u, paused for %s\n", (unsigned long long)answer->snapshot,
		       pid, human_time(pause, answer->pause_ns));
	else
		printf(": new blocks of process %u are %s\n", pid,
		       c->wanted == LG_WANTED_PAUSE ? "left out" : "recorded");
	fail(&err, "the answer could not be written; is the disk full?");
	return fflush(stdout) ? trouble(STATUS_TOOL, &err) : 0;
}

static int ask(const struct demand_command *c, uint32_t pid)
{
	struct demand_answer answer;
	struct err err = { "" };

	return demand(pid, c->wanted, &answer, &err) ? trouble(STATUS_TOOL, &err) : tell(c, pid, &answer);
}

/* 0: that is no process id */
static uint32_t process_id(const char *word)
{
	char *end;
	unsigned long pid = strtoul(word, &end, 10);

	return *word >= '1' && *word <= '9' && !*end && pid <= INT_MAX ? (uint32_t)pid : 0;
}

const struct option demand_longs[] = { COMMON_OPTIONS, { NULL, 0, NULL, 0 } };

static int run(const struct demand_command *c, int argc, char **argv)
{
	struct err err = { "" };
	int code;

	options_start();
	while ((code = option_next(argc, argv, ":hV", demand_longs, &err)) != -1) {
		if (code == OPT_VERSION)
			return show_version();
		if (code != OPT_HELP)
			return wrong_usage(c->name, &err);
		fputs(c->help, stdout);
		return 0;
	}
	uint32_t pid = optind + 1 == argc ? process_id(argv[optind]) : 0;
	if (pid)
		return ask(c, pid);
	fail(&err, "it takes the id of one process; try: leakgraph %s $(pidof app)", c->name);
	return wrong_usage(c->name, &err);
}

int cmd_snapshot(int argc, char **argv)
{
	return run(&snapshot_command, argc, argv);
}

int cmd_pause(int argc, char **argv)
{
	return run(&pause_command, argc, argv);
}

int cmd_resume(int argc, char **argv)
{
	return run(&resume_command, argc, argv);
}
