/* in-signal-handler.c: a signal handler loses 24 bytes at each of 100 signals, raised while main is in no allocation;
 * the stack leads through the signal frame to the raiser. */
// expect: direct=100/2400 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// site: direct handler @block
// more: [.processes[0].leaks[0].stack[].function] | index("handler") < index("raise_signals") and index("main") > 0
#include "victim.h"

#include <signal.h>

static void handler(int signal_number)
{
	(void)signal_number;
	escape(calloc(1, 24)); /* @block */
}

NOINLINE static void raise_signals(void)
{
	for (int i = 0; i < 100; i++)
		raise(SIGUSR1);
	escape(handler);
}

int main(void)
{
	signal(SIGUSR1, handler);
	raise_signals();
	return 0;
}
