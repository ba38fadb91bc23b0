/* held-by-globals.c: blocks held only by a global (.bss), an initialised global (.data), and a function's static. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0 reachable=4/176
#include "victim.h"

void *volatile in_bss;
void *volatile in_data[2] = { (void *)1, NULL };

NOINLINE static void hold(void)
{
	static void *volatile in_function;
	void **chain = calloc(1, 24);

	chain[1] = calloc(1, 40);
	in_bss = chain;
	in_data[1] = calloc(1, 48);
	in_function = calloc(1, 64);
	escape(in_function);
}

int main(void)
{
	hold();
	return 0;
}
