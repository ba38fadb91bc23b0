/* stress.h: what the stress programs share. Each runs for STRESS_SECONDS (2 when unset), frees what it allocates, and
 * ends with status 0 when its own checks hold. A comment "// stress: JQ" must be true of the report. */
#ifndef STRESS_H
#define STRESS_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static inline double stress_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline double stress_seconds(void)
{
	const char *text = getenv("STRESS_SECONDS");

	return text ? atof(text) : 2;
}

/* Allocates, grows, shrinks and frees at random in 64 slots for a while; all are free in the end. */
static inline void stress_heap(unsigned seed, int rounds)
{
	void *slots[64] = { NULL };

	for (int i = 0; i < rounds; i++) {
		seed = seed * 1103515245 + 12345;
		unsigned slot = (seed >> 16) % 64, size = 1 + (seed >> 8) % 3000;
		if (seed & 0x40000000) {
			free(slots[slot]);
			slots[slot] = malloc(size);
		} else {
			slots[slot] = realloc(slots[slot], size);
		}
		if (!slots[slot])
			abort();
		*(volatile char *)slots[slot] = 1;
	}
	for (int i = 0; i < 64; i++)
		free(slots[i]);
}

#endif
