/* failed-calls.c: calls that fail or do nothing begin and end no block: sizes past the address space, a product that
 * overflows, a wrong alignment, free(NULL); realloc to 0 frees; a failed realloc keeps its block, which is lost. */
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// site: direct plant @block
// more: .processes[0].totals | .allocations == 2 and .frees == 1
// more: .processes[0].heap_errors == []
#define _GNU_SOURCE
#include "victim.h"

#include <errno.h>
#include <malloc.h>

static volatile size_t huge = SIZE_MAX / 2, zero = 0, one = 1;

/* clang at -O1 takes every malloc to succeed and drops it, unless its result is seen. */
static void *seen(void *p)
{
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

NOINLINE static int plant(void)
{
	char *p = malloc(24); /* @block */
	char *q = malloc(40);
	void *r = &q;

	escape(p);
	errno = 0;
	if (seen(realloc(p, huge)) || errno != ENOMEM || seen(malloc(huge)) || seen(calloc(huge, 4)) ||
	    seen(reallocarray(NULL, huge, 4)))
		return 1;
	if (posix_memalign(&r, 3, one) != EINVAL || r != &q || seen(memalign(one, huge)))
		return 2;
	errno = EDOM;
	free(NULL);
	escape(q);
	return seen(realloc(q, zero)) || errno != EDOM ? 3 : 0;
}

int main(void)
{
	return plant();
}
