/* steady.c: loses 24 bytes again and again, with a block that is freed in between, and keeps count of both, and its pid,
 * in a shared page: steady FILE [ROUNDS]. After so many rounds it says so and exits 3. */
#include "victim.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

NOINLINE static void lose(void)
{
	escape(malloc(24));
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc > 2 ? strtoull(argv[2], NULL, 10) : UINT64_MAX;
	int fd = argc > 1 ? open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;
	volatile uint64_t *page;

	if (fd < 0 || ftruncate(fd, 4096))
		return 1;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return 1;
	page[1] = (uint64_t)getpid();
	for (uint64_t i = 0; i < rounds; i++) {
		lose();
		page[0] = i + 1;
		void *volatile p = malloc(100);
		free(p);
	}
	puts("over");
	return 3;
}
