# Every format adds up to what the report says of the same trace, and is the same each time.
victim by-line
"$LG" run -o t.lgt -- ./by-line 2>/dev/null
"$LG" report --json t.lgt >report.json
total()
{
	json report.json ".processes[0].$1"
}
lost=$(total 'summary | [.direct, .cycle, .indirect] | map(.bytes) | add')
[ "$lost" = 120 ] || fails "the report lost $lost bytes"

# same WHAT IT_IS WANTED
same()
{
	[ "$2" = "$3" ] || fails "$1: $2, not $3"
}

folded()
{
	"$LG" export --format=folded "$@" t.lgt | awk '{ sum += $NF } END { print sum + 0 }'
}
same 'folded live' "$(folded)" "$(total totals.live_bytes)"
same 'folded live blocks' "$(folded --count)" "$(total totals.live_blocks)"
same 'folded leaked' "$(folded --value=leaked)" "$lost"
same 'folded allocated' "$(folded --value=allocated)" "$(total totals.allocated_bytes)"
same 'folded peak' "$(folded --value=peak)" "$(total totals.peak_bytes)"

"$LG" export --format=heapsnapshot -o t.heapsnapshot t.lgt
same 'heapsnapshot' "$(json t.heapsnapshot '[.nodes | range(3; length; 7) as $i | .[$i]] | add')" "$(total totals.live_bytes)"

"$LG" export --format=json t.lgt >t.json
same 'json' "$(jq -s 'map(.block | select(.) | .size) | add' t.json)" "$(total totals.live_bytes)"
same 'json stacks' "$(jq -s 'map(.stack | select(.) | .allocated_bytes) | add' t.json)" "$(total totals.allocated_bytes)"

"$LG" export --format=sqlite t.lgt | sqlite3 t.db
same 'sqlite' "$(sqlite3 t.db 'SELECT sum(size) FROM blocks')" "$(total totals.live_bytes)"
same 'sqlite leaks' "$(sqlite3 t.db 'SELECT sum(bytes + indirect_bytes) FROM leaks')" "$lost"
same 'sqlite peak' "$(sqlite3 t.db 'SELECT sum(peak_bytes) FROM stacks')" "$(total totals.peak_bytes)"

"$LG" export --format=speedscope t.lgt >t.speedscope
same 'speedscope' "$(json t.speedscope '[.profiles[] | [.endValue, (.weights | add)] | unique | length] | add')" 4
same 'speedscope live' "$(json t.speedscope '.profiles[0].endValue')" "$(total totals.live_bytes)"

"$LG" export --format=dhat t.lgt >t.dhat
same 'dhat total' "$(json t.dhat '[.pps[].tb] | add')" "$(total totals.allocated_bytes)"
same 'dhat peak' "$(json t.dhat '[.pps[].gb] | add')" "$(total totals.peak_bytes)"
same 'dhat end' "$(json t.dhat '[.pps[].eb] | add')" "$(total totals.live_bytes)"
json t.dhat '.ftbl[.pps[0].fs[0]]' | grep -q ': main (.*/by-line.c:[0-9]*)$' || fails "$(json t.dhat '.ftbl[]')"

"$LG" export --format=valgrind-xml t.lgt >t.xml
same 'valgrind-xml' "$(xmllint --xpath 'sum(//error/xwhat/leakedbytes)' t.xml)" "$lost"

"$LG" export --format=pprof t.lgt >t.pb
same 'pprof' "$(python3 "$TOP/tests/cli/export/pprof.py" t.pb)" "$(total totals.allocations) $(total totals.allocated_bytes) \
$(total totals.live_blocks) $(total totals.live_bytes) 3 $lost"

for format in folded pprof heapsnapshot sqlite json dot speedscope dhat valgrind-xml; do
	"$LG" export --format=$format -o first t.lgt
	"$LG" export --format=$format t.lgt >second
	cmp first second || fails "$format is another the second time"
done
