// Watches blocks and prints which have ended, and in what order: freed, deleted, moved by realloc, freed by a callback. It
// prints "not recorded" where nobody would call.
#include "leakgraph/leakgraph.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *kept;

static void gone(void *block, void *context)
{
	/* its memory is still as it was, unless it has moved away */
	printf("%s%s\n", (const char *)context,
	       strcmp((const char *)context, "moved") && *(char *)block != 'x' ? "?" : "");
	errno = 17;
}

static void free_other(void *block, void *other)
{
	(void)block;
	printf("first\n");
	free(other);
}

static char *block(size_t bytes)
{
	return (char *)memset(malloc(bytes), 'x', bytes);
}

int main()
{
	char *freed = block(100), *moved = block(100), *in_place = block(1000), *first = block(50),
	     *second = block(50), *unwatched = block(60), *deleted = new char('x');

	if (!LEAKGRAPH_WATCH(freed, gone, (void *)"freed")) {
		printf("not recorded\n");
		return 0;
	}
	LEAKGRAPH_WATCH(moved, gone, (void *)"moved");
	LEAKGRAPH_WATCH(in_place, gone, (void *)"in place");
	LEAKGRAPH_WATCH(first, free_other, second);
	LEAKGRAPH_WATCH(second, gone, (void *)"second");
	LEAKGRAPH_WATCH(unwatched, gone, (void *)"unwatched");
	LEAKGRAPH_WATCH(deleted, gone, (void *)"deleted");
	kept = block(70);
	LEAKGRAPH_WATCH(kept, gone, (void *)"never");
	LEAKGRAPH_UNWATCH(unwatched);
	errno = 5;
	free(freed);
	if (errno != 5)
		printf("errno is %d\n", errno);
	delete deleted;
	moved = (char *)realloc(moved, 1000000);
	in_place = (char *)realloc(in_place, 990);
	free(in_place);
	free(first);
	free(unwatched);
	free(moved);
	free(block(100)); /* where one that was watched lay */
	for (int i = 0; i < 5000; i++)
		if (!LEAKGRAPH_WATCH(block(20), gone, (void *)"never")) {
			printf("full\n");
			break;
		}
	return 0;
}
