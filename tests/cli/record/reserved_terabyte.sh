# A terabyte of address space of which one page is used costs no time, nor where the process itself has to tell which.
user=()
if [ "$(id -u)" = 0 ]; then
	chmod 777 .
	user=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all)
fi
program reserve '#include <sys/mman.h>
static void lose(void) { void *volatile p = malloc(24); p = NULL; }
int main(void) { void **p = mmap(NULL, 1UL << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
if (p == MAP_FAILED) return 4;
p[1UL << 36] = malloc(40); lose(); exit(3); }'
cp reserve unreadable && chmod 0111 unreadable
for program in reserve unreadable; do
	status=0
	timeout -s KILL 60 "${user[@]}" "$LG" check --json=r.json -- ./$program >out 2>err || status=$?
	[ "$status" != 4 ] || skip 'so much may not be reserved here'
	[ "$status" = 3 ] || fails "$program: status $status"
	got=$(json r.json '.processes[0] | "\(.verdict) \(.summary.direct.bytes) \(.summary.reachable.bytes)"')
	[ "$got" = 'complete 24 40' ] || fails "$program: $got"
done
