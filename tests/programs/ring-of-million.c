/* ring-of-million.c: a ring of 1,000,000 blocks of 16 bytes, dropped: one cycle, and no recursion can walk it. */
// expect: direct=0/0 cycle=1000000/16000000 indirect=0/0 possible=0/0 reachable=0/0
// site: cycle plant_ring @node
// more: .processes[0].leaks | length == 1 and .[0].cycle.length == 1000000
#include "victim.h"

NOINLINE static void plant_ring(void)
{
	struct node *first = NULL, *last = NULL;

	for (int i = 0; i < 1000000; i++) {
		struct node *n = node_clear(malloc(sizeof *n)); /* @node */
		if (last)
			last->next = n;
		else
			first = n;
		last = n;
	}
	last->next = first;
	escape(first);
}

int main(void)
{
	plant_ring();
	return 0;
}
