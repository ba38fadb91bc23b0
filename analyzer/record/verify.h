/* verify.h: the shim's stacks held against libunwind's, on the program that is being recorded.
 *
 * Where LG_ENV_VERIFY asks for it, threads stop after every Nth stack that they took and have it checked here: the
 * waiting thread is unwound from outside, with nothing of the shim's rules, and the frames compared one by one. */
#ifndef LG_RECORD_VERIFY_H
#define LG_RECORD_VERIFY_H

#include "base/err.h"
#include "record/image.h"

#include <stdint.h>

struct verifier;

/* Every so manieth stack is to be checked, 0: none. -1: the variable's value is no number. */
int verify_wanted(uint32_t *every, struct err *err);
struct verifier *verify_open(void); /* NULL: out of memory */
void verify_close(struct verifier *v); /* safe on NULL */
/* Answers the threads of an image that wait to be checked. */
void verify_round(struct verifier *v, struct image *i);
/* The image is over. */
void verify_leave(struct verifier *v, const struct image *i);
/* What was found, as lines of text; owned by the caller. */
char *verify_text(const struct verifier *v);

#endif
