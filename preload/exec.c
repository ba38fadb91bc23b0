/* exec.c: the exec family. An exec takes the old image away before anyone outside can look, so the image asks
 * for its snapshot first; then the real function runs with the caller's very arguments.
 *
 * Async-signal-safe, as exec must be after fork: no allocation, the stack only. A vfork child shares its parent's
 * memory and passes straight through. */
#include "shim.h"
#include "sys.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

extern char **environ;

/* `path` with a slash that is not executable will fail: no need to look at the image. */
static void about_to_exec(const char *path)
{
	boot(); /* a constructor before ours may exec */
	if (!shim.epoch || (path && strchr(path, '/') && !sys_exists(path)))
		return;
	if (!*shim.epoch || atomic_load(&shim.area->pid) != sys_getpid())
		return;
	if (thread_ready())
		note_end();
	request_snapshot(LG_REQ_SNAPSHOT_EXEC);
}

/* The exec failed: the image lives on. */
static int still_here(int answer)
{
	if (shim.epoch && *shim.epoch && atomic_load(&shim.area->pid) == sys_getpid())
		atomic_store(&shim.area->exiting, 0);
	return answer;
}

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	about_to_exec(path);
	return still_here(real_end.execve(path, argv, envp));
}

EXPORT int execv(const char *path, char *const argv[])
{
	about_to_exec(path);
	return still_here(real_end.execv(path, argv));
}

EXPORT int execvp(const char *file, char *const argv[])
{
	about_to_exec(file);
	return still_here(real_end.execvp(file, argv));
}

EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	about_to_exec(file);
	return still_here(real_end.execvpe(file, argv, envp));
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	about_to_exec(NULL);
	return still_here(real_end.fexecve(fd, argv, envp));
}

EXPORT int execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags)
{
	about_to_exec(NULL);
	return still_here(real_end.execveat(fd, path, argv, envp, flags));
}

/* The variadic ones: arguments up to a NULL, then for execle the environment. */
static size_t count_arguments(const char *first, va_list list)
{
	size_t n = 0;

	for (const char *argument = first; argument; argument = va_arg(list, const char *))
		n++;
	return n;
}

static char **collect_arguments(char **argv, const char *first, va_list list)
{
	size_t n = 0;

	argv[n] = (char *)first;
	while (argv[n])
		argv[++n] = va_arg(list, char *);
	return argv;
}

#define WITH_ARGUMENTS(first, list, argv)                                                                    \
	va_list list;                                                                                        \
	va_start(list, first);                                                                               \
	size_t argc = count_arguments(first, list);                                                          \
	va_end(list);                                                                                        \
	char **argv = __builtin_alloca((argc + 1) * sizeof *argv);                                           \
	va_start(list, first);                                                                               \
	collect_arguments(argv, first, list)

EXPORT int execl(const char *path, const char *first, ...)
{
	WITH_ARGUMENTS(first, list, argv);
	va_end(list);
	return execve(path, argv, environ);
}

EXPORT int execlp(const char *file, const char *first, ...)
{
	WITH_ARGUMENTS(first, list, argv);
	va_end(list);
	return execvp(file, argv);
}

EXPORT int execle(const char *path, const char *first, ...)
{
	WITH_ARGUMENTS(first, list, argv);
	char *const *envp = va_arg(list, char *const *);
	va_end(list);
	return execve(path, argv, envp);
}
