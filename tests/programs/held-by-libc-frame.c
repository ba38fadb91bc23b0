/* held-by-libc-frame.c: a file that only freopen has, which waits in a system call. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].summary.reachable.bytes >= 472
#define _GNU_SOURCE
#include "victim.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static _Atomic pid_t waiter;
static char fifo[64];

NOINLINE static void *reopen(void *unused)
{
	waiter = gettid();
	fclose(freopen(fifo, "r", fopen("/dev/null", "r")));
	return unused;
}

/* In a system call that waits, by its state: there is no lock that it could wait for. */
static int is_asleep(pid_t tid)
{
	char path[64], state = 0;

	snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
	FILE *stat = tid ? fopen(path, "r") : NULL;
	if (!stat || fscanf(stat, "%*d %*s %c", &state) != 1)
		state = 0;
	if (stat)
		fclose(stat);
	return state == 'S';
}

int main(void)
{
	char dir[] = "/tmp/leakgraph-fifo-XXXXXX";
	pthread_t thread;

	if (!mkdtemp(dir))
		return 1;
	snprintf(fifo, sizeof fifo, "%s/fifo", dir);
	if (mkfifo(fifo, 0600) || pthread_create(&thread, NULL, reopen, NULL))
		return 1;
	while (!is_asleep(waiter))
		sched_yield();
	unlink(fifo);
	rmdir(dir);
	return 0;
}
