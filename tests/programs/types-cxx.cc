// types-cxx.cc: what types.c does, in C++: new, constructors, arrays, containers, unique_ptr. Each block is told as
// "ADDRESS TYPE", and wiped at the end.
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>
#include <malloc.h>

static struct {
	unsigned long hidden;
	const char *type;
	unsigned kept; /* bytes at its start: of a count of items */
} told[64];
static unsigned ntold;

static __attribute__((noinline)) void tell(const void *block, const char *type, unsigned kept = 0)
{
	told[ntold].hidden = ~((unsigned long)block - kept);
	told[ntold].kept = kept;
	told[ntold++].type = type;
}

namespace shop
{
struct Item {
	long id;
	double price;
	Item *next;
	Item(long i) : id(i), price(1), next(nullptr) {}
};
struct Base {
	virtual ~Base() {}
	int a = 1;
};
struct Derived : Base {
	long more[4] = {};
};
template <class T> struct Box {
	T *held;
	long n;
	explicit Box(T *t) : held(t), n(1) {}
};
struct Plain {
	int x[5];
};
struct Pair { /* begins with a class that works on itself, and would fill it as an array */
	std::string key, value;
};
struct Small { /* as large as what holds it */
	int x, y;
};
struct alignas(16) Wide {
	double d[4];
	std::string name;
};
struct Holder {
	std::vector<Plain> plains;
	std::unique_ptr<Item> item;
};
} // namespace shop
using namespace shop;
__attribute__((noinline)) Item *make(long i)
{
	return new Item(i);
}
__attribute__((noinline)) Pair *make_pairs(int n)
{
	return new Pair[n];
}
__attribute__((noinline)) void plant()
{
	Item *a = new Item(5);
	tell(a, "shop::Item");
	Item *b = make(6);
	tell(b, "shop::Item");
	auto *box = new Box<Item>(b);
	tell(box, "shop::Box<shop::Item>");
	auto *p = new Plain();
	tell(p, "shop::Plain");
	auto *ps = new Plain[7];
	tell(ps, "shop::Plain[]");
	auto *h = new Holder();
	tell(h, "shop::Holder");
	h->plains.resize(3);
	tell(h->plains.data(), "shop::Plain[]");
	h->item = std::make_unique<Item>(3);
	tell(h->item.get(), "shop::Item");
	auto *v = new std::vector<Item *>();
	tell(v, "std::vector<shop::Item*>");
	v->push_back(a);
	v->reserve(10);
	tell(v->data(), "shop::Item *[]");
	char *buffer = new char[100];
	tell(buffer, "char[]");
	double *d = new double[9];
	tell(d, "double[]");
	Pair *pair = new Pair{ "key", "value" };
	tell(pair, "shop::Pair");
	auto small = std::make_unique<Small>();
	tell(small.release(), "shop::Small");
	Plain *unthrown = new (std::nothrow) Plain;
	tell(unthrown, "shop::Plain");
	Pair *pairs = new Pair[4];
	tell(pairs, "shop::Pair[]", 8);
	tell(make_pairs(3), "shop::Pair[]", 8);
	Wide *wides = new Wide[2];
	tell(wides, "shop::Wide[]", 16);
}
int main()
{
	plant();
	for (unsigned i = 0; i < ntold; i++) {
		printf("0x%lx %s\n", ~told[i].hidden, told[i].type);
		fflush(stdout);
		memset((char *)~told[i].hidden + told[i].kept, 0,
		       malloc_usable_size((void *)~told[i].hidden) - told[i].kept);
	}
}
