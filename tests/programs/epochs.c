// Marks epochs, leaks 3 blocks in one and 5 in the next, and has snapshots taken by the program itself; also from a
// signal handler, in a forked child, and from two threads at once.
#include "leakgraph/leakgraph.h"
#include "victim.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

void *kept[16];

NOINLINE static void keep(int from, int to)
{
	for (int i = from; i < to; i++)
		kept[i] = malloc(100);
}

static void on_signal(int signal)
{
	(void)signal;
	LEAKGRAPH_MARK("signal");
}

static void *mark_too(void *name)
{
	LEAKGRAPH_MARK((const char *)name);
	LEAKGRAPH_SNAPSHOT();
	return NULL;
}

int main(void)
{
	pthread_t threads[2];

	LEAKGRAPH_MARK("warmed up");
	LEAKGRAPH_SNAPSHOT();
	keep(0, 3);
	LEAKGRAPH_MARK("loaded");
	keep(3, 8);
	LEAKGRAPH_SNAPSHOT();
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, mark_too, (void *)(i ? "one" : "other"));
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	if (!fork()) {
		LEAKGRAPH_MARK("child");
		LEAKGRAPH_SNAPSHOT();
		_exit(0);
	}
	wait(NULL);
	printf("%d\n", LEAKGRAPH_ENABLED());
	return 0;
}
