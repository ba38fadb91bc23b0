/* probe.h: the shim's unwinder and libunwind side by side, from the same frame. */
#ifndef LG_TESTS_PROBE_H
#define LG_TESTS_PROBE_H

#include <stddef.h>
#include <stdint.h>

#define PROBE_MAX 2048

struct probe {
	uint64_t ours[PROBE_MAX], theirs[PROBE_MAX]; /* return addresses, innermost first */
	size_t nours, ntheirs;
	int truncated;
};

void probe_open(void); /* once */
void probe_thread(void); /* once in each thread, before its first probe */
/* Unwinds from the caller. */
void probe_here(struct probe *p);
void probe_ours(struct probe *p); /* the shim's stack only: libunwind need not survive what it must */

#endif
