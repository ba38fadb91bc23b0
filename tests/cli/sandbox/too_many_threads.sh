# In a sandbox no more threads than are at hand can be recorded: said with what helps, which no option of leakgraph does.
program crowd '#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
static pthread_barrier_t all;
static void *allocate(void *p) { free(malloc(100)); pthread_barrier_wait(&all); return p; }
int main(void) { pthread_t t[80]; struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
struct sock_fprog filter = { 1, &allow }; pthread_barrier_init(&all, NULL, 80);
if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0)) return 4;
for (int i = 0; i < 80; i++) pthread_create(&t[i], NULL, allocate, NULL);
for (int i = 0; i < 80; i++) pthread_join(t[i], NULL); return 0; }' -pthread
./crowd || skip 'no filters here'
exits 125 "$LG" check --json=r.json -- ./crowd
json r.json '.processes[0].verdict_reasons[]' | grep -q 'since it entered a sandbox' || fails "$(json r.json '.processes[0].verdict_reasons')"
grep -q 'let fewer threads run at once' err || fails "$(cat err)"
if grep -q -e '--on-full' err; then fails "$(cat err)"; fi
