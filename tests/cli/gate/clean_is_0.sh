# A program without leaks passes: nothing is added to its output, and one line to its errors, in whatever way it is asked.
victim no-leak
victim held-by-globals
touch none.base
clean()
{
	exits 0 "$LG" check "$@"
	sed -i '/^err$/d' err # the program's own
	[ "$(wc -l <err)" = 1 ] || fails "$(wc -l <err) lines of error with: $*: $(cat err)"
	grep -q 'no leaks' err || fails "it is not said with: $*: $(cat err)"
}

for how in --allow-degraded --output=sarif=o.sarif --output=junit=o.xml --baseline=none.base --kinds=direct,heap-error --keep \
	--max-bytes=1K --json=o.json --verbose --no-ptrace; do
	clean "$how" -- ./no-leak
	[ "$(cat out)" = out ] || fails "something was added to standard output with $how"
done
clean -- ./held-by-globals
clean --repeat=2 -- ./no-leak
[ "$(cat out)" = "$(printf 'out\nout')" ] || fails "something was added to standard output by --repeat"
clean -- sh -c './no-leak; ./no-leak & ./held-by-globals; (exec ./no-leak); wait'
[ "$(sort out | uniq -c | tr -s ' ')" = ' 3 out' ] || fails "something was added to a tree's output: $(cat out)"
exits 0 "$LG" check -q -- sh -c './no-leak; ./no-leak'
grep -v '^err$' err && fails "--quiet says more than the program"
:
