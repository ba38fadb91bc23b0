/* thousands-of-threads.c: 5,000 short threads, 16 at a time; each allocates and frees, and one in ten loses 24 bytes. */
// stress: .processes[0].summary.direct | .blocks == 500 and .bytes == 12000
#include "stress.h"

#include <pthread.h>

__attribute__((noinline)) static void lose_one(void)
{
	void *volatile p = calloc(1, 24);

	(void)p;
}

static void *work(void *number)
{
	stress_heap((unsigned)(uintptr_t)number, 20);
	if ((uintptr_t)number % 10 == 0)
		lose_one();
	return NULL;
}

int main(void)
{
	pthread_t threads[16];
	int n = 5000 / 16 * 16;

	for (uintptr_t i = 0; i < 5000; i++) {
		if (i >= 16)
			pthread_join(threads[i % 16], NULL);
		if (pthread_create(&threads[i % 16], NULL, work, (void *)i))
			return 1;
	}
	for (int i = 0; i < 16; i++)
		pthread_join(threads[(n + i) % 16], NULL);
	return 0;
}
