# Where the process itself has to tell what is mapped, its other threads may change that between one part and the next.
user=()
if [ "$(id -u)" = 0 ]; then
	chmod 777 .
	user=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all)
fi
# (Their lines in the text are shorter than those of files, which come behind them.)
program change '#include <pthread.h>
#include <fcntl.h>
#include <sys/mman.h>
static volatile int now = 1;
static void *map(void *p) { while (now) for (int i = 0; i < 4; i++) { size_t n = 4096UL << 2 * i; void *q = mmap(NULL, n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); if (q != MAP_FAILED) munmap(q, n); } return p; }
static void lose(void) { void *volatile p = malloc(24); p = NULL; }
int main(void) { pthread_t t; lose();
for (int i = 0, f = open("/etc/passwd", O_RDONLY); i < 400; i++) mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, f, 0);
for (int i = 0; i < 3; i++) pthread_create(&t, NULL, map, NULL); usleep(2000); exit(3); }' -pthread
chmod 0111 change
for i in 1 2 3 4 5; do
	status=0
	timeout -s KILL 20 "${user[@]}" "$LG" check --json=r.json -- ./change >out 2>err || status=$?
	[ "$status" = 3 ] || fails "round $i: status $status"
	[ "$(json r.json '.processes[0].summary.direct.blocks')" -ge 1 ] || fails "round $i: $(cat err)"
done
