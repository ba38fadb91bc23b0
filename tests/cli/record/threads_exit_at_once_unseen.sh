# Threads that end the process at the same time, where it has to tell its memory itself: one request at a time, each answered.
user=()
if [ "$(id -u)" = 0 ]; then
	chmod 777 .
	user=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all)
fi
program race '#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
static atomic_int met;
static void meet(void) { atomic_fetch_add(&met, 1); while (atomic_load(&met) < 4) ; }
static void *leave(void *p) { meet(); usleep(200 * (int)(long)p); _exit(0); return p; }
static void lose(void) { void *volatile p = malloc(24); p = NULL; }
static void child(void) { pthread_t t; lose(); for (long i = 0; i < 3; i++) pthread_create(&t, NULL, leave, (void *)i); meet(); _exit(0); }
int main(void) { for (int i = 0; i < 20; i++) { if (!fork()) child(); wait(NULL); } return 0; }' -pthread
chmod 0111 race
exits 0 timeout -s KILL 60 "${user[@]}" "$LG" check --allow-degraded --error-exitcode=0 --json=r.json -- ./race
got=$(json r.json '[.processes[1:][] | "\(.summary.direct.blocks) \(.verdict_reasons[] | select(contains("registers are unknown") | not))"] | unique | join("|")')
[ "$got" = '' ] || fails "$got"
got=$(json r.json '[.processes[1:][].summary.direct.blocks] | unique | join(" ")')
[ "$got" = 1 ] || fails "leaks: $got"

# One that has had the process looked at is late to end it, while another asks: it is not looked at once more as it goes.
program late.so '#include <sys/syscall.h>
static int n;
void _exit(int status)
{ if (!__atomic_fetch_add(&n, 1, __ATOMIC_SEQ_CST)) usleep(20000); for (;;) __asm__("syscall" :: "a"(SYS_exit_group), "D"(status)); }' -shared -fPIC
program late '#include <pthread.h>
#include <sys/wait.h>
static void *leave(void *p) { _exit(0); return p; }
static void child(int ms) { pthread_t t; pthread_create(&t, NULL, leave, NULL); usleep(1000 * ms); _exit(0); }
int main(void) { for (int i = 5; i < 15; i++) { if (!fork()) child(i); wait(NULL); } return 0; }' -pthread
chmod 0111 late
LD_PRELOAD=$PWD/late.so exits 0 timeout -s KILL 60 "${user[@]}" "$LG" run -o late.lgt -- ./late
for trace in late.lgt.children/*.lgt; do
	got=$("$LG" dump "$trace" | grep -c '^snapshot .*reason=exit') || true
	[ "$got" = 1 ] || fails "$trace: $got snapshots of its end"
done
