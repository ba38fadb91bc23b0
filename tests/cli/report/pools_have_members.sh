# An allocator of the program's own tells of its pools: their members are blocks with stacks and types, judged like any other;
# words between them hold nothing; what is destroyed, or gone with the block it lay in, is nothing.
for flags in 'gcc -std=gnu99 -O1' 'g++ -x c++ -std=c++11 -O2 -no-pie'; do
	# shellcheck disable=SC2086
	$flags -Wall -Wextra -Werror -g -I"$TOP/include" -o pools "$TOP/tests/programs/pools.c" || fails "it does not compile: $flags"
	[ "$(./pools)" = done ] || fails 'it fails without leakgraph'
	rm -rf t.lgt*
	exits 0 "$LG" run -o t.lgt -- ./pools
	exits 0 "$LG" report --json t.lgt
	found=$(json out '.processes[0] | .verdict, (.leaks[] | "\(.kind) \(.blocks) \(.sizes[0]) \(.indirect_bytes) \(.allocator)")' | sort | paste -sd,)
	[ "$found" = 'complete,cycle 2 32 0 leakgraph_pool_alloc,direct 1 32 0 leakgraph_pool_alloc,direct 1 32 42 leakgraph_pool_alloc,direct 1 43 0 malloc' ] ||
		fails "$flags: $found"
	[ "$(json out '.processes[0] | .told.pools, .told.pool_members.blocks, .totals.live_blocks, ([.summary[].blocks] | add)' | paste -sd,)" = 3,7,13,13 ] ||
		fails "$(json out '.processes[0] | .told, .totals, .summary')"
	json out '.processes[0].leaks[] | select(.kind == "cycle") | .cycle.edges[0].field, .type, .stack[].function' >cycle
	grep -q 'lost_in_mapping' cycle || fails "$flags: $(paste -sd, cycle)"
	grep -qx 'next' cycle || fails "$flags: $(paste -sd, cycle)"
done
exits 0 "$LG" types --json t.lgt@kept # of the members only those that there were by then
[ "$(json out '[.types[].blocks] | add')" = 6 ] || fails "$(json out '.types')"
exits 0 "$LG" types t.lgt
exits 0 "$LG" lines t.lgt
exits 0 "$LG" growth t.lgt
for format in folded pprof dot json sqlite; do
	exits 0 "$LG" export --format=$format -o "x.$format" t.lgt
done
