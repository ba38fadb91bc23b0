// A server in small: for each line of its input it leaks ten sessions into a global list, turns its cache of eight
// entries over, and answers. Two more threads wait meanwhile.
// (tests/cli/report/growth_*.sh drive it.)
#include "victim.h"
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

struct session {
	struct session *next;
	char name[92];
};
struct session *sessions;
void *cache[8];

NOINLINE struct session *open_session(void)
{
	struct session *s = malloc(sizeof *s); /* session */

	s->next = sessions;
	return s;
}

NOINLINE void *cache_entry(void)
{
	return malloc(50); /* entry */
}

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void serve(unsigned n)
{
	for (int i = 0; i < 10; i++)
		sessions = open_session();
	for (int i = 0; i < 8; i++) {
		free(cache[i]);
		cache[i] = cache_entry();
	}
	printf("%u\n", n);
	fflush(stdout);
}

int main(void)
{
	static char line[64];
	pthread_t threads[2];

	setvbuf(stdin, line, _IOLBF, sizeof line);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, wait_for_ever, NULL);
	for (unsigned n = 1; getchar() != EOF; n++)
		serve(n);
	return 5;
}
