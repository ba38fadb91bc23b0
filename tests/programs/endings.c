/* endings.c: a block of 24 bytes is lost, then the program ends in the way that its argument names. The ways that have
 * no "run" here are for tests/torture/endings; a second argument makes the process undumpable. */
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
// run: exit_group
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
#define _GNU_SOURCE
#undef NDEBUG
#include "victim.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
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

static pthread_t first;

static void *linger(void *unused)
{
	pthread_join(first, NULL);
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

static void exit_again(void)
{
	exit(4);
}

static void exit_in_handler(int signal_number)
{
	_exit(signal_number == SIGUSR1 ? 6 : 99);
}

static void exit_from_handler(int signal_number)
{
	exit(signal_number == SIGUSR1 ? 5 : 99);
}

static void on_overflow(int signal_number)
{
	_exit(signal_number == SIGSEGV ? 7 : 99);
}

NOINLINE static int recurse(int n)
{
	volatile char frame[4096];

	frame[0] = (char)n;
	return recurse(n + 1) + frame[0];
}

/* Its stack runs over, and another one is there to say so. */
static void overflow(void (*handler)(int))
{
	static char other[64 * 1024];
	stack_t stack = { .ss_sp = other, .ss_size = sizeof other };
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
	struct rlimit small = { 1 << 20, 1 << 20 };

	setrlimit(RLIMIT_STACK, &small);
	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
	recurse(0);
}

/* Allocates till nothing is left, and ends when that is said. */
static void run_out(void)
{
	struct rlimit limit = { 400 << 20, 400 << 20 };
	void *volatile *p, *volatile last = NULL;

	setrlimit(RLIMIT_AS, &limit);
	for (size_t size = 16 << 20; size > 64; size /= 2)
		while ((p = malloc(size))) {
			*p = last;
			last = p;
		}
	for (void *next; (p = last); free((void *)p)) {
		next = *p;
		last = next;
	}
	exit(8);
}

static void *allocate_for_ever(void *unused)
{
	while (now)
		free(malloc(100));
	return unused;
}

NOINLINE static void smash(void)
{
	volatile char room[16];

	for (int i = 0; i < 40 * now; i++)
		((volatile char *)room)[i] = 1;
}

NOINLINE static int leave(const char *how)
{
	pthread_t thread;

	if (!strcmp(how, "_Exit"))
		_Exit(3);
	if (!strcmp(how, "assert"))
		assert(now == 2);
	if (!strcmp(how, "assert_perror"))
		assert_perror(now);
	if (!strcmp(how, "stack-smashed"))
		smash();
	if (!strcmp(how, "int"))
		raise(SIGINT);
	if (!strcmp(how, "handler-_exit")) {
		signal(SIGUSR1, exit_in_handler);
		raise(SIGUSR1);
	}
	if (!strcmp(how, "handler-exit")) {
		signal(SIGUSR1, exit_from_handler);
		raise(SIGUSR1);
	}
	if (!strcmp(how, "overflow"))
		overflow(on_overflow);
	if (!strcmp(how, "overflow-fatal"))
		overflow(SIG_DFL);
	if (!strcmp(how, "out-of-memory"))
		run_out();
	if (!strcmp(how, "exec"))
		execl("/bin/true", "true", NULL);
	if (!strcmp(how, "exit-twice"))
		atexit(exit_again);
	if (!strcmp(how, "exit-beside-threads"))
		for (int i = 0; i < 4; i++)
			if (pthread_create(&thread, NULL, allocate_for_ever, NULL))
				return 98;
	if (!strcmp(how, "exit-twice") || !strcmp(how, "exit-beside-threads"))
		exit(3);
	if (!strcmp(how, "corrupt")) {
		static char *volatile before, *volatile block;

		before = malloc(40); /* libc's frames point at its end */
		block = malloc(40);
		free(block + 8 * now);
	}

	if (!strcmp(how, "exit") || !strcmp(how, "exit-7"))
		exit(how[4] ? 7 : 0);
	if (!strcmp(how, "_exit"))
		_exit(0);
	if (!strcmp(how, "exit_group"))
		syscall(SYS_exit_group, 0);
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
	first = pthread_self();
	if (!strcmp(how, "pthread_exit") && !pthread_create(&thread, NULL, linger, NULL))
		pthread_exit(NULL);
	return strcmp(how, "return") != 0;
}

int main(int argc, char **argv)
{
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	plant();
	if (argc > 1 && strcmp(argv[1], "return"))
		wipe_below(); /* leave's frame has words that nobody writes */
	if (argc == 3)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return argc > 1 ? leave(argv[1]) : 99;
}
