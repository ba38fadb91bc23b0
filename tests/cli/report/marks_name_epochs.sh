# A program that marks epochs and has snapshots taken by the client header: growth and diff know them by name. Without
# leakgraph, and with the header disabled, it runs as ever.
build()
{
	local out=$1
	shift
	"$@" -D_DEFAULT_SOURCE -Wall -Wextra -Werror -Wno-unused-parameter -I"$TOP/include" -g -o "$out" \
		"$TOP/tests/programs/epochs.c" -pthread || fails "it does not compile by $*"
	[ "$("./$out")" = 0 ] || fails 'it believes to be recorded when it is not'
}

build without gcc -std=c99 -DLEAKGRAPH_DISABLE
exits 0 "$LG" run -o without.lgt -- ./without
[ "$("$LG" dump without.lgt | grep -c '^mark')" = 0 ] || fails 'the disabled header marks'
for flags in 'gcc -std=c99 -pedantic' 'gcc -std=gnu17 -O2 -no-pie' 'g++ -std=c++11 -x c++'; do
	# shellcheck disable=SC2086
	build epochs $flags
	rm -rf t.lgt*
	exits 0 "$LG" run -o t.lgt -- ./epochs
	[ "$(cat out)" = 1 ] || fails "it does not believe to be recorded: $flags"
	exits 0 "$LG" growth --json t.lgt
	[ "$(json out '.processes[0].moments[] | "\(.what) \(.name) \(.snapshot)"' | head -n 4 | paste -sd,)" = \
		'snapshot warmed up 1,mark loaded null,snapshot null 2,mark signal null' ] || fails "$(json out '.processes[0].moments[]' | head -n 40)"
	[ "$(json out '.processes[0].moments[].name' | grep -cxE 'one|other')" = 2 ] || fails 'a mark is missing'
	[ "$(json out '.processes[0] | .verdict, (.places[] | select(.stack[0].function // "" | startswith("keep")) | [.at[0:4][].blocks | tostring] | join(" "))' |
		paste -sd,)" = 'complete,0 3 8 8' ] || fails "$(json out '.processes[0].places[0], .processes[0].verdict_reasons')"
done
exits 0 "$LG" growth --json t.lgt.children/*
[ "$(json out '.processes[0].moments[0].name')" = child ] || fails "$(json out '.processes[0].moments')"
exits 0 "$LG" growth --json --since=loaded t.lgt
[ "$(json out '.processes[0].places[] | select(.stack[0].function // "" | startswith("keep")) | .grown_bytes')" = 500 ] || fails "$(cat out)"
exits 0 "$LG" diff --json 't.lgt@warmed up' t.lgt@loaded
[ "$(json out '.places[] | select(.stack[0].function // "" | startswith("keep")) | .new.live_blocks')" = 3 ] || fails "$(cat out)"
exits 0 "$LG" run --no-ptrace -o u.lgt -- ./epochs
exits 0 "$LG" dump t.lgt
grep -q '^mark events=.* name="loaded"$\|^mark events=.* name=loaded$' out || fails "$(grep ^mark out)"
