/* answer.c: see answer.h. */
#include "cmd/answer.h"
#include "report/gate.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char answer_options_help[] =
    "\n"
    "  --json                 the answer as JSON\n"
    "  --all                  every row, not only the largest\n"
    "  --full-stacks          every frame, with start-up code and each round of a recursion\n"
    "  --model=FILE           count references as it says of the program's own types (repeatable)\n"
    "  --color=auto|always|never\n"
    "  --debug-dir=DIR        more places for debug files, separated by ':'\n"
    "  --no-debuginfod        do not ask the servers of DEBUGINFOD_URLS\n"
    "  --no-pager             write to the terminal directly\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0; 2: wrong usage, or a file that is no trace, or has no such leak or block.\n";

static int show_help(const struct answer *a)
{
	printf("%s%s%s", a->usage, answer_options_help, a->examples);
	return 0;
}

static bool print_json(const struct answer *a, const void *answer)
{
	struct buf out = { 0 };

	a->json(&out, answer);
	bool is_good = buf_print(&out, stdout);
	buf_free(&out);
	return is_good;
}

static bool print_text(const struct answer *a, const void *answer, const struct view *view)
{
	struct term term = term_on(stdout, view->color);
	struct pager pager;
	char here[PATH_MAX];

	pager_open(&pager, !view->no_pager);
	term.out = pager.out;
	bool is_good = a->text(&term, answer, view, getcwd(here, sizeof here));
	return !pager_close(&pager) && is_good;
}

static int give(const struct answer *a, char **words, const struct view *view, bool is_json)
{
	void *answer = calloc(1, a->bytes);
	struct err err = { "" };
	int failed = answer ? a->load(answer, words, view, &err) : fail(&err, "out of memory");
	bool is_good = !failed && (is_json ? print_json(a, answer) : print_text(a, answer, view));

	if (answer)
		a->free(answer);
	free(answer);
	if (failed)
		return trouble(STATUS_USAGE, &err);
	fail(&err, "the answer could not be written whole; is the disk full?");
	return is_good ? 0 : trouble(STATUS_TOOL, &err);
}

static bool is_own(const struct answer *a, int code)
{
	for (const struct option *o = a->more; o && o->name; o++)
		if (o->val == code)
			return true;
	return false;
}

static int take_option(const struct answer *a, struct view *view, int code, struct err *err)
{
	if (is_own(a, code))
		return a->take_more(view, code, optarg, err);
	view->no_pager |= code == OPT_NO_PAGER;
	return code == OPT_NO_PAGER || take_view_option(view, code, optarg, err) == 1 ? 0 : -1;
}

#define OWN_MAX 8u /* options of one command besides the common ones */

/* Common options, then the command's own. */
static void join_options(struct option *out, const struct option *common, size_t n, const struct answer *a)
{
	memcpy(out, common, n * sizeof *out);
	out += n;
	for (const struct option *o = a->more; o && o->name; o++)
		*out++ = *o;
	*out = (struct option){ 0 };
}

const struct option answer_longs[] = { COMMON_OPTIONS,
				       { "json", no_argument, NULL, OPT_JSON },
				       { "all", no_argument, NULL, OPT_ALL },
				       { "full-stacks", no_argument, NULL, OPT_FULL_STACKS },
				       { "model", required_argument, NULL, OPT_MODEL },
				       { "color", required_argument, NULL, OPT_COLOR },
				       { "debug-dir", required_argument, NULL, OPT_DEBUG_DIR },
				       { "no-debuginfod", no_argument, NULL, OPT_NO_DEBUGINFOD },
				       { "no-pager", no_argument, NULL, OPT_NO_PAGER },
				       { 0 } };
#define NCOMMON (sizeof answer_longs / sizeof *answer_longs - 1)

int answer_run(const struct answer *a, int argc, char **argv)
{
	struct option longs[NCOMMON + OWN_MAX + 1];
	struct view view = { 0 };
	struct err err = { "" };
	bool is_json = false;
	int code;

	join_options(longs, answer_longs, NCOMMON, a);
	options_start();
	while ((code = option_next(argc, argv, ":hV", longs, &err)) != -1) {
		if (code == OPT_HELP)
			return show_help(a);
		if (code == OPT_VERSION)
			return show_version();
		is_json |= code == OPT_JSON;
		if (code == '?' || (code != OPT_JSON && take_option(a, &view, code, &err)))
			return wrong_usage(a->name, &err);
	}
	if (argc - optind >= a->words_min && argc - optind <= a->words_max)
		return give(a, argv + optind, &view, is_json);
	fail(&err, "%s", a->needs);
	return wrong_usage(a->name, &err);
}
