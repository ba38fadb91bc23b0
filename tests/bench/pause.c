/* pause: a program that holds MIB of heap in blocks of 1 KiB and 64 bytes, half of it each, which refer to one another, and looks
 * at the clock over and over, as it allocates and frees. It says "ready", and when it gets a line of input the longest time that has passed between
 * two looks since the line before, in milliseconds.
 *
 *   pause MIB [lsan]      lsan: it has LeakSanitizer look for leaks by itself, at each line but the first */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

#define LARGE 1024u
#define SMALL 64u

static void **blocks; /* a global, so that they are reachable */

static void fill(size_t bytes)
{
	size_t n = 0;

	blocks = calloc(bytes / 2 / LARGE + bytes / 2 / SMALL, sizeof *blocks);
	for (size_t at = 0; blocks && at < bytes; n++) {
		size_t size = at < bytes / 2 ? LARGE : SMALL, room = size - 8;

		blocks[n] = malloc(room);
		memset(blocks[n], (int)n | 1, room);
		*(void **)blocks[n] = blocks[n * 2654435761u % (n + 1)];
		at += size;
	}
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int has_input(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&input, 1, 0) > 0;
}

int main(int argc, char **argv)
{
	uint64_t last, look, longest = 0;
	char line[16];

	fill((argc > 1 ? strtoul(argv[1], NULL, 10) : 0) << 20);
	printf("ready\n");
	fflush(stdout);
	for (last = now_ns();; last = look) {
		void *volatile block = malloc(100);
		free(block);
		look = now_ns();
		longest = look - last > longest ? look - last : longest;
		if (!has_input())
			continue;
		if (read(STDIN_FILENO, line, sizeof line) <= 0)
			return 0;
		if (argc > 2 && __lsan_do_recoverable_leak_check) {
			last = now_ns();
			__lsan_do_recoverable_leak_check();
			longest = now_ns() - last;
		}
		printf("%.1f\n", (double)longest / 1e6);
		fflush(stdout);
		longest = 0;
		look = now_ns();
	}
}
