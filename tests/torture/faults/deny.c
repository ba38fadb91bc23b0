/* deny.c: runs a program of which the shim's system calls fail, the Nth of a kind or all from there on; those of the
 * program itself do not. A supervisor process answers for each call (seccomp user notification, Linux 5.5).
 *
 *   deny CALL:N[+] ERRNO PROGRAM ARGS...
 *
 * CALL is a name of the table below. "CALL:0" fails none, and the number of the shim's calls is written to the file that
 * DENY_COUNT names. Calls by code outside liblgpreload.so go on unseen. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	int number;
} calls[] = {
	{ "openat", SYS_openat }, { "mmap", SYS_mmap },		{ "mremap", SYS_mremap },
	{ "munmap", SYS_munmap }, { "madvise", SYS_madvise },	{ "lseek", SYS_lseek },
	{ "futex", SYS_futex },	  { "readlink", SYS_readlink }, { "nanosleep", SYS_nanosleep },
};

static int number_of(const char *name)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (!strncmp(calls[i].name, name, strlen(calls[i].name)) &&
		    name[strlen(calls[i].name)] == ':')
			return calls[i].number;
	return -1;
}

/* A listener for one system call of this process and what it becomes. */
static int listen_to(int number)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static int is_in_shim(uint32_t pid, uint64_t pc)
{
	char path[64], line[4400];
	unsigned long start, end;
	int is = 0;

	snprintf(path, sizeof path, "/proc/%u/maps", pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && pc >= start && pc < end)
			is = strstr(line, "/liblgpreload.so") != NULL;
	if (f)
		fclose(f);
	return is;
}

/* Answers until nobody is left under the filter. */
static void supervise(int listener, unsigned long first, int lasts, int error, const char *count_file)
{
	unsigned long n = 0;

	for (;;) {
		struct pollfd p = { listener, POLLIN, 0 };
		struct seccomp_notif call = { 0 };
		struct seccomp_notif_resp answer = { 0 };

		if (poll(&p, 1, -1) < 0 || !(p.revents & POLLIN))
			break;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
			continue;
		answer.id = call.id;
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		if (is_in_shim(call.pid, call.data.instruction_pointer) && ++n >= first && first &&
		    (lasts || n == first)) {
			answer.flags = 0;
			answer.error = -error;
		}
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
	FILE *f = count_file ? fopen(count_file, "we") : NULL;
	if (f) {
		fprintf(f, "%lu\n", n);
		fclose(f);
	}
}

/* The supervisor takes the listener over by number, from the process that it answers for. */
static int fetch(pid_t pid, int listener)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	return (int)syscall(SYS_pidfd_getfd, pidfd, listener, 0);
}

int main(int argc, char **argv)
{
	int number = argc > 3 ? number_of(argv[1]) : -1, ends[2], back[2], listener;
	char byte;

	if (number < 0 || pipe2(ends, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
		return 2;
	pid_t program = getpid();
	if (!fork()) {
		signal(SIGTERM, SIG_IGN);
		setsid();
		close(1); /* nobody waits for this process's end */
		close(2);
		if (read(ends[0], &listener, sizeof listener) != sizeof listener)
			_exit(1);
		listener = fetch(program, listener);
		if (write(back[1], "", 1) != 1 || listener < 0)
			_exit(1);
		supervise(listener, strtoul(strchr(argv[1], ':') + 1, NULL, 10), strchr(argv[1], '+') != NULL,
			  atoi(argv[2]), getenv("DENY_COUNT"));
		_exit(0);
	}
	listener = listen_to(number);
	if (listener < 0 || write(ends[1], &listener, sizeof listener) != sizeof listener ||
	    read(back[0], &byte, 1) != 1)
		return 77;
	close(listener);
	execv(argv[3], argv + 3);
	return 127;
}
