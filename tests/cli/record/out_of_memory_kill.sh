# Killed by the kernel in a group with little memory: judged in full; and when the recorder comes so late that the kernel
# has taken the memory away, no block is called a leak for that.
groups=/sys/fs/cgroup/memory group=$groups/leakgraph-test-$$
[ -w $groups/memory.limit_in_bytes ] && mkdir $group 2>/dev/null || skip "no memory groups can be made here"
trap 'rmdir $group' EXIT
echo $((48 << 20)) >$group/memory.limit_in_bytes
program eat '#include <string.h>
struct node { struct node *next; char room[65536]; };
static struct node *volatile head;
__attribute__((noinline)) static void lose(void) { void *volatile p = calloc(1, 24); (void)p; }
int main(int argc, char **argv) { lose(); usleep(atoi(argv[argc - 1]));
	for (;;) { struct node *n = malloc(sizeof *n); memset(n->room, 1, sizeof n->room); n->next = head; head = n; } }' -O1
exits 137 "$LG" check --json=r.json -- sh -c "echo \$\$ >$group/tasks; exec ./eat 0"
[ "$(json r.json '.processes[1] | "\(.ended.signal) \(.verdict) \(.summary.direct.blocks)"')" = 'SIGKILL complete 1' ] ||
	fails "$(json r.json '.processes[1] | "\(.ended) \(.verdict_reasons) \(.summary.direct)"')"
"$LG" check --json=r.json -- sh -c "echo \$\$ >$group/tasks; exec ./eat 600000" 2>err &
recorder=$!
sleep 0.3
kill -STOP $recorder
sleep 4
kill -CONT $recorder
wait $recorder || true
[ "$(json r.json '.processes[1] | "\(.ended.signal) \(.verdict) \(.summary.direct.blocks)"')" = 'SIGKILL degraded 0' ] ||
	fails "reaped: $(json r.json '.processes[1] | "\(.ended) \(.verdict_reasons) \(.summary.direct)"')"
