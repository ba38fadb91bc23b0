# By line: live, lost, at the peak, allocated, temporary; and the line's text.
victim by-line
"$LG" run -o t.lgt -- ./by-line 2>/dev/null
exits 0 "$LG" lines --json t.lgt
source=$TOP/tests/programs/by-line.c
row()
{
	local line
	line=$(grep -n "MARK $1" "$source" | cut -d: -f1)
	json out ".lines[] | select(.line == $line) | [.live_bytes, .lost_bytes, .peak_bytes, .allocated_blocks, .temporary_blocks] | join(\" \")"
}
[ "$(row kept)" = '1000 0 1000 10 0' ] || fails "kept: $(row kept)"
[ "$(row peak)" = '0 0 50000 1 1' ] || fails "peak: $(row peak)"
[ "$(row temporary)" = '0 0 0 500 500' ] || fails "temporary: $(row temporary)"
[ "$(row lost)" = '120 120 0 3 0' ] || fails "lost: $(row lost)"
exits 0 "$LG" lines t.lgt
grep -A 1 'by-line.c' out | grep -q 'kept\[i\] = malloc(100)' || fails "$(cat out)"
