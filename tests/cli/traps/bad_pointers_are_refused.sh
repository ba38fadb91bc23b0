# What the kernel refuses it still refuses: exec and its like with pointers into nowhere, or none, fail as they do alone.
cat >execs.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
static char *const av[] = { "true", NULL };
static void try(const char *name, int how)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *bad[] = { "A=b", (char *)1, NULL }, *ends[] = { "A=b", page + 4093, NULL }, *empty[] = { "", "=", "LD_PRELOAD", NULL };
	char **cut = (char **)(page + 4096) - 1, *const *nowhere = (char **)1;
	int status;
	pid_t other;
	page[4093] = page[4094] = page[4095] = 'x';
	munmap(page + 4096, 4096);
	if (!fork()) {
		switch (how) {
		case 0: execve((char *)1, av, empty); break;
		case 1: execve("/bin/true", av, nowhere); break;
		case 2: execve("/bin/true", av, bad); break;
		case 3: execve("/bin/true", av, ends); break;
		case 4: page[4093] = 0; execve("/bin/true", av, ends); break;
		case 5: *cut = "A=b"; execve("/bin/true", av, cut); break;
		case 6: execve("/bin/true", nowhere, empty); break;
		case 7: execve("/bin/true", NULL, NULL); break;
		case 8: execve(NULL, av, empty); break;
		case 9: execve(page + 4093, av, empty); break;
		case 10: execve("/bin/true", av, empty); break;
		case 11: execveat(AT_FDCWD, (char *)1, av, bad, 0); break;
		case 12: errno = posix_spawn(&other, "/bin/true", NULL, NULL, av, bad); break;
		case 13: errno = posix_spawnp(&other, "true", NULL, NULL, av, nowhere); break;
		case 14: environ = bad; execv("/bin/true", av); break;
		case 15: sigaltstack((stack_t *)1, NULL); break;
		case 16: prctl(PR_SET_NAME, (char *)1); break;
		}
		_exit(errno);
	}
	wait(&status);
	printf("%s %d: %x\n", name, how, status);
}
int main(void)
{
	for (int how = 0; how <= 16; how++)
		try("case", how);
	return 0;
}
C
gcc -O1 -w -fno-builtin -o execs execs.c
./execs >native
[ "$(grep -c ': e00$' native)" -ge 9 ] || fails "alone: $(paste -sd' ' native)"
"$LG" check --allow-degraded -- ./execs >out 2>err || fails "exit status $?"
cmp native out || fails "$(diff native out | head -n 3 | paste -sd' ')"
