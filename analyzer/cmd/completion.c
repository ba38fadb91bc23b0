/* completion.c: what shells need to complete command lines; three columns a line, separated by tabs:
 *
 *   name  COMMAND    what it is for
 *   name  WORDS      what it takes besides options, as its usage says
 *   name  --option
 *   name  --option=  what the value may be: words, FILE, DIR; FILE also at the end of a word, for a path. Words that end
 *                    in a comma may be followed by more of them
 *
 * It is made from the tables that parse command lines, and read by scripts/completion.{bash,zsh}. */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "report/export/export.h"
#include "report/ci/outputs.h"

#include <stdio.h>

static void print_words(const char *const *names, const char *end)
{
	for (; *names; names++)
		printf("%s%s ", *names, end);
}

static void print_outputs(const struct output *o, const char *end)
{
	for (; o->name; o++)
		printf("%s%s ", o->name, end);
}

static void print_kinds(void)
{
	const char *names[FINDING_KINDS + 1];

	kind_names(names);
	print_words(names, ",");
}

/* --output: a report's format and file, where to write, or in check both */
static void print_output(const struct command *command)
{
	if (command->longs == report_longs || command->longs == check_longs)
		print_outputs(outputs, "=FILE");
	if (command->longs != report_longs)
		fputs("FILE", stdout);
}

static void print_formats(void)
{
	for (const struct export_format *f = export_formats; f->name; f++)
		printf("%s ", f->name);
}

static void print_value(const struct command *command, int code)
{
	switch (code) {
	case OPT_ON_FULL:
		return print_words(on_full_names, "");
	case OPT_CONTENTS:
		return print_words(contents_names, "");
	case OPT_COLOR:
		return print_words(color_names, "");
	case OPT_SHOW:
		return print_words(show_names, ",");
	case OPT_KINDS:
		return print_kinds();
	case OPT_VALUE:
		return print_words(export_value_names, "");
	case OPT_FORMAT:
		return print_formats();
	case OPT_OUTPUT:
		return print_output(command);
	case OPT_GEN_SUPPRESSIONS:
		return print_outputs(suppression_syntaxes, command->longs == report_longs ? "" : ":FILE");
	case OPT_SUPPRESSIONS:
	case OPT_MODEL:
	case OPT_BASELINE:
	case OPT_JSON:
		fputs("FILE", stdout);
		return;
	case OPT_DEBUG_DIR:
	case OPT_SOURCE_ROOT:
		fputs("DIR", stdout);
		return;
	}
}

static void print_options(const struct command *command, const struct option *o)
{
	for (; o && o->name; o++) {
		printf("%s\t--%s%s\t", command->name, o->name, o->has_arg ? "=" : "");
		if (o->has_arg)
			print_value(command, o->val);
		putchar('\n');
	}
}

void print_completion(const struct command *command)
{
	printf("%s\tCOMMAND\t%s\n", command->name, command->help);
	printf("%s\tWORDS\t%s\n", command->name, command->arguments);
	print_options(command, command->longs);
	print_options(command, command->own);
}
