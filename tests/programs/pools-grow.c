// Two pools of the program's own: of one a member is taken and kept in each epoch, of the other all at the start.
#include "leakgraph/leakgraph.h"

#include <stdlib.h>

static char growing[4096], steady[4096];
static size_t taken;
void *volatile events;

__attribute__((noinline)) static void grow(void)
{
	LEAKGRAPH_POOL_ALLOC(growing + 64 * taken, 64);
	taken++;
}

__attribute__((noinline)) static void stay(void)
{
	for (size_t i = 0; i < 8; i++)
		LEAKGRAPH_POOL_ALLOC(steady + 64 * i, 64);
}

int main(void)
{
	static const char *const epochs[] = { "first", "second", "third", "fourth" };

	LEAKGRAPH_POOL_CREATE(growing, sizeof growing);
	LEAKGRAPH_POOL_CREATE(steady, sizeof steady);
	stay();
	for (size_t i = 0; i < 4; i++) {
		grow();
		events = malloc(100);
		free(events);
		LEAKGRAPH_MARK(epochs[i]);
	}
	return 0;
}
