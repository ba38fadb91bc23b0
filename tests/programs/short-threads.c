/* short-threads.c: 64 threads, one after the other, each lose 24 bytes and end. Their stacks are kept by libc for the
 * next thread, with stale words on them, and hold nothing. */
// build: -pthread
// expect: direct=64/1536 cycle=0/0 indirect=0/0 possible=0/0
// site: direct plant @block
// more: .processes[0].leaks | length == 1 and .[0].instances == 64
// more: .processes[0].totals.threads == 65
#include "victim.h"

#include <pthread.h>

NOINLINE static void *plant(void *unused)
{
	void *volatile p = calloc(1, 24); /* @block */

	escape(p);
	return unused;
}

int main(void)
{
	for (int i = 0; i < 64; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, plant, NULL) || pthread_join(thread, NULL))
			return 1;
	}
	return 0;
}
