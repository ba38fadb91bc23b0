/* list-of-million.c: a list of 1,000,000 blocks of 16 bytes whose head is dropped. */
// expect: direct=1/16 cycle=0/0 indirect=999999/15999984 possible=0/0 reachable=0/0
// site: direct plant_list @node
#include "victim.h"

NOINLINE static void plant_list(void)
{
	struct node *head = NULL;

	for (int i = 0; i < 1000000; i++) {
		struct node *n = node_clear(malloc(sizeof *n)); /* @node */
		n->next = head;
		head = n;
	}
	escape(head);
}

int main(void)
{
	plant_list();
	return 0;
}
