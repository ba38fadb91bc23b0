# A child that changed its user, its root or its namespaces is recorded like any other.
[ "$(id -u)" = 0 ] || skip 'only root can change all of that'
victim children
for way in nobody root user-namespace namespaces pid-namespace pid-namespace-threads; do
	status=0
	./children $way || status=$?
	[ $status != 77 ] || { echo "$way: not allowed here" && continue; }
	exits 23 "$LG" check --json=r.json -- ./children $way
	[ "$(json r.json '[.processes[].verdict] | unique == ["complete"]')" = true ] ||
		fails "$way: $(json r.json '[.processes[].verdict_reasons[]] | join("; ")')"
	[ "$(json r.json '[.processes[].summary.direct.bytes] | join(" ")')" = '40 24' ] ||
		fails "$way: the leaks are $(json r.json '[.processes[].summary.direct.bytes] | join(" ")')"
	[ "$(json r.json '.processes[1].parent_pid == .processes[0].pid')" = true ] || fails "$way: the child is another's"
done
