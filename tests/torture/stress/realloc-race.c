/* realloc-race.c: 8 threads whose reallocs give up addresses that the others take at once. Whatever the order in which
 * events were written, no block is lost, doubled, or freed twice. */
// stress: .processes[0].heap_errors == []
// stress: .processes[0].totals | .allocations - .frees == .live_blocks and .live_blocks < 20
// stress: .processes[0].summary | .direct.blocks + .cycle.blocks + .indirect.blocks == 0
#include "stress.h"

#include <malloc.h>
#include <pthread.h>

static double end;

static void *race(void *seed)
{
	while (stress_now() < end)
		stress_heap((unsigned)(uintptr_t)seed, 5000);
	return NULL;
}

int main(void)
{
	pthread_t threads[8];

	mallopt(M_ARENA_MAX, 1); /* one arena: addresses change hands all the time */
	end = stress_now() + stress_seconds();
	for (uintptr_t i = 0; i < 8; i++)
		if (pthread_create(&threads[i], NULL, race, (void *)(i + 1)))
			return 1;
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
