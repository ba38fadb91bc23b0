/* held-by-freed-block.c: a block whose only holder was freed: the old bytes of a freed block hold nothing. */
// expect: direct=2/64 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// site: direct plant_orphan @small
// site: direct plant_orphan @large
#include "victim.h"

NOINLINE static void plant_orphan(void)
{
	void *volatile *small = calloc(1, 64);
	void *volatile *large = calloc(1, 60000);

	small[5] = calloc(1, 24); /* @small */
	large[3000] = calloc(1, 40); /* @large */
	free((void *)small);
	free((void *)large);
}

int main(void)
{
	plant_orphan();
	return 0;
}
