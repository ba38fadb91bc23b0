/* exit-under-load.c: main returns while 8 threads storm the heap. */
// stress: .processes[0].totals.allocations > 1000
#include "stress.h"

#include <pthread.h>
#include <unistd.h>

static void *storm(void *seed)
{
	for (;;)
		stress_heap((unsigned)(uintptr_t)seed, 1000);
	return NULL;
}

int main(void)
{
	pthread_t thread;

	for (uintptr_t i = 0; i < 8; i++)
		if (pthread_create(&thread, NULL, storm, (void *)(i + 1)))
			return 1;
	usleep(300000);
	return 0;
}
