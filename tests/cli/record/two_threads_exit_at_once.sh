# Where the first thread ends the process, or itself, just as another one ends the process, ptrace does not see it stop: the
# end is as whole as any where it is told, by _exit (1) and syscall (2). Else nobody knows whether what its stack held is lost,
# as by exit(2) (0), or not, as by a bare exit_group(2) (3): it is no leak, and the verdict says so.
program race '#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
static atomic_int met;
static void meet(void) { atomic_fetch_add(&met, 1); while (atomic_load(&met) < 2) ; }
static int how;
static void bare(void) { __asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(how) : "rcx", "r11", "memory"); }
static void *leave(void *p) { meet(); if (how == 3) bare(); if (how == 2) syscall(SYS_exit_group, how); _exit(how); return p; }
static void lose(void) { void *volatile p = malloc(24); p = NULL; }
static void child(void) { pthread_t t; lose(); void *volatile held = how ? malloc(40) : NULL; pthread_create(&t, NULL, leave, NULL); meet();
	if (how == 3) bare(); if (how == 1) _exit(how); syscall(how ? SYS_exit_group : SYS_exit, how); (void)held; }
int main(void) { for (how = 0; how < 400; how++) { if (!fork()) { how %= 4; child(); } wait(NULL); } return 0; }' -pthread
exits 23 "$LG" check --allow-degraded --json=r.json -- ./race
got=$(json r.json '[.processes[1:][] | "\(.ended.status) \(.summary.direct.bytes) \(.verdict_reasons | join("; "))"
	| sub("^(?<how>[03]) (0|24) 1 of 2 threads were not stopped.*"; "\(.how) 24 ")] | unique | join("|")')
[ "$got" = '0 24 |1 24 |2 24 |3 24 ' ] || fails "$got"
