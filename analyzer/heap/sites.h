/* sites.h: what each allocation stack did over the whole trace, living or not. */
#ifndef LG_HEAP_SITES_H
#define LG_HEAP_SITES_H

#include "heap/heap.h"

struct site {
	uint64_t allocated_blocks, allocated_bytes; /* successful calls; a realloc counts as one */
	uint64_t
	    temporary_blocks; /* freed before their thread allocated anything else; 0 where blocks were sampled */
	uint64_t peak_blocks, peak_bytes; /* alive at the process's peak of bytes */
};

struct sites {
	struct site *at; /* by stack id; trace->nnodes */
};

/* `h` tells when the peak was. Reads all events twice. */
int sites_find(struct sites *s, const struct heap *h, struct err *err);
void sites_free(struct sites *s);

#endif
