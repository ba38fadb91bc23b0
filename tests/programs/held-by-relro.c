/* held-by-relro.c: blocks held only by memory that is read-only when the program ends: a table in .data.rel.ro of a
 * library, filled by its constructor, and an mmapped page made read-only. */
// build: lib-linked
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0 reachable=2/64
#include "victim.h"

#include <sys/mman.h>

#ifdef LIB
int library_answer(void);
int library_answer(void)
{
	return 0;
}

/* The other word gives the table a relocation, so that it is among what the loader makes read-only. */
static void *volatile table[4] __attribute__((section(".data.rel.ro"))) = { (void *)library_answer };

__attribute__((constructor)) static void fill(void)
{
	void *page = (void *)((uintptr_t)table & ~4095UL);

	mprotect(page, 8192, PROT_READ | PROT_WRITE);
	table[2] = calloc(1, 24);
	mprotect(page, 4096, PROT_READ);
}
#else
int library_answer(void);

NOINLINE static int hold(void)
{
	void *volatile *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return 1;
	page[100] = calloc(1, 40);
	return mprotect((void *)page, 4096, PROT_READ);
}

int main(void)
{
	return hold() || library_answer();
}
#endif
