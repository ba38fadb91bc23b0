# Killed without ptrace there is no snapshot: what lives is shown, and is neither a leak nor clean.
victim endings
"$LG" run --no-ptrace -o t.lgt -- ./endings kill >out 2>err || true
status=0
"$LG" check --json=r.json t.lgt >out 2>err || status=$?
case $status in 125 | 137) ;; *) fails "exit status $status" ;; esac
[ "$(json r.json '.processes[0].verdict')" = degraded ] || fails "the verdict is complete"
[ "$(json r.json '.processes[0].summary.direct.blocks')" = 0 ] || fails "it calls a live block a leak"
[ "$(json r.json '.processes[0].totals.live_blocks')" = 1 ] || fails "the live block is lost"
