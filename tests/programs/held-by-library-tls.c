/* held-by-library-tls.c: blocks held only by a thread-local variable of a library that dlopen brought in, in main and
 * in a sleeping thread. The variable lives in memory that the loader allocated with malloc itself. */
// build: lib-dlopen
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].summary.reachable.bytes >= 24 + 123456
#include "victim.h"

#ifdef LIB
static __thread void *volatile held[512];
void library_hold(size_t bytes);
void library_hold(size_t bytes)
{
	held[300] = calloc(1, bytes);
}
#else
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

static void (*hold)(size_t);
static atomic_int ready;

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
	void *library = dlopen(LIBRARY, RTLD_NOW);

	if (!library)
		return 2;
	*(void **)&hold = dlsym(library, "library_hold");
	hold(24);
	if (pthread_create(&thread, NULL, sleeper, NULL))
		return 1;
	while (!ready)
		sched_yield();
	return 0;
}
#endif
