/* options.h: options that commands share, as rows for getopt_long and one function each that takes them. */
#ifndef LG_CMD_OPTIONS_H
#define LG_CMD_OPTIONS_H

#include "base/err.h"
#include "base/options.h"
#include "base/term.h"
#include "record/record.h"
#include "report/finding.h"
#include "report/model.h"
#include "report/suppressions.h"
#include "report/text.h"

enum option_code {
	OPT_HELP = 'h',
	OPT_VERSION = 'V',
	OPT_OUTPUT = 'o',
	OPT_QUIET = 'q',
	OPT_NO_PTRACE = 256,
	OPT_NO_ENV,
	OPT_ON_FULL,
	OPT_CONTENTS,
	OPT_FREE_STACKS,
	OPT_NO_PYTHON_FRAMES,
	OPT_NO_CHILDREN,
	OPT_LINGER,
	OPT_SAMPLE,
	OPT_ALL,
	OPT_FULL_STACKS,
	OPT_SHOW,
	OPT_COLOR,
	OPT_NO_PAGER,
	OPT_DEBUG_DIR,
	OPT_NO_DEBUGINFOD,
	OPT_JSON,
	OPT_ERROR_EXITCODE,
	OPT_KINDS,
	OPT_MAX_LEAKS,
	OPT_MAX_BYTES,
	OPT_ALLOW_DEGRADED,
	OPT_ONLY_EXE,
	OPT_KEEP,
	OPT_FORMAT,
	OPT_VALUE,
	OPT_COUNT,
	OPT_FRAMES,
	OPT_SVG,
	OPT_SUPPRESSIONS,
	OPT_BASELINE,
	OPT_STRICT_BASELINE,
	OPT_ONLY,
	OPT_SOURCE_ROOT,
	OPT_REASON,
	OPT_NO_DEFAULT_SUPPRESSIONS,
	OPT_MAX_NODES,
	OPT_VERBOSE,
	OPT_GEN_SUPPRESSIONS,
	OPT_REPEAT,
	OPT_MAX_PEAK,
	OPT_MAX_GROWTH,
	OPT_MODEL,
	OPT_SINCE,
	OPT_UNTIL,
};

#define COMMON_OPTIONS                                                                                       \
	{ "help", no_argument, NULL, OPT_HELP },                                                             \
	{                                                                                                    \
		"version", no_argument, NULL, OPT_VERSION                                                    \
	}

#define RUN_OPTIONS                                                                                          \
	{ "output", required_argument, NULL, OPT_OUTPUT },                                                   \
	    { "no-ptrace", no_argument, NULL, OPT_NO_PTRACE }, { "no-env", no_argument, NULL, OPT_NO_ENV },  \
	    { "on-full", required_argument, NULL, OPT_ON_FULL },                                             \
	    { "contents", required_argument, NULL, OPT_CONTENTS },                                           \
	    { "free-stacks", no_argument, NULL, OPT_FREE_STACKS },                                           \
	    { "no-python-frames", no_argument, NULL, OPT_NO_PYTHON_FRAMES },                                 \
	    { "no-children", no_argument, NULL, OPT_NO_CHILDREN },                                           \
	    { "sample", required_argument, NULL, OPT_SAMPLE },                                               \
	{                                                                                                    \
		"linger", required_argument, NULL, OPT_LINGER                                                \
	}

#define VIEW_OPTIONS                                                                                         \
	{ "all", no_argument, NULL, OPT_ALL }, { "full-stacks", no_argument, NULL, OPT_FULL_STACKS },        \
	    { "show", required_argument, NULL, OPT_SHOW }, { "color", required_argument, NULL, OPT_COLOR },  \
	    { "debug-dir", required_argument, NULL, OPT_DEBUG_DIR },                                         \
	    { "suppressions", required_argument, NULL, OPT_SUPPRESSIONS },                                   \
	    { "model", required_argument, NULL, OPT_MODEL },                                                 \
	    { "no-default-suppressions", no_argument, NULL, OPT_NO_DEFAULT_SUPPRESSIONS },                   \
	{                                                                                                    \
		"no-debuginfod", no_argument, NULL, OPT_NO_DEBUGINFOD                                        \
	}

/* Choices of options; each ends with NULL. */
extern const char *const on_full_names[], *const contents_names[], *const color_names[], *const show_names[];
/* Those of --kinds, by the bits of gate_options.kinds. */
void kind_names(const char *names[FINDING_KINDS + 1]);

extern const char run_options_help[], view_options_help[], common_options_help[];

#define SUPPRESSION_FILES_MAX 32u

/* How a report is looked at. */
struct view {
	struct report_options report;
	struct text_options text;
	enum color_choice color;
	bool no_pager;
	const char *suppressions[SUPPRESSION_FILES_MAX]; /* files, as named */
	unsigned nsuppressions;
	bool no_default_suppressions;
	bool is_svg; /* graph */
	uint64_t max_nodes; /* graph; 0: as it likes */
	const char *since, *until; /* growth; NULL: the first moment, the last */
};

/* 1: taken, 0: not one of these, -1 with err. */
int take_run_option(struct record_options *options, int code, const char *value, struct err *err);
int take_view_option(struct view *view, int code, const char *value, struct err *err);

#define LIST_MAX 256u
/* A list's words, for strtok. 0, or -1 with err: "OPTION takes WHAT", when there is none, or too much. */
int copy_list(char words[LIST_MAX], const char *option, const char *list, const char *what, struct err *err);

/* Reads the files that were named, and ours. 0, or -1 with err. */
int view_suppressions(const struct view *view, struct suppressions *s, struct err *err);

/* A line on stderr about settings that the program was given; none, none. */
void tell_environment(const struct record_result *result);
void set_run_defaults(struct record_options *options);

/* "leakgraph: COMMAND: ..." on stderr; returns STATUS_USAGE. */
int wrong_usage(const char *command, const struct err *err);
/* "leakgraph: ..." on stderr; returns `status`. */
int trouble(int status, const struct err *err);
int show_version(void);

#endif
