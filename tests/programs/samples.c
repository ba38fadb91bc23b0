// Allocates in every way, from two threads and in a forked child, so much that what a sample of its blocks stands for can
// be compared: per thread 30000 nodes kept in a list, 20000 blocks lost, and a churn of which nothing is left.
#include "victim.h"

#include <malloc.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 2
static struct node *lists[THREADS + 1];

NOINLINE static void keep(int list)
{
	for (int i = 0; i < 30000; i++) {
		struct node *n = calloc(1, 64);
		n->next = lists[list];
		lists[list] = n;
	}
}

NOINLINE static void lose(void)
{
	for (int i = 0; i < 20000; i++)
		escape(malloc(100));
}

NOINLINE static void *anyhow(int i)
{
	void *p = NULL;

	switch (i % 4) {
	case 0:
		return malloc((size_t)i % 700);
	case 1:
		return posix_memalign(&p, 64, 300) ? NULL : p;
	case 2:
		return realloc(NULL, 20);
	default:
		return aligned_alloc(32, 3200);
	}
}

/* Blocks grow, shrink, stay, and go; the oldest of 64 each time. */
NOINLINE static void churn(void)
{
	void *window[64] = { NULL };

	for (int i = 0; i < 200000; i++) {
		void **at = &window[i % 64], *p;

		free(*at);
		*at = anyhow(i);
		p = i % 3 ? NULL : realloc(*at, (size_t)(i % 5) * 900 + 1);
		*at = p ? p : *at;
		if (i % 1000 == 0 && realloc(*at, (size_t)1 << 60))
			abort();
	}
	for (int i = 0; i < 64; i++)
		free(window[i]);
}

static void *work(void *list)
{
	churn();
	keep((int)(intptr_t)list);
	lose();
	return NULL;
}

static void *end_list(void *list)
{
	for (struct node *n = lists[(intptr_t)list], *next; n; n = next) {
		next = n->next;
		free(n);
	}
	lists[(intptr_t)list] = NULL;
	return NULL;
}

static void run(void *(*what)(void *), int first)
{
	pthread_t threads[THREADS];

	for (intptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, what, (void *)((i + first) % THREADS));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	(void)argv;
	run(work, 0);
	if (argc > 1)
		run(end_list, 1); /* each what the other made */
	if (argc > 1 && !fork()) {
		keep(THREADS);
		exit(0);
	}
	wait(NULL);
	return 0;
}
