#!/bin/bash
# shim-stress.sh: programs that are hard on whatever is loaded into them, under leakgraph: same exit status as alone,
# in bounded time, verdict complete, no event lost, and what each says of its own report.
#
#   tests/torture/shim-stress.sh [--for SECONDS] [NAME...]      B=DIR is the build folder; STRESS_SECONDS=2
#
# --for: again and again until so much time is over, or one fails.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
LG=$B/leakgraph
WORK=$B/stress
export LC_ALL=C
[ -x "$LG" ] || { echo "shim-stress: $LG is not there; run make first" >&2 && exit 2; }
mkdir -p "$WORK" && cd "$WORK" || exit 2

passed=0 failed=0
one()
{
	local source=$1 name compiler=gcc standard=-std=gnu17 problems='' status=0 start=$SECONDS expression flags
	name=$(basename "${source%.*}")
	case $source in *.cc) compiler=g++ standard=-std=c++17 ;; esac
	if grep -q '^// build: lib' "$source"; then
		"$compiler" $standard -O2 -g -shared -fPIC -DLIB -o "lib$name.so" "$source" -pthread || return
	fi
	flags=$(sed -n 's|^// build: -|-|p' "$source")
	# shellcheck disable=SC2086
	"$compiler" $standard -O2 -g $flags "-DLIBRARY=\"$WORK/lib$name.so\"" -o "$name" "$source" -pthread || return
	rm -f "$name.json"
	{ (exec timeout -k 5 120 "$LG" check --error-exitcode=0 "--json=$name.json" -- "./$name" >"$name.out" 2>"$name.err" </dev/null); status=$?; } 2>/dev/null
	[ $status = 0 ] || problems="; exit status $status"
	if [ -s "$name.json" ]; then
		problems="$problems$(jq -r '[.processes[] | select(.verdict != "complete" or .totals.events_lost != 0)]
			| if length == 0 then empty else "; \(length) processes not complete: \(.[0].verdict_reasons | join(", "))" end' "$name.json")"
		while IFS= read -r expression; do
			[ "$(jq "$expression" "$name.json" 2>&1)" = true ] || problems="$problems; not so: $expression"
		done < <(sed -n 's|^// stress: ||p' "$source")
	else
		problems="$problems; no report: $(tail -n 1 "$name.err" | cut -c 1-150)"
	fi
	if [ -z "$problems" ]; then
		passed=$((passed + 1))
		echo "ok $name ($((SECONDS - start)) s)"
	else
		failed=$((failed + 1))
		echo "FAIL $name: ${problems#; }"
	fi
}

duration=0
[ "${1-}" = --for ] && duration=$2 && shift 2

end=$((SECONDS + duration))
while :; do
	for source in "$TOP"/tests/torture/stress/*.c "$TOP"/tests/torture/stress/*.cc; do
		name=$(basename "${source%.*}")
		case " $* " in *" $name "* | '  ') one "$source" ;; esac
	done
	if [ $SECONDS -ge $end ] || [ $failed != 0 ] || [ $passed = 0 ]; then break; fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
