# A program in seccomp's strict mode, or under a filter that kills or refuses what the program does not do by itself, is
# recorded on without a system call: a ring runs full, threads begin, children are forked.
victim sandbox
for how in strict kill errno 'kill thread' 'errno thread' 'kill child' 'errno child' 'kill exec' 'strict death' 'kill-thread death'; do
	# shellcheck disable=SC2086
	exits 3 "$LG" check --json=r.json -- ./sandbox $how
	[ "$(cat out)" = fine ] || fails "$how: it says $(head -n 1 out)"
	case $how in
	*child) want='degraded 10 1 program of its tree could not be recorded' ;;
	*exec) want='degraded 0 no snapshot at the end (it went on as another program): 10 live blocks cannot be judged' ;;
	*) want='complete 10 ' ;;
	esac
	got=$(json r.json '.processes[0] | "\(.verdict) \(.summary.direct.blocks) \(.verdict_reasons | join("; "))"')
	[ "$got" = "$want" ] || fails "$how: $got"
	[ "$(json r.json '.processes[0].totals.events_lost')" = 0 ] || fails "$how: events were lost"
done
