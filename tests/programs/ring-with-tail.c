/* ring-with-tail.c: a ring of 3 that also holds a chain of 2: a cycle with two blocks behind it. */
// expect: direct=0/0 cycle=3/72 indirect=2/80 possible=0/0 reachable=0/0
// site: cycle plant_ring @ring
// more: .processes[0].leaks | length == 1 and .[0].cycle.length == 3 and .[0].indirect_blocks == 2
#include "victim.h"

NOINLINE static void plant_ring(void)
{
	void **ring[3], **tail[2];

	for (int i = 0; i < 3; i++)
		ring[i] = calloc(1, 24); /* @ring */
	for (int i = 0; i < 2; i++)
		tail[i] = calloc(1, 40);
	for (int i = 0; i < 3; i++)
		ring[i][0] = ring[(i + 1) % 3];
	ring[1][2] = tail[0];
	tail[0][4] = tail[1];
	escape(ring[0]);
}

int main(void)
{
	plant_ring();
	return 0;
}
