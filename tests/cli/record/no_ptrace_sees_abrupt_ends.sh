# Without ptrace the endings that run no exit handler are judged in full too.
victim endings
for how in _exit exit_group quick_exit abort; do
	rm -f t.lgt
	"$LG" run --no-ptrace -o t.lgt -- ./endings $how >out 2>err || true
	"$LG" report --json t.lgt >r.json
	[ "$(json r.json '.processes[0] | "\(.verdict) \(.summary.direct.blocks)"')" = 'complete 1' ] ||
		fails "$how: $(json r.json '.processes[0] | "\(.verdict) \(.verdict_reasons[0]) \(.summary.direct.blocks)"')"
done
