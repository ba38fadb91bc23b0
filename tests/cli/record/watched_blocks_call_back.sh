# A program is called when blocks that it watches end, once and while their memory is as it was; errno stays. Without
# leakgraph it is told that it will not be.
for flags in '-std=c++11 -O0' '-std=c++17 -O2 -no-pie'; do
	# shellcheck disable=SC2086
	g++ $flags -Wall -Wextra -g -I"$TOP/include" -o watches "$TOP/tests/programs/watches.cc" || fails "it does not compile: $flags"
	[ "$(./watches)" = 'not recorded' ] || fails "without leakgraph: $(./watches)"
	rm -rf t.lgt*
	exits 0 "$LG" run -o t.lgt -- ./watches
	[ "$(paste -sd, out)" = 'freed,deleted,moved,in place,first,second,full' ] || fails "$flags: $(cat out)"
	exits 0 "$LG" report --json t.lgt
	[ "$(json out '.processes[0] | .verdict, (.told.watched_blocks > 1000)' | paste -sd,)" = complete,true ] || fails "$(json out '.processes[0].told')"
done
g++ -DLEAKGRAPH_DISABLE -I"$TOP/include" -o disabled "$TOP/tests/programs/watches.cc" || fails 'it does not compile when disabled'
exits 0 "$LG" run -o disabled.lgt -- ./disabled
[ "$(cat out)" = 'not recorded' ] || fails "disabled: $(cat out)"
