/* held-by-tls.c: blocks held only by thread-local variables of the program: main's, and a sleeping thread's. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].summary.reachable.bytes >= 24 + 40 + 123456
#include "victim.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

static __thread void *volatile in_tbss;
static __thread void *volatile in_tdata[2] = { (void *)1, NULL };
static atomic_int ready;

NOINLINE static void hold(size_t bytes)
{
	in_tbss = calloc(1, bytes);
}

static void *sleeper(void *unused)
{
	hold(123456);
	ready = 1;
	for (;;)
		pause();
	return unused;
}

int main(void)
{
	pthread_t thread;

	hold(24);
	in_tdata[1] = calloc(1, 40);
	if (pthread_create(&thread, NULL, sleeper, NULL))
		return 1;
	while (!ready)
		sched_yield();
	return 0;
}
