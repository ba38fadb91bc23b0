/* held-by-tag.c: blocks held only by pointers that carry the program's own bits: in the upper 16, as a boxed value does,
 * and in the lowest. Both could be other numbers: possible leaks, with what is behind them. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=3/120 reachable=0/0
// site: possible hold_high @high
// site: possible hold_low @low
#include "victim.h"

static volatile uint64_t high, low;

NOINLINE static void hold_high(void)
{
	uint64_t *p = calloc(1, 24); /* @high */

	*(void **)p = calloc(1, 56);
	high = (uint64_t)p | 0xfffa000000000000u;
}

NOINLINE static void hold_low(void)
{
	low = (uint64_t)calloc(1, 40) | 1; /* @low */
}

int main(void)
{
	hold_high();
	hold_low();
	return 0;
}
