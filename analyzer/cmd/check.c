/* check.c: leakgraph check: a gate. Records the program if one is given, reports briefly on stderr, and turns the
 * verdict into an exit status. stdout belongs to the program (and to --json=-). */
#include "cmd/cmd.h"
#include "cmd/folder.h"
#include "cmd/options.h"
#include "cmd/output_files.h"
#include "report/gate.h"
#include "report/baseline.h"
#include "report/brief.h"
#include "report/growth.h"
#include "report/json.h"
#include "report/repeated.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] =
    "usage: leakgraph check [options] -- PROGRAM ARGS...\n"
    "       leakgraph check [options] TRACE...\n"
    "Fail when a program leaks. The report goes to stderr; stdout is the program's.\n"
    "\n"
    "  --kinds=LIST           what counts: direct, cycle, indirect (these by default), possible, reachable,\n"
    "                         heap-error (double free, mismatched delete, ...; takes --free-stacks with it),\n"
    "                         growth (places that grew at each of three or more moments before the end)\n"
    "  --max-leaks=N          so many leaks pass (equal ones counted each)\n"
    "  --max-leaks=KIND=N     ... of a kind of its own: direct, cycle, possible, heap-error, growth\n"
    "                         (a list: direct=2,cycle=0)\n"
    "  --max-bytes=N          so many leaked bytes pass (64K, 1M)\n"
    "  --max-peak=SIZE        fail when a process has more than that allocated at once\n"
    "  --max-growth=SIZE[/s]  a place may grow by that much, or so fast; counts growth\n"
    "  --repeat=N             run the program N times; only leaks that show in every run count\n"
    "  --error-exitcode=N     exit status when the gate fails (23; 0: never fail)\n"
    "  --allow-degraded       accept a verdict that may hide leaks\n"
    "  --only-exe=GLOB        judge programs whose path or name matches\n"
    "  --json=FILE            the whole report as JSON; - is stdout\n"
    "  --output=FORMAT=FILE   json, sarif, github, gitlab, junit, markdown, memcheck (repeatable)\n"
    "  --source-root=DIR      files below it are written relative to it (the current folder)\n"
    "  --baseline=FILE        known leaks pass, see leakgraph baseline; new and grown ones fail\n"
    "  --strict-baseline      known leaks that are gone fail too\n"
    "  --verbose              the whole report, not its 20 most important lines; so do --all, --show, ...\n"
    "  --gen-suppressions=lsan:FILE|valgrind:FILE\n"
    "                         write entries for --suppressions that name what was found\n"
    "  -q, --quiet            say nothing but what could not be judged\n"
    "  --keep                 keep the trace, here; so does -o\n";
static const char help_end[] =
    "\n"
    "Exit status: 0 passed; 23 failed; the program's own when that is not 0 (128+N for a signal);\n"
    "125 could not judge; 126, 127 the program cannot be run, was not found; 2 wrong usage.\n"
    "\n"
    "Examples:\n"
    "  leakgraph check -- ./tests\n"
    "  leakgraph check --json=leaks.json --max-bytes=1K --only-exe='test-*' -- make check\n"
    "  leakgraph check --kinds=cycle app.lgt\n";

struct check {
	struct view view;
	struct gate_options gate;
	struct record_options record;
	struct suppressions suppressions;
	struct baseline baseline;
	const char *baseline_file; /* NULL: none */
	struct output_files outputs;
	const char *json; /* NULL: none */
	bool keep, verbose, quiet;
	uint64_t repeat; /* how often the program is run; 0: once */
	struct repeated repeated; /* its runs so far */
	bool is_again; /* the last run told nothing yet: one more */
};

static int show_help(void)
{
	printf("%s%s%s%s%s", help, run_options_help, view_options_help, common_options_help, help_end);
	return 0;
}

/* ---- the report ---------------------------------------------------------------------------------------- */

static int write_json(const struct report *r, const char *path, struct err *err)
{
	struct buf out = { 0 };

	report_json(&out, r);
	int failed = output_file_write(path, &out, err);
	buf_free(&out);
	return failed;
}

/* Who asks for details wants all of it. */
static bool is_verbose(const struct check *c)
{
	const struct text_options *text = &c->view.text;

	return c->verbose || text->all || text->full_stacks || text->show_possible || text->show_reachable;
}

