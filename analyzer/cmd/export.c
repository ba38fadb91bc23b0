/* export.c: leakgraph export: one trace in the formats of other tools. */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "report/export/export.h"
#include "report/gate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
	const struct export_format *format;
	const char *file; /* NULL: standard output */
	struct export_options options;
};

static int show_help(void)
{
	fputs("usage: leakgraph export --format=FORMAT [options] TRACE\n"
	      "One trace in the format of another tool, on standard output.\n\n",
	      stdout);
	for (const struct export_format *f = export_formats; f->name; f++)
		printf("  %-14s %s\n", f->name, f->help);
	fputs("\n"
	      "  -o, --output=FILE      where it goes, in place of standard output\n"
	      "  --value=live|leaked|allocated|peak\n"
	      "                         folded: what a stack is weighed by (live)\n"
	      "  --count                folded: in blocks, not in bytes\n"
	      "  --frames=live|all|table\n"
	      "                         json: frames of stacks of which something lives, and of the\n"
	      "                         1,000 heaviest others (live), of all, or of all as numbers\n"
	      "                         of frames that are written once\n"
	      "  --max-nodes=N          dot: how much of the graph (200)\n"
	      "  --debug-dir=DIR        more places for debug files, separated by ':'\n"
	      "  --no-debuginfod        do not ask the servers of DEBUGINFOD_URLS\n"
	      "  --help, --version\n"
	      "\n"
	      "Examples:\n"
	      "  leakgraph export --format=folded --value=leaked app.lgt | flamegraph.pl > leaks.svg\n"
	      "  leakgraph export --format=pprof -o app.pb app.lgt && go tool pprof -http=: app.pb\n"
	      "  leakgraph export --format=sqlite app.lgt | sqlite3 app.db\n"
	      "\n"
	      "Exit status: 0; 2: wrong usage, or a file that is no trace; 125: it cannot be written.\n",
	      stdout);
	return 0;
}

static int take_format(struct request *r, const char *name, struct err *err)
{
	char known[256] = "";

	r->format = export_format_named(name);
	for (const struct export_format *f = export_formats; f->name; f++) {
		strcat(known, f == export_formats ? "" : ", ");
		strcat(known, f->name);
	}
	return r->format ? 0 : fail(err, "--format: there is no \"%s\"; there are %s", name, known);
}

static int take_option(struct request *r, int code, const char *value, struct err *err)
{
	uint64_t nodes;
	int choice;

	switch (code) {
	case OPT_FORMAT:
		return take_format(r, value, err);
	case OPT_OUTPUT:
		r->file = value;
		return 0;
	case OPT_VALUE:
		choice = parse_choice("--value", value, export_value_names, err);
		r->options.value = choice < 0 ? EXPORT_LIVE : (enum export_value)choice;
		return choice < 0 ? -1 : 0;
	case OPT_FRAMES:
		choice = parse_choice("--frames", value, export_frames_names, err);
		r->options.frames = choice < 0 ? EXPORT_FRAMES_LIVE : (enum export_frames)choice;
		return choice < 0 ? -1 : 0;
	case OPT_COUNT:
		r->options.is_count = true;
		return 0;
	case OPT_MAX_NODES:
		if (parse_count("--max-nodes", value, 10000, &nodes, err))
			return -1;
		r->options.max_nodes = (uint32_t)nodes;
		return 0;
	case OPT_DEBUG_DIR:
		r->options.report.analysis.names.debug_dir = value;
		return 0;
	case OPT_NO_DEBUGINFOD:
		r->options.report.analysis.names.no_debuginfod = true;
		return 0;
	default:
		return -1;
	}
}

/* What is not in the trace cannot be in the export. */
static void tell_verdict(const struct report_process *p)
{
	for (uint32_t i = 0; i < p->nreasons; i++)
		fprintf(stderr, "leakgraph: %s: degraded: %s\n", p->trace, p->reasons[i].text);
}

static void tell_left_out(const struct export *e)
{
	if (e->nframeless)
		fprintf(stderr,
			"leakgraph: %s: frames of %u stacks of which nothing lives are left out; "
			"--frames=all writes them, --frames=table each once\n",
			e->process->trace, e->nframeless);
}

static int write_file(struct export *e, const struct request *r, struct err *err)
{
	FILE *to = r->file ? fopen(r->file, "we") : stdout;

	if (!to)
		return fail(err, "%s cannot be written: %s", r->file, strerror(errno));
	int failed = export_write(e, r->format, to, r->file ? r->file : "standard output", err);
	if (r->file && fclose(to) && !failed)
		failed = fail(err, "%s cannot be written: %s", r->file, strerror(errno));
	return failed;
}

static int give(const struct request *r, const char *path)
{
	struct export *e = calloc(1, sizeof *e);
	struct err err = { "" };
	int status = STATUS_USAGE;

	if (!e)
		fail(&err, "out of memory");
	else if (!export_load(e, path, &r->options, &err)) {
		tell_verdict(e->process);
		status = write_file(e, r, &err) ? STATUS_TOOL : 0;
		tell_left_out(e);
	}
	if (e)
		export_free(e);
	free(e);
	return status ? trouble(status, &err) : 0;
}

const struct option export_longs[] = { COMMON_OPTIONS,
				       { "format", required_argument, NULL, OPT_FORMAT },
				       { "output", required_argument, NULL, OPT_OUTPUT },
				       { "value", required_argument, NULL, OPT_VALUE },
				       { "count", no_argument, NULL, OPT_COUNT },
				       { "frames", required_argument, NULL, OPT_FRAMES },
				       { "max-nodes", required_argument, NULL, OPT_MAX_NODES },
				       { "debug-dir", required_argument, NULL, OPT_DEBUG_DIR },
				       { "no-debuginfod", no_argument, NULL, OPT_NO_DEBUGINFOD },
				       { 0 } };

int cmd_export(int argc, char **argv)
{
	struct request request = { 0 };
	struct err err = { "" };
	int code;

	options_start();
	while ((code = option_next(argc, argv, ":ho:V", export_longs, &err)) != -1) {
		if (code == OPT_HELP)
			return show_help();
		if (code == OPT_VERSION)
			return show_version();
		if (code == '?' || take_option(&request, code, optarg, &err))
			return wrong_usage("export", &err);
	}
	if (request.format && argc - optind == 1)
		return give(&request, argv[optind]);
	fail(&err, "it takes a --format and one TRACE; try: leakgraph export --format=folded app.lgt");
	return wrong_usage("export", &err);
}
