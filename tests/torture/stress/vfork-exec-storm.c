/* vfork-exec-storm.c: 100 posix_spawn of /bin/true, and 100 of a program that does not exist. */
// stress: [.processes[] | select(.ended.how == "exited")] | length >= 101
// stress: .processes[0].summary | .direct.blocks + .cycle.blocks + .indirect.blocks == 0
#define _GNU_SOURCE
#include "stress.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	char *arguments[] = { (char *)"true", NULL };
	pid_t pid;
	int status;

	for (int i = 0; i < 100; i++) {
		if (posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environ) ||
		    waitpid(pid, &status, 0) != pid || status)
			return 1;
		if (!posix_spawn(&pid, "/no/such/program", NULL, NULL, arguments, environ))
			return 2;
		stress_heap((unsigned)i, 100);
	}
	return 0;
}
