/* thread-ends.c: threads that block all signals and hold thread-specific data, whose destructors free, allocate and set
 * it again as they end; 16 at a time, and a process that a signal could only reach in main. */
// stress: .processes[0].summary.direct.blocks == 0 and .processes[0].totals.threads > 300
#define _GNU_SOURCE
#include "stress.h"

#include <pthread.h>
#include <signal.h>

static pthread_key_t keys[4];

static void destroy(void *block)
{
	int again = *(int *)block;

	free(block);
	if (!again)
		return;
	int *next = malloc(sizeof(int) * 8);
	*next = again - 1;
	pthread_setspecific(keys[(unsigned)again % 4], next);
}

static void *work(void *unused)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	for (int i = 0; i < 4; i++) {
		int *block = malloc(sizeof(int) * 4);

		*block = i % 3;
		pthread_setspecific(keys[i], block);
	}
	return unused;
}

int main(void)
{
	double end = stress_now() + stress_seconds();
	pthread_t threads[16];

	for (int i = 0; i < 4; i++)
		pthread_key_create(&keys[i], destroy);
	for (int round = 0; stress_now() < end || round < 20; round++) {
		for (int i = 0; i < 16; i++)
			if (pthread_create(&threads[i], NULL, work, NULL))
				return 1;
		for (int i = 0; i < 16; i++)
			pthread_join(threads[i], NULL);
	}
	return 0;
}
