/* judge.h: one snapshot judged for the program that asks while it runs. */
#ifndef LG_CMD_JUDGE_H
#define LG_CMD_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

/* What is lost at a snapshot of a trace, which may still be written. False: that cannot be told. */
bool judge_moment(const char *trace, uint64_t snapshot, uint64_t *blocks, uint64_t *bytes);

#endif
