# SIGSTOP for a second: the program waits where it must, goes on, and nothing is lost.
victim steady
"$LG" run -o t.lgt -- ./steady page 200000 >out 2>err &
recorder=$!
for _ in $(seq 500); do [ -s page ] && break || sleep 0.01; done
kill -STOP $recorder
sleep 1
kill -CONT $recorder
status=0
wait $recorder || status=$?
[ $status = 3 ] || fails "exit status $status"
exits 3 "$LG" check --json=r.json t.lgt
[ "$(json r.json '.processes[0] | .verdict == "complete" and .summary.direct.blocks == 200000')" = true ] ||
	fails "$(json r.json '.processes[0] | [.verdict, .verdict_reasons[], .summary.direct.blocks] | join(" ")')"
