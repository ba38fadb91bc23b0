/* fingerprint.h: what stays the same about a leak when addresses, lines, versions and builds change.
 *
 * The algorithm is leakgraphStack/v2 and never changes; a better one gets another name. Its text has one line a
 * frame, "module!function", innermost first: allocator frames and unknown inlined ones dropped, names freed of
 * their parameters, template arguments, lambdas' numbers and what compilers add, repeats of one function collapsed, on
 * stacks with lines of Python the interpreter's frames dropped and the lines as "file!qualified name", cut below main
 * or the thread's start, at most 16 frames.
 * No address, line, path, size or kind is in it. The fingerprint is XXH3-128 of that text. */
#ifndef LG_REPORT_FINGERPRINT_H
#define LG_REPORT_FINGERPRINT_H

#include "report/frames.h"

#define FINGERPRINT_ALGORITHM "leakgraphStack/v2"
#define FINGERPRINT_DIGITS 32u
#define FINGERPRINT_FRAMES 16u /* strict */
#define FINGERPRINT_LOOSE_FRAMES 3u /* loose: the innermost ones of the program's own */

struct fingerprint {
	char strict[FINGERPRINT_DIGITS + 1], loose[FINGERPRINT_DIGITS + 1];
	const char *strict_text, *loose_text; /* what was hashed; in the pool */
};

/* 0, or -1: no memory. */
int fingerprint_stack(struct fingerprint *f, const struct report_stack *stack, struct pool *pool);
/* The same for what lies in a pool and has no stack: "pool!TYPE"; NULL: it has no type either. */
int fingerprint_pooled(struct fingerprint *f, const char *type, struct pool *pool);

/* No frame of the program's own has a name: the loose one is that of all such stacks, and says nothing. */
bool fingerprint_is_vague(const struct fingerprint *f);

/* Of what is more than one stack, or less. Each begins with a line that no stack's text has. */
/* "heap-error KIND", the stack of the wrong call, and that of the block (NULL: there is none). */
int fingerprint_error(struct fingerprint *f, const char *kind, const struct report_stack *call,
		      const struct report_stack *block, struct pool *pool);
/* "growth" and the function that is the stack's place: strict and loose are the same. */
int fingerprint_growth(struct fingerprint *f, const struct report_stack *stack, struct pool *pool);

/* The parts, for tests. `out` has room for the input and its terminator. */
void normal_function(char *out, const char *function);
void normal_module(char *out, const char *module);

#endif
