# A std::shared_ptr may be in a map, in what a lambda has captured, in the object itself: the ring is told by names of the source,
# and where to break it. Without debug information nothing false is said of an object that has itself.
cat >app.cc <<'C'
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <variant>
struct InMap { std::map<std::string, std::shared_ptr<InMap>> kids; long pad[2]; };
struct InBoth { std::optional<std::shared_ptr<InBoth>> next; std::variant<int, std::shared_ptr<InBoth>> last; };
struct InFunction { std::function<long()> call; long number[3]; };
struct Itself : std::enable_shared_from_this<Itself> { std::shared_ptr<Itself> me; };
__attribute__((noinline)) void map() { auto a = std::make_shared<InMap>(), b = std::make_shared<InMap>(); a->kids["b"] = b, b->kids["parent"] = a; }
__attribute__((noinline)) void both() { auto a = std::make_shared<InBoth>(), b = std::make_shared<InBoth>(); a->next = b, b->last = a; }
__attribute__((noinline)) void function() { auto a = std::make_shared<InFunction>(); a->call = [a] { return a->number[0]; }; }
__attribute__((noinline)) void itself() { auto a = std::make_shared<Itself>(); a->me = a->shared_from_this(); }
int main() { map(), both(), function(), itself(); _exit(0); }
C
for flags in '-O0 -g' '-O2 -g' '-O2 -s'; do
	# shellcheck disable=SC2086
	g++ -std=c++17 $flags -o app app.cc
	exits 23 "$LG" check --json=report.json -- ./app
	facts=$(json report.json '.processes[0] | "\(.summary.cycle.blocks) \(.summary.direct.blocks) \(.counts.surplus) \(.counts.deficit)"')
	[ "$facts" = '9 0 0 0' ] || fails "$flags: $facts"
	[ "$flags" != '-O2 -s' ] || continue
	json report.json '.processes[0].leaks[].cycle.edges | map(.field + (if .suggested_break then "!" else "" end)) | join(" ")' | sort >out
	printf '%s\n' 'call a!' 'kids second kids second!' me 'next last!' | sort | cmp -s - out || fails "$flags: $(paste -sd, out)"
	"$LG" run -q -o "app$flags.lgt" -- ./app
	"$LG" report "app$flags.lgt" | grep -q 'break it: .second of std::_Rb_tree_node' || fails "$flags: where to break the map's ring"
done
