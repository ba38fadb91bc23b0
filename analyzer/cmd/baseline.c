/* baseline.c: leakgraph baseline: keeps the file of known leaks that check --baseline reads. */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "report/baseline.h"
#include "report/gate.h"
#include "report/growth.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: leakgraph baseline create|update|prune [options] FILE TRACE...\n"
    "Keep the file of known leaks that leakgraph check --baseline=FILE reads.\n"
    "  create   a new FILE with the leaks of the traces\n"
    "  update   add what is new, raise what has grown\n"
    "  prune    take away what the traces do not show any more, lower what has shrunk\n"
    "\n"
    "  --only=FINGERPRINT     update this one only (its beginning will do)\n"
    "  --reason=TEXT          a note behind what is added\n";
static const char help_end[] =
    "  --help, --version\n"
    "\n"
    "Exit status: 0; 2: wrong usage, or a file that is no trace or no baseline; 125: a trace whose verdict\n"
    "is degraded, which is no ground to build on.\n"
    "\n"
    "Examples:\n"
    "  leakgraph baseline create ci/leaks.base tests.lgt\n"
    "  leakgraph baseline update --only=a41c90e2 --reason='until the cache goes' ci/leaks.base tests.lgt\n";

struct baseline_command {
	struct view view;
	const char *only, *reason;
};

static int show_help(void)
{
	printf("%s%s%s", help, view_options_help, help_end);
	return 0;
}

/* Leaks that could not be seen must not be taken for gone, nor a cut trace for all there is. */
static int need_complete(const struct report *r, struct err *err)
{
	for (uint32_t i = 0; i < r->nprocesses; i++)
		for (uint32_t k = 0; k < r->processes[i].nreasons; k++)
			if (r->processes[i].reasons[k].hides_leaks)
				return fail(err, "%s: %s; no baseline is made from it", r->processes[i].trace,
					    r->processes[i].reasons[k].text);
	return 0;
}

static int change(struct baseline *b, const struct report *r, const char *how,
		  const struct baseline_command *c, struct err *err)
{
	if (strcmp(how, "prune"))
		return baseline_update(b, r, c->only, c->reason, err);
	baseline_prune(b);
	return 0;
}

static void tell(const struct baseline *b, const char *path)
{
	uint64_t nameless = baseline_nameless(b);
	char text[64];

	fprintf(stderr, "leakgraph: %s: %s", path, human_things(text, sizeof text, b->n, "known finding"));
	if (nameless)
		fprintf(stderr,
			"; %llu without a function's name: all such of a module are one, leakgraph report "
			"says why",
			(unsigned long long)nameless);
	fputc('\n', stderr);
}

static int keep(const struct baseline_command *c, const char *how, const char *path, char **traces, size_t n)
{
	struct report r = { 0 };
	struct suppressions suppressions = { 0 };
	struct baseline b = { 0 };
	struct growth growth = { 0 };
	struct err err = { "" };
	int status = STATUS_USAGE;
	bool is_new = !strcmp(how, "create");

	bool is_read = (is_new ? access(path, F_OK) ? 0 : fail(&err, "%s is there already: update it", path)
			       : baseline_read(&b, path, &err)) == 0 &&
		       !view_suppressions(&c->view, &suppressions, &err) &&
		       !report_load(&r, traces, n, &c->view.report, &err) &&
		       !growth_find(&growth, &r, &c->view.report, &err) &&
		       !suppressions_apply(&suppressions, &r, &err) && !baseline_compare(&b, &r, &err);
	if (is_read && need_complete(&r, &err))
		status = STATUS_TOOL;
	else if (is_read && !change(&b, &r, how, c, &err) && !baseline_write(&b, path, &err))
		status = 0;
	if (status)
		trouble(status, &err);
	else
		tell(&b, path);
	baseline_free(&b);
	growth_free(&growth);
	report_free(&r);
	suppressions_free(&suppressions);
	return status;
}

static int take_option(struct baseline_command *c, int code, struct err *err)
{
	switch (code) {
	case OPT_ONLY:
		c->only = optarg;
		return *optarg ? 0 : fail(err, "--only takes a fingerprint, or its beginning");
	case OPT_REASON:
		c->reason = optarg;
		return strpbrk(optarg, "\r\n") ? fail(err, "--reason takes one line") : 0;
	}
	return take_view_option(&c->view, code, optarg, err) == 1 ? 0 : -1;
}

const struct option baseline_longs[] = { COMMON_OPTIONS,
					 VIEW_OPTIONS,
					 { "only", required_argument, NULL, OPT_ONLY },
					 { "reason", required_argument, NULL, OPT_REASON },
					 { 0 } };

int cmd_baseline(int argc, char **argv)
{
	static const char *const ways[] = { "create", "update", "prune", NULL };
	struct baseline_command c = { 0 };
	struct err err = { "" };
	int code;

	options_start();
	while ((code = option_next(argc, argv, ":hV", baseline_longs, &err)) != -1) {
		if (code == OPT_HELP)
			return show_help();
		if (code == OPT_VERSION)
			return show_version();
		if (code == '?' || take_option(&c, code, &err))
			return wrong_usage("baseline", &err);
	}
	if (argc - optind < 3) {
		fail(&err,
		     "it takes create, update or prune, a FILE and a TRACE; try: leakgraph baseline create "
		     "leaks.base app.lgt");
		return wrong_usage("baseline", &err);
	}
	if (parse_choice("baseline", argv[optind], ways, &err) < 0)
		return wrong_usage("baseline", &err);
	return keep(&c, argv[optind], argv[optind + 1], argv + optind + 2, (size_t)(argc - optind - 2));
}
