/* held-by-setspecific.c: blocks held only by pthread_setspecific: a low key (kept in the thread's descriptor), and a
 * key past 32 (kept in a table of 512 bytes that libc allocates); then the same in a sleeping thread. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].summary.reachable.bytes >= 2 * (24 + 40 + 512)
#include "victim.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

static pthread_key_t keys[40];
static atomic_int ready;

NOINLINE static void hold(void)
{
	pthread_setspecific(keys[1], calloc(1, 24));
	pthread_setspecific(keys[39], calloc(1, 40));
}

static void *sleeper(void *unused)
{
	hold();
	ready = 1;
	for (;;)
		pause();
	return unused;
}

int main(void)
{
	pthread_t thread;

	for (int i = 0; i < 40; i++)
		if (pthread_key_create(&keys[i], NULL))
			return 1;
	hold();
	if (pthread_create(&thread, NULL, sleeper, NULL))
		return 1;
	while (!ready)
		sched_yield();
	return 0;
}
