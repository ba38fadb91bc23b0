/* held-inside.c: a block held only by a pointer to its middle, and a block behind it: possible leaks, both. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=2/88 reachable=0/0
// site: possible hold @block
#include "victim.h"

static char *volatile inside;

NOINLINE static void hold(void)
{
	void **p = calloc(1, 48); /* @block */

	p[5] = calloc(1, 40);
	inside = (char *)p + 20;
}

int main(void)
{
	hold();
	return 0;
}
