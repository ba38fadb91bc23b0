/* options.h: words of a command line: options by getopt_long with one-line complaints, numbers, nearest names. */
#ifndef LG_BASE_OPTIONS_H
#define LG_BASE_OPTIONS_H

#include "base/err.h"

#include <getopt.h>
#include <stddef.h>
#include <stdint.h>

/* Starts a walk over a command's options with option_next(). */
void options_start(void);
/* The next option as getopt_long gives it; -1 at the end; '?' with err filled for what is no option or lacks its
 * value. `shorts` must begin with ':' (or "+:"). */
int option_next(int argc, char **argv, const char *shorts, const struct option *longs, struct err *err);

/* The name nearest to `word`, or NULL when none is near. `names` ends with NULL. */
const char *nearest_name(const char *word, const char *const *names);
/* Insertions, deletions, changes and swaps of neighbours that lead from one to the other, at most 64 letters each. */
size_t edit_distance(const char *from, const char *to);

/* Values. `option` is how the user knows it: "--max-leaks". */
int parse_count(const char *option, const char *word, uint64_t max, uint64_t *value, struct err *err);
int parse_size(const char *option, const char *word, uint64_t *bytes, struct err *err); /* 64K, 20M, 1G */
int parse_seconds(const char *option, const char *word, uint64_t *ns, struct err *err); /* 2, 0.5 */
/* Index of `word` in `names` (ending with NULL), or -1 with err. */
int parse_choice(const char *option, const char *word, const char *const *names, struct err *err);

#endif
