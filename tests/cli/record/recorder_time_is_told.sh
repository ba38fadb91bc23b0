# What the recorder itself spent stands in the footer of each image, in the dump and in the report.
victim list-of-million
victim no-leak
"$LG" run -o a.lgt -- sh -c './list-of-million; ./no-leak' 2>/dev/null || :
"$LG" report --json a.lgt >r.json
[ "$(json r.json '[.processes[] | select(.totals.recorder_cpu_ns <= 0 or .totals.recorder_cpu_ns > 60e9)] | length')" = 0 ] ||
	fails "times that cannot be: $(json r.json '[.processes[].totals.recorder_cpu_ns] | @csv')"
[ "$(json r.json '[.processes[].totals.recorder_cpu_ns] | length == 3 and .[0] == max')" = true ] ||
	fails "the shell outlived its children, but not in the recorder's time: $(json r.json '[.processes[].totals.recorder_cpu_ns] | @csv')"
"$LG" dump --no-events a.lgt >dump
grep -q "^end .* recorder_cpu_ns=$(json r.json '.processes[0].totals.recorder_cpu_ns') " dump || fails "the dump says: $(grep ^end dump)"
