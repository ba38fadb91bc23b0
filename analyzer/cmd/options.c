/* options.c: see cmd/options.h. */
#include "cmd/options.h"
#include "base/clock.h"
#include "base/version.h"
#include "cmd/judge.h"
#include "report/gate.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const char run_options_help[] =
    "  -o, --output=FILE|DIR  where the trace goes (leakgraph.<program>.<pid>.lgt here; never overwrites)\n"
    "  --no-children          record PROGRAM only, not what it starts\n"
    "  --no-ptrace            never ptrace it: fatal signals then leave no snapshot\n"
    "  --no-env               do not set PYTHONMALLOC or G_SLICE for programs with Python or GLib\n"
    "  --on-full=wait|drop    when events come too fast: wait for room (default), or lose some at once\n"
    "  --free-stacks          note where each block is freed, so that a double free shows the first free too\n"
    "  --no-python-frames     stacks without the Python functions that they run\n"
    "  --contents=full        keep all memory contents in the trace, not only pointers\n"
    "  --sample=BYTES         record one block in about so many bytes that are allocated (512K): cheap;\n"
    "                         all numbers are estimates, no leak is certain, no verdict complete\n"
    "  --linger=SECONDS       how long to stay with children that outlive PROGRAM (1)\n";

const char view_options_help[] =
    "  --all                  every leak and process, not only the largest\n"
    "  --full-stacks          every frame, with start-up code and each round of a recursion\n"
    "  --show=LIST            list these too: possible, reachable, all\n"
    "  --suppressions=FILE    leave out what it names, in LeakSanitizer's or Valgrind's syntax (repeatable)\n"
    "  --no-default-suppressions\n"
    "  --model=FILE           count references as it says of the program's own types (repeatable)\n"
    "  --color=auto|always|never\n"
    "  --debug-dir=DIR        more places for debug files, separated by ':'\n"
    "  --no-debuginfod        do not ask the servers of DEBUGINFOD_URLS\n";

const char common_options_help[] = "  --help, --version\n";

const char *const on_full_names[] = { "wait", "drop", NULL };
const char *const contents_names[] = { "pointers", "full", NULL };
const char *const color_names[] = { "auto", "always", "never", NULL };
const char *const show_names[] = { "possible", "reachable", "all", NULL };

void tell_environment(const struct record_result *result)
{
	if (*result->environment)
		fprintf(stderr, "leakgraph: with %s, so that each object is a block; --no-env leaves that\n",
			result->environment);
}

void set_run_defaults(struct record_options *options)
{
	*options = (struct record_options){ .linger_ns = 1000000000, .judge = judge_moment };
}

void kind_names(const char *names[FINDING_KINDS + 1])
{
	for (unsigned kind = 0; kind < FINDING_KINDS; kind++)
		names[kind] = finding_kind_name(kind);
	names[FINDING_KINDS] = NULL;
}

/* "512K", "512K,SEED" */
static int take_sample(struct record_options *options, const char *value, struct err *err)
{
	char bytes[32];
	const char *comma = strchrnul(value, ',');

	options->sample_seed = clock_ns(CLOCK_REALTIME);
	snprintf(bytes, sizeof bytes, "%.*s", (int)(comma - value), value);
	if (parse_size("--sample", bytes, &options->sample_bytes, err) ||
	    (*comma && parse_count("--sample=BYTES,SEED", comma + 1, UINT32_MAX, &options->sample_seed, err)))
		return -1;
	return options->sample_bytes <= LG_SAMPLE_MOST ? 0 : fail(err, "--sample takes at most 1024G");
}

int take_run_option(struct record_options *options, int code, const char *value, struct err *err)
{
	int choice = 0;

	switch (code) {
	case OPT_OUTPUT:
		options->output = value;
		return 1;
	case OPT_NO_PTRACE:
		options->no_ptrace = true;
		return 1;
	case OPT_NO_ENV:
		options->no_environment = true;
		return 1;
	case OPT_NO_CHILDREN:
		options->no_children = true;
		return 1;
	case OPT_ON_FULL:
		choice = parse_choice("--on-full", value, on_full_names, err);
		options->drop_when_full = choice == 1;
		return choice < 0 ? -1 : 1;
	case OPT_CONTENTS:
		choice = parse_choice("--contents", value, contents_names, err);
		options->full_contents = choice == 1;
		return choice < 0 ? -1 : 1;
	case OPT_NO_PYTHON_FRAMES:
		options->no_python_frames = true;
		return 1;
	case OPT_FREE_STACKS:
		options->free_stacks = true;
		return 1;
	case OPT_SAMPLE:
		return take_sample(options, value, err) ? -1 : 1;
	case OPT_LINGER:
		return parse_seconds("--linger", value, &options->linger_ns, err) ? -1 : 1;
	}
	return 0;
}

