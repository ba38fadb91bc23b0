# SIGSTOP of the recorder: the program waits where it must, goes on, and nothing is lost; of a stop that takes longer than
# the program waits for (ten seconds) it says what it lost. STOP_SECONDS says how long.
seconds=${STOP_SECONDS:-1}
victim steady
"$LG" run -o t.lgt -- ./steady page 200000 >out 2>err &
recorder=$!
for _ in $(seq 500); do [ -s page ] && break || sleep 0.01; done
kill -STOP $recorder
sleep "$seconds"
kill -CONT $recorder
status=0
wait $recorder || status=$?
[ $status = 3 ] || fails "exit status $status"
exits 3 "$LG" check --json=r.json t.lgt
[ "$(jq --argjson seconds "$seconds" '.processes[0] | if .verdict == "complete" then .summary.direct.blocks == 200000
	else $seconds > 9 and .totals.events_lost > 0 end' r.json)" = true ] ||
	fails "$(json r.json '.processes[0] | [.verdict, .verdict_reasons[], .summary.direct.blocks] | join(" ")')"
