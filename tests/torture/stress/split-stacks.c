/* split-stacks.c: recursion whose stack is in pieces, of which the last come and go at each turn. */
// build: -fsplit-stack
// stress: .processes[0].totals.allocations > 10000
#include "stress.h"

__attribute__((noinline)) static int recurse(int depth, unsigned seed)
{
	volatile char frame[3000];

	frame[0] = (char)depth;
	if (!depth) {
		stress_heap(seed, 50);
		return 0;
	}
	return recurse(depth - 1, seed) + frame[0];
}

int main(void)
{
	double end = stress_now() + stress_seconds();

	for (unsigned seed = 1; stress_now() < end; seed++)
		recurse((int)(seed % 300), seed);
	return 0;
}
