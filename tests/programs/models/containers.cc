// containers.cc: containers of the C++ library, kept and lost, and shared pointers as libc++ has them, by their names alone.
#include <deque>
#include <list>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

// What libc++ calls its own, and where it keeps the counts.
namespace std
{
namespace __1
{
template <class T> struct allocator {
};
struct __shared_count {
	long owners = 0, weak = 0;
	virtual ~__shared_count() {}
};
template <class T, class A> struct __shared_ptr_emplace : __shared_count {
	T object;
};
template <class T, class D, class A> struct __shared_ptr_pointer : __shared_count {
	T pointer;
};
} // namespace __1
} // namespace std

struct Item;
struct Shared {
	Item *object;
	std::__1::__shared_count *control;
};
struct Item {
	long number = 1;
	Shared next = {}, peer = {};
};
typedef std::__1::__shared_ptr_emplace<Item, std::__1::allocator<Item>> Inside;
typedef std::__1::__shared_ptr_pointer<Item *, Item, std::__1::allocator<Item>> Apart;

struct All {
	std::vector<std::string> texts{ "a text that does not fit into the string", "b" };
	std::map<int, std::string> map{ { 1, "one" },
					{ 2, "two" },
					{ 3, "a text that does not fit into a node" } };
	std::set<long> set{ 1, 2, 3 };
	std::list<Item> list{ 3 };
	std::deque<Item> deque{ 3 };
	std::unordered_map<int, std::string> table{ { 1, "one" }, { 2, "two" } };
	std::vector<Item *> pointers{ nullptr, nullptr };
};

static All *all;
static Shared kept;

static void share()
{
	Inside *a = new Inside, *b = new Inside;
	Apart *c = new Apart;

	c->pointer = new Item[2];
	a->object.next = { &b->object, b };
	b->object.next = { &a->object, a };
	b->object.peer = { c->pointer, c };
	a->weak = 1;
	kept = { &a->object, a };
}

int main()
{
	share();
	all = new All;
	new All;
	all->pointers[1] = &all->list.front();
	return !kept.object;
}
