# Containers of libstdc++, and trees as libc++ has them, know their header, their list, their buckets: what is lost with one is a direct leak and what lies
# behind it, by structure alone; what only looks like a container's header is an element like any other.
cat >app.cc <<'C'
#include <list>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
template <class T> struct Config { int id; T of; };
std::list<long> *kept;
template <class T> __attribute__((noinline)) void lose(T *p) { asm volatile("" : : "r"(p) : "memory"); }
__attribute__((noinline)) void map() { auto *c = new Config<std::map<int, std::string>>(); c->of = { { 1, "a" }, { 2, "b" }, { 3, "c" } }; lose(c); }
__attribute__((noinline)) void one() { auto *c = new std::set<std::string>(); c->insert("a"); lose(c); }
__attribute__((noinline)) void list() { auto *c = new Config<std::list<std::string>>(); c->of = { "a", "b" }; lose(c); }
__attribute__((noinline)) void table() { auto *c = new std::unordered_map<int, int>(); for (int i = 0; i < 40; i++) (*c)[i] = i; lose(c); }
__attribute__((noinline)) void keep() { kept = new std::list<long>{ 3, 3, 3 }; }
struct End { struct Node *left; };
struct Node : End { Node *right; End *parent; bool is_black; int value; };
struct Tree { Node *begin; End end; size_t count; }; // of libc++
__attribute__((noinline)) void tree()
{
	auto *t = new Tree();
	auto *root = new Node(), *left = new Node(), *right = new Node();
	root->left = left, root->right = right, root->parent = &t->end;
	left->parent = right->parent = root;
	t->begin = left, t->end.left = root, t->count = 3;
	lose(t);
}
int main() { map(); one(); list(); table(); keep(); tree(); }
C
for flags in '-O0 -g' '-O2 -s'; do
	# shellcheck disable=SC2086
	g++ $flags -o app app.cc
	exits 23 "$LG" check --json=report.json -- ./app
	[ "$(json report.json '.processes[0].summary | "\(.direct.blocks) \(.cycle.blocks) \(.indirect.blocks)"')" = '5 0 50' ] ||
		fails "$flags: $(json report.json ".processes[0].summary | map_values(.blocks) | tostring")"
done
