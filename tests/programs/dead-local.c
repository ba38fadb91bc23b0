/* dead-local.c: main's own local held a block, and main has returned: nothing holds it any more. */
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// site: direct main @block
#include "victim.h"

int main(void)
{
	void *volatile held = calloc(1, 24); /* @block */

	escape(held);
	return 0;
}
