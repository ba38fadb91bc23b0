/* children.c: loses 40 bytes, and has a child, made in the way that its argument names, that loses 24: itself as "leaf"
 * where the child is another program. Exits 0 when the child did, 77 when such a child cannot be made here. */
#define _GNU_SOURCE
#include "victim.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char *self, *leaf[] = { NULL, (char *)"leaf", NULL }, *nothing[] = { NULL };

NOINLINE static void lose(size_t bytes)
{
	escape(calloc(1, bytes));
}

static int status_of(pid_t pid)
{
	int status = -1;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 99;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* In the child. */
static void lose_and_end(void)
{
	lose(24);
	_exit(0);
}

static int by_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		lose_and_end();
	return status_of(pid);
}

static int by_clone(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		lose_and_end();
	return status_of(pid);
}

static int by_vfork(void)
{
	pid_t pid = vfork();

	if (!pid) {
		execvp("no-such-program", leaf);
		execv("/no/such/program", leaf);
		execv(self, leaf);
		_exit(127);
	}
	return status_of(pid);
}

static int by_exec(char **environment)
{
	pid_t pid = fork();

	if (!pid) {
		execve(self, leaf, environment);
		_exit(127);
	}
	return status_of(pid);
}

static int by_spawn(char **environment)
{
	pid_t pid;

	return posix_spawn(&pid, self, NULL, NULL, leaf, environment) ? 99 : status_of(pid);
}

static int by_system(void)
{
	char command[4200];

	snprintf(command, sizeof command, "'%s' leaf; exit $?", self);
	return system(command);
}

static int by_popen(void)
{
	char command[4200], line[16] = "";
	FILE *f;

	snprintf(command, sizeof command, "'%s' leaf && echo good", self);
	f = popen(command, "r");
	return !f || !fgets(line, sizeof line, f) || pclose(f) || strcmp(line, "good\n");
}

/* Closes all that it has, and is nobody's child; `seconds` later it ends. */
static int as_daemon(unsigned seconds)
{
	pid_t pid = fork();

	if (pid)
		return status_of(pid);
	setsid();
	if (fork())
		_exit(0);
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
	lose(24);
	sleep(seconds);
	if (open("daemon-ended", O_CREAT | O_WRONLY, 0600) < 0)
		_exit(1);
	_exit(0);
}

static int as_nobody(void)
{
	pid_t pid = fork();

	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(77);
		lose_and_end();
	}
	return status_of(pid);
}

static int in_other_root(void)
{
	pid_t pid = fork();

	if (!pid) {
		if (chroot("."))
			_exit(77);
		lose_and_end();
	}
	return status_of(pid);
}

static int in_namespaces(int flags)
{
	return unshare(flags) ? 77 : by_fork();
}

static void *work_in_thread(void *unused)
{
	void *volatile p = malloc(8);

	usleep(50 * 1000); /* so long that a recorder that knows no such thread would take it for dead */
	free(p);
	return unused;
}

static int with_threads_elsewhere(void)
{
	pthread_t threads[2];

	if (unshare(CLONE_NEWPID))
		return 77;
	pid_t pid = fork();
	if (pid)
		return status_of(pid);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, work_in_thread, NULL))
			_exit(1);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	lose_and_end();
	return 0;
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";

	self = leaf[0] = realpath("/proc/self/exe", NULL);
	if (!strcmp(way, "leaf")) {
		lose(24);
		return 0;
	}
	lose(40);
#define WAY(name, call)                                                                                      \
	if (!strcmp(way, name))                                                                              \
	return call
	WAY("fork", by_fork());
	WAY("clone", by_clone());
	WAY("vfork", by_vfork());
	WAY("exec", by_exec(environ));
	WAY("exec-cleared", by_exec(nothing));
	WAY("spawn", by_spawn(environ));
	WAY("spawn-cleared", by_spawn(nothing));
	WAY("system", by_system());
	WAY("system-cleared", clearenv() ? 99 : by_system());
	WAY("popen", by_popen());
	WAY("daemon", as_daemon(0));
	WAY("long-daemon", as_daemon(3));
	WAY("nobody", as_nobody());
	WAY("root", in_other_root());
	WAY("user-namespace", in_namespaces(CLONE_NEWUSER));
	WAY("namespaces", in_namespaces(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS));
	WAY("pid-namespace", in_namespaces(CLONE_NEWPID));
	WAY("pid-namespace-threads", with_threads_elsewhere());
	return 2;
}
