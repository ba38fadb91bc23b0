/* held-by-thread-stack.c: a block held only by a local of another thread, which sleeps while main returns. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].summary.reachable.bytes >= 1234567 and .processes[0].totals.live_bytes == .processes[0].summary.reachable.bytes
#include "victim.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int ready;

static void *sleeper(void *unused)
{
	void *volatile held = calloc(1, 1234567);

	ready = 1;
	for (;;)
		pause();
	escape(held);
	return unused;
}

int main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sleeper, NULL))
		return 1;
	while (!ready)
		sched_yield();
	return 0;
}
