/* output.h: where the traces of a run go. The first image's trace is the file the user named, or
 * leakgraph.<program>.<pid>.lgt; those of all other images go into a folder beside it, <file>.children/. */
#ifndef LG_RECORD_OUTPUT_H
#define LG_RECORD_OUTPUT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct output {
	char *first; /* the first image's trace */
	char *folder; /* of the others', NULL: not made yet; owned */
	char **paths; /* all traces, in order */
	size_t count;
};

/* `wanted`: FILE, an existing folder, or NULL. An existing file is an error: nothing is overwritten. */
int output_first(struct output *o, const char *wanted, const char *program, uint32_t pid, struct err *err);
/* A path for another image; NULL when memory or the folder fails (err says which). Owned by the output. */
const char *output_other(struct output *o, const char *program, uint32_t pid, struct err *err);
void output_free(struct output *o);

#endif
