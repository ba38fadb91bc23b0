/* live: a program that holds memory: BLOCKS blocks of 48 bytes, and THREADS threads that each have used the heap for
 * 40,000 pairs and are still there at the end. Tells its peak of resident memory on standard error.
 *
 *   live BLOCKS THREADS */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MAX 1000u
#define PAIRS 40000u /* more events than a ring holds: all of a thread's memory has been used */

static pthread_barrier_t all_done;
static void **blocks; /* a global, so that they are reachable */

static void *use_heap(void *unused)
{
	for (unsigned i = 0; i < PAIRS; i++) {
		void *volatile block = malloc(48);
		free(block);
	}
	pthread_barrier_wait(&all_done);
	pthread_barrier_wait(&all_done); /* for ever: main does not come again */
	return unused;
}

/* Not getrusage: its peak may be that of the process that became this one. */
static void tell_peak(void)
{
	char text[4096];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof text - 1);

	text[n > 0 ? n : 0] = 0;
	const char *line = strstr(text, "VmHWM:");
	dprintf(2, "live: %ld KiB\n", line ? strtol(line + strlen("VmHWM:"), NULL, 10) : 0);
	close(fd);
}

int main(int argc, char **argv)
{
	unsigned long nblocks = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned nthreads = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
	pthread_t thread;

	nthreads = nthreads > THREADS_MAX ? THREADS_MAX : nthreads;
	blocks = calloc(nblocks + 1, sizeof *blocks);
	for (unsigned long i = 0; blocks && i < nblocks; i++)
		blocks[i] = malloc(48);
	pthread_barrier_init(&all_done, NULL, nthreads + 1);
	for (unsigned i = 0; i < nthreads; i++)
		pthread_create(&thread, NULL, use_heap, NULL);
	pthread_barrier_wait(&all_done);
	tell_peak();
	return blocks == NULL;
}
