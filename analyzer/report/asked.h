/* asked.h: what a user means by "L3" or "0x55d0c2a0". */
#ifndef LG_REPORT_ASKED_H
#define LG_REPORT_ASKED_H

#include "report/analysis.h"

struct asked {
	const struct leak *leak; /* NULL: an address was given */
	uint32_t number; /* of the leak, from 0 */
	uint32_t block; /* the leak's oldest head, or the block that holds the address */
	uint64_t inside; /* bytes from the block's start to the address */
};

/* 0, or -1 with err: no such leak, no live block there, neither of both. */
int asked_find(struct asked *out, const struct analysis *a, const char *what, struct err *err);

#endif
