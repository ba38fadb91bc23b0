/* self-reference.c: a block that holds itself: a cycle of one. */
// expect: direct=0/0 cycle=1/24 indirect=0/0 possible=0/0 reachable=0/0
// site: cycle plant_self @block
// more: .processes[0].leaks[0].cycle.length == 1
#include "victim.h"

NOINLINE static void plant_self(void)
{
	void **p = calloc(1, 24); /* @block */

	p[2] = p;
	escape(p);
}

int main(void)
{
	plant_self();
	return 0;
}
