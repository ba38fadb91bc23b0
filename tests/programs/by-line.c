/* by-line.c: what lines did: one kept, one lost, one temporary, one that made the peak and is gone. */
#include <stdlib.h>

void *kept[10];
volatile long sink;

__attribute__((noinline)) static void touch(void *p)
{
	sink += (long)p;
}

int main(void)
{
	for (int i = 0; i < 10; i++)
		kept[i] = malloc(100); /* MARK kept */
	void *big = malloc(50000); /* MARK peak */
	touch(big);
	free(big);
	for (int i = 0; i < 500; i++) {
		void *p = malloc(64); /* MARK temporary */
		touch(p);
		free(p);
	}
	for (int i = 0; i < 3; i++)
		touch(malloc(40)); /* MARK lost */
	return 0;
}