int copy_list(char words[LIST_MAX], const char *option, const char *list, const char *what, struct err *err)
{
	size_t n = strlen(list);

	if (n >= LIST_MAX || !list[strspn(list, ",")])
		return fail(err, "%s takes %s", option, what);
	memcpy(words, list, n + 1);
	return 0;
}

/* "possible,reachable" or "all" */
static int take_show(struct view *view, const char *list, struct err *err)
{
	char words[LIST_MAX], *save = NULL;

	if (copy_list(words, "--show", list, "a list such as possible,reachable", err))
		return -1;
	for (char *word = strtok_r(words, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		int choice = parse_choice("--show", word, show_names, err);

		if (choice < 0)
			return -1;
		view->text.show_possible |= choice != 1;
		view->text.show_reachable |= choice != 0;
	}
	view->report.with_reachable = view->text.show_reachable;
	return 1;
}

int view_suppressions(const struct view *view, struct suppressions *s, struct err *err)
{
	char today[32];
	time_t now = time(NULL);
	struct tm local;

	strftime(today, sizeof today, "%Y-%m-%d", localtime_r(&now, &local));
	for (unsigned i = 0; i < view->nsuppressions; i++)
		if (suppressions_read(s, view->suppressions[i], today, err))
			return -1;
	return view->no_default_suppressions ? 0 : suppressions_add_defaults(s, err);
}

static int take_suppressions(struct view *view, const char *path, struct err *err)
{
	if (view->nsuppressions == SUPPRESSION_FILES_MAX)
		return fail(err, "more than %u files of --suppressions", SUPPRESSION_FILES_MAX);
	view->suppressions[view->nsuppressions++] = path;
	view->report.analysis.names.with_symbols = true; /* entries of Valgrind's name them */
	return 0;
}

/* Read here too, so that a mistake is told before a program is run. */
static int take_model(struct analysis_options *options, const char *path, struct err *err)
{
	struct declarations d = { 0 };

	if (options->nmodels == MODEL_FILES_MAX)
		return fail(err, "more than %u files of --model", MODEL_FILES_MAX);
	options->models[options->nmodels++] = path;
	int failed = analysis_read_model(&d, path, err);
	declarations_free(&d);
	return failed;
}

int take_view_option(struct view *view, int code, const char *value, struct err *err)
{
	int choice;

	switch (code) {
	case OPT_ALL:
		view->text.all = view->report.all_places = true;
		return 1;
	case OPT_FULL_STACKS:
		view->text.full_stacks = true;
		return 1;
	case OPT_SHOW:
		return take_show(view, value, err);
	case OPT_COLOR:
		choice = parse_choice("--color", value, color_names, err);
		view->color = choice < 0 ? COLOR_AUTO : (enum color_choice)choice;
		return choice < 0 ? -1 : 1;
	case OPT_DEBUG_DIR:
		view->report.analysis.names.debug_dir = value;
		return 1;
	case OPT_SUPPRESSIONS:
		return take_suppressions(view, value, err) ? -1 : 1;
	case OPT_MODEL:
		return take_model(&view->report.analysis, value, err) ? -1 : 1;
	case OPT_NO_DEFAULT_SUPPRESSIONS:
		view->no_default_suppressions = true;
		return 1;
	case OPT_NO_DEBUGINFOD:
		view->report.analysis.names.no_debuginfod = true;
		return 1;
	}
	return 0;
}

int wrong_usage(const char *command, const struct err *err)
{
	fprintf(stderr, "leakgraph: %s: %s\n", command, err->text);
	return STATUS_USAGE;
}

int trouble(int status, const struct err *err)
{
	fprintf(stderr, "leakgraph: %s\n", err->text);
	return status;
}

int show_version(void)
{
	puts("leakgraph " LG_VERSION);
	return 0;
}
