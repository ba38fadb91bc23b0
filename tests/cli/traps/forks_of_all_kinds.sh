# fork with handlers that allocate, from several threads; clone without libc's help; vfork whose exec fails, which must
# leave the parent as it was: everybody goes on, and the parent's count is exact.
cat >forks.c <<'C'
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static void *volatile kept;
static void hold(void) { free(malloc(50)); }
static volatile int over;
static void *storm(void *unused)
{
	while (!over)
		free(malloc(70));
	return unused;
}
static int reap(pid_t pid)
{
	int status;
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
static void *forks(void *unused)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();
		if (!pid) {
			free(malloc(80));
			_exit(3);
		}
		if (reap(pid) != 3)
			exit(4);
	}
	return unused;
}
int main(void)
{
	pthread_t t[4];
	pthread_atfork(hold, hold, hold);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, i < 2 ? storm : forks, NULL);
	for (int i = 0; i < 20; i++) {
		pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		if (!pid)
			syscall(SYS_exit_group, 5);
		if (reap(pid) != 5)
			return 5;
	}
	for (int i = 0; i < 200; i++) {
		pid_t pid = vfork();
		if (!pid) {
			execlp("no-such-program-anywhere", "x", (char *)NULL);
			_exit(127);
		}
		if (reap(pid) != 127)
			return 6;
	}
	pthread_join(t[2], NULL);
	pthread_join(t[3], NULL);
	over = 1;
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	kept = malloc(12345);
	if (!fork()) {
		char *const empty[] = { NULL };
		execve("/nonexistent/program", empty, empty);
		_exit(7);
	}
	wait(NULL);
	return puts("done") < 0;
}
C
gcc -O1 -fno-builtin -g -o forks forks.c -pthread
exits 0 timeout 100 "$LG" check --json=r.json -- ./forks
[ "$(cat out)" = done ] || fails "it printed $(cat out)"
[ "$(json r.json '[.processes[] | select(.verdict != "complete" or .totals.events_lost > 0)] | length')" = 0 ] ||
	fails "$(json r.json '.processes[] | select(.verdict != "complete") | .verdict_reasons[]' | head -n 1)"
[ "$(json r.json '.processes[0] | "\(.summary.direct.blocks) \(.totals.allocations - .totals.frees == .totals.live_blocks)"')" = '0 true' ] ||
	fails "$(json r.json '.processes[0].totals')"
