/* victim.c: loses 24 bytes, holds five blocks, says so, and leaves the file that its argument names when it has come to
 * its end. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *volatile held[10];

__attribute__((noinline)) static void lose(size_t bytes)
{
	void *volatile p = calloc(1, bytes);

	(void)p;
}

int main(int argc, char **argv)
{
	FILE *end;

	for (int i = 0; i < 10; i++)
		held[i] = malloc(100 + (size_t)i);
	lose(24);
	for (int i = 0; i < 5; i++)
		free(held[i]);
	puts("over");
	end = argc > 1 ? fopen(argv[1], "w") : NULL;
	return end ? fclose(end) : 0;
}
