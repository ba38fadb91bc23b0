/* before-and-after-main.c: blocks lost before main (a constructor of the program and of a library), in atexit and in
 * destructors after main; and blocks that the destructors free, which are no leaks. */
// build: lib-linked
// expect: direct=5/600 cycle=0/0 indirect=0/0 possible=0/0 reachable=0/0
// site: direct construct @constructor
// site: direct at_exit @atexit
// site: direct destruct @destructor
// site: direct library_construct @library-constructor
// site: direct library_destruct @library-destructor
#include "victim.h"

#ifdef LIB
static void *volatile held;

int library_answer(void);
int library_answer(void)
{
	return 0;
}

__attribute__((constructor)) static void library_construct(void)
{
	held = calloc(1, 1000);
	escape(calloc(1, 100)); /* @library-constructor */
}

__attribute__((destructor)) static void library_destruct(void)
{
	free(held);
	held = NULL;
	escape(calloc(1, 110)); /* @library-destructor */
}
#else
static void *volatile held;

int library_answer(void);

__attribute__((constructor)) static void construct(void)
{
	held = calloc(1, 2000);
	escape(calloc(1, 120)); /* @constructor */
}

__attribute__((destructor)) static void destruct(void)
{
	free(held);
	held = NULL;
	escape(calloc(1, 130)); /* @destructor */
}

static void at_exit(void)
{
	escape(calloc(1, 140)); /* @atexit */
}

int main(void)
{
	atexit(at_exit);
	return library_answer();
}
#endif
