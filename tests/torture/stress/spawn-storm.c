/* spawn-storm.c: 2 threads storm the heap while 2 others start this program 99 times each, as a leaf that loses one block
 * of 24 bytes: by posix_spawn, by vfork and by fork in turn, and each time try to start what is not there. */
// stress: .processes | length == 199
// stress: [.processes[1:][].summary.direct | "\(.blocks)/\(.bytes)"] | unique == ["1/24"]
// stress: .processes[0].summary | .direct.blocks + .cycle.blocks + .indirect.blocks == 0
#include "stress.h"

#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static atomic_int is_over, failures;
static char *leaf[] = { (char *)"spawn-storm", (char *)"leaf", NULL };

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

static void become_leaf(void)
{
	execv("/no/such/program", leaf);
	execvp("no-such-program", leaf);
	execv("/proc/self/exe", leaf);
	_exit(127);
}

static pid_t start(int way)
{
	pid_t pid = -1;

	if (way == 0) {
		posix_spawnp(&pid, "no-such-program", NULL, NULL, leaf, environ);
		return posix_spawn(&pid, "/proc/self/exe", NULL, NULL, leaf, environ) ? -1 : pid;
	}
	pid = way == 1 ? vfork() : fork();
	if (!pid)
		become_leaf();
	return pid;
}

static void *start_loop(void *unused)
{
	for (int i = 0; i < 99; i++) {
		int status = -1;
		pid_t pid = start(i % 3);

		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			failures++;
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[4];

	(void)argv;
	if (argc > 1) {
		lose_one();
		return 0;
	}
	for (uintptr_t i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, i < 2 ? storm : start_loop, (void *)(i + 1)))
			return 1;
	for (int i = 2; i < 4; i++)
		pthread_join(threads[i], NULL);
	is_over = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return failures != 0;
}