static void print_report(const struct term *term, const struct report *r, const struct check *c,
			 const struct output_context *context)
{
	struct text_options text = c->view.text;
	char here[PATH_MAX];

	text.here = getcwd(here, sizeof here);
	text.brief = true;
	fputs("leakgraph: ", stderr);
	if (is_verbose(c))
		report_text(term, r, &text);
	else
		brief_text(term, r,
			   &(struct brief_options){
			       .context = context, .here = text.here, .trace_is_gone = text.trace_is_gone });
}

/* ---- the gate ------------------------------------------------------------------------------------------ */

static bool is_last_run(const struct check *c)
{
	return c->repeated.runs + 1 >= c->repeat;
}

static int load(struct check *c, struct report *r, struct growth *growth, char **paths, size_t npaths,
		struct err *err)
{
	if (report_load(r, paths, npaths, &c->view.report, err) ||
	    (c->gate.kinds >> FINDING_GROWTH & 1 && growth_find(growth, r, &c->view.report, err)))
		return -1;
	if (suppressions_apply(&c->suppressions, r, err))
		return -1;
	return c->baseline_file ? baseline_compare(&c->baseline, r, err) : 0;
}

/* The last run of all tells; its exit status. */
static int tell(const struct check *c, const struct report *r, const struct gate_result *g, struct err *err)
{
	struct output_context context = { .gate = &c->gate, .result = g };
	struct term term = term_on(stderr, c->view.color);
	int status = 0;

	if (r->nprocesses && !c->quiet)
		print_report(&term, r, c, &context);
	if ((c->json && write_json(r, c->json, err)) || output_files_write(&c->outputs, r, &c->gate, g, err))
		status = trouble(STATUS_TOOL, err);
	if (!c->quiet || g->outcome == GATE_UNJUDGED)
		brief_outcome(&term, r, &context);
	return g->status ? g->status : status;
}

static int judge_loaded(struct check *c, struct report *r, struct err *err)
{
	if (is_last_run(c) && c->repeat && repeated_mark(&c->repeated, r, err))
		return trouble(STATUS_TOOL, err);
	struct gate_result g = gate_judge(r, &c->gate);
	c->is_again = !is_last_run(c) && (g.outcome == GATE_PASSED || g.outcome == GATE_FAILED);
	if (!c->is_again)
		return tell(c, r, &g, err);
	return repeated_add(&c->repeated, r, err) ? trouble(STATUS_TOOL, err) : 0;
}

static int judge(struct check *c, char **paths, size_t npaths)
{
	struct report r = { 0 };
	struct growth growth = { 0 };
	struct err err = { "" };
	int status = load(c, &r, &growth, paths, npaths, &err)
			 ? trouble(c->gate.has_wait_status ? STATUS_TOOL : STATUS_USAGE, &err)
			 : judge_loaded(c, &r, &err);

	growth_free(&growth);
	report_free(&r);
	return status;
}

/* ---- a program ----------------------------------------------------------------------------------------- */

/* Records and judges. With `folder` the traces are in there and will be gone. */
static int record_and_judge(struct check *c, const char *folder)
{
	struct record_result result = { 0 };
	struct record_options record = c->record;
	struct err err = { "" };
	int status = STATUS_TOOL;

	if (folder)
		record.output = folder;
	if (record_run(&record, &result, &status, &err))
		return trouble(status, &err);
	if (!c->quiet && !c->repeated.runs)
		tell_environment(&result);
	if (*result.note)
		fprintf(stderr, "leakgraph: %s\n", result.note);
	if (result.verified)
		fprintf(stderr, "leakgraph: %s", result.verified);
	c->gate.wait_status = result.wait_status;
	c->gate.has_wait_status = true;
	c->view.text.trace_is_gone = folder != NULL;
	status = judge(c, result.traces, result.ntraces ? 1 : 0); /* the first one's children come with it */
	record_result_free(&result);
	return status;
}

static int check_run(struct check *c)
{
	struct err err = { "" };

	if ((c->keep || c->record.output) && is_last_run(c))
		return record_and_judge(c, NULL);
	char *folder = folder_make(&err);
	if (!folder)
		return trouble(STATUS_TOOL, &err);
	int status = record_and_judge(c, folder);
	folder_remove(folder);
	free(folder);
	return status;
}

/* Until a run fails otherwise than by its leaks, or was the last one. */
static int check_program(struct check *c)
{
	int status;

	do {
		c->is_again = false;
		status = check_run(c);
	} while (c->is_again && !status);
	return status;
}

/* ---- the words ----------------------------------------------------------------------------------------- */

