# Where objects of Python can keep another one, the model finds it: nothing is called leaked, or freed too early.
[ -x /usr/bin/python3 ] || skip "/usr/bin/python3 is not there"
export PYTHONDONTWRITEBYTECODE=1
for allocator in malloc pymalloc; do
	PYTHONMALLOC=$allocator exits 0 "$LG" run -q -o $allocator.lgt -- /usr/bin/python3 -S "$TOP/tests/programs/python/owners.py"
	"$LG" report --json $allocator.lgt >report.json
	[ "$(json report.json '.processes[0].counts | "\(.surplus) \(.deficit)"')" = '0 0' ] ||
		fails "$allocator: $(json report.json '[.processes[0].counts, [.processes[0].leaked_references[] | [.verdict, .type, .objects]]] | tostring')"
	[ "$(json report.json '.processes[0].counts.objects > 50000')" = true ] || fails "$allocator: $(json report.json '.processes[0].counts | tostring')"
	[ "$(json report.json .processes[0].summary.direct.blocks)" = 0 ] || fails "$allocator: $(json report.json '.processes[0].summary.direct | tostring') leaked"
done
