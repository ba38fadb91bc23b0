# A program pauses its recording, for a thread or for all, nested and across a fork: what it allocates then is left out and
# counted, what it frees or resizes is not, and what is left out holds what it points at. The user pauses it from outside.
for flags in 'gcc -std=c99 -O1 -D_DEFAULT_SOURCE' 'g++ -x c++ -std=c++11 -O2 -no-pie'; do
	# shellcheck disable=SC2086
	$flags -Wall -Wextra -Werror -g -I"$TOP/include" -o pauses "$TOP/tests/programs/pauses.c" -pthread || fails "it does not compile: $flags"
	./pauses || fails 'it fails without leakgraph'
	rm -rf t.lgt*
	exits 0 "$LG" run -o t.lgt -- ./pauses
	exits 0 "$LG" report --json t.lgt
	found=$(json out '.processes[] | .verdict, (.heap_errors | length), (.leaks[] | "\(.kind) \(.sizes[0])")' | sort | paste -sd,)
	[ "$found" = '0,0,complete,complete,direct 23,direct 25,direct 27,direct 31' ] || fails "$flags: $found"
	json out '.processes[] | "\(.told.left_out.blocks >= 6) \(.told.left_out.bytes)"' >left_out
	[ "$(tail -n 1 left_out)" = 'false 30' ] || fails "the child: $(cat left_out)"
	grep -q '^true' left_out || fails "$(cat left_out)"
	json out '.processes[0].notes[]' | grep -q 'left out, as the program' || fails "$(json out '.processes[].notes')"
done
kept=$("$LG" dump t.lgt | grep 'type=ALLOC .* size=21 ' | grep -o 'addr=0x[0-9a-f]*' | cut -d= -f2)
exits 0 "$LG" why --json t.lgt "$kept"
[ "$(json out '.block.class, .path[0].root_kind' | paste -sd,)" = reachable,unrecorded ] || fails "$(json out '.block, .path')"

rm -rf t.lgt*
mkfifo input
"$LG" run -o t.lgt -- ./pauses lines <input >served 2>err &
recorder=$! lines=0
exec 8>input
line
pid=$(grep -lE "^PPid:[[:space:]]+$recorder\$" /proc/[0-9]*/status 2>/dev/null | cut -d/ -f3)
exits 0 "$LG" pause "$pid"
[ "$(cat out)" = "t.lgt: new blocks of process $pid are left out" ] || fails "$(cat out)"
line
line
exits 0 "$LG" resume "$pid"
line
refuses 125 "process $$ is not being recorded" "$LG" pause $$
refuses 2 'takes the id of one process' "$LG" resume
over 0
exits 0 "$LG" report --json t.lgt
[ "$(json out '.processes[0] | .verdict, .summary.direct.blocks, .told.left_out.blocks' | paste -sd,)" = complete,20,20 ] ||
	fails "$(json out '.processes[0] | .verdict, .summary, .told')"
