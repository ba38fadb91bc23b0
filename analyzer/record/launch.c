/* launch.c: see launch.h. The child's environment is the caller's, with the shim put before other preloads. */
#include "record/launch.h"

#include "leakgraph/env.h"
#include "record/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int launch_find_shim(char *path, struct err *err)
{
	static const char *const places[] = { "liblgpreload.so", "../lib/leakgraph/liblgpreload.so" };
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n <= 0)
		return fail(err, "cannot find myself: /proc/self/exe: %s; is /proc mounted?",
			    strerror(errno));
	self[n] = 0;
	*strrchr(self, '/') = 0;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (snprintf(path, PATH_MAX, "%s/%s", self, places[i]) < PATH_MAX && !access(path, R_OK))
			return 0;
	return fail(err,
		    "liblgpreload.so is neither in %s nor in %s/../lib/leakgraph; run make or make install",
		    self, self);
}

/* ld.so splits LD_PRELOAD at spaces and colons (ld.so(8)): such a path gets a name of its own. */
static int safe_name(struct launch *l, char *shim, struct err *err)
{
	char folder[] = "/tmp/leakgraph-XXXXXX", link[64];

	if (!strpbrk(shim, " :"))
		return 0;
	if (!mkdtemp(folder))
		return fail(err, "cannot make a folder in /tmp: %s", strerror(errno));
	snprintf(link, sizeof link, "%s/liblgpreload.so", folder);
	if (symlink(shim, link) || !(l->shim_link = strdup(link)))
		return fail(err, "cannot link the shim from %s: %s", folder, strerror(errno));
	strcpy(shim, link);
	return 0;
}

static int set_environment(const char *shim, int segment_fd)
{
	const char *others = getenv("LD_PRELOAD");
	char segment[64];
	char *preload = NULL;
	int failed;

	snprintf(segment, sizeof segment, LG_SEGMENT_PATH ":%lu", getppid(), segment_fd,
		 proc_filters((uint32_t)getppid()));
	if (asprintf(&preload, "%s%s%s", shim, others && *others ? ":" : "", others ? others : "") < 0)
		return -1;
	failed = setenv("LD_PRELOAD", preload, 1) || setenv(LG_ENV_SEGMENT, segment, 1);
	free(preload);
	return failed ? -1 : 0;
}

static void child(const char *program, char **argv, const struct environment *environment, const char *shim,
		  int segment_fd, int go, int failure, const sigset_t *mask)
{
	char byte;
	int error;

	if (read(go, &byte, 1) != 1)
		_exit(125);
	if (!set_environment(shim, segment_fd) && !environment_set(environment)) {
		sigprocmask(SIG_SETMASK, mask, NULL);
		execv(program, argv);
	}
	error = errno;
	if (write(failure, &error, sizeof error) < 0)
		_exit(125);
	_exit(127);
}

int launch_prepare(struct launch *l, const char *program, char **argv, const struct environment *environment,
		   int segment_fd, struct err *err)
{
	char shim[PATH_MAX];
	int go[2], failure[2];
	sigset_t mask;

	*l = (struct launch){ .go_fd = -1, .failure_fd = -1 };
	if (launch_find_shim(shim, err) || safe_name(l, shim, err))
		return -1;
	if (pipe2(go, O_CLOEXEC))
		return fail(err, "cannot start %s: %s", program, strerror(errno));
	if (pipe2(failure, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return fail(err, "cannot start %s: %s", program, strerror(errno));
	}
	sigprocmask(SIG_SETMASK, NULL, &mask);
	l->pid = fork();
	if (!l->pid) {
		close(go[1]);
		child(program, argv, environment, shim, segment_fd, go[0], failure[1], &mask);
	}
	close(go[0]);
	close(failure[1]);
	l->go_fd = go[1];
	l->failure_fd = failure[0];
	return l->pid > 0 ? 0 : fail(err, "cannot start %s: fork: %s", program, strerror(errno));
}

int launch_go(struct launch *l, const char *program, int *exit_status, struct err *err)
{
	int error = 0;

	if (write(l->go_fd, "", 1) != 1)
		return fail(err, "%s was killed before it began", program);
	close(l->go_fd);
	l->go_fd = -1;
	while (read(l->failure_fd, &error, sizeof error) < 0 && errno == EINTR)
		;
	if (!error)
		return 0;
	*exit_status = error == ENOENT ? 127 : 126;
	return fail(err, "%s cannot be executed: %s", program, strerror(error));
}

void launch_abandon(struct launch *l)
{
	if (l->pid > 0) {
		kill(l->pid, SIGKILL);
		waitpid(l->pid, NULL, 0);
		l->pid = 0;
	}
}

void launch_close(struct launch *l)
{
	if (l->go_fd >= 0)
		close(l->go_fd);
	if (l->failure_fd >= 0)
		close(l->failure_fd);
	if (l->shim_link) {
		unlink(l->shim_link);
		*strrchr(l->shim_link, '/') = 0;
		rmdir(l->shim_link);
		free(l->shim_link);
	}
	*l = (struct launch){ .go_fd = -1, .failure_fd = -1 };
}
