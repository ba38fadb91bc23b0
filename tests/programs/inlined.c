/* inlined.c: the block is lost in a function that is always inlined: its name and line are shown, marked as inlined,
 * in front of the function that holds the code. */
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// site: direct inner @block
// more: .processes[0].leaks[0].stack | map(.function)[0:3] == ["inner", "outer", "main"] and .[0].inlined and (.[1].inlined | not)
#include "victim.h"

static inline __attribute__((always_inline)) void inner(size_t bytes)
{
	escape(calloc(1, bytes)); /* @block */
}

NOINLINE static void outer(void)
{
	inner(24);
	escape(outer);
}

int main(void)
{
	outer();
	return 0;
}
