/* ring-of-2.c: two blocks that hold each other and nothing else does: one cycle. */
// expect: direct=0/0 cycle=2/64 indirect=0/0 possible=0/0 reachable=0/0
// site: cycle plant_ring @first
// more: .processes[0].leaks[0].cycle.length == 2
// more: [.processes[0].leaks[0].cycle.edges[].offset] == [8, 16]
#include "victim.h"

NOINLINE static void plant_ring(void)
{
	void **a = calloc(1, 24); /* @first */
	void **b = calloc(1, 40);

	a[1] = b;
	b[2] = a;
	escape(a);
}

int main(void)
{
	plant_ring();
	return 0;
}
