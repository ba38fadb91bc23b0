# Each write of the trace takes long: the program waits for room, and nothing is lost.
victim steady
gcc -std=gnu17 -D_GNU_SOURCE -O1 -shared -fPIC -o inject.so "$TOP/tests/torture/faults/inject.c"
exits 3 env FAULT=slow:1+ LD_PRELOAD="$PWD/inject.so" "$LG" run -o t.lgt -- ./steady page 100000
exits 3 "$LG" check --json=r.json t.lgt
[ "$(json r.json '.processes[0] | .verdict == "complete" and .summary.direct.blocks == 100000')" = true ] ||
	fails "$(json r.json '.processes[0] | [.verdict, .verdict_reasons[], .summary.direct.blocks] | join(" ")')"
