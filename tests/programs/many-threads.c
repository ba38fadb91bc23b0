/* many-threads.c: 200 threads live at once (more than the tool has slots ready for), each loses 24 bytes. */
// build: -pthread
// expect: direct=200/4800 cycle=0/0 indirect=0/0 possible=0/0
// site: direct plant @block
#include "victim.h"

#include <pthread.h>

enum { THREADS = 200 };

static pthread_barrier_t all_here;

NOINLINE static void plant(void)
{
	escape(calloc(1, 24)); /* @block */
}

static void *run(void *unused)
{
	plant();
	pthread_barrier_wait(&all_here);
	return unused;
}

int main(void)
{
	pthread_t threads[THREADS];

	if (pthread_barrier_init(&all_here, NULL, THREADS))
		return 1;
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, run, NULL))
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
