# A sampled run: what was recorded stands for what the whole run has, by place; every end of a recorded block is seen,
# whoever frees or resizes it; equal seeds record the same blocks; pages and JSON say that they estimate; no leak is certain,
# no verdict complete, and no check passes.
victim samples
exits 0 "$LG" run -q -o all.lgt -- ./samples
exits 0 "$LG" lines --json all.lgt
cp out all.lines
exits 0 "$LG" report --json all.lgt
cp out all.json
json all.json '.processes[0].estimated' | grep -qx null || fails 'a whole run says that it estimates'
exits 0 "$LG" run -q --sample=2K,1 -o t.lgt -- ./samples
exits 0 "$LG" report --json t.lgt
cp out t.json

# near NAME WHOLE ESTIMATE: six standard deviations
near()
{
	[ "$3" -gt $(($2 * 85 / 100)) ] && [ "$3" -lt $(($2 * 115 / 100)) ] || fails "$1: $3 is not about $2"
}
for total in allocations frees allocated_bytes live_blocks live_bytes peak_bytes; do
	near $total "$(json all.json ".processes[0].totals.$total")" "$(json t.json ".processes[0].totals.$total")"
done
exits 0 "$LG" lines --json t.lgt
for function in keep lose anyhow churn; do
	for number in live_bytes allocated_bytes; do
		sum="[.lines[] | select(.function == \"$function\") | .$number] | add // 0"
		whole=$(json all.lines "$sum") estimate=$(json out "$sum")
		[ "$whole" = "$estimate" ] || near "$function $number" "$whole" "$estimate"
	done
done
[ "$(json out '[.lines[] | select(.function == "churn" or .function == "anyhow") | .live_blocks] | add')" = 0 ] ||
	fails 'the end of a recorded block was not seen'

[ "$(json t.json '.processes[0] | "\(.verdict) \(.verdict_hides_leaks) \(.estimated) \(.sample_interval)"')" = 'degraded true true 2048' ] ||
	fails "$(json t.json '.processes[0] | .verdict, .estimated, .sample_interval')"
[ "$(json t.json '.processes[0].summary | .direct.blocks + .cycle.blocks + .indirect.blocks')" = 0 ] || fails 'a leak is certain'
json t.json '.processes[0].leaks[] | .kind + " " + .stack[0].function' | grep -qx 'possible lose' || fails 'what was lost is not possibly so'
json t.json '.processes[0].sampled_live_blocks < .processes[0].totals.live_blocks / 10' | grep -qx true || fails 'all was recorded'
for page in report types lines growth 'diff all.lgt'; do
	# shellcheck disable=SC2086
	"$LG" $page t.lgt >out 2>&1 || true
	tr -s ' \n' ' ' <out | grep -q 'sampled every 2,048 B: all numbers are estimates' || fails "$page: $(head -n 3 out)"
done

# each thread ends what the other made, and a child has its own sample
for i in 1 2; do
	rm -rf t.lgt*
	exits 0 "$LG" run -q --sample=4K,7 -o t.lgt -- ./samples end
	exits 0 "$LG" report --json t.lgt
	[ "$(json out '.processes[0].leaks[].stack[0].function' | sort -u)" = lose ] || fails "the parent: $(json out '.processes[0].leaks')"
	near child 1920000 "$(json out '.processes[1].totals.live_bytes')"
	"$LG" dump t.lgt | grep -c type=ALLOC >events.$i
done
cmp -s events.1 events.2 || fails "one seed, two samples: $(cat events.1 events.2)"

exits 125 "$LG" check --sample=4K -- ./samples
grep -q 'could not judge.*sampled every 4,096 B.*without --sample' err || fails "$(cat err)"
exits 0 "$LG" check --sample=0 -- true
refuses 2 'sample takes bytes' "$LG" run --sample=often -- true
refuses 2 'sample takes at most 1024G' "$LG" run --sample=2000G -- true
refuses 2 'sample=BYTES,SEED' "$LG" run --sample=4K,x -- true

# C++'s operators, with sizes and alignments, and how much more there is at each moment
cat >operators.cc <<'.'
#include "leakgraph/leakgraph.h"
#include <memory>
#include <string>
#include <vector>
struct alignas(64) wide { char bytes[192]; };
static std::vector<std::unique_ptr<wide>> kept;
__attribute__((noinline)) static void churn()
{
	for (int i = 0; i < 20000; i++) {
		std::unique_ptr<wide> one(new wide);
		std::unique_ptr<wide[]> some(new wide[i % 7]);
		std::string text(static_cast<size_t>(i % 400), 'x');
		std::unique_ptr<int[]> numbers(new int[i % 90]);
		asm volatile("" ::"r"(one.get()), "r"(some.get()), "r"(text.data()), "r"(numbers.get()) : "memory");
	}
}
__attribute__((noinline)) static void keep()
{
	for (int i = 0; i < 10000; i++)
		kept.emplace_back(new wide);
}
int main()
{
	for (int moment = 0; moment < 4; moment++) {
		churn();
		keep();
		LEAKGRAPH_SNAPSHOT();
	}
	_Exit(0);
}
.
g++ -O1 -g -I"$TOP/include" -o operators operators.cc
rm -rf t.lgt*
exits 0 "$LG" run -q --sample=4K,1 -o t.lgt -- ./operators
exits 0 "$LG" growth --json t.lgt
[ "$(json out '.processes[0].estimated')" = true ] || fails "growth does not say that it estimates: $(head -c 300 out)"
for moment in 0 1 2 3; do
	near "moment $moment" $(((moment + 1) * 10000 * 192)) "$(json out ".processes[0].moments[$moment].live_bytes")"
done
exits 0 "$LG" report --json t.lgt
[ "$(json out '.processes[0].heap_errors | length')" = 0 ] || fails "$(json out '.processes[0].heap_errors')"
exits 0 "$LG" lines --json t.lgt
[ "$(json out '[.lines[] | select(.function == "churn()") | .live_blocks] | add')" = 0 ] || fails "$(json out '.lines[] | select(.live_blocks > 0)')"
