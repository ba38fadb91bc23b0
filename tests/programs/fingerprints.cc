// Leaks whose fingerprints must stay when the program is built or placed otherwise (tests/torture/fingerprints). Each
// has a size of its own, from 1001 on, by which it is known.
#include "fingerprints.h"

#include <functional>
#include <memory>
#include <vector>

// HERE

void *volatile sink;

namespace shop
{

struct Node {
	Node *other;
	char rest[1000];
};

NOINLINE Node *make_node()
{
	return new Node;
}

// HERE

template <class T, int n> struct Box {
	NOINLINE void fill() { sink = new T[n]; }
	NOINLINE static void fill_all(int of) { sink = malloc(of); }
};

inline void inlined(int n)
{
	sink = malloc(n);
}

__attribute__((always_inline)) inline void always_inlined(int n)
{
	sink = malloc(n);
}

namespace
{
NOINLINE void hidden(int n)
{
	sink = malloc(n);
}
} // namespace

} // namespace shop

static NOINLINE void of_one_file(int n)
{
	sink = calloc(1, n);
}

// HERE

static NOINLINE void by_function(const std::function<void(int)> &work, int n)
{
	work(n);
}

NOINLINE void lambdas()
{
	int base = 1000;
	// LAMBDA
	auto lambda = [&](int n) { sink = malloc(base + n); };
	lambda(10);
	by_function([](int n) { sink = malloc(1000 + n); }, 11);
}

struct Base {
	virtual ~Base() {}
	virtual void lose(int n) = 0;
};

struct Derived : Base {
	NOINLINE void lose(int n) override { sink = malloc(n); }
};

NOINLINE void cycle()
{
	shop::Node *a = shop::make_node(), *b = shop::make_node();

	a->other = b;
	b->other = a;
}

int main()
{
	cycle();
	shop::Box<char, 1001>().fill();
	shop::Box<int, 7>::fill_all(1002);
	shop::inlined(1003);
	shop::always_inlined(1004);
	shop::hidden(1005);
	of_one_file(1006);
	lambdas();
	Derived derived;
	Base *volatile base = &derived;
	base->lose(1012);
	auto *numbers = new std::vector<char>(1013);
	sink = realloc(malloc(5), 1014);
	sink = numbers;
	c_leaks();
	sink = nullptr;
	return 0;
}
