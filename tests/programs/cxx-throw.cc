/* cxx-throw.cc: 1,000 exceptions, caught three frames up; the frame that throws loses 24 bytes each time, and the
 * exceptions themselves are freed. */
// expect: direct=1000/24000 cycle=0/0 indirect=0/0 possible=0/0
// site: direct Parser::fail @block
// more: .processes[0].leaks | length == 1
// more: .processes[0].heap_errors == []
#include "victim.h"

#include <stdexcept>

struct Parser {
	NOINLINE void fail(int i)
	{
		escape(calloc(1, 24)); /* @block */
		if (i >= 0)
			throw std::runtime_error("a message that is too long for the short string buffer");
	}
	NOINLINE void step(int i)
	{
		fail(i);
		escape(this);
	}
	NOINLINE int parse(int i)
	{
		try {
			step(i);
		} catch (const std::exception &e) {
			return e.what()[0] == 'a';
		}
		return 0;
	}
};

int main()
{
	Parser parser;
	int caught = 0;

	for (int i = 0; i < 1000; i++)
		caught += parser.parse(i);
	return caught != 1000;
}
