# The report names the class, the attributes and both edges, says that the collector would free it, and nothing else leaks.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
export PYTHONDONTWRITEBYTECODE=1
exits 0 "$LG" run -o two.lgt -- /usr/bin/python3 -S "$TOP/tests/programs/python/two_nodes.py"
exits 0 "$LG" report two.lgt
grep -q '1 place, a cycle' out || fails "$(head -n 1 out)"
# From object to object, as Python sees them: what is inside a Node is left out.
grep -q 'ring of 2 ' out && grep -q -e '-\.peer-> Node, .*two_nodes.py:17' out && grep -q -e '- \.peer, back to the first' out ||
	fails "the ring: $(grep -A 6 L1 out)"
grep -q 'break it: \.peer of Node, ' out || fails "the proposal: $(grep -A 1 'break it' out)"
grep -q 'garbage: .*gc.collect() would free it' out || fails "it is not called garbage: $(grep counts out)"
"$LG" report --json two.lgt >report.json
[ "$(json report.json '[.processes[0].leaks[0].cycle.edges[] | select(.field == "peer" and .to_type == "Node")] | length')" = 2 ] ||
	fails "edges: $(json report.json '.processes[0].leaks[0].cycle.edges | tostring')"
[ "$(json report.json '[.processes[0].leaks[0].cycle.edges[] | select(.suggested_break) | .break_with] | tostring')" = '["weakref.ref"]' ] ||
	fails "break_with: $(json report.json '.processes[0].leaks[0].cycle.edges | tostring')"
"$LG" types --json two.lgt | jq -e '.types[] | select(.type == "Node" and .blocks == 2 and .lost_blocks == 2)' >/dev/null ||
	fails "types does not count two lost nodes"
# Where each was made, in Python's own source, which is also annotated.
grep -q 'Node.*(make, .*two_nodes.py:16)' out && grep -q 'Node.*(make, .*two_nodes.py:17)' out || fails "places: $(grep Node out)"
grep -A 2 'allocated by' out | grep -Eq '^ +make +.*two_nodes.py:16$' || fails "stack: $(grep -A 3 'allocated by' out)"
[ "$(json report.json '.processes[0].leaks[0].stack | map(select(.language == "python") | "\(.function) \(.line)") | join(", ")')" = \
	"make 16, <module> 27" ] || fails "stack: $(json report.json '.processes[0].leaks[0].stack | tostring')"
"$LG" lines --json two.lgt | jq -e '.lines[] | select(.line == 17 and .lost_bytes > 0 and (.file | endswith("/two_nodes.py")))' >/dev/null ||
	fails "lines: $("$LG" lines two.lgt | grep two_nodes)"
"$LG" export --format=folded two.lgt | grep -q '<module>;make;.* [0-9]*$' || fails "folded"
"$LG" export --format=pprof two.lgt | gzip -dc 2>/dev/null | grep -q two_nodes.py || "$LG" export --format=pprof two.lgt | grep -q two_nodes.py ||
	fails "pprof does not name the file"
# Who lets Python exit as usual is told that it has collected them.
sed 's/os._exit(0)/pass/' "$TOP/tests/programs/python/two_nodes.py" >exits.py
exits 0 "$LG" run -o exits.lgt -- /usr/bin/python3 -S exits.py
note='.processes[0].notes | map(select(startswith("Python had freed its objects and collected garbage"))) | length'
[ "$("$LG" report --json exits.lgt | jq "$note")" = 1 ] || fails 'nothing is said of what was collected'
[ "$(json report.json "$note")" = 0 ] || fails 'something is said to be collected that was not'
