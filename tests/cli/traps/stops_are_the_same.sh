# A traced program's stops are its own: a child that stops itself, is stopped and goes on is reported to its parent as without
# leakgraph; a wait that SIGCONT cuts short is cut short; the program may trace its own children.
cat >stops.c <<'C'
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static pid_t child;
static void tell(const char *when, int options)
{
	int status;
	pid_t pid = waitpid(child, &status, options);
	printf("%s: %d %d %d %d %x\n", when, pid == child, WIFSTOPPED(status), WIFCONTINUED(status), WIFEXITED(status), status);
}
static void await_wait(void)
{
	char path[64], call[64] = "";
	snprintf(path, sizeof path, "/proc/%d/syscall", child);
	while (atoi(call) != SYS_epoll_wait) {
		FILE *f = fopen(path, "r");
		if (!f || !fgets(call, sizeof call, f))
			*call = 0;
		if (f)
			fclose(f);
		usleep(1000);
	}
}
static int waits(void)
{
	struct epoll_event event;
	raise(SIGSTOP);
	int n = epoll_wait(epoll_create1(0), &event, 1, 20000);
	printf("wait: %d %d\n", n, errno);
	raise(SIGTSTP);
	free(malloc(10));
	return 3;
}
static int is_traced(void)
{
	printf("traced: %ld\n", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	raise(SIGUSR1);
	free(malloc(10));
	return 4;
}
int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	if (!(child = fork()))
		_exit(waits());
	tell("stopped itself", WUNTRACED);
	kill(child, SIGCONT);
	tell("goes on", WUNTRACED | WCONTINUED);
	await_wait();
	kill(child, SIGSTOP);
	tell("is stopped", WUNTRACED);
	kill(child, SIGCONT);
	tell("stopped itself", WUNTRACED);
	kill(child, SIGCONT);
	tell("is over", 0);
	if (!(child = fork()))
		_exit(is_traced());
	tell("stopped by its tracer", 0);
	printf("let go: %ld\n", ptrace(PTRACE_CONT, child, NULL, NULL));
	tell("is over", 0);
	return 0;
}
C
gcc -O1 -fno-builtin -o stops stops.c
./stops >native
exits 0 "$LG" check -- ./stops
cmp native out || fails "$(diff native out | tail -n +2 | head -n 2 | paste -sd' ')"
grep -q '^wait: -1 4$' native || fails "alone: $(grep wait native)"
