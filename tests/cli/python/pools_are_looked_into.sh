# Python left with its own allocator: what lives in its pools has types, attributes and classes, without stacks, and the
# report says why it has none. As much is lost as with PYTHONMALLOC=malloc.
config=$(command -v /usr/bin/python3-config) || skip "python3-dev is not installed"
# shellcheck disable=SC2046
gcc -O2 -shared -fPIC $($config --includes) -o leaky.so "$TOP/tests/programs/python/leaky.c" 2>cc.err ||
	skip "python3-dev is not installed"
export PYTHONPATH=$PWD:$TOP/tests/programs/python PYTHONDONTWRITEBYTECODE=1

exits 0 "$LG" run --no-env -o pools.lgt -- /usr/bin/python3 -c 'import planted'
"$LG" report --json pools.lgt >report.json
json report.json '.processes[0].notes[]' | grep -q 'pools of its own.*PYTHONMALLOC=malloc' || fails "no note on pools"
[ "$(json report.json '.processes[0].totals | .pooled_blocks > 5000 and .live_blocks == .pooled_blocks + .allocations - .frees')" = true ] ||
	fails "totals: $(json report.json '.processes[0].totals | tostring')"
[ "$(json report.json '.processes[0] | ([.summary[].blocks] | add) == .totals.live_blocks')" = true ] ||
	fails "the classes do not add up"

# An old word may hide one or two; none is ever made up.
counts=$(json report.json '.processes[0].counts | [.surplus, .deficit] | @tsv')
case $counts in 4[456]$'\t'0) ;; *) fails "46 references are lost, none too few: $counts" ;; esac
wrong=$(json report.json '[.processes[0].leaked_references[] | select(.type != "Node" and .type != "list" and .type != "bytes") | .type] | tostring')
[ "$wrong" = '[]' ] || fails "nothing of these types is lost: $wrong"
garbage=$(json report.json '[.processes[0].leaks[] | select(.kind == "cycle" and (.verdict | startswith("garbage"))) | .blocks] | add')
{ [ "$garbage" -le 80 ] && [ "$garbage" -ge 72 ]; } || fails "$garbage blocks of garbage, not 80"
for field in next other; do
	json report.json '.processes[0].leaks[].cycle.edges[]?.field' | grep -qx "$field" || fails "no edge is called $field"
done

node=$(json report.json '[.processes[0].leaked_references[] | select(.type == "Node") | .addresses[0]][0]')
exits 0 "$LG" why pools.lgt "$node"
grep -q "allocated by Python's own allocator; its stack is not known" out || fails "$(head -n 3 out)"
"$LG" types --json pools.lgt | jq -e '.types[] | select(.type == "Node" and .blocks > 28)' >/dev/null || fails "types knows no Node"
