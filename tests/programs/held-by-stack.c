/* held-by-stack.c: a block held only by a local of a function that is still on the stack when exit is called. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0 reachable=2/64
#include "victim.h"

static volatile int now = 1;

NOINLINE static void leave(void)
{
	if (now)
		exit(0);
}

int main(void)
{
	void *volatile held = calloc(1, 24);
	void *volatile array[4] = { NULL, NULL, calloc(1, 40), NULL };

	leave();
	escape(held);
	escape(array[2]);
	return 1;
}
