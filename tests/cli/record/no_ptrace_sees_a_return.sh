# Without ptrace a program that returns or exits is still judged in full.
victim endings
for how in return exit; do
	rm -f t.lgt
	exits 0 "$LG" run --no-ptrace -o t.lgt -- ./endings $how
	"$LG" report --json t.lgt >r.json
	[ "$(json r.json '.processes[0] | "\(.verdict) \(.summary.direct.blocks)"')" = 'complete 1' ] ||
		fails "$how: $(json r.json '.processes[0] | "\(.verdict) \(.verdict_reasons[0]) \(.summary.direct.blocks)"')"
done
