/* jump-out-of-handler.c: a handler at 1 kHz jumps out of the program's calls of malloc, which fail, and so leave the
 * allocator as it was wherever they are left. What is allocated later is still recorded. */
// stress: [.processes[0].leaks[] | select(any(.stack[]; .function == "lose_one"))] | map(.blocks) == [100]
#include "stress.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>

static sigjmp_buf again;
static volatile int njumps;

static void handler(int signal_number)
{
	(void)signal_number;
	njumps++;
	siglongjmp(again, 1);
}

__attribute__((noinline)) static void lose_one(void)
{
	void *volatile p = calloc(1, 24);

	(void)p;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };
	struct itimerval each = { { 0, 1000 }, { 0, 1000 } }, none = { { 0, 0 }, { 0, 0 } };
	volatile double end = stress_now() + stress_seconds();
	volatile size_t huge = SIZE_MAX / 2;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &each, NULL);
	sigsetjmp(again, 1);
	while (stress_now() < end || njumps < 50) {
		void *volatile p = malloc(huge);
		(void)p;
	}
	setitimer(ITIMER_REAL, &none, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGALRM, &action, NULL);
	for (int i = 0; i < 100; i++)
		lose_one();
	return 0;
}
