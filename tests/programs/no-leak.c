/* no-leak.c: writes to both outputs, reads its input, and frees all that it allocates. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// more: .processes[0].totals | .allocations == 1000 and .frees == 1000 and .live_bytes == 0 and .allocated_bytes == 500500
// more: .processes[0].leaks == []
#include "victim.h"

#include <unistd.h>

int main(void)
{
	for (size_t i = 1; i <= 1000; i++) {
		void *p = malloc(i);
		escape(p);
		free(p);
	}
	return write(1, "out\n", 4) != 4 || write(2, "err\n", 4) != 4;
}
