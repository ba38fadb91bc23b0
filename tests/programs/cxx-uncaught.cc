/* cxx-uncaught.cc: a block is lost, then an exception that nobody catches ends the program with SIGABRT. */
// expect: direct=1/24 cycle=0/0 indirect=0/0
// ended: signaled SIGABRT
// site: direct plant @block
#include "victim.h"

#include <stdexcept>
#include <sys/resource.h>

NOINLINE static void plant()
{
	escape(calloc(1, 24)); /* @block */
}

int main(int argc, char **)
{
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	plant();
	if (argc)
		throw std::runtime_error("uncaught");
	return 0;
}
