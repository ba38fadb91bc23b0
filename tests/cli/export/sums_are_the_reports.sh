# Every format adds up to what the report says of the same trace, and is the same each time.

total()
{
	json report.json ".processes[0].$1"
}

# same WHAT IT_IS WANTED
same()
{
	[ "$2" = "$3" ] || fails "$victim as $1: $2, not $3"
}

folded()
{
	"$LG" export --format=folded "$@" t.lgt | awk '{ sum += $NF } END { print sum + 0 }'
}

stacks_add_up()
{
	same 'folded live' "$(folded)" "$(total totals.live_bytes)"
	same 'folded live blocks' "$(folded --count)" "$(total totals.live_blocks)"
	same 'folded leaked' "$(folded --value=leaked)" "$lost"
	same 'folded allocated' "$(folded --value=allocated)" "$(total totals.allocated_bytes)"
	same 'folded peak' "$(folded --value=peak)" "$(total totals.peak_bytes)"

	same 'pprof' "$(python3 "$TOP/tests/cli/export/pprof.py" t.pprof)" \
		"$(total totals.allocations) $(total totals.allocated_bytes) $(total totals.live_blocks) $(total totals.live_bytes) \
$(total 'summary | .direct.blocks + .cycle.blocks + .indirect.blocks') $lost"

	same 'speedscope' "$(json t.speedscope '[.profiles[] | [.endValue, (.weights | add // 0)] | unique | length] | add')" 4
	same 'speedscope live' "$(json t.speedscope '.profiles[0].endValue')" "$(total totals.live_bytes)"
	same 'speedscope leaked' "$(json t.speedscope '.profiles[1].endValue')" "$lost"

	same 'dhat total' "$(json t.dhat '[.pps[].tb] | add')" "$(total totals.allocated_bytes)"
	same 'dhat peak' "$(json t.dhat '[.pps[].gb] | add')" "$(total totals.peak_bytes)"
	same 'dhat end' "$(json t.dhat '[.pps[].eb] | add')" "$(total totals.live_bytes)"
	json t.dhat '.ftbl[]' | grep -q ": main (.*/$victim.c:[0-9]*)$" || fails "$(json t.dhat '.ftbl[]')"
}

blocks_add_up()
{
	# shellcheck disable=SC2016
	same 'heapsnapshot' "$(json t.heapsnapshot '[.nodes | range(3; length; 7) as $i | .[$i]] | add')" \
		"$(total totals.live_bytes)"

	same 'json' "$(jq -s 'map(.block | select(.) | .size) | add' t.json)" "$(total totals.live_bytes)"
	same 'json stacks' "$(jq -s 'map(.stack | select(.) | .allocated_bytes) | add' t.json)" "$(total totals.allocated_bytes)"

	rm -f t.db
	sqlite3 t.db <t.sqlite
	same 'sqlite' "$(sqlite3 t.db 'SELECT sum(size) FROM blocks')" "$(total totals.live_bytes)"
	same 'sqlite lost' "$(sqlite3 t.db 'SELECT sum(size) FROM blocks WHERE leak')" "$lost"
	same 'sqlite leaks' "$(sqlite3 t.db 'SELECT sum(bytes + indirect_bytes) FROM leaks')" "$lost"
	same 'sqlite peak' "$(sqlite3 t.db 'SELECT sum(peak_bytes) FROM stacks')" "$(total totals.peak_bytes)"

	same 'valgrind-xml' "$(xmllint --xpath 'sum(//error/xwhat/leakedbytes)' t.valgrind-xml)" "$lost"
}

for victim in by-line ring-with-tail; do
	victim $victim
	rm -f t.lgt
	"$LG" run -o t.lgt -- ./$victim 2>/dev/null
	"$LG" report --json t.lgt >report.json
	lost=$(total 'summary | .direct.bytes + .cycle.bytes + .indirect.bytes')
	[ "$lost" -gt 100 ] || fails "$victim lost $lost bytes"
	for format in folded pprof heapsnapshot sqlite json dot speedscope dhat valgrind-xml; do
		"$LG" export --format=$format -o t.$format t.lgt
		"$LG" export --format=$format t.lgt >again
		cmp t.$format again || fails "$format is another the second time"
	done
	stacks_add_up
	blocks_add_up
done
