# What a forked child has of its parent's is counted at no moment, also where the child resizes it; a note tells of it.
cat >child.c <<'END'
#include "leakgraph/leakgraph.h"
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
void *mine[30], *cache[100];
int main(void)
{
	for (int i = 0; i < 100; i++)
		cache[i] = malloc(1000);
	if (fork() == 0) {
		for (int i = 0; i < 50; i++)
			cache[i] = realloc(cache[i], 2000);
		for (int i = 0; i < 30; i++) {
			mine[i] = malloc(300);
			if (i % 10 == 9)
				LEAKGRAPH_SNAPSHOT();
		}
		for (int i = 90; i < 100; i++)
			free(cache[i]);
		_exit(0);
	}
	wait(NULL);
	_exit(0);
}
END
gcc -g -I"$TOP/include" -o child child.c || fails 'it does not compile'
exits 0 "$LG" run -q -o t.lgt -- ./child
exits 0 "$LG" growth --json t.lgt.children/*.lgt
live=$(json out '[.processes[0].moments[] | "\(.live_blocks)/\(.live_bytes)"] | join(" ")')
[ "$live" = '10/3000 20/6000 30/9000 30/9000' ] || fails "live: $live"
[ "$(json out '.processes[0].notes[0]')" = "what was its parent's when it was forked is not counted: 100 blocks of 97.7 KiB, now 90 blocks of 136.7 KiB" ] ||
	fails "note: $(json out '.processes[0].notes | tostring')"
