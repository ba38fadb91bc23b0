/* head-of-ring.c: a dropped block that holds a ring of 3: the ring is not a leak of its own but behind the head. */
// expect: direct=1/48 cycle=0/0 indirect=3/72 possible=0/0 reachable=0/0
// site: direct plant_head @head
// more: .processes[0].leaks | length == 1
#include "victim.h"

NOINLINE static void plant_head(void)
{
	void **head = calloc(1, 48); /* @head */
	void **ring[3];

	for (int i = 0; i < 3; i++)
		ring[i] = calloc(1, 24);
	for (int i = 0; i < 3; i++)
		ring[i][1] = ring[(i + 1) % 3];
	head[5] = ring[0];
	escape(head);
}

int main(void)
{
	plant_head();
	return 0;
}
