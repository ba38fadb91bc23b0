# However a child is made, it is recorded once, with its own leak and not its parent's; the parent's answer stays.
victim children
for way in fork clone vfork exec spawn system popen daemon; do
	exits 23 "$LG" check --json=r.json -- ./children $way
	[ "$(json r.json '[.processes[].verdict] | unique == ["complete"]')" = true ] ||
		fails "$way: $(json r.json '[.processes[].verdict_reasons[]] | join("; ")')"
	[ "$(json r.json '[.processes[].summary.direct | select(.blocks > 0) | "\(.blocks)/\(.bytes)"] | join(" ")')" = '1/40 1/24' ] ||
		fails "$way: the leaks are $(json r.json '[.processes[].summary.direct | "\(.blocks)/\(.bytes)"] | join(" ")')"
done
