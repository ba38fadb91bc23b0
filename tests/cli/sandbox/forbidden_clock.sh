# A program that gives up the right to read the TSC, which orders events, lives on, and its children.
program clockless '#include <sys/prctl.h>
#include <pthread.h>
#include <sys/wait.h>
static void *churn(void *held) { for (int i = 0; i < 50000; i++) { free(*(void *volatile *)held); *(void *volatile *)held = malloc(24 + (size_t)i % 200); } return NULL; }
int main(void) {
	static void *held[2]; pthread_t t;
	prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
	if (pthread_create(&t, NULL, churn, &held[0])) return 1;
	churn(&held[1]); pthread_join(t, NULL);
	for (int i = 0; i < 10; i++) { void *volatile lost = calloc(1, 24); (void)lost; }
	if (!fork()) { churn(&held[0]); _exit(0); }
	return wait(NULL) < 0; }' -pthread
exits 23 "$LG" check --json=r.json -- ./clockless
got=$(json r.json '[.processes[] | "\(.ended.how) \(.verdict) \(.summary.direct.blocks) \(.totals.events_lost)"] | join(", ")')
[ "$got" = 'exited complete 10 0, exited complete 0 0' ] || fails "$got"
