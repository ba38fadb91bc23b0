/* held-by-mapping.c: blocks held only by mmapped pages: a private one, a shared one, one that the program has made
 * inaccessible until it needs it again, and one that the kernel placed right below the mmapped memory of a big malloc, with
 * which it is one mapping in /proc/self/maps. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0 reachable=5/1048720
#include "victim.h"

#include <sys/mman.h>

static void *volatile big;

NOINLINE static int hold(size_t bytes, int flags, int protection)
{
	void *volatile *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return 1;
	page[511] = calloc(1, bytes);
	return mprotect((void *)page, 4096, protection);
}

int main(void)
{
	const int writable = PROT_READ | PROT_WRITE;

	if (hold(24, MAP_PRIVATE, writable) || hold(32, MAP_SHARED, writable) ||
	    hold(40, MAP_PRIVATE, PROT_NONE))
		return 1;
	big = malloc(1048576);
	return hold(48, MAP_PRIVATE, writable);
}
