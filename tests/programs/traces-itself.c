/* traces-itself.c: a child that has allocated asks to be traced by its parent; another attaches to its parent, looks at
 * its memory and lets it go, as crash handlers do. Each process loses one block of 24 bytes. */
#include "victim.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

NOINLINE static void lose(void)
{
	escape(calloc(1, 24)); /* @lost */
}

NOINLINE static int be_traced(void)
{
	lose();
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		return 1;
	raise(SIGSTOP);
	return 3;
}

NOINLINE static int look_at(pid_t parent)
{
	int status;

	lose();
	if (ptrace(PTRACE_ATTACH, parent, NULL, NULL) || waitpid(parent, &status, 0) != parent)
		return 1;
	long word = ptrace(PTRACE_PEEKDATA, parent, lose, NULL);
	return ptrace(PTRACE_DETACH, parent, NULL, NULL) || word == -1 ? 2 : 4;
}

int main(void)
{
	int status = 0;
	pid_t child;

	setvbuf(stdout, NULL, _IONBF, 0);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	lose();
	if (!(child = fork()))
		_exit(be_traced());
	while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
		printf("stopped by %d\n", WSTOPSIG(status));
		ptrace(PTRACE_CONT, child, NULL, NULL);
	}
	printf("%x\n", (unsigned)status);
	pid_t parent = getpid();
	if (!(child = fork()))
		_exit(look_at(parent));
	waitpid(child, &status, 0);
	printf("%x\n", (unsigned)status);
	return 5;
}
