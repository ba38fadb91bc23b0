/* pairs: nanoseconds a malloc+free pair costs, with DEPTH frames on the stack, in THREADS threads.
 *
 *   pairs [DEPTH [PAIRS [THREADS]]]     20, 2,000,000 and 1 when not said
 *
 * Random sizes of 16 to 255 bytes, 10,000 live blocks a thread; few stacks, and nearly all of a stack is that of the
 * pair before. Built with -O2 -fomit-frame-pointer, as distributions build. */
#include "lap.h"

#include <pthread.h>
#include <stdlib.h>

#define LIVE 10000u
#define BATCH 10u

static unsigned depth = 20;
static unsigned long pairs = 2000000;
static volatile int sink;

struct heap {
	void *live[LIVE];
	unsigned seed;
};

static __attribute__((noinline)) void work(struct heap *h)
{
	for (unsigned i = 0; i < BATCH; i++) {
		h->seed = h->seed * 1103515245 + 12345;
		unsigned k = (h->seed >> 8) % LIVE;
		free(h->live[k]);
		h->live[k] = malloc(16 + (h->seed >> 20) % 240);
	}
}

static __attribute__((noinline)) void descend(unsigned left, struct heap *h)
{
	if (left)
		descend(left - 1, h);
	else
		work(h);
	sink++; /* no tail call */
}

static void *run(void *unused)
{
	struct heap *h = calloc(1, sizeof *h);

	for (unsigned long i = 0; i < pairs / BATCH; i++)
		descend(depth, h);
	for (unsigned i = 0; i < LIVE; i++)
		free(h->live[i]);
	free(h);
	return unused;
}

int main(int argc, char **argv)
{
	unsigned nthreads = argc > 3 ? (unsigned)atoi(argv[3]) : 1;
	pthread_t threads[64];

	depth = argc > 1 ? (unsigned)atoi(argv[1]) : depth;
	pairs = argc > 2 ? strtoul(argv[2], NULL, 10) : pairs;
	nthreads = nthreads > 64 ? 64 : nthreads;
	struct timespec from = lap_begin();
	for (unsigned i = 1; i < nthreads; i++)
		pthread_create(&threads[i], NULL, run, NULL);
	run(NULL);
	for (unsigned i = 1; i < nthreads; i++)
		pthread_join(threads[i], NULL);
	lap_tell(from, pairs * nthreads);
	return 0;
}
