/* confined.c: takes something away from itself, as its first argument says, then allocates in a thread, in a forked
 * child and after all that; loses one block of 24 bytes in each. Says what it sees. */
#define _GNU_SOURCE
#include "victim.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

NOINLINE static void *lose(void *unused)
{
	for (int i = 0; i < 40000; i++) {
		void *p = malloc((size_t)(16 + i % 500));

		escape(p);
		free(p);
	}
	escape(calloc(1, 24)); /* @lost */
	return unused;
}

static int limit(int what, rlim_t value)
{
	struct rlimit r = { value, value };

	return setrlimit(what, &r);
}

static int take_away(const char *what)
{
	if (!strcmp(what, "descriptors"))
		return limit(RLIMIT_NOFILE, 0);
	if (!strcmp(what, "files"))
		return limit(RLIMIT_FSIZE, 0);
	if (!strcmp(what, "swapping"))
		return mlockall(MCL_CURRENT | MCL_FUTURE);
	if (!strcmp(what, "lock-all"))
		return limit(RLIMIT_MEMLOCK, 8 << 20) || setuid(65534) || mlockall(MCL_CURRENT | MCL_FUTURE);
	if (!strcmp(what, "lock-too-much"))
		return limit(RLIMIT_MEMLOCK, 1 << 20) || setuid(65534) ||
		       !mlockall(MCL_CURRENT | MCL_FUTURE) || errno != ENOMEM;
	if (!strcmp(what, "locking"))
		return limit(RLIMIT_MEMLOCK, 8 << 20) || setuid(65534) || mlockall(MCL_FUTURE);
	if (!strcmp(what, "root"))
		return mkdir("empty", 0755) && errno != EEXIST ? -1 : chroot("empty") || chdir("/");
	if (!strcmp(what, "rights"))
		return setgroups(0, NULL) || setgid(65534) || setuid(65534);
	if (!strcmp(what, "output"))
		return close(0) || close(2);
	return 0;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pthread_attr_t small; /* what is locked is limited, and a stack is locked */
	int status = 0, bad = take_away(argc > 1 ? argv[1] : "");

	printf("%d\n", bad);
	fflush(stdout);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 256 << 10);
	if (pthread_create(&thread, &small, lose, NULL) || pthread_join(thread, NULL))
		return 90;
	if (!fork()) {
		lose(NULL);
		exit(printf("child\n") == 6 ? 3 : 91);
	}
	wait(&status);
	lose(NULL);
	printf("%d %d\n", WEXITSTATUS(status), open("/dev/null", O_RDONLY) >= 0);
	return bad ? 92 : 4;
}
