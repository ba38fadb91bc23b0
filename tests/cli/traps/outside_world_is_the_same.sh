# What a helper thread, a handler, or a kept lock would change: user namespaces may still be entered, all dispositions are
# the default, no sleep is cut short, timers and limits are as they were, the segment cannot be shrunk by anybody.
cat >world.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
int main(void)
{
	free(malloc(1));
	for (int i = 1; i < 65; i++) {
		struct sigaction a;
		if (!sigaction(i, NULL, &a) && (a.sa_handler != SIG_DFL || a.sa_flags))
			printf("signal %d %p %x\n", i, (void *)a.sa_handler, a.sa_flags);
	}
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit l;
		getrlimit(i, &l);
		printf("%ld %ld\n", (long)l.rlim_cur, (long)l.rlim_max);
	}
	struct itimerval timer;
	getitimer(ITIMER_REAL, &timer);
	struct timespec nap = { 0, 200000000 };
	printf("%ld %d %d %d\n", (long)timer.it_value.tv_sec, nanosleep(&nap, NULL), prctl(PR_GET_DUMPABLE), prctl(PR_GET_PDEATHSIG, &(int){ 0 }));
	printf("%d %d %d\n", nice(0), sched_getscheduler(0), (int)umask(0));
	const char *segment = getenv("LEAKGRAPH_SEGMENT");
	errno = 0;
	if (segment && (truncate(segment, 0) != -1 || truncate(segment, 1L << 40) != -1))
		puts("the segment can be cut");
	printf("%d\n", unshare(CLONE_NEWUSER) ? errno : 0);
	return 0;
}
C
gcc -O0 -o world world.c
./world >native
"$LG" run -o t.lgt -- ./world >traced 2>err || fails "exit status $?"
cmp native traced || fails "$(diff native traced | tail -n +2 | head -n 2 | paste -sd' ')"
