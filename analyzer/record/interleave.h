/* interleave.h: Python's frames in the place of the machine frames of the interpreter that ran them. */
#ifndef LG_RECORD_INTERLEAVE_H
#define LG_RECORD_INTERLEAVE_H

#include <stddef.h>
#include <stdint.h>

#define INTERLEAVE_ENTRY 0u /* among Python frames: those before it ran in one call of the interpreter */

struct frames { /* innermost first, as in ring.h */
	const uint64_t *at;
	size_t n;
};

/* Writes frames, innermost first, to `out`, which has room for all of both and one more; says how many. Machine frames of
 * the interpreter are those from `start` on and before `end`. */
size_t interleave(struct frames machine, struct frames python, uint64_t start, uint64_t end, uint64_t *out);

#endif
