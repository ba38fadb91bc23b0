# Without debug information the library's functions still tell what they allocate: characters of strings, stripped or not,
# and what containers allocate through std::allocator, as long as that has a name.
cat >app.cc <<'C'
#include <list>
#include <map>
#include <string>
#include <vector>
struct Item { int a, b; };
struct Shop { std::map<int, Item> map; std::list<Item> list; std::vector<Item> vector; std::string name; };
Shop *shop;
int main()
{
	shop = new Shop;
	shop->map[1] = Item();
	shop->list.push_back(Item());
	shop->vector.resize(3);
	shop->name.assign(50, 'x');
}
C
# known: the types that are known, with their bytes
known() { "$LG" types --json "$1" | jq -r '[.types[] | select(.type) | "\(.type) \(.bytes)"] | sort | join(", ")'; }
g++ -O0 -o app app.cc
"$LG" run -q -o app.lgt -- ./app
[ "$(known app.lgt)" = 'Item[] 24, char[] 51, std::_List_node<Item> 24, std::_Rb_tree_node<std::pair<const int, Item>> 48' ] ||
	fails "without debug information: $(known app.lgt)"
g++ -O2 -s -o app app.cc
"$LG" run -q -o stripped.lgt -- ./app
[ "$(known stripped.lgt)" = 'char[] 51' ] || fails "stripped: $(known stripped.lgt)"
