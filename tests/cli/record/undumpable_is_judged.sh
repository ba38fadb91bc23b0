# A process that may not be looked at by its own user: it made itself so, or its executable may not be read. Memory is
# read through files opened before, or by the process itself as it waits for its end.
program lose '#include <sys/prctl.h>
static void *volatile kept;
__attribute__((noinline)) static void lose(void) { void *volatile p = calloc(1, 24); (void)p; }
int main(int argc, char **argv) { if (argc > 1 && *argv[1]) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); kept = malloc(100); lose(); if (argc > 2) _exit(0); return 0; }' -O1
cp lose unreadable && chmod 0111 unreadable
mkdir out && chmod 777 out && cd out
user=()
if [ "$(id -u)" = 0 ]; then
	user=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all)
	"${user[@]}" test -x "$LG" -a -x ../lose || skip "the build is not for all users to see"
fi
for method in 'read lose hidden' 'read lose hidden leave' 'cooperative unreadable' 'cooperative unreadable hidden leave'; do
	read -ra words <<<"$method"
	for option in --no-ptrace --on-full=wait; do
		rm -f r.json t.lgt
		exits 23 "${user[@]}" "$LG" check $option --json=r.json --keep -o t.lgt -- "../${words[1]}" "${words[@]:2}"
		got=$(json r.json '.processes[0] | "\(.verdict) \(.summary.direct.blocks) \(.summary.reachable.blocks)"')
		[ "$got" = 'complete 1 1' ] || fails "$method $option: $got $(json r.json '.processes[0].verdict_reasons[0]')"
	done
	"${user[@]}" "$LG" run --no-ptrace -o n.lgt -- "../${words[1]}" "${words[@]:2}" 2>err
	"${user[@]}" "$LG" dump n.lgt | grep -q "method=${words[0]} " || fails "$method: read otherwise"
	rm -f n.lgt
done
