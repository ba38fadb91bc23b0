# Where the first thread ends the process, or itself, just as another one ends the process, ptrace does not see it stop:
# the end is as whole as any.
program race '#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
static atomic_int met;
static void meet(void) { atomic_fetch_add(&met, 1); while (atomic_load(&met) < 2) ; }
static int how;
static void *leave(void *p) { meet(); if (how == 2) syscall(SYS_exit_group, 0); _exit(0); return p; }
static void lose(void) { void *volatile p = malloc(24); p = NULL; }
static void child(void) { pthread_t t; lose(); void *volatile held = how ? malloc(40) : NULL; pthread_create(&t, NULL, leave, NULL); meet(); if (how == 1) _exit(0); syscall(how ? SYS_exit_group : SYS_exit, 0); (void)held; }
int main(void) { for (how = 0; how < 300; how++) { if (!fork()) { how %= 3; child(); } wait(NULL); } return 0; }' -pthread
exits 23 "$LG" check --json=r.json -- ./race
got=$(json r.json '[.processes[1:][] | "\(.summary.direct.blocks) \(.verdict_reasons | join("; "))"] | unique | join("|")')
[ "$got" = '1 ' ] || fails "$got"
