/* cxx-statics.cc: containers in statics are freed by their destructors after main; two shared_ptr that hold each other
 * are a cycle of two blocks, as every beginner makes it. */
// expect: direct=0/0 cycle=2/80 indirect=0/0 possible=0/0
#include "victim.h"

#include <map>
#include <memory>
#include <string>

struct Person {
	std::shared_ptr<Person> friend_;
	long age = 40;
};

static std::map<std::string, std::string> registry;

NOINLINE static void befriend()
{
	auto a = std::make_shared<Person>(), b = std::make_shared<Person>();
	a->friend_ = b;
	b->friend_ = a;
}

int main()
{
	for (int i = 0; i < 100; i++)
		registry["a key of some length, number " + std::to_string(i)] =
		    "and a value that is as long as the key";
	befriend();
	return 0;
}
