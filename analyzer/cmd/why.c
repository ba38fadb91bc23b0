/* why.c: leakgraph why: what holds a block, or what a leak was lost with. */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "report/gate.h"
#include "report/why.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const char help[] =
    "usage: leakgraph why [options] TRACE LEAK|ADDR\n"
    "For a leak (L1, as the report names it): its cycle edge by edge, and what is lost behind it.\n"
    "For an address in a live block: the shortest path from a root that holds it, or the leak it belongs "
    "to;\n"
    "who refers to it, and to what it refers.\n"
    "\n"
    "  --json                 the answer as JSON (leakgraph.why.v1)\n"
    "  --full-stacks          every frame, with start-up code and each round of a recursion\n"
    "  --color=auto|always|never\n"
    "  --debug-dir=DIR        more places for debug files, separated by ':'\n"
    "  --no-debuginfod        do not ask the servers of DEBUGINFOD_URLS\n"
    "  --no-pager             write to the terminal directly\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0; 2: wrong usage, no such leak or block, or a file that is no trace.\n"
    "\n"
    "Examples:\n"
    "  leakgraph why app.lgt L1\n"
    "  leakgraph why app.lgt 0x55d0c2a0\n"
    "  leakgraph why --json app.lgt L1 | jq .leak.cycle\n";

struct why_command {
	struct view view;
	bool is_json;
};

static int show_help(void)
{
	fputs(help, stdout);
	return 0;
}

static bool print_json(const struct why *w)
{
	struct buf out = { 0 };

	why_json(&out, w);
	bool is_good = !out.failed && fwrite(out.bytes, 1, out.used, stdout) == out.used && !fflush(stdout);
	buf_free(&out);
	return is_good;
}

static bool print_text(const struct why *w, const struct view *view)
{
	struct term term = term_on(stdout, view->color);
	struct pager pager;
	char here[PATH_MAX];

	pager_open(&pager, !view->no_pager);
	term.out = pager.out;
	why_text(&term, w, view->text.full_stacks, getcwd(here, sizeof here));
	return !pager_close(&pager);
}

static int why(const struct why_command *c, const char *path, const char *what)
{
	struct why w;
	struct err err = { "" };

	if (why_load(&w, path, what, &c->view.report, &err)) {
		why_free(&w);
		return trouble(STATUS_USAGE, &err);
	}
	bool is_good = c->is_json ? print_json(&w) : print_text(&w, &c->view);
	why_free(&w);
	fail(&err, "the answer could not be written whole; is the disk full?");
	return is_good ? 0 : trouble(STATUS_TOOL, &err);
}

static int take_option(struct why_command *c, int code, struct err *err)
{
	c->is_json |= code == OPT_JSON;
	c->view.no_pager |= code == OPT_NO_PAGER;
	if (code == OPT_JSON || code == OPT_NO_PAGER)
		return 0;
	return take_view_option(&c->view, code, optarg, err) == 1 ? 0 : -1;
}

int cmd_why(int argc, char **argv)
{
	static const struct option longs[] = { COMMON_OPTIONS,
					       { "json", no_argument, NULL, OPT_JSON },
					       { "full-stacks", no_argument, NULL, OPT_FULL_STACKS },
					       { "color", required_argument, NULL, OPT_COLOR },
					       { "debug-dir", required_argument, NULL, OPT_DEBUG_DIR },
					       { "no-debuginfod", no_argument, NULL, OPT_NO_DEBUGINFOD },
					       { "no-pager", no_argument, NULL, OPT_NO_PAGER },
					       { 0 } };
	struct why_command c = { 0 };
	struct err err = { "" };
	int code;

	options_start();
	while ((code = option_next(argc, argv, ":hV", longs, &err)) != -1) {
		if (code == OPT_HELP)
			return show_help();
		if (code == OPT_VERSION)
			return show_version();
		if (code == '?' || take_option(&c, code, &err))
			return wrong_usage("why", &err);
	}
	if (argc - optind == 2)
		return why(&c, argv[optind], argv[optind + 1]);
	fail(&err, "it takes a TRACE and a leak or an address; try: leakgraph why app.lgt L1");
	return wrong_usage("why", &err);
}
