# The report names the class, the attributes and both edges, says that the collector would free it, and nothing else leaks.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
export PYTHONDONTWRITEBYTECODE=1
exits 0 "$LG" run -o two.lgt -- /usr/bin/python3 "$TOP/tests/programs/python/two_nodes.py"
exits 0 "$LG" report two.lgt
grep -q '1 place, a cycle' out || fails "$(head -n 1 out)"
grep -q '.peer.*Node' out || fails "no edge .peer to a Node: $(grep -A 6 L1 out)"
grep -q 'garbage: .*gc.collect() would free it' out || fails "it is not called garbage: $(grep counts out)"
"$LG" report --json two.lgt >report.json
[ "$(json report.json '[.processes[0].leaks[0].cycle.edges[] | select(.field == "peer" and .to_type == "Node")] | length')" = 2 ] ||
	fails "edges: $(json report.json '.processes[0].leaks[0].cycle.edges | tostring')"
"$LG" types --json two.lgt | jq -e '.types[] | select(.type == "Node" and .blocks == 2 and .lost_blocks == 2)' >/dev/null ||
	fails "types does not count two lost nodes"
