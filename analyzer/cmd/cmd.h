/* cmd.h: one row, one file for each subcommand. A command parses its words, calls down, and returns its exit
 * status; only main exits. */
#ifndef LG_CMD_CMD_H
#define LG_CMD_CMD_H

#include "base/version.h"

#include <getopt.h>

struct command {
	const char *name, *arguments, *help;
	int (*run)(int argc, char **argv);
	const struct option *longs,
	    *own; /* what it takes; `own` besides, or NULL. Each ends with a NULL name */
};

int cmd_run(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_why(int argc, char **argv);
int cmd_types(int argc, char **argv);
int cmd_graph(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_lines(int argc, char **argv);
int cmd_baseline(int argc, char **argv);
int cmd_snapshot(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_growth(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

extern const struct option run_longs[], report_longs[], check_longs[], baseline_longs[], export_longs[],
    demand_longs[], dump_longs[], doctor_longs[];
extern const struct option answer_longs[], graph_longs[],
    growth_longs[]; /* of all that explain one trace; their own */

/* What a shell needs to know of a command to complete its words; see completion.c. */
void print_completion(const struct command *command);

#endif
