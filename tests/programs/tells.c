// Tells leakgraph of its memory, by the client header and by the names of LeakSanitizer's interface. What should be lost is
// lost by a function named lost_..., what should not by one named kept_...
#include "leakgraph/leakgraph.h"
#include "victim.h"

#include <stddef.h>

#define WEAK_NAME __attribute__((weak))
#ifdef __cplusplus
extern "C" {
#endif
void __lsan_disable(void) WEAK_NAME;
void __lsan_enable(void) WEAK_NAME;
void __lsan_ignore_object(const void *p) WEAK_NAME;
void __lsan_register_root_region(const void *p, size_t bytes) WEAK_NAME;
void __lsan_unregister_root_region(const void *p, size_t bytes) WEAK_NAME;
#ifdef __cplusplus
}
#endif

struct page {
	struct page *older, *newer;
	char text[48];
};

void *cached, *held_again;

/* What the caller does with it, no debug information tells. */
NOINLINE static struct page *take(void)
{
	return (struct page *)malloc(sizeof(struct page));
}

NOINLINE static void lost_plainly(void)
{
	*(void *volatile *)&cached = malloc(11);
	*(void *volatile *)&cached = NULL;
}

NOINLINE static struct page *kept_pair(void)
{
	struct page *head = (struct page *)calloc(1, sizeof *head);

	head->older = (struct page *)calloc(1, sizeof *head);
	return head;
}

NOINLINE static void kept_ignored(void)
{
	LEAKGRAPH_IGNORE(kept_pair());
}

/* What is told of a block is not of the next one at its place. */
NOINLINE static void lost_after_all(void)
{
	void *volatile p = malloc(1000);

	LEAKGRAPH_IGNORE(p);
	p = realloc(p, 1008);
	p = NULL;
}

NOINLINE static void **lost_region(void)
{
	void *volatile region = malloc(80);

	return (void **)region;
}

NOINLINE static void *kept_by_region(void)
{
	return calloc(1, 13);
}

NOINLINE static void *lost_by_region(void)
{
	return calloc(1, 14);
}

NOINLINE static void use_regions(void)
{
	void **region = lost_region(), **former = lost_region();

	region[3] = kept_by_region();
	LEAKGRAPH_ROOT(region, 80);
	former[3] = lost_by_region();
	LEAKGRAPH_ROOT(former, 80);
	LEAKGRAPH_ROOT(former, 80);
	LEAKGRAPH_UNROOT(former, 80);
	LEAKGRAPH_UNROOT(former, 80);
}

NOINLINE static void lost_to_weak_slot(void)
{
	cached = malloc(15);
	LEAKGRAPH_WEAK_SLOT(&cached);
}

NOINLINE static void kept_by_slot(void)
{
	held_again = malloc(16);
	LEAKGRAPH_WEAK(&held_again, sizeof held_again);
	LEAKGRAPH_UNWEAK(&held_again, sizeof held_again);
}

NOINLINE static void lost_ring(void)
{
	struct page *a = take(), *b = take();

	a->newer = b;
	b->newer = a;
	a->older = b->older = NULL;
	LEAKGRAPH_TYPE(a, "struct page");
	LEAKGRAPH_TYPE(b, "struct page");
}

NOINLINE static void lost_of_a_type(void)
{
	void *volatile p = malloc(17);

	LEAKGRAPH_TYPE(p, "first name");
	LEAKGRAPH_TYPE(p, "invoice");
	p = NULL;
}

NOINLINE static void kept_disabled(void)
{
	__lsan_disable();
	kept_pair();
	__lsan_enable();
}

NOINLINE static void use_lsan_names(void)
{
	void **region = lost_region();

	kept_disabled();
	__lsan_ignore_object(kept_pair());
	region[3] = kept_by_region();
	__lsan_register_root_region(region, 80);
	__lsan_register_root_region(region, 40);
	__lsan_unregister_root_region(region, 40);
}

int main(void)
{
	lost_plainly();
	kept_ignored();
	lost_after_all();
	use_regions();
	lost_to_weak_slot();
	kept_by_slot();
	lost_ring();
	lost_of_a_type();
	if (__lsan_disable)
		use_lsan_names();
	return 0;
}
