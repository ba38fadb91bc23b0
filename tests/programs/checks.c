// Asks what it has lost by now, and prints the answers: blocks and bytes, by the header; and by the names of LeakSanitizer's
// interface. With "last" it has the moment before its last leak judged rather than its end; with "many", threads and a
// signal handler ask at once.
#include "leakgraph/leakgraph.h"
#include "victim.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif
void __lsan_do_leak_check(void) __attribute__((weak));
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
#ifdef __cplusplus
}
#endif

void *kept;
static volatile sig_atomic_t answered;

NOINLINE static void lose(size_t bytes)
{
	*(void *volatile *)&kept = malloc(bytes);
	*(void *volatile *)&kept = NULL;
}

NOINLINE static void print_answer(void)
{
	struct leakgraph_leaks leaks;
	long long blocks = LEAKGRAPH_CHECK_NOW(&leaks);

	printf("%lld %llu %llu", blocks, leaks.blocks, leaks.bytes);
	printf(" %d\n", __lsan_do_recoverable_leak_check ? __lsan_do_recoverable_leak_check() : -1);
}

static void on_signal(int signal)
{
	(void)signal;
	answered += LEAKGRAPH_CHECK_NOW(NULL) == 1;
}

static void *ask(void *answer)
{
	*(long long *)answer = LEAKGRAPH_CHECK_NOW(NULL);
	return answer;
}

static void ask_at_once(void)
{
	long long answers[3];
	pthread_t threads[3];

	lose(10);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, ask, &answers[i]);
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	printf("%lld %lld %lld %d\n", answers[0], answers[1], answers[2], (int)answered);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "many")) {
		ask_at_once();
		return 0;
	}
	print_answer();
	lose(10);
	kept = malloc(20);
	print_answer();
	lose(30);
	print_answer();
	if (argc > 1 && __lsan_do_leak_check)
		__lsan_do_leak_check();
	lose(40);
	return 0;
}
