/* held-past-guard.c: a block with a page in its middle that the program has made inaccessible; what the words behind that
 * page hold is held. */
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].summary.reachable.blocks >= 2
#include "victim.h"

#include <sys/mman.h>

static char *volatile guarded;

NOINLINE static int hold(void)
{
	char *p = aligned_alloc(4096, 3 * 4096);

	for (int i = 0; i < 3 * 4096; i++)
		p[i] = 0;
	*(void **)(p + 2 * 4096 + 64) = calloc(1, 56);
	guarded = p;
	return mprotect(p + 4096, 4096, PROT_NONE);
}

NOINLINE static void lose(void)
{
	escape(calloc(1, 24));
}

int main(void)
{
	int failed = hold();

	lose();
	return failed;
}
