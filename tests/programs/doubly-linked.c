/* doubly-linked.c: a doubly linked list of 10, dropped: every node reaches every other, so all are one cycle. */
// expect: direct=0/0 cycle=10/240 indirect=0/0 possible=0/0 reachable=0/0
// site: cycle plant_list @node
#include "victim.h"

struct link {
	struct link *volatile next, *volatile previous;
	uint64_t payload;
};

NOINLINE static void plant_list(void)
{
	struct link *last = NULL;

	for (int i = 0; i < 10; i++) {
		struct link *n = calloc(1, sizeof *n); /* @node */
		n->previous = last;
		if (last)
			last->next = n;
		last = n;
	}
	escape(last);
}

int main(void)
{
	plant_list();
	return 0;
}
