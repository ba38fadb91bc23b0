# Where Yama lets a process be traced by its ancestors and whom it invites, one that the recorder may not trace at once (a
# daemon) invites it: here the first attempt to trace is made to fail. What it was invited for is over at once.
gcc -std=gnu17 -D_GNU_SOURCE -O1 -shared -fPIC -o inject.so "$TOP/tests/torture/faults/inject.c"
victim endings
exits 137 env FAULT=ptrace:1 "LD_PRELOAD=$PWD/inject.so" "$LG" check --json=r.json -- ./endings kill
[ "$(json r.json '.processes[0] | "\(.verdict) \(.summary.direct.blocks)"')" = 'complete 1' ] ||
	fails "$(json r.json '.processes[0].verdict_reasons | join("; ")')"
