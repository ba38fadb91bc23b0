# TRACE@MOMENT: every command that explains a trace explains it as of a moment of it, and says which.
victim growing
served growing
exits 0 "$LG" snapshot "$pid"
line
over 5
exits 0 "$LG" report t.lgt@1
grep -q '^growing .*at moment 1' out || fails "$(head -n 2 out)"
exits 0 "$LG" report --json t.lgt@1
[ "$(json out '.processes[0] | "\(.moment) \(.verdict)"')" = '1 complete' ] ||
	fails "$(json out '.processes[0] | [.moment, .verdict, .verdict_reasons] | tostring')"

for command in types lines graph 'export --format=json'; do
	# shellcheck disable=SC2086
	exits 0 "$LG" $command t.lgt@1
	mv out first
	# shellcheck disable=SC2086
	exits 0 "$LG" $command t.lgt@2
	cmp -s first out && fails "$command says the same of both moments"
	# shellcheck disable=SC2086
	refuses 2 'has no moment 7; leakgraph growth lists its 2' "$LG" $command t.lgt@7
done
"$LG" types --json t.lgt@1 | jq -e '.moment == 1' >/dev/null || fails "types does not tell its moment"
address=$("$LG" export --format=json t.lgt@2 | jq -rs '[.[] | select(.block.size == 104) | .block] | max_by(.id) | .address')
exits 0 "$LG" why t.lgt@2 "$address"
refuses 2 "$address" "$LG" why t.lgt@1 "$address"
