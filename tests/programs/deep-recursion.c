/* deep-recursion.c: a block lost 200 frames deep, and one lost 5,000 frames deep, where the stack may be cut but must
 * keep its innermost 128 frames. */
// expect: direct=2/64 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// site: direct descend @block
// more: [.processes[0].leaks[] | select(.bytes == 24)][0].stack | map(.function) | (index("main") == 200 and .[0] == "descend")
// more: [.processes[0].leaks[] | select(.bytes == 40)][0].stack | length >= 128
#include "victim.h"

NOINLINE static void descend(int depth, size_t bytes)
{
	if (depth > 1)
		descend(depth - 1, bytes);
	else
		escape(calloc(1, bytes)); /* @block */
	escape(&depth);
}

int main(void)
{
	descend(200, 24);
	descend(5000, 40);
	return 0;
}
