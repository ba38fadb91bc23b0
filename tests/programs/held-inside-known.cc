/* held-inside-known.cc: blocks held only by pointers into their middle that C++ and Rust make by themselves: to the
 * second base of an object, to the elements of an array behind their count, to the characters of a string of the old ABI,
 * to the control bytes of a hash table. All are held. */
// build: -D_GLIBCXX_USE_CXX11_ABI=0
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].summary.reachable.blocks >= 5
#include "victim.h"

#include <string>

struct first {
	virtual ~first() {}
	long one = 1;
};
struct second {
	virtual ~second() {}
	long two = 2;
};
struct both : first, second {
	long three = 3;
};
struct counted {
	~counted() { escape(&number); }
	long number = 4;
};

struct alignas(32) wide {
	~wide() { escape(&numbers); }
	long numbers[8] = {};
};

/* A HashMap of 8 buckets of 24 bytes, as Rust lays it out. */
static struct {
	char *control;
	unsigned long mask, left, items;
} table;

static second *volatile base;
static counted *volatile array;
static wide *volatile wides;
static std::string &text = *new std::string;

NOINLINE static void hold()
{
	base = new both;
	array = new counted[9];
	wides = new wide[3];
	text.assign(100, 'x');
	table.control = (char *)operator new(8 * 24 + 8 + 16) + 8 * 24;
	table.mask = 7;
	escape(&table);
}

int main()
{
	hold();
}
