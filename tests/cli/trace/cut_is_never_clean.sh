# Cut anywhere, a trace is read up to its last good chunk and never judged clean or leaking: 125, or 2 for nothing left.
victim chain
"$LG" run -o whole.lgt -- ./chain 2>/dev/null
bytes=$(stat -c %s whole.lgt)
for part in 0 1 8 15 16 17 40 48 100 200 $((bytes / 8)) $((bytes / 4)) $((bytes / 3)) $((bytes / 2)) $((bytes * 2 / 3)) \
	$((bytes * 9 / 10)) $((bytes - 200)) $((bytes - 40)) $((bytes - 33)) $((bytes - 32)) $((bytes - 8)) $((bytes - 1)); do
	head -c "$part" whole.lgt >cut.lgt
	status=0
	"$LG" check --json=cut.json cut.lgt >out 2>err || status=$?
	case $status in 2 | 125) ;; *) fails "cut at $part of $bytes: exit status $status" ;; esac
	[ -s err ] || [ -s out ] || fails "cut at $part: not a word said"
	status=0
	"$LG" report cut.lgt >out 2>err || status=$?
	case $status in 0 | 2) ;; *) fails "cut at $part of $bytes: report ends with $status" ;; esac
	status=0
	"$LG" dump cut.lgt >out 2>err || status=$?
	case $status in 0 | 2) ;; *) fails "cut at $part of $bytes: dump ends with $status" ;; esac
done
head -c $((bytes - 1)) whole.lgt >cut.lgt
"$LG" report --json cut.lgt >cut.json
[ "$(json cut.json '.processes[0].verdict')" = degraded ] || fails "a cut trace is not degraded"
[ "$(json cut.json '.processes[0].totals.live_bytes')" = 120 ] || fails "what was recorded before the cut is lost"
