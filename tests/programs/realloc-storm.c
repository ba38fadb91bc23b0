/* realloc-storm.c: 4 threads grow and shrink their own 64 blocks 50,000 times each, by sizes whose addresses another
 * thread may get at once. In the end each keeps 48 blocks (64 + 8 * slot bytes) and drops every fourth. */
// build: -pthread
// expect: direct=64/19456 cycle=0/0 indirect=0/0 possible=0/0 reachable=192+/61440+
// more: .processes[0].heap_errors == []
#include "victim.h"

#include <pthread.h>
#include <string.h>

enum { THREADS = 4, SLOTS = 64, ROUNDS = 50000 };

static void *volatile slots[THREADS][SLOTS];

static size_t size_of(unsigned slot)
{
	return 64 + 8 * slot;
}

NOINLINE static void storm(unsigned me)
{
	unsigned random = me + 1;

	for (int i = 0; i < ROUNDS; i++) {
		random = random * 1103515245 + 12345;
		unsigned slot = (random >> 16) % SLOTS;
		void *p = realloc(slots[me][slot], 1 + (random >> 8) % 2000);
		if (!p)
			abort();
		slots[me][slot] = p;
	}
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		slots[me][slot] = realloc(slots[me][slot], size_of(slot));
		memset(slots[me][slot], 0x5a, size_of(slot)); /* recycled memory holds old pointers */
	}
	for (unsigned slot = 0; slot < SLOTS; slot += 4)
		slots[me][slot] = NULL;
}

static void *run(void *me)
{
	storm((unsigned)(uintptr_t)me);
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, run, (void *)i))
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
