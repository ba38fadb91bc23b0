# Programs that give up what a guest might want (descriptors, file sizes, memory that may be swapped, the root of the
# file system, their rights) say and do what they do alone, and their threads and children are recorded all the same.
victim confined
ways='nothing descriptors files output'
[ "$(id -u)" = 0 ] && ways="$ways swapping lock-all lock-too-much locking root rights"
for way in $ways; do
	for option in --no-ptrace --on-full=wait; do
		./confined "$way" 2>native.err | cat >native && native=${PIPESTATUS[0]}
		[ "$native" = 4 ] || { echo "$way: not allowed here" && continue; }
		rm -f r.json
		"$LG" check $option --error-exitcode=0 --json=r.json -- ./confined "$way" 2>err | cat >out && status=${PIPESTATUS[0]}
		[ "$status" = "$native" ] || fails "$way $option: exit status $status, not $native"
		cmp -s native out || fails "$way $option: it says $(paste -sd' ' out), not $(paste -sd' ' native)"
		got=$(json r.json '[.processes[] | "\(.verdict) \(.summary.direct.blocks) \(.totals.events_lost)"] | join(", ")')
		[ "$got" = 'complete 2 0, complete 1 0' ] || fails "$way $option: $got $(json r.json '.processes[0].verdict_reasons[0]')"
	done
done
