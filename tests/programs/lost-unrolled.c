/* lost-unrolled.c: a line that the compiler has made eight calls of is one place, and the line below another. */
// expect: direct=9/216 cycle=0/0 indirect=9/216 possible=0/0 reachable=0/0
// more: .processes[0].leaks | map(.instances) | sort == [1, 8]
#include "victim.h"

struct pair {
	struct pair *next;
	long words[2];
};

NOINLINE static struct pair *make(struct pair *next)
{
	struct pair *p = calloc(1, sizeof *p);

	p->next = next;
	return p;
}

int main(void)
{
#pragma GCC unroll 8
	for (int i = 0; i < 8; i++)
		escape(make(make(NULL)));
	escape(make(make(NULL)));
	return 0;
}
