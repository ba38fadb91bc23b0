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
int main(int argc, char **argv) { lose();
	if (argc > 1) { FILE *f = fopen("pid", "w"); fprintf(f, "%d\n", getpid()); fclose(f); rename("pid", "ready"); while (access("go", F_OK)) usleep(1000); }
	for (;;) { struct node *n = malloc(sizeof *n); memset(n->room, 1, sizeof n->room); n->next = head; head = n; } }' -O1
exits 137 "$LG" check --json=r.json -- sh -c "echo \$\$ >$group/tasks; exec ./eat"
[ "$(json r.json '.processes[1] | "\(.ended.signal) \(.verdict) \(.summary.direct.blocks)"')" = 'SIGKILL complete 1' ] ||
	fails "$(json r.json '.processes[1] | "\(.ended) \(.verdict_reasons) \(.summary.direct)"')"
"$LG" check --json=r.json -- sh -c "echo \$\$ >$group/tasks; exec ./eat later" 2>err &
recorder=$!
until [ -e ready ]; do sleep 0.02; done
kill -STOP $recorder
touch go
# It is held at its end, with little of what it had.
until awk '/^State/ { state = $2 } /^VmRSS/ { now = $2 } END { exit !(state == "t" && now < 16000) }' "/proc/$(cat ready)/status"; do
	sleep 0.05
done
kill -CONT $recorder
wait $recorder || true
[ "$(json r.json '.processes[1] | "\(.ended.signal) \(.verdict) \(.summary.direct.blocks)"')" = 'SIGKILL degraded 0' ] ||
	fails "reaped: $(json r.json '.processes[1] | "\(.ended) \(.verdict_reasons) \(.summary.direct)"')"
