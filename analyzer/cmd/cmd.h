/* cmd.h: one row, one file for each subcommand. A command parses its words, calls down, and returns its exit
 * status; only main exits. */
#ifndef LG_CMD_CMD_H
#define LG_CMD_CMD_H

#include "base/version.h"

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
int cmd_growth(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

#endif
