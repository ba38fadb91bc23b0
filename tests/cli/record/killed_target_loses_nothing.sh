# kill -9 of the program at any moment: every event that it had published is in the trace, and the leaks of that moment
# are reported where ptrace is allowed; else the verdict is degraded. KILLS says how often to try.
victim steady
number() # INDEX: a word of the program's page
{
	od -An -t u8 -j $((8 * $1)) -N 8 page 2>/dev/null | tr -d ' '
}
record_and_kill() # DELAY OPTIONS...
{
	local recorder pid='' status=0
	rm -rf t.lgt page
	"$LG" run -o t.lgt "${@:2}" -- ./steady page >/dev/null 2>err &
	recorder=$!
	while [ "${pid:-0}" = 0 ]; do pid=$(number 1); done
	sleep "$1"
	kill -KILL "$pid"
	wait $recorder 2>/dev/null || status=$?
	[ $status = 137 ] || fails "exit status $status: $(tail -n 1 err)"
	count=$(number 0)
	"$LG" report --json t.lgt >r.json 2>err || fails "the trace cannot be read: $(cat err)"
	[ "$(json r.json '.processes[0] | .ended.signal == "SIGKILL" and .totals.events_lost == 0')" = true ] || fails 'events were lost'
}
for n in $(seq "${KILLS:-4}"); do
	record_and_kill "0.0$((RANDOM % 100 + 100))"
	[ "$(json r.json '.processes[0].verdict')" = complete ] || fails "$(json r.json '.processes[0].verdict_reasons[0]')"
	# the block under way may be counted, or held by a register, or neither yet
	lost=$(json r.json '.processes[0].summary | .direct.blocks + .possible.blocks + .reachable.blocks')
	[ "$lost" -ge "$count" ] && [ "$lost" -le $((count + 3)) ] || fails "try $n: $lost blocks, but $count were counted"
	record_and_kill "0.0$((RANDOM % 100 + 100))" --no-ptrace
	[ "$(json r.json '.processes[0].verdict')" = degraded ] || fails 'no snapshot, but a verdict'
	live=$(json r.json '.processes[0].totals.live_blocks')
	[ "$live" -ge "$count" ] && [ "$live" -le $((count + 3)) ] || fails "try $n: $live blocks are live, but $count were counted"
done
