# Without ptrace too, stacks that ended threads left behind hold nothing.
victim many-threads
exits 23 "$LG" check --no-ptrace --json=r.json -- ./many-threads
[ "$(json r.json '.processes[0] | "\(.verdict) \(.summary.direct.blocks)"')" = 'complete 200' ] ||
	fails "$(json r.json '.processes[0] | "\(.verdict) \(.summary)"')"
