/* held-by-sigaltstack.c: alternate signal stacks of which only the kernel knows by the end: of the thread that ends the
 * process, of one that waits, and of one that wants none any more. */
// expect: direct=1/50000 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].summary.reachable.bytes >= 65536 + 40000
// site: direct give_up @given-up
#include "victim.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static pthread_barrier_t ready;

NOINLINE static void *keep(void *unused)
{
	stack_t stack = { .ss_sp = malloc(40000), .ss_size = 40000 };

	sigaltstack(&stack, NULL);
	stack.ss_sp = NULL;
	escape(&stack);
	pthread_barrier_wait(&ready);
	for (;;)
		pause();
	return unused;
}

NOINLINE static void *give_up(void *unused)
{
	stack_t stack = { .ss_sp = malloc(50000), .ss_size = 50000 }; /* @given-up */

	sigaltstack(&stack, NULL);
	stack = (stack_t){ .ss_flags = SS_DISABLE };
	sigaltstack(&stack, NULL);
	escape(&stack);
	pthread_barrier_wait(&ready);
	for (;;)
		pause();
	return unused;
}

NOINLINE static int give_stack(void)
{
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };

	return sigaltstack(&stack, NULL);
}

int main(void)
{
	pthread_t threads[2];

	pthread_barrier_init(&ready, NULL, 3);
	if (pthread_create(&threads[0], NULL, keep, NULL) || pthread_create(&threads[1], NULL, give_up, NULL))
		return 1;
	pthread_barrier_wait(&ready);
	return give_stack();
}
