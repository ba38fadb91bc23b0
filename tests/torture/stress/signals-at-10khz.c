/* signals-at-10khz.c: two threads are sent signals as fast as they take them; the handlers of one allocate, those of the
 * other jump out of calls of malloc that fail, and so leave the allocator as it was; two more threads storm the heap.
 * It goes on until fifty were handled, however few a busy machine lets through. */
// stress: [.processes[0].leaks[] | select(any(.stack[]; .function == "lose_one"))] | map(.blocks) == [100]
#define _GNU_SOURCE
#include "stress.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

static volatile int over, is_ready;
static volatile long handled;
static sigjmp_buf again;

static void allocate(int signal_number)
{
	void *volatile block = malloc(8 + (size_t)signal_number);

	free(block);
	handled++;
}

static void jump(int signal_number)
{
	siglongjmp(again, signal_number);
}

static void *compute(void *unused)
{
	while (!over)
		;
	return unused;
}

__attribute__((noinline)) static void lose_one(void)
{
	void *volatile block = calloc(1, 24);

	(void)block;
}

static void *fail_and_jump(void *unused)
{
	sigset_t set;
	volatile size_t huge = SIZE_MAX - 100; /* refused before the heap is locked */

	sigsetjmp(again, 1);
	is_ready = 1;
	while (!over) {
		void *volatile block = malloc(huge);

		(void)block;
	}
	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 100; i++)
		lose_one();
	return unused;
}

static void *storm(void *seed)
{
	while (!over)
		stress_heap((unsigned)(uintptr_t)seed, 1000);
	return NULL;
}

static void send_signals(pthread_t computing, pthread_t jumping)
{
	double end = stress_now() + stress_seconds();

	while (!is_ready)
		usleep(1000);
	while (stress_now() < end || handled < 50)
		for (int i = 0; i < 100; i++) {
			pthread_kill(computing, SIGUSR1);
			pthread_kill(jumping, SIGUSR2);
			usleep(1);
		}
	over = 1;
}

int main(void)
{
	pthread_t threads[4];

	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = allocate }, NULL);
	sigaction(SIGUSR2, &(struct sigaction){ .sa_handler = jump }, NULL);
	if (pthread_create(&threads[0], NULL, compute, NULL) ||
	    pthread_create(&threads[1], NULL, fail_and_jump, NULL) ||
	    pthread_create(&threads[2], NULL, storm, (void *)1) ||
	    pthread_create(&threads[3], NULL, storm, (void *)2))
		return 1;
	send_signals(threads[0], threads[1]);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
