# Programs that a process of root's executes as another user, or under another /proc, are recorded like any other; nobody
# else is handed the segment; and who may not read the shim is not told so by the loader.
[ "$(id -u)" = 0 ] || skip 'only root can become another user'
program lose '__attribute__((noinline)) static void lose(void) { void *volatile p = calloc(1, 24); (void)p; }
int main(int argc, char **argv) { (void)argv; printf("%d\n", (int)getuid()); fflush(stdout); lose(); if (argc > 1) pause(); return 0; }' -O1
program spawn 'int main(void) { return system("exec ./lose") != 0; }' -O1
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
"${nobody[@]}" test -r "$B/liblgpreload.so" -a -x ./lose || skip 'the build is not for all users to see'
recorded() # UID COMMAND...
{
	exits 23 "$LG" check "$option" --only-exe='*/lose' --json=r.json -- "${@:2}"
	[ "$(cat out)" = "$1" ] || fails "${*:2} says $(cat out)"
	[ "$(json r.json '.processes | map(select(.executable | endswith("/lose")) | "\(.verdict) \(.summary.direct.blocks)") | unique[]')" = 'complete 1' ] ||
		fails "${*:2}: $(json r.json '[.processes[].verdict_reasons[]] | join("; ")')"
}
for option in --on-full=wait --no-ptrace; do
	recorded 65534 "${nobody[@]}" ./lose
	recorded 65534 "${nobody[@]}" sh -c 'exec ./lose'
	recorded 65534 "${nobody[@]}" ./spawn # which leaves no note, and without ptrace nobody tells of it
done
# root of a container may not look at another user's programs: they look themselves, and have the names that exec was told
few=(setpriv --bounding-set=-sys_ptrace,-sys_admin,-checkpoint_restore --inh-caps=-sys_ptrace,-sys_admin,-checkpoint_restore)
exits 23 "${few[@]}" "$LG" check --json=r.json -- "${nobody[@]}" ./lose
[ "$(json r.json '.processes[1] | "\(.verdict) \(.summary.direct.blocks) \(.leaks[0].stack[0].function)"')" = 'complete 1 lose' ] ||
	fails "as a container's root: $(json r.json '.processes[1] | .verdict_reasons, .leaks[0].stack[0]')"
option=--on-full=wait
! unshare -pf --mount-proc true 2>/dev/null || recorded 0 unshare -pf --mount-proc ./lose

# a stranger gets nothing
rm out
"$LG" run -o t.lgt -- "${nobody[@]}" ./lose on >out 2>err &
recorder=$!
for _ in $(seq 500); do [ -s out ] && break || sleep 0.01; done
name=$(grep -ao "/proc/$recorder/fd/[0-9]*" /proc/net/unix | head -n 1)
[ -n "$name" ] || fails 'there is no socket'
got=$(python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect("\0" + sys.argv[1]); print(socket.recv_fds(s, 1, 1)[:2])' "$name")
kill -TERM $recorder
wait $recorder || true
[ "$got" = "(b'', [])" ] || fails "a stranger got $got"

# nothing to load
mkdir -m 700 private && cp "$LG" "$B/liblgpreload.so" private
LG=$PWD/private/leakgraph exits 125 private/leakgraph check --json=r.json -- "${nobody[@]}" ./lose
[ "$(grep -v '^leakgraph: ' err)" = '' ] || fails "on stderr: $(head -n 1 err)"
json r.json '.processes[1].verdict_reasons[]' | grep -q 'may not read' || fails "$(json r.json '.processes[1].verdict_reasons[]')"
