/* main.c: the table of commands. Only main exits. */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "record/record.h"
#include "report/gate.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command commands[] = {
	{ "run", "[-o FILE] PROGRAM ARGS...", "record a program; `leakgraph PROGRAM ARGS` does the same",
	  cmd_run, run_longs, NULL },
	{ "report", "[TRACE...]", "explain what leaked, where, and in which cycles", cmd_report, report_longs,
	  NULL },
	{ "check", "(-- PROGRAM ARGS... | TRACE...)", "record if needed, report briefly, fail on leaks",
	  cmd_check, check_longs, NULL },
	{ "baseline", "create|update|prune FILE TRACE...", "keep the file of known leaks that check reads",
	  cmd_baseline, baseline_longs, NULL },
	{ "why", "TRACE ADDR|LEAK", "what holds a block, or what a leak was lost with", cmd_why, answer_longs,
	  NULL },
	{ "types", "TRACE", "the live blocks by type: how many, what they retain, how many are lost",
	  cmd_types, answer_longs, NULL },
	{ "lines", "TRACE", "by source line: live, leaked, at the peak, allocated, temporary", cmd_lines,
	  answer_longs, NULL },
	{ "growth", "TRACE...", "what survives and grows from snapshot to snapshot", cmd_growth, answer_longs,
	  growth_longs },
	{ "diff", "OLD[@N] NEW[@N]", "what came, went and grew between two traces or moments", cmd_diff,
	  answer_longs, NULL },
	{ "graph", "TRACE [LEAK|ADDR]", "the references around a leak or a block as a picture", cmd_graph,
	  answer_longs, graph_longs },
	{ "export", "--format=FORMAT TRACE", "a trace for flame graphs, pprof, graph viewers, SQL",
	  cmd_export, export_longs, NULL },
	{ "snapshot", "PID", "look at a process under run now, and let it go on", cmd_snapshot, demand_longs,
	  NULL },
	{ "pause", "PID", "record no new blocks of a process under run", cmd_pause, demand_longs, NULL },
	{ "resume", "PID", "... record them again", cmd_resume, demand_longs, NULL },
	{ "dump", "TRACE", "the records of a trace as text", cmd_dump, dump_longs, NULL },
	{ "doctor", "[PROGRAM]", "can programs be traced here, and if not, what to do", cmd_doctor,
	  doctor_longs, NULL },
};
#define NCOMMANDS (sizeof commands / sizeof *commands)

static int show_help(FILE *out)
{
	fputs(
	    "usage: leakgraph COMMAND ...\n"
	    "       leakgraph PROGRAM ARGS...\n"
	    "Explains the memory leaks of a program: what, how much, where, and in which reference cycle.\n\n",
	    out);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-8s %-33s %s\n", commands[i].name, commands[i].arguments, commands[i].help);
	fputs("\n"
	      "leakgraph COMMAND --help tells of one command; leakgraph --version, of this build.\n"
	      "\n"
	      "Examples:\n"
	      "  leakgraph ./app && leakgraph report      record, then read\n"
	      "  leakgraph check -- ./tests               exit status 23 when it leaks\n"
	      "  leakgraph why app.lgt L1                 the cycle, and what is lost behind it\n",
	      out);
	return out == stdout ? 0 : STATUS_USAGE;
}

/* For shells; no user need know of it. */
static int show_completion(void)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		print_completion(&commands[i]);
	return fflush(stdout) ? STATUS_TOOL : 0;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* A word that is nearly a command, and no program that can be found: most likely a slip. */
static const char *meant_command(const char *word)
{
	const char *names[NCOMMANDS + 1] = { NULL };
	struct err err;
	char *path = NULL;
	int status = 0;

	for (size_t i = 0; i < NCOMMANDS; i++)
		names[i] = commands[i].name;
	const char *near = strchr(word, '/') ? NULL : nearest_name(word, names);
	if (near && !record_preflight(word, &path, &status, &err))
		near = NULL;
	free(path);
	return status == 127 ? near : NULL;
}

/* `leakgraph PROGRAM ARGS`: argv[0] takes the place of "run". */
static int run_program(int argc, char **argv)
{
	const char *meant = *argv[1] == '-' ? NULL : meant_command(argv[1]);

	if (!meant)
		return cmd_run(argc, argv);
	fprintf(stderr, "leakgraph: there is no command or program \"%s\"; did you mean leakgraph %s?\n",
		argv[1], meant);
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	if (argc < 2)
		return show_help(stderr);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return show_help(stdout);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return show_version();
	if (!strcmp(argv[1], "--completion"))
		return show_completion();
	const struct command *command = find_command(argv[1]);
	return command ? command->run(argc - 1, argv + 1) : run_program(argc, argv);
}
