/* held-past-end.c: a block held only by a pointer to the byte after its last one: a possible leak. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=1/24 reachable=0/0
// site: possible hold @block
#include "victim.h"

static char *volatile past_end;

NOINLINE static void hold(void)
{
	char *p = calloc(1, 24); /* @block */

	past_end = p + 24;
}

int main(void)
{
	hold();
	return 0;
}
