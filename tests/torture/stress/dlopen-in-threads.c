/* dlopen-in-threads.c: two threads open and close a library, plainly and by RTLD_DEEPBIND, and main opens it in a namespace of its
 * own; its constructor allocates in a thread that it waits for; two more threads storm the heap. The library's own blocks are its
 * own: by the last two ways they are of an allocator that is not seen. */
// build: lib
// stress: .processes[0].totals.allocations > 1000
#define _GNU_SOURCE
#include "stress.h"

#include <pthread.h>

#ifdef LIB

static void *held[32];

static void *allocate(void *unused)
{
	for (int i = 0; i < 32; i++)
		held[i] = malloc((size_t)(i + 1) * 20);
	return unused;
}

__attribute__((constructor)) static void begin(void)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, allocate, NULL))
		pthread_join(thread, NULL);
}

__attribute__((destructor)) static void finish(void)
{
	for (int i = 0; i < 32; i++)
		free(held[i]);
}

#else

#include <dlfcn.h>

static double end;

static void *plainly(void)
{
	return dlopen(LIBRARY, RTLD_NOW);
}
static void *deeply(void)
{
	return dlopen(LIBRARY, RTLD_NOW | RTLD_DEEPBIND);
}

static void *open_and_close(void *how)
{
	while (stress_now() < end) {
		void *library = ((void *(*)(void))how)();

		if (!library || dlclose(library))
			exit(2);
	}
	return NULL;
}

static void *storm(void *seed)
{
	while (stress_now() < end)
		stress_heap((unsigned)(uintptr_t)seed, 1000);
	return NULL;
}

int main(void)
{
	pthread_t threads[4];

	end = stress_now() + stress_seconds();
	if (pthread_create(&threads[0], NULL, open_and_close, (void *)plainly) ||
	    pthread_create(&threads[1], NULL, open_and_close, (void *)deeply) ||
	    pthread_create(&threads[2], NULL, storm, (void *)1) ||
	    pthread_create(&threads[3], NULL, storm, (void *)2))
		return 1;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	void *apart = dlmopen(LM_ID_NEWLM, LIBRARY, RTLD_NOW);
	return !apart || dlclose(apart);
}

#endif
