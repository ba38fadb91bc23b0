/* held-by-sigaltstack.c: an alternate signal stack of which only the kernel knows by the end. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].summary.reachable.bytes >= 65536
#include "victim.h"

#include <signal.h>

NOINLINE static int give_stack(void)
{
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };

	return sigaltstack(&stack, NULL);
}

int main(void)
{
	return give_stack();
}
