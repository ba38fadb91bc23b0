/* shared-child.c: two dropped heads of other sizes that hold one child: two direct leaks, the child counted once. */
// expect: direct=2/64 cycle=0/0 indirect=1/56 possible=0/0 reachable=0/0
// site: direct plant_heads @first
// site: direct plant_heads @second
#include "victim.h"

NOINLINE static void plant_heads(void)
{
	void **first = calloc(1, 24); /* @first */
	void **second = calloc(1, 40); /* @second */
	void **child = calloc(1, 56);

	first[0] = child;
	second[3] = child;
	escape(first);
	escape(second);
}

int main(void)
{
	plant_heads();
	return 0;
}
