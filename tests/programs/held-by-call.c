/* held-by-call.c: a block that only a function of libc's has: bsearch, at work for ever, since what compares waits for a
 * lock by spinning. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].summary.reachable.bytes >= 12345
#include "victim.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_int ready;
static pthread_spinlock_t lock;

NOINLINE static void *array(void)
{
	void *p = calloc(3, 4115);

	ready = p && !pthread_spin_init(&lock, 0) && !pthread_spin_lock(&lock);
	return p;
}

static void *search(void *unused)
{
	void *(*volatile libc_bsearch)(const void *, const void *, size_t, size_t, __compar_fn_t) = bsearch;

	libc_bsearch((const void *)&lock, array(), 3, 4115, (__compar_fn_t)(void *)pthread_spin_lock);
	return unused;
}

int main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, search, NULL))
		return 1;
	while (!ready)
		sched_yield();
	return 0;
}
