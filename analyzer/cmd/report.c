/* report.c: leakgraph report: explains traces. The answer goes to stdout, all else to stderr. */
#include "cmd/cmd.h"
#include "cmd/newest.h"
#include "cmd/options.h"
#include "cmd/output_files.h"
#include "report/gate.h"
#include "report/json.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "usage: leakgraph report [options] [TRACE...]\n"
    "Explain what was lost, where it was allocated and what it was lost with.\n"
    "Without a TRACE: the newest .lgt file here.\n"
    "\n"
    "  --json                 the whole report as JSON (leakgraph.report.v1)\n"
    "  --output=FORMAT=FILE   besides: json, sarif, github, gitlab, junit, markdown, memcheck (repeatable)\n"
    "  --source-root=DIR      files below it are written relative to it (the current folder)\n"
    "  --gen-suppressions=lsan|valgrind\n"
    "                         only write entries for --suppressions that name the leaks shown\n"
    "  --error-exitcode=N     judge as leakgraph check does, and exit with N when leaks are found\n"
    "  --no-children          leave out the traces in TRACE.children\n";
static const char help_end[] =
    "  --no-pager             write to the terminal directly\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0; 2: wrong usage, or a file that is no trace; with --error-exitcode as of\n"
    "leakgraph check.\n"
    "\n"
    "Examples:\n"
    "  leakgraph report\n"
    "  leakgraph report --all --show=possible app.lgt\n"
    "  leakgraph report --json app.lgt | jq '.processes[].leaks[].stack[0]'\n";

static int show_help(void)
{
	printf("%s%s%s", help, view_options_help, help_end);
	return 0;
}

struct report_command {
	struct view view;
	struct gate_options gate;
	struct output_files outputs;
	bool is_json, is_gate;
	bool is_suppressions; /* --gen-suppressions: nothing else goes to stdout */
};

static int cannot_write(void)
{
	fputs("leakgraph: the report could not be written whole; is the disk full?\n", stderr);
	return STATUS_TOOL;
}

static int print_json(const struct report *r)
{
	struct buf out = { 0 };

	report_json(&out, r);
	bool is_good = buf_print(&out, stdout);
	buf_free(&out);
	return is_good ? 0 : cannot_write();
}

static int print_text(const struct report *r, const struct report_command *c)
{
	struct text_options text = c->view.text;
	struct pager pager;
	char here[PATH_MAX];

	text.here = getcwd(here, sizeof here);
	struct term term = term_on(stdout, c->view.color);
	pager_open(&pager, !c->view.no_pager);
	term.out = pager.out;
	report_text(&term, r, &text);
	return pager_close(&pager) ? cannot_write() : 0;
}

static int report(const struct report_command *c, char **paths, size_t npaths)
{
	struct report r = { 0 };
	struct suppressions suppressions = { 0 };
	struct err err = { "" };
	int status = STATUS_USAGE;

	if (view_suppressions(&c->view, &suppressions, &err) ||
	    report_load(&r, paths, npaths, &c->view.report, &err) ||
	    suppressions_apply(&suppressions, &r, &err))
		trouble(status, &err);
	else if (c->is_suppressions)
		status = 0;
	else
		status = c->is_json ? print_json(&r) : print_text(&r, c);
	if (!status && output_files_write(&c->outputs, &r, &c->gate, NULL, &err))
		status = trouble(STATUS_TOOL, &err);
	if (!status && c->is_gate)
		status = gate_judge(&r, &c->gate).status;
	report_free(&r);
	suppressions_free(&suppressions);
	return status;
}

/* 0, or -1 with err. */
static int take_option(struct report_command *c, int code, struct err *err)
{
	uint64_t number;

	switch (code) {
	case OPT_JSON:
		c->is_json = c->view.report.with_holders = true;
		return 0;
	case OPT_OUTPUT:
		if (!output_files_take(&c->outputs, optarg, err))
			return fail(err, "--output takes FORMAT=FILE: json, sarif, github, gitlab, junit, "
					 "markdown, memcheck");
		return *err->text ? -1 : 0;
	case OPT_GEN_SUPPRESSIONS:
		c->view.report.analysis.names.with_symbols = true;
		c->is_suppressions = true;
		return output_files_take_suppressions(&c->outputs, optarg, true, err);
	case OPT_SOURCE_ROOT:
		c->outputs.root = optarg;
		return 0;
	case OPT_NO_PAGER:
		c->view.no_pager = true;
		return 0;
	case OPT_NO_CHILDREN:
		c->view.report.no_children = c->gate.no_children = true;
		return 0;
	case OPT_ERROR_EXITCODE:
		if (parse_count("--error-exitcode", optarg, 255, &number, err))
			return -1;
		c->gate.error_exitcode = (int)number;
		c->is_gate = true;
		return 0;
	}
	return take_view_option(&c->view, code, optarg, err) == 1 ? 0 : -1;
}

static int report_newest(const struct report_command *c)
{
	struct err err = { "" };
	char *newest = newest_trace(".", &err);

	if (!newest)
		return trouble(STATUS_USAGE, &err);
	fprintf(stderr, "leakgraph: the newest trace here is %s\n", newest);
	int status = report(c, &newest, 1);
	free(newest);
	return status;
}

const struct option report_longs[] = { COMMON_OPTIONS,
				       VIEW_OPTIONS,
				       { "json", no_argument, NULL, OPT_JSON },
				       { "no-pager", no_argument, NULL, OPT_NO_PAGER },
				       { "no-children", no_argument, NULL, OPT_NO_CHILDREN },
				       { "output", required_argument, NULL, OPT_OUTPUT },
				       { "gen-suppressions", required_argument, NULL, OPT_GEN_SUPPRESSIONS },
				       { "source-root", required_argument, NULL, OPT_SOURCE_ROOT },
				       { "error-exitcode", required_argument, NULL, OPT_ERROR_EXITCODE },
				       { 0 } };

int cmd_report(int argc, char **argv)
{
	struct report_command c = { .gate = gate_defaults(), .view.report.with_suspects = true };
	struct err err = { "" };
	int code;

	options_start();
	while ((code = option_next(argc, argv, ":hV", report_longs, &err)) != -1) {
		if (code == OPT_HELP)
			return show_help();
		if (code == OPT_VERSION)
			return show_version();
		if (code == '?' || take_option(&c, code, &err))
			return wrong_usage("report", &err);
	}
	if (c.view.text.show_possible)
		c.gate.kinds |= 1u << CLASS_POSSIBLE;
	return optind < argc ? report(&c, argv + optind, (size_t)(argc - optind)) : report_newest(&c);
}
