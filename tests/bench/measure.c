/* measure: what a command costs.
 *
 *   measure [-p] FILE COMMAND...
 *
 * FILE gets one line: wall, user and system time in nanoseconds and the peak of resident memory in KiB, of the command
 * and all descendants that were waited for; the peak is the largest process's. With -p it is the command's own
 * process's, which ptrace stops at its end for that: the times are then not to be trusted.
 * Exit status: the command's; 128 + N for signal N. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long ns_of(struct timeval t)
{
	return t.tv_sec * 1000000000LL + t.tv_usec * 1000LL;
}

/* Peak of a process that stands at its end. */
static long own_peak_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	while (f && !kib && fgets(line, sizeof line, f))
		sscanf(line, "VmHWM: %ld kB", &kib);
	if (f)
		fclose(f);
	return kib;
}

/* One stop of a traced command. */
static void pass_stop(pid_t pid, int status, long *peak_kib)
{
	int event = status >> 16, signal = event ? 0 : WSTOPSIG(status);

	if (event == PTRACE_EVENT_EXIT)
		*peak_kib = own_peak_kib(pid);
	ptrace(PTRACE_CONT, pid, NULL, (long)signal);
}

/* Waits for the command's end; *peak_kib only when it is traced. */
static int await(pid_t pid, struct rusage *usage, long *peak_kib)
{
	int status;

	while (wait4(pid, &status, 0, usage) == pid && WIFSTOPPED(status))
		pass_stop(pid, status, peak_kib);
	return status;
}

static void become(char **command, bool traced)
{
	if (traced) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
	}
	execvp(command[0], command);
	fprintf(stderr, "measure: %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

static void follow(pid_t pid)
{
	int status;

	waitpid(pid, &status, 0); /* its SIGSTOP */
	ptrace(PTRACE_SETOPTIONS, pid, NULL,
	       (long)(PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL));
	ptrace(PTRACE_CONT, pid, NULL, NULL);
}

int main(int argc, char **argv)
{
	bool traced = argc > 1 && !strcmp(argv[1], "-p");
	struct rusage usage = { 0 };
	long peak_kib = 0;

	argv += traced;
	if (argc - traced < 3) {
		fprintf(stderr, "usage: measure [-p] FILE COMMAND...\n");
		return 2;
	}
	long long from = now_ns();
	pid_t pid = fork();
	if (pid == 0)
		become(argv + 2, traced);
	if (pid > 0 && traced)
		follow(pid);
	int status = await(pid, &usage, &peak_kib);
	long long to = now_ns();
	FILE *f = fopen(argv[1], "we");
	if (pid < 0 || !f)
		return 2;
	fprintf(f, "%lld %lld %lld %ld\n", to - from, ns_of(usage.ru_utime), ns_of(usage.ru_stime),
		traced ? peak_kib : usage.ru_maxrss);
	fclose(f);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
