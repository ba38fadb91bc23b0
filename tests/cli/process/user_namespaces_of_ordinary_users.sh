# What an ordinary user executes in a user namespace, as its root or as itself, is recorded: it cannot open the segment.
program lose '__attribute__((noinline)) static void lose(void) { void *volatile p = calloc(1, 24); (void)p; }
int main(void) { lose(); return 0; }' -O1
user=()
[ "$(id -u)" != 0 ] || user=(setpriv --reuid=1000 --regid=1000 --clear-groups --inh-caps=-all --bounding-set=-all)
"${user[@]}" unshare -Ur true 2>/dev/null || skip 'ordinary users may make no user namespaces here'
"${user[@]}" test -r "$B/liblgpreload.so" -a -x ./lose || skip 'the build is not for all users to see'
mkdir -m 777 open
for way in --map-root-user --map-current-user; do
	exits 23 "${user[@]}" "$LG" check --json=open/r.json -- unshare $way ./lose
	[ "$(json open/r.json '.processes[1] | "\(.verdict) \(.summary.direct.blocks)"')" = 'complete 1' ] ||
		fails "$way: $(json open/r.json '[.processes[].verdict_reasons[]] | join("; ")')"
	rm open/r.json
done
