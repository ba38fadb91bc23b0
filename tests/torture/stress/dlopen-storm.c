/* dlopen-storm.c: 4 threads storm the heap while main opens and closes a library whose constructor allocates, and
 * whose constructor, at times, starts a thread that allocates and waits for it. */
// build: lib
// stress: .processes[0].summary | .direct.blocks + .cycle.blocks + .indirect.blocks == 0
#include "stress.h"

#include <pthread.h>

static void *allocate(void *unused)
{
	free(malloc(100));
	return unused;
}

#ifdef LIB
static void *held;

__attribute__((constructor)) static void construct(void)
{
	pthread_t thread;

	held = malloc(1000);
	if (!pthread_create(&thread, NULL, allocate, NULL))
		pthread_join(thread, NULL);
}

__attribute__((destructor)) static void destruct(void)
{
	free(held);
}
#else
#include <dlfcn.h>
#include <stdatomic.h>

static atomic_int is_over;

static void *storm(void *seed)
{
	allocate(NULL);
	while (!is_over)
		stress_heap((unsigned)(uintptr_t)seed, 1000);
	return NULL;
}

int main(void)
{
	pthread_t threads[4];
	double end = stress_now() + stress_seconds();

	for (uintptr_t i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, storm, (void *)(i + 1)))
			return 1;
	while (stress_now() < end) {
		void *library = dlopen(LIBRARY, RTLD_NOW);
		if (!library || dlclose(library))
			return 2;
		dlsym(RTLD_DEFAULT, "no_such_symbol");
		dlerror();
	}
	is_over = 1;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
#endif
