/* exec.c: the exec family. An exec takes the old image away before anyone outside can look, so the image asks
 * for its snapshot first; then the real function runs with the caller's very arguments.
 *
 * Async-signal-safe, as exec must be after fork: no allocation, the stack only. A vfork child shares its parent's
 * memory and touches nothing of it. */
#include "shim.h"
#include "sys.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

extern char **environ;

/* ---- before and after ---------------------------------------------------------------------------------- */

static struct lg_note *claim_note(void)
{
	for (uint32_t i = 0; i < LG_NOTES; i++) {
		struct lg_note *note = &shim.control->notes[i];
		uint32_t vacant = LG_NOTE_FREE;

		if (atomic_compare_exchange_strong(&note->state, &vacant, LG_NOTE_CLAIMED))
			return note;
	}
	return NULL;
}

/* Of this process, or of a child that has no area yet: a namespace of its own begins without its parent. */
static uint64_t pid_namespace(uint32_t pid, uint32_t parent)
{
	const struct lg_area *a = shim.epoch ? shim.area : NULL;
	uint32_t known = a ? atomic_load(&a->pid) : 0;

	return parent && (pid == known || parent == known) && a->pid_namespace ? a->pid_namespace
									       : sys_pid_namespace();
}

/* Leaves a note for the recorder: it waits for what becomes of this process. */
static void tell_exec(const char *path, enum lg_note_what what)
{
	struct patience patience = { 0 };
	struct lg_note *note;
	size_t n = 0;

	while (!(note = claim_note())) {
		if (!recorder_alive(&patience))
			return;
		doorbell_ring();
		sys_nap(200 * 1000);
	}
	for (; path && path[n] && n < sizeof note->path - 1; n++)
		note->path[n] = path[n];
	note->path[n] = 0;
	note->pid = sys_getpid();
	note->parent_pid = sys_getppid();
	note->pid_namespace = pid_namespace(note->pid, note->parent_pid);
	note->what = what;
	note->order = atomic_fetch_add(&shim.control->note_order, 1);
	atomic_store(&note->state, LG_NOTE_READY);
}

static bool has_recorder(void)
{
	return shim.control && !atomic_load(&shim.control->closed);
}

/* Not in a vfork child, nor in a forked one that has no area yet. */
static bool is_recorded(void)
{
	return shim.epoch && *shim.epoch && atomic_load(&shim.area->pid) == sys_getpid();
}

/* `path` with a slash that is not executable will fail: no need to look at the image. */
static void about_to_exec(const char *path, bool with_shim)
{
	if (!has_recorder() || (path && strchr(path, '/') && !sys_exists(path)))
		return;
	tell_exec(path, with_shim ? LG_NOTE_EXECS_WITH_SHIM : LG_NOTE_EXECS);
	if (!is_recorded())
		return;
	if (thread_ready())
		note_end();
	request_snapshot(LG_REQ_SNAPSHOT_EXEC);
}

/* The exec failed: the image lives on. */
static int still_here(int answer)
{
	if (has_recorder())
		tell_exec(NULL, LG_NOTE_FAILED);
	if (is_recorded())
		atomic_store(&shim.area->exiting, 0);
	return answer;
}

/* ---- the family ---------------------------------------------------------------------------------------- */

/* In the caller's frame, since it must last until the real call: the environment that the program is to have. */
#define FIT_ENVIRONMENT(takes_shim, envp)                                                                    \
	do {                                                                                                 \
		size_t room = (takes_shim) ? 0 : target_room(envp);                                          \
                                                                                                             \
		if (room)                                                                                    \
			envp = (char **)target_environment(__builtin_alloca(room), envp);                    \
	} while (0)

#define EXEC_PREPARED(file, path_envp, envp)                                                                 \
	do {                                                                                                 \
		boot(); /* a constructor before ours may exec */                                             \
		if (!target_can_be_read(file, envp))                                                         \
			break;                                                                               \
		bool takes_shim = target_takes_shim(file, path_envp);                                        \
                                                                                                             \
		about_to_exec(file, takes_shim &&target_has_shim(envp));                                     \
		FIT_ENVIRONMENT(takes_shim, envp);                                                           \
	} while (0)

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	char *const *with = envp;

	EXEC_PREPARED(path, NULL, with);
	return still_here(real_end.execve(path, argv, with));
}

EXPORT int execv(const char *path, char *const argv[])
{
	char *const *with = environ;

	EXEC_PREPARED(path, NULL, with);
	return still_here(with == environ ? real_end.execv(path, argv) : real_end.execve(path, argv, with));
}

EXPORT int execvp(const char *file, char *const argv[])
{
	char *const *with = environ;

	EXEC_PREPARED(file, environ, with);
	return still_here(with == environ ? real_end.execvp(file, argv) : real_end.execvpe(file, argv, with));
}

EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	char *const *with = envp;

	EXEC_PREPARED(file, environ, with);
	return still_here(real_end.execvpe(file, argv, with));
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	boot();
	about_to_exec(NULL, false);
	return still_here(real_end.fexecve(fd, argv, envp));
}

EXPORT int execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags)
{
	boot();
	about_to_exec(NULL, false);
	return still_here(real_end.execveat(fd, path, argv, envp, flags));
}

/* These leave the image as it is. */
EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	char *const *with = envp;

	boot();
	if (target_can_be_read(path, envp))
		FIT_ENVIRONMENT(target_takes_shim(path, NULL), with);
	return real_end.posix_spawn(pid, path, actions, attributes, argv, with);
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	char *const *with = envp;

	boot();
	if (target_can_be_read(file, envp))
		FIT_ENVIRONMENT(target_takes_shim(file, environ), with);
	return real_end.posix_spawnp(pid, file, actions, attributes, argv, with);
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
