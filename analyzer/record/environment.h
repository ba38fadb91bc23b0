/* environment.h: settings by which a program takes each of its objects from malloc, one by one.
 *
 * CPython and GLib hand out small objects from pools of their own, where nobody outside sees them. Both can be told
 * to leave that. A setting that is there already is the user's, and stays. */
#ifndef LG_RECORD_ENVIRONMENT_H
#define LG_RECORD_ENVIRONMENT_H

#include <stddef.h>

#define ENVIRONMENT_MAX 2u

struct environment {
	const char *settings[ENVIRONMENT_MAX]; /* "PYTHONMALLOC=malloc" */
	size_t n;
};

/* For the program at `path` (and what its #! line, or env, makes of it). */
void environment_find(struct environment *e, const char *path, char *const *argv);
/* In the child, before exec. -1: no memory */
int environment_set(const struct environment *e);

#endif
