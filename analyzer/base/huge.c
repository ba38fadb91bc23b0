/* huge.c: see huge.h. */
#include "base/huge.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE (2u << 20)

void *huge_pages(void *memory, size_t bytes)
{
	uintptr_t start = ((uintptr_t)memory + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
	uintptr_t end = ((uintptr_t)memory + bytes) & ~(uintptr_t)(HUGE_PAGE - 1);

	if (memory && start < end)
		madvise((void *)start, end - start, MADV_HUGEPAGE);
	return memory;
}

void *huge_alloc(size_t bytes)
{
	if (bytes < HUGE_PAGE)
		return malloc(bytes);
	return huge_pages(aligned_alloc(HUGE_PAGE, (bytes + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1)),
			  bytes);
}
