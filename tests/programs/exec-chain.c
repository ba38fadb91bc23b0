/* exec-chain.c: a program that executes itself twice and loses 24, 40 and 56 bytes on the way: three images of one
 * process, each with its own answer. */
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0
// expect[1]: direct=1/40 cycle=0/0 indirect=0/0 possible=0/0
// expect[2]: direct=1/56 cycle=0/0 indirect=0/0 possible=0/0
// site: direct plant @block
// site[2]: direct plant @block
// more: [.processes[].ended.how] == ["exec", "exec", "exited"] and [.processes[].image] == [0, 1, 2]
// more: [.processes[].pid] | unique | length == 1
#include "victim.h"

#include <unistd.h>

NOINLINE static void plant(size_t bytes)
{
	escape(calloc(1, bytes)); /* @block */
}

int main(int argc, char **argv)
{
	char *first[] = { argv[0], (char *)"x", NULL },
	     *second[] = { argv[0], (char *)"x", (char *)"x", NULL };

	plant(argc == 1 ? 24 : argc == 2 ? 40 : 56);
	if (argc == 3)
		return 0;
	execv("/proc/self/exe", argc == 1 ? first : second);
	return 1;
}
