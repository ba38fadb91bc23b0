# An extension module loses 46 references: all are found, and nothing else is. References with a tag or at an odd address
# are references. What only cycles hold is garbage, as much as the collector then finds.
config=$(command -v /usr/bin/python3-config) || skip "python3-dev is not installed"
# shellcheck disable=SC2046
gcc -O2 -shared -fPIC $($config --includes) -o leaky.so "$TOP/tests/programs/python/leaky.c" 2>cc.err ||
	skip "python3-dev is not installed"
export PYTHONPATH=$PWD:$TOP/tests/programs/python PYTHONDONTWRITEBYTECODE=1

# Imported, not run as a file: what the compiler of the main program works in stays, full of old words.
exits 0 "$LG" run -o planted.lgt -- /usr/bin/python3 -c 'import planted'
grep -q 'PYTHONMALLOC=malloc' err || fails "it does not say that it sets PYTHONMALLOC: $(cat err)"
"$LG" report --json planted.lgt >report.json

# An old word in memory that nobody has written to may hide one or two; none is ever made up.
# lost TYPE: objects of the type that count references which are nowhere
lost()
{
	json report.json "[.processes[0].leaked_references[] | select(.verdict == \"surplus\" and .type == \"$1\") | .objects] | add"
}
# about NUMBER MOST LESS: the number, or up to LESS fewer
about()
{
	[ "$1" -le "$2" ] && [ "$1" -ge $(($2 - $3)) ]
}
all=$(json report.json .processes[0].counts.surplus)
{ about "$all" 46 2 && about "$(lost Node)" 28 2 && about "$(lost list)" 12 2 && about "$(lost bytes)" 6 2; } ||
	fails "counts: $(json report.json '[.processes[0].counts, [.processes[0].leaked_references[] | [.type, .objects]]] | tostring')"
[ "$(json report.json .processes[0].counts.deficit)" = 0 ] || fails "it finds objects that are freed too early"
[ "$all" = $(($(lost Node) + $(lost list) + $(lost bytes))) ] || fails "other types are among the lost: $all"

# Two nodes and their values, which 3.13 has in their blocks, two slots, two boxes: ten times each.
expected=$(/usr/bin/python3 -c 'import sys; print(60 if sys.version_info >= (3, 13) else 80)')
garbage=$(json report.json '[.processes[0].leaks[] | select(.kind == "cycle" and (.verdict | startswith("garbage"))) | .blocks] | add')
about "$garbage" "$expected" 8 || fails "$garbage blocks of garbage, not $expected"
objects=$(/usr/bin/python3 -c 'import planted' collect)
[ "$objects" = 60 ] || fails "the collector finds $objects objects, not 60"
for field in next other named; do
	json report.json '.processes[0].leaks[].cycle.edges[]?.field' | grep -qx "$field" || fails "no edge is called $field"
done
