/* lost-million.c: 1,000,000 blocks of 24 bytes lost one by one: as many direct leaks, folded into one. */
// expect: direct=1000000/24000000 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// site: direct plant_one @block
// more: .processes[0].leaks | length == 1 and .[0].instances == 1000000
#include "victim.h"

NOINLINE static void plant_one(void)
{
	escape(calloc(1, 24)); /* @block */
}

int main(void)
{
	for (int i = 0; i < 1000000; i++)
		plant_one();
	return 0;
}
