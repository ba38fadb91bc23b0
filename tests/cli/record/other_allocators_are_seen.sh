# other_allocators_are_seen: programs of jemalloc, tcmalloc and mimalloc, linked or preloaded: malloc's and new's blocks, each once
cat >lose.cc <<'C'
#include <cstdlib>
#include <new>
#include <string>
#include <vector>
struct alignas(64) Wide { char bytes[64]; };
struct Small { long words[3]; };
static void *volatile sink;
template <class T> static void lose(T *p) { sink = p; }
int main(int argc, char **)
{
	for (int i = 0; i < 10; i++) {
		lose(std::malloc(100));
		lose(reallocarray(std::malloc(10), 3, 20));
		lose(new Small);
		lose(new char[40]);
		lose(new Wide);
	}
	if (argc > 1) {
		lose(new Small);
		std::free(sink);
	}
	sink = nullptr;
	std::vector<std::string> kept;
	for (int i = 0; i < 1000; i++)
		kept.push_back(std::string(100, 'x'));
	return 0;
}
C
g++ -std=c++17 -g -O1 -w -o plain lose.cc
seen=''
# judge NAME COMMAND...: by where blocks were allocated, since fresh memory of these may hold links of their free lists
judge()
{
	local name=$1
	shift
	exits 23 "$LG" check --kinds=direct,indirect,heap-error --json=r.json -- "$@"
	[ "$(json r.json '.processes[0] | "\(.verdict) \(.totals.events_lost)"')" = 'complete 0' ] ||
		fails "$name: $(json r.json '.processes[0].verdict_reasons')"
	[ "$(json r.json '.processes[0].totals | .allocations >= 1050 and .implied_frees == 0 and .unknown_frees == 0')" = true ] ||
		fails "$name: $(json r.json '.processes[0].totals')"
	[ "$(json r.json '.processes[0].summary | .direct.blocks + .indirect.blocks >= 40')" = true ] ||
		fails "$name: $(json r.json '.processes[0].summary')"
	[ "$(json r.json '.processes[0].heap_errors | length')" = 0 ] || fails "$name: $(json r.json '.processes[0].heap_errors[0]')"
	exits 23 "$LG" check --kinds=heap-error -- "$@" wrong
	grep -q 'E1 .*mismatch' err || fails "$name: no heap error"
	seen="$seen $name"
}
judge glibc ./plain
for library in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so; do
	found=$(ldconfig -p | sed -n "s|.*$library .*=> ||p" | head -n 1)
	[ -n "$found" ] || continue
	g++ -std=c++17 -g -O1 -w -o linked lose.cc -Wl,--no-as-needed "$found"
	judge "$library" ./linked
	export LD_PRELOAD=$found
	judge "$library preloaded" ./plain
	unset LD_PRELOAD
done
