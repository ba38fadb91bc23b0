/* lap.h: how the benchmarks of pairs take their time and tell it. */
#ifndef LG_BENCH_LAP_H
#define LG_BENCH_LAP_H

#include <stdio.h>
#include <time.h>

static inline struct timespec lap_begin(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now;
}

/* To standard error: preloaded tools may want standard output. */
static inline void lap_tell(struct timespec from, unsigned long pairs)
{
	struct timespec to = lap_begin();

	fprintf(stderr, "pairs: %.1f ns\n",
		((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
		    (double)pairs);
}

#endif
