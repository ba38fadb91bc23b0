# Beside a trace may lie those that an earlier run of that name left: they are not this run's.
victim children
run()
{
	rm -f t.lgt
	"$LG" run -q -o t.lgt -- ./children fork || fails "run exits $?"
	exits 0 "$LG" report --json t.lgt
	[ "$(json out '.processes | length')" = 2 ] || fails "$1: $(json out '.processes | length') program runs, not 2"
	[ "$(json out '[.processes[].summary.direct.blocks] | add')" = 2 ] ||
		fails "$1: blocks lost: $(json out '[.processes[].summary.direct.blocks] | add')"
	[ "$(json out '[.processes[].verdict] | unique | join(" ")')" = complete ] || fails "$1: a degraded verdict"
}
run first
[ "$(json out '.processes[0].notes | length')" = 0 ] || fails "a note: $(json out '.processes[0].notes[0]')"
run second
exits 0 "$LG" report t.lgt
grep -q '^note: 1 trace in t.lgt.children left out: of other runs' out || fails "no word of the trace left out: $(cat out)"
