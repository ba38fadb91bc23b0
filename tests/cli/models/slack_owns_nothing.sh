# What is left in the room of a std::vector or std::string that is not in use owns nothing, where debug information says that it is
# one; what looks like a vector and is none owns all that it has.
cat >app.cc <<'C'
#include <cstring>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>
struct Node { std::shared_ptr<Node> peer; };
struct Item { long x[6]; };
struct Shop { int id; std::vector<Item *> stock; std::vector<std::shared_ptr<Node>> nodes; std::string name; };
struct Cursor { Item **first, **at, **last; };
Shop *shop;
std::vector<Item *> sold;
Cursor *cursor;
__attribute__((noinline)) void stock() { for (int i = 0; i < 6; i++) shop->stock.push_back(new Item{}); shop->stock.resize(3); }
__attribute__((noinline)) void sell() { for (int i = 0; i < 6; i++) sold.push_back(new Item{}); sold.resize(4); }
__attribute__((noinline)) void ring()
{
	auto a = std::make_shared<Node>(), b = std::make_shared<Node>();
	a->peer = b, b->peer = a;
	shop->nodes = { a, b };
	shop->nodes.clear();
}
__attribute__((noinline)) void name()
{
	Item *item = new Item{};
	std::string s(200, ' ');
	memcpy(&s[104], &item, sizeof item);
	shop->name = std::move(s);
	shop->name.resize(40);
}
__attribute__((noinline)) void walk()
{
	cursor = new Cursor{ new Item *[4] };
	cursor->at = cursor->first + 1, cursor->last = cursor->first + 4;
	for (int i = 0; i < 4; i++) cursor->first[i] = new Item{};
}
int main() { shop = new Shop; stock(); sell(); ring(); name(); walk(); _exit(0); }
C
for flags in '-O0 -g' '-O2 -g' '-O2 -s'; do
	# shellcheck disable=SC2086
	g++ $flags -o app app.cc
	"$LG" check --json=report.json -- ./app 2>err || :
	leaks=$(json report.json '.processes[0] | "\(.verdict) \(.summary.direct.blocks) \(.summary.cycle.blocks) \(.summary.indirect.blocks)"')
	want='complete 6 2 0'
	[ "$flags" != '-O2 -s' ] || want='complete 0 0 0'
	[ "$leaks" = "$want" ] || fails "$flags: $leaks, not $want"
done
