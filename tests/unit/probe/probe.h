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

/* The Python frames of this thread as in ring.h, innermost first; 0: the interpreter was entered there. */
void probe_python(struct probe *p);
uint64_t probe_python_lost(void);
/* File and qualified name of the code that a frame is a line of, as "file!name". */
const char *probe_python_name(uint64_t frame, char text[2 * 1024]);
/* A block begins, or ends, at an address. */
void probe_block(const void *p);
/* The numbers of a code address and of a frame of Python's; 0: there is no place for it. */
uint32_t probe_code(uint64_t pc);
uint32_t probe_number(uint64_t frame);
/* As python_line() of the shim. */
uint32_t probe_line(const uint8_t *table, uint64_t n, uint32_t first_line, uint64_t offset);

#endif
