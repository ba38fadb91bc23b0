/* endings.c: a block of 24 bytes is lost, then the program ends in the way that its argument names. */
// run: return
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// ended: exited 0
// run: exit
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// ended: exited 0
// run: exit-7
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// ended: exited 7
// run: _exit
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// ended: exited 0
// run: quick_exit
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// ended: exited 0
// run: abort
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0
// ended: signaled SIGABRT
// run: segv
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0
// ended: signaled SIGSEGV
// run: term
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0
// ended: signaled SIGTERM
// run: kill
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0
// ended: signaled SIGKILL
// run: thread-exit
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0
// ended: exited 0
// run: pthread_exit
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0
// ended: exited 0
#include "victim.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static volatile int now = 1;

NOINLINE static void plant(void)
{
	escape(calloc(1, 24)); /* @block */
}

/* The red zone below the stack pointer is still the faulting function's: what plant left there would count. */
NOINLINE static void crash(void)
{
	volatile char below[1024];

	for (size_t i = 0; i < sizeof below; i++)
		below[i] = 0;
	*(volatile int *)(uintptr_t)(16 * now) = below[0];
}

static void *leave_from_thread(void *unused)
{
	if (now)
		exit(0);
	return unused;
}

static void *linger(void *unused)
{
	usleep(20000);
	return unused;
}

/* For endings in the midst of a function: its frame, and 128 bytes below, count, with the stale words that lie there. */
NOINLINE static void wipe_below(void)
{
	volatile char bytes[4096];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = 0;
}

NOINLINE static int leave(const char *how)
{
	pthread_t thread;

	if (!strcmp(how, "exit") || !strcmp(how, "exit-7"))
		exit(how[4] ? 7 : 0);
	if (!strcmp(how, "_exit"))
		_exit(0);
	if (!strcmp(how, "quick_exit"))
		quick_exit(0);
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "segv"))
		crash();
	if (!strcmp(how, "term"))
		kill(getpid(), SIGTERM);
	if (!strcmp(how, "kill"))
		kill(getpid(), SIGKILL);
	if (!strcmp(how, "thread-exit")) {
		wipe_below(); /* pthread_create may still be on the stack, with what its frame found there */
		if (!pthread_create(&thread, NULL, leave_from_thread, NULL))
			for (;;)
				pause();
	}
	if (!strcmp(how, "pthread_exit") && !pthread_create(&thread, NULL, linger, NULL))
		pthread_exit(NULL);
	return strcmp(how, "return") != 0;
}

int main(int argc, char **argv)
{
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	plant();
	return argc == 2 ? leave(argv[1]) : 99;
}