static int take_kinds(struct check *c, const char *list, struct err *err)
{
	const char *names[FINDING_KINDS + 1];
	char words[LIST_MAX], *save = NULL;

	if (copy_list(words, "--kinds", list, "a list such as direct,cycle", err))
		return -1;
	kind_names(names);
	c->gate.kinds = 0;
	for (char *word = strtok_r(words, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		int kind = parse_choice("--kinds", word, names, err);

		if (kind < 0)
			return -1;
		c->gate.kinds |= 1u << kind;
	}
	c->record.free_stacks |= c->gate.kinds >> FINDING_HEAP_ERROR & 1;
	return 0;
}

/* "3", or limits of kinds' own: "direct=2,cycle=0" */
static int take_max_leaks(struct gate_options *gate, const char *list, struct err *err)
{
	static const unsigned kinds[] = { CLASS_DIRECT, CLASS_CYCLE, CLASS_POSSIBLE, FINDING_HEAP_ERROR,
					  FINDING_GROWTH };
	const char *names[sizeof kinds / sizeof *kinds + 1] = { NULL };
	char words[LIST_MAX], *save = NULL;

	if (copy_list(words, "--max-leaks", list, "a number, or a list such as direct=2,cycle=0", err))
		return -1;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		names[i] = finding_kind_name(kinds[i]);
	for (char *word = strtok_r(words, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		char *number = strchr(word, '=');
		uint64_t *limit = &gate->max_leaks;

		if (number) {
			*number++ = 0;
			int choice = parse_choice("--max-leaks", word, names, err);
			if (choice < 0)
				return -1;
			limit = &gate->max_of[kinds[choice]];
		}
		if (parse_count("--max-leaks", number ? number : word, NO_LIMIT - 1, limit, err))
			return -1;
	}
	return 0;
}

/* "64K", or "64K/s": also what is slower passes */
static int take_max_growth(struct gate_options *gate, const char *word, struct err *err)
{
	char size[64];
	size_t n = strcspn(word, "/");
	bool is_speed = !strcmp(word + n, "/s");

	if (n >= sizeof size || (word[n] && !is_speed))
		return fail(err, "--max-growth takes a size, or a size a second: 64K, 64K/s");
	snprintf(size, sizeof size, "%.*s", (int)n, word);
	return parse_size("--max-growth", size, is_speed ? &gate->max_growth_per_second : &gate->max_growth,
			  err);
}

static int take_exitcode(struct check *c, const char *word, struct err *err)
{
	uint64_t number;

	if (parse_count("--error-exitcode", word, 255, &number, err))
		return -1;
	c->gate.error_exitcode = (int)number;
	return 0;
}

/* Flags that more than one part wants to know of. */
static int take_shared_option(struct check *c, int code, struct err *err)
{
	int taken = code == OPT_OUTPUT ? output_files_take(&c->outputs, optarg, err) : 0;

	if (!taken)
		taken = take_run_option(&c->record, code, optarg, err);

	if (!taken)
		taken = take_view_option(&c->view, code, optarg, err);
	c->view.report.no_children = c->gate.no_children = c->record.no_children;
	return taken == 1 ? 0 : -1;
}

static int take_option(struct check *c, int code, struct err *err)
{
	switch (code) {
	case OPT_KINDS:
		return take_kinds(c, optarg, err);
	case OPT_MAX_LEAKS:
		return take_max_leaks(&c->gate, optarg, err);
	case OPT_MAX_BYTES:
		return parse_size("--max-bytes", optarg, &c->gate.max_bytes, err);
	case OPT_ERROR_EXITCODE:
		return take_exitcode(c, optarg, err);
	case OPT_ALLOW_DEGRADED:
		c->gate.allow_degraded = true;
		return 0;
	case OPT_ONLY_EXE:
		c->gate.only_exe = optarg;
		return 0;
	case OPT_JSON:
		c->json = optarg;
		return 0;
	case OPT_SOURCE_ROOT:
		c->outputs.root = optarg;
		return 0;
	case OPT_BASELINE:
		c->baseline_file = optarg;
		return 0;
	case OPT_STRICT_BASELINE:
		c->gate.strict_baseline = true;
		return 0;
	case OPT_KEEP:
		c->keep = true;
		return 0;
	case OPT_GEN_SUPPRESSIONS:
		c->view.report.analysis.names.with_symbols = true;
		return output_files_take_suppressions(&c->outputs, optarg, false, err);
	case OPT_MAX_PEAK:
		return parse_size("--max-peak", optarg, &c->gate.max_peak, err);
	case OPT_MAX_GROWTH:
		return take_max_growth(&c->gate, optarg, err);
	case OPT_REPEAT:
		if (parse_count("--repeat", optarg, 1000, &c->repeat, err))
			return -1;
		return c->repeat ? 0 : fail(err, "--repeat takes a number from 1 to 1000, not \"0\"");
	case OPT_QUIET:
		c->quiet = true;
		return 0;
	case OPT_VERBOSE:
		c->verbose = true;
		return 0;
	}
	return take_shared_option(c, code, err);
}

/* Words after "--" are a program, all others are traces. */
static bool is_program(char **argv)
{
	return optind > 1 && !strcmp(argv[optind - 1], "--");
}

/* Someone forgot the "--". */
static bool looks_like_program(const char *word)
{
	size_t n = strlen(word);
	struct stat status;

	if (n > 4 && !strcmp(word + n - 4, ".lgt"))
		return false;
	return stat(word, &status) ? !strchr(word, '.') : S_ISREG(status.st_mode) && !access(word, X_OK);
}

static int run_check(struct check *c, int argc, char **argv)
{
	struct err err = { "" };

	if (view_suppressions(&c->view, &c->suppressions, &err) ||
	    (c->baseline_file && baseline_read(&c->baseline, c->baseline_file, &err)))
		return trouble(STATUS_USAGE, &err);
	if (optind == argc) {
		fail(&err, "nothing to check; try: leakgraph check -- ./app");
		return wrong_usage("check", &err);
	}
	if (is_program(argv)) {
		c->record.argv = argv + optind;
		return check_program(c);
	}
	if (looks_like_program(argv[optind])) {
		fail(&err, "\"%s\" is no trace; to run it: leakgraph check -- %s", argv[optind],
		     argv[optind]);
		return wrong_usage("check", &err);
	}
	if (c->repeat) {
		fail(&err, "--repeat takes a program: leakgraph check --repeat=3 -- ./app");
		return wrong_usage("check", &err);
	}
	return judge(c, argv + optind, (size_t)(argc - optind));
}

const struct option check_longs[] = { COMMON_OPTIONS,
				      RUN_OPTIONS,
				      VIEW_OPTIONS,
				      { "kinds", required_argument, NULL, OPT_KINDS },
				      { "max-leaks", required_argument, NULL, OPT_MAX_LEAKS },
				      { "max-bytes", required_argument, NULL, OPT_MAX_BYTES },
				      { "error-exitcode", required_argument, NULL, OPT_ERROR_EXITCODE },
				      { "allow-degraded", no_argument, NULL, OPT_ALLOW_DEGRADED },
				      { "only-exe", required_argument, NULL, OPT_ONLY_EXE },
				      { "json", required_argument, NULL, OPT_JSON },
				      { "source-root", required_argument, NULL, OPT_SOURCE_ROOT },
				      { "baseline", required_argument, NULL, OPT_BASELINE },
				      { "strict-baseline", no_argument, NULL, OPT_STRICT_BASELINE },
				      { "keep", no_argument, NULL, OPT_KEEP },
				      { "quiet", no_argument, NULL, OPT_QUIET },
				      { "max-peak", required_argument, NULL, OPT_MAX_PEAK },
				      { "max-growth", required_argument, NULL, OPT_MAX_GROWTH },
				      { "repeat", required_argument, NULL, OPT_REPEAT },
				      { "gen-suppressions", required_argument, NULL, OPT_GEN_SUPPRESSIONS },
				      { "verbose", no_argument, NULL, OPT_VERBOSE },
				      { 0 } };

int cmd_check(int argc, char **argv)
{
	struct check c = { .gate = gate_defaults() };
	struct err err = { "" };
	int code;

	set_run_defaults(&c.record);
	options_start();
	while ((code = option_next(argc, argv, "+:ho:qV", check_longs, &err)) != -1) {
		if (code == OPT_HELP)
			return show_help();
		if (code == OPT_VERSION)
			return show_version();
		if (code == '?' || take_option(&c, code, &err))
			return wrong_usage("check", &err);
	}
	if (c.gate.max_growth || c.gate.max_growth_per_second)
		c.gate.kinds |= 1u << FINDING_GROWTH;
	if (c.gate.kinds & 1u << CLASS_REACHABLE) /* suppressions must see all of them */
		c.view.report.with_reachable = c.view.report.all_places = true;
	int status = run_check(&c, argc, argv);
	suppressions_free(&c.suppressions);
	baseline_free(&c.baseline);
	repeated_free(&c.repeated);
	return status;
}
