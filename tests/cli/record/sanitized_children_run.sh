# sanitized_children_run: a child that is built with a sanitizer runs as it does without leakgraph, and finds its leaks
printf '#include <stdlib.h>\nint main(void) { static void *volatile p; p = malloc(24); p = 0; return 3; }\n' >hi.c
built=0
for flags in '-fsanitize=address' '-fsanitize=address -static-libasan' -fsanitize=leak -fsanitize=thread; do
	# shellcheck disable=SC2086
	gcc $flags -o hi hi.c 2>log || continue
	built=$((built + 1)) native=0
	{ ./hi 2>native.err || native=$?; }
	exits 0 "$LG" run -q -o t.lgt -- sh -c "timeout 60 ./hi; echo \$?"
	[ "$(cat out)" = $native ] || fails "$flags: ends with $(cat out), not $native: $(head -n 1 err)"
	[ "$(grep -c 'SUMMARY' native.err)" = "$(grep -c 'SUMMARY' err)" ] || fails "$flags: $(head -n 1 err)"
	rm -rf t.lgt*
	refuses 125 'is built with .*anitizer' "$LG" run -- ./hi
done
[ $built != 0 ] || skip "this gcc has no sanitizers"
