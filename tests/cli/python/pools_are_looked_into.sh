# Python left with its own allocator, or with a debugging one: what lives in its pools, or between fences, has types,
# attributes and classes; what is in pools has no stack, and the report says why. As much is lost as with
# PYTHONMALLOC=malloc.
config=$(command -v /usr/bin/python3-config) || skip "python3-dev is not installed"
# shellcheck disable=SC2046
gcc -O2 -shared -fPIC $($config --includes) -o leaky.so "$TOP/tests/programs/python/leaky.c" 2>cc.err ||
	skip "python3-dev is not installed"
export PYTHONPATH=$PWD:$TOP/tests/programs/python PYTHONDONTWRITEBYTECODE=1

# 3.13 has an object's values in its block.
expected=$(/usr/bin/python3 -c 'import sys; print(60 if sys.version_info >= (3, 13) else 80)')
# An old word may hide one or two; none is ever made up.
# loses_as_much ALLOCATOR: leaves report.json
loses_as_much()
{
	local counts wrong garbage field
	PYTHONMALLOC=$1 exits 0 "$LG" run -o "$1.lgt" -- /usr/bin/python3 -c 'import planted'
	"$LG" report --json "$1.lgt" >report.json
	counts=$(json report.json '.processes[0].counts | [.surplus, .deficit] | @tsv')
	case $counts in 4[456]$'\t'0) ;; *) fails "$1: 46 references are lost, none too few: $counts" ;; esac
	wrong=$(json report.json '[.processes[0].leaked_references[] | select(.type != "Node" and .type != "list" and .type != "bytes") | .type] | tostring')
	[ "$wrong" = '[]' ] || fails "$1: nothing of these types is lost: $wrong"
	garbage=$(json report.json '[.processes[0].leaks[] | select(.kind == "cycle" and (.verdict | startswith("garbage"))) | .blocks] | add')
	{ [ "$garbage" -le "$expected" ] && [ "$garbage" -ge $((expected - 8)) ]; } || fails "$1: $garbage blocks of garbage, not $expected"
	[ "$(json report.json '.processes[0].summary.possible.blocks')" -le 5 ] || fails "$1: much is only possibly reachable"
	[ "$(json report.json '.processes[0] | ([.summary[].blocks] | add) == .totals.live_blocks')" = true ] ||
		fails "$1: the classes do not add up"
	for field in next other; do
		json report.json '.processes[0].leaks[].cycle.edges[]?.field' | grep -qx "$field" || fails "$1: no edge is called $field"
	done
}

loses_as_much malloc_debug
loses_as_much pymalloc_debug
loses_as_much pymalloc
json report.json '.processes[0].notes[]' | grep -q 'pools of its own.*PYTHONMALLOC=malloc' || fails "no note on pools"
[ "$(json report.json '.processes[0].totals | .pooled_blocks > 5000 and .live_blocks == .pooled_blocks + .allocations - .frees')" = true ] ||
	fails "totals: $(json report.json '.processes[0].totals | tostring')"

node=$(json report.json '[.processes[0].leaked_references[] | select(.type == "Node") | .addresses[0]][0]')
exits 0 "$LG" why pymalloc.lgt "$node"
grep -q "allocated by Python's own allocator; its stack is not known" out || fails "$(head -n 3 out)"
"$LG" types --json pymalloc.lgt | jq -e '.types[] | select(.type == "Node" and .blocks > 28)' >/dev/null || fails "types knows no Node"
