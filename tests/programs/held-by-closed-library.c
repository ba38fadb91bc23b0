/* held-by-closed-library.c: a block held only by a global of a library that was closed: a leak, and its stack still
 * has the names of the library's functions. */
// build: lib-dlopen
// expect: direct=1/24 cycle=0/0 indirect=0/0 possible=0/0
// site: direct library_plant @block
// more: [.processes[0].leaks[0].stack[] | .function] | index(["library_plant", "library_start"]) == 0
#include "victim.h"

#ifdef LIB
void *volatile library_held;
void library_start(void);

NOINLINE static void library_plant(void)
{
	library_held = calloc(1, 24); /* @block */
}

NOINLINE void library_start(void)
{
	library_plant();
	escape(&library_held);
}
#else
#include <dlfcn.h>

NOINLINE static int use_library(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW);
	void (*start)(void);

	if (!library)
		return 2;
	*(void **)&start = dlsym(library, "library_start");
	start();
	return dlclose(library);
}

int main(void)
{
	return use_library();
}
#endif
