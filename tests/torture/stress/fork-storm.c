/* fork-storm.c: 2 threads storm the heap while 2 others fork 100 children each, which allocate, lose one block of 24
 * bytes, and end without exec. */
// stress: .processes | length == 201
// stress: [.processes[1:][].summary.direct | "\(.blocks)/\(.bytes)"] | unique == ["1/24"]
// stress: .processes[0].summary | .direct.blocks + .cycle.blocks + .indirect.blocks == 0
#include "stress.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int is_over, failures;

static void *storm(void *seed)
{
	while (!is_over)
		stress_heap((unsigned)(uintptr_t)seed, 1000);
	return NULL;
}

__attribute__((noinline)) static void lose_one(void)
{
	void *volatile p = calloc(1, 24);

	(void)p;
}

static void child(void)
{
	stress_heap(7, 100);
	lose_one();
	_exit(0);
}

static void *fork_loop(void *unused)
{
	for (int i = 0; i < 100; i++) {
		int status = -1;
		pid_t pid = fork();
		if (!pid)
			child();
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			failures++;
	}
	return unused;
}

int main(void)
{
	pthread_t threads[4];

	for (uintptr_t i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, i < 2 ? storm : fork_loop, (void *)(i + 1)))
			return 1;
	for (int i = 2; i < 4; i++)
		pthread_join(threads[i], NULL);
	is_over = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return failures != 0;
}
