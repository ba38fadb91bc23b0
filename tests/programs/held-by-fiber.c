/* held-by-fiber.c: blocks held only by locals of two coroutines that wait for their turn, one on a stack from mmap, one on
 * a stack from malloc. Where such a stack was left is not known: all of it counts. */
// expect: direct=0/0 cycle=0/0 indirect=0/0 possible=0/0
// more: .processes[0].summary.reachable.bytes >= 2 * 1234567 + 65536
#include "victim.h"

#include <sys/mman.h>
#include <ucontext.h>

static ucontext_t here, fibers[2];

static void wait_for_turn(int number)
{
	void *volatile held = calloc(1, 1234567);

	swapcontext(&fibers[number], &here);
	escape(held);
}

static void start(int number, void *stack)
{
	getcontext(&fibers[number]);
	fibers[number].uc_stack.ss_sp = stack;
	fibers[number].uc_stack.ss_size = 65536;
	fibers[number].uc_link = &here;
	makecontext(&fibers[number], (void (*)(void))wait_for_turn, 1, number);
	swapcontext(&here, &fibers[number]);
}

int main(void)
{
	start(0, mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	start(1, calloc(1, 65536));
	return 0;
}
