/* err.h: errors are values. A function that can fail returns 0, or -1 with one clear line in *err: what, where,
 * and the cure. Only main() exits. */
#ifndef LG_BASE_ERR_H
#define LG_BASE_ERR_H

struct err {
	char text[1024]; /* one line, no newline; empty while nothing failed */
};

/* Fills err (NULL: dropped) and returns -1, so that `return fail(err, ...)` reads as a sentence. */
int fail(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
