/* sandbox.c: puts a seccomp filter on itself, as its first argument says, then allocates more than a ring holds, from
 * deep calls; loses 10 blocks of 24 bytes. Its second argument: what it does besides. */
#define _GNU_SOURCE
#include "victim.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALLOW(number)                                                                                        \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* What glibc's allocator, threads, fork, exec and exit do by themselves; nothing of what a guest might want. */
static int filter(unsigned otherwise, bool threads)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(SYS_read),
		ALLOW(SYS_write),
		ALLOW(SYS_exit),
		ALLOW(SYS_exit_group),
		ALLOW(SYS_brk),
		ALLOW(SYS_mmap),
		ALLOW(SYS_munmap),
		ALLOW(SYS_mprotect),
		ALLOW(SYS_madvise),
		ALLOW(SYS_clone),
		ALLOW(SYS_clone3),
		ALLOW(SYS_set_robust_list),
		ALLOW(SYS_rseq),
		ALLOW(SYS_wait4),
		/* for an image that begins: what ld.so and libc do */
		ALLOW(SYS_execve),
		ALLOW(SYS_openat),
		ALLOW(SYS_close),
		ALLOW(SYS_newfstatat),
		ALLOW(SYS_fstat),
		ALLOW(SYS_pread64),
		ALLOW(SYS_access),
		ALLOW(SYS_arch_prctl),
		ALLOW(SYS_set_tid_address),
		ALLOW(SYS_prlimit64),
		ALLOW(SYS_getrandom),
		ALLOW(SYS_rt_sigaction),
		ALLOW(threads ? SYS_rt_sigprocmask : SYS_read),
		BPF_STMT(BPF_RET | BPF_K, otherwise),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static int enter(const char *how, bool threads)
{
	if (!strcmp(how, "strict"))
		return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	if (!strcmp(how, "kill-thread"))
		return filter(SECCOMP_RET_KILL_THREAD, threads);
	return filter(!strcmp(how, "kill") ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM, threads);
}

NOINLINE static void churn(int deep)
{
	volatile char frame[2000];

	frame[0] = 1;
	if (deep)
		churn(deep - 1);
	for (int i = 0; !deep && i < 100000; i++) {
		void *p = malloc((size_t)(24 + i % 8));

		escape(p);
		free(p);
	}
	frame[1] = 2;
}

NOINLINE static void lose(void)
{
	for (int i = 0; i < 10; i++)
		escape(calloc(1, 24)); /* @lost */
}

static void *thread(void *done)
{
	churn(2);
	__atomic_store_n((int *)done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Waits without a system call, which joining is. */
static int run_thread(void)
{
	pthread_t id;
	int done = 0;

	if (pthread_create(&id, NULL, thread, &done))
		return 1;
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
		;
	return 0;
}

static void *die(void *how)
{
	if (!enter(how, false))
		getppid();
	return NULL;
}

/* One thread puts the sandbox on itself and is killed by it, alone. */
static int lose_thread(char *how)
{
	pthread_t id;

	return pthread_create(&id, NULL, die, how) || pthread_join(id, NULL);
}

static int run_child(void)
{
	int status = 0;
	long child = syscall(SYS_clone, 17 /* SIGCHLD */, NULL, NULL, NULL, NULL);

	if (!child) {
		churn(2);
		syscall(SYS_exit_group, 3);
	}
	return syscall(SYS_wait4, child, &status, 0, NULL) != child || status != 3 << 8;
}

int main(int argc, char **argv)
{
	const char *besides = argc > 2 ? argv[2] : "";
	char *again[] = { argv[0], "sandboxed", NULL };
	int failed = 0;

	escape(again[0] = malloc(100000)); /* the heap will not grow any more */
	free(again[0]);
	again[0] = argv[0];
	if (argc > 1 && strcmp(argv[1], "sandboxed") && strcmp(besides, "death") &&
	    enter(argv[1], !strcmp(besides, "thread")))
		return 99;
	churn(20);
	lose();
	if (!strcmp(besides, "death"))
		failed = lose_thread(argv[1]);
	if (!strcmp(besides, "thread"))
		failed = run_thread();
	if (!strcmp(besides, "child"))
		failed = run_child();
	if (!strcmp(besides, "exec"))
		execve(argv[0], again, environ);
	failed |= write(1, "fine\n", 5) != 5;
	syscall(!strcmp(argv[1], "strict") ? SYS_exit : SYS_exit_group, failed ? 98 : 3);
}
