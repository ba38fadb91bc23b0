/* held-by-signal-stack.c: a block held only by a local of a signal handler that sleeps on the alternate signal stack
 * of another thread. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].summary.reachable.bytes >= 1234567
#include "victim.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

static atomic_int ready;

static void handler(int signal_number)
{
	void *volatile held = calloc(1, 1234567);

	(void)signal_number;
	ready = 1;
	for (;;)
		pause();
	escape(held);
}

static void *sleeper(void *unused)
{
	stack_t stack = { .ss_size = 65536 };
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };

	stack.ss_sp = mmap(NULL, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) || sigaction(SIGUSR1, &action, NULL))
		_exit(1);
	raise(SIGUSR1);
	return unused;
}

int main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sleeper, NULL))
		return 1;
	while (!ready)
		sched_yield();
	return 0;
}
