/* handed-over.c: one thread allocates, another frees, through a queue, 1,000,000 times; addresses come back to the
 * first thread at once. No leak, and no free of what was not allocated. */
// build: -pthread
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].totals | .allocations >= 2000000 and .allocations - .frees == .live_blocks and .live_blocks < 10
// more: .processes[0].heap_errors == []
#include "victim.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { COUNT = 1000000, ROOM = 256 };

static void *_Atomic queue[ROOM];
static _Atomic unsigned put, taken;

static void *consumer(void *unused)
{
	for (unsigned i = 0; i < COUNT; i++) {
		while (put == i)
			sched_yield();
		free(queue[i % ROOM]);
		queue[i % ROOM] = NULL;
		taken = i + 1;
		void *mine = malloc(24); /* likely the address that just came free */
		escape(mine);
		free(mine);
	}
	return unused;
}

int main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, consumer, NULL))
		return 1;
	for (unsigned i = 0; i < COUNT; i++) {
		while (i - taken == ROOM)
			sched_yield();
		queue[i % ROOM] = malloc(24);
		put = i + 1;
	}
	pthread_join(thread, NULL);
	return 0;
}
