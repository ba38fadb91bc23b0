/* chain.c: a block that holds a block that holds a block; the first is dropped. */
// expect: direct=1/24 cycle=0/0 indirect=2/96 possible=0/0 reachable=0/0
// site: direct plant_chain @head
#include "victim.h"

NOINLINE static void plant_chain(void)
{
	void **head = calloc(1, 24); /* @head */
	void **middle = calloc(1, 40);
	void **last = calloc(1, 56);

	head[1] = middle;
	middle[4] = last;
	escape(head);
}

int main(void)
{
	plant_chain();
	return 0;
}
