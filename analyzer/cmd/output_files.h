/* output_files.h: --output FORMAT=FILE, and what CI systems are told without being asked. */
#ifndef LG_CMD_OUTPUT_FILES_H
#define LG_CMD_OUTPUT_FILES_H

#include "report/ci/outputs.h"

#define OUTPUT_FILES_MAX 16u

struct output_files {
	struct {
		const struct output *format;
		const char *path; /* "-": stdout */
	} at[OUTPUT_FILES_MAX];
	unsigned n;
	const char *root; /* --source-root; NULL: the current folder */
};

/* "sarif=leaks.sarif". 1: taken, 0: it does not begin with the name of a format and '=', -1 with err. */
int output_files_take(struct output_files *files, const char *word, struct err *err);
/* --gen-suppressions: "lsan:FILE" or, to stdout, "lsan"; so of valgrind. 0, or -1 with err. */
int output_files_take_suppressions(struct output_files *files, const char *word, bool to_stdout,
				   struct err *err);
/* One of them; "-" is stdout. 0, or -1 with err. */
int output_file_write(const char *path, const struct buf *out, struct err *err);
/* Writes all of them; within GitHub's actions also annotations on stderr and the step's summary. 0, or -1 with err. */
int output_files_write(const struct output_files *files, const struct report *r,
		       const struct gate_options *gate, const struct gate_result *result, struct err *err);

#endif
