/* output_files.c: see output_files.h. */
#include "cmd/output_files.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUMMARY_MAX (1024u * 1024u) /* GitHub drops what is larger */

static int add_file(struct output_files *files, const struct output *format, const char *path,
		    struct err *err)
{
	if (files->n == OUTPUT_FILES_MAX)
		return fail(err, "more than %u of --output", OUTPUT_FILES_MAX);
	files->at[files->n].format = format;
	files->at[files->n++].path = path;
	return 0;
}

int output_files_take(struct output_files *files, const char *word, struct err *err)
{
	char name[32], known[256] = "";
	size_t n = 0;

	while (islower((unsigned char)word[n]))
		n++;
	if (!n || (word[n] && word[n] != '=') || n >= sizeof name)
		return 0;
	memcpy(name, word, n);
	name[n] = 0;
	const struct output *format = output_named(outputs, name);
	if (!word[n]) /* a file, unless someone forgot it */
		return format
			   ? fail(err, "--output=%s names a format; it takes a file too: %s=FILE", name, name)
			   : 0;
	for (const struct output *o = outputs; o->name; o++) {
		strcat(known, o == outputs ? "" : ", ");
		strcat(known, o->name);
	}
	if (!format)
		return fail(err, "--output: there is no format \"%s\"; there are %s", name, known);
	if (!word[n + 1])
		return fail(err, "--output: %s= needs a file", name);
	return add_file(files, format, word + n + 1, err) ? -1 : 1;
}

int output_files_take_suppressions(struct output_files *files, const char *word, bool to_stdout,
				   struct err *err)
{
	char name[16];
	size_t n = strcspn(word, ":");

	snprintf(name, sizeof name, "%.*s", (int)n, word);
	const struct output *syntax = n < sizeof name ? output_named(suppression_syntaxes, name) : NULL;
	if (!syntax || (to_stdout ? word[n] != 0 : !word[n] || !word[n + 1]))
		return fail(err, "--gen-suppressions takes %s",
			    to_stdout ? "lsan or valgrind" : "lsan:FILE or valgrind:FILE");
	return add_file(files, syntax, to_stdout ? "-" : word + n + 1, err);
}

static int write_file(const char *path, const char *mode, const struct buf *out, struct err *err)
{
	bool is_stdout = !strcmp(path, "-");
	FILE *to = is_stdout ? stdout : fopen(path, mode);
	bool is_good = to && buf_print(out, to);
	int error = errno;

	if (to && !is_stdout && fclose(to) && is_good) {
		is_good = false;
		error = errno;
	}
	return is_good ? 0
		       : fail(err, "%s cannot be written: %s", is_stdout ? "stdout" : path,
			      out->failed ? "out of memory" : strerror(error));
}

int output_file_write(const char *path, const struct buf *out, struct err *err)
{
	return write_file(path, "we", out, err);
}

/* Workflow commands are read from stderr as well; stdout is the program's. */
static int tell_github(const struct report *r, const struct output_context *c, struct err *err)
{
	const char *actions = getenv("GITHUB_ACTIONS"), *summary = getenv("GITHUB_STEP_SUMMARY");
	struct buf out = { 0 };
	int failed = 0;

	if (!actions || strcmp(actions, "true"))
		return 0;
	output_github(&out, r, c);
	buf_print(&out, stderr);
	buf_clear(&out);
	output_markdown(&out, r, c);
	if (summary && *summary && out.used <= SUMMARY_MAX)
		failed = write_file(summary, "ae", &out, err);
	buf_free(&out);
	return failed;
}

int output_files_write(const struct output_files *files, const struct report *r,
		       const struct gate_options *gate, const struct gate_result *result, struct err *err)
{
	char here[PATH_MAX], root[PATH_MAX];
	struct output_context c = { .gate = gate, .result = result };
	int failed = 0;

	c.root = files->root ? realpath(files->root, root) : getcwd(here, sizeof here);
	for (unsigned i = 0; i < files->n && !failed; i++) {
		struct buf out = { 0 };
		files->at[i].format->render(&out, r, &c);
		failed = output_file_write(files->at[i].path, &out, err);
		buf_free(&out);
	}
	return failed ? failed : tell_github(r, &c, err);
}
