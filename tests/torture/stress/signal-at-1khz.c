/* signal-at-1khz.c: a handler at 1 kHz allocates and frees in the midst of the main program's own calls. That is legal
 * here only because the main loop is served by glibc's per-thread cache and the handler, by its sizes, never is. */
// stress: .processes[0].totals | .live_blocks <= 1 and .allocations > 100000
// stress: .processes[0].heap_errors == []
#include "stress.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

static atomic_int nsignals;

static void handler(int signal_number)
{
	(void)signal_number;
	free(malloc(5000 + (size_t)nsignals % 1000));
	nsignals++;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct itimerval each = { { 0, 1000 }, { 0, 1000 } }, none = { { 0, 0 }, { 0, 0 } };
	double end = stress_now() + stress_seconds();

	free(malloc(24));
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &each, NULL);
	while (stress_now() < end || nsignals < 100)
		for (int i = 0; i < 1000; i++) {
			void *volatile p = malloc(24);
			free(p);
		}
	setitimer(ITIMER_REAL, &none, NULL);
	return 0;
}
