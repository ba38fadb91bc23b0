/* fibers.c: in four threads, contexts made and run on stacks that are mapped for them between guards and unmapped again,
 * some within others, some deep; they allocate at each switch, and the last to run loses what it holds. */
// stress: .processes[0].summary.direct.blocks == 4
#define _GNU_SOURCE
#include "stress.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define PAGE 4096u

struct fiber {
	ucontext_t here, back;
	int depth, rounds;
};

static double end;

__attribute__((noinline)) static void recurse(struct fiber *f, int depth)
{
	volatile char frame[200];

	frame[0] = (char)depth;
	if (depth)
		recurse(f, depth - 1);
	else
		stress_heap((unsigned)f->rounds, 20);
	frame[1] = frame[0];
}

static void run(unsigned low, unsigned high)
{
	struct fiber *f = (void *)((uintptr_t)high << 32 | low);

	for (int i = 0; i < f->rounds; i++) {
		recurse(f, f->depth);
		swapcontext(&f->here, &f->back);
	}
}

static void *map_stack(size_t bytes)
{
	char *p = mmap(NULL, bytes + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(p + PAGE, bytes, PROT_READ | PROT_WRITE);
	return p;
}

static void live_once(unsigned seed)
{
	size_t bytes = (4 + seed % 13) * PAGE;
	char *stack = map_stack(bytes);
	struct fiber *f = malloc(sizeof *f);

	memset(f, 0, sizeof *f);
	f->depth = (int)(seed % (unsigned)(bytes / 1024));
	f->rounds = 1 + (int)(seed % 3);
	getcontext(&f->here);
	f->here.uc_stack = (stack_t){ .ss_sp = stack + PAGE, .ss_size = bytes };
	f->here.uc_link = &f->back;
	makecontext(&f->here, (void (*)(void))run, 2, (unsigned)(uintptr_t)f, (unsigned)((uintptr_t)f >> 32));
	for (int i = 0; i <= f->rounds; i++)
		swapcontext(&f->back, &f->here);
	free(f);
	munmap(stack, bytes + 2 * PAGE);
}

__attribute__((noinline)) static void lose_one(void)
{
	void *volatile block = calloc(1, 24);

	(void)block;
}

static void *work(void *number)
{
	for (unsigned seed = (unsigned)(uintptr_t)number; stress_now() < end;
	     seed = seed * 1103515245 + 12345)
		live_once(seed >> 16);
	lose_one();
	return NULL;
}

int main(void)
{
	pthread_t threads[4];

	end = stress_now() + stress_seconds();
	for (uintptr_t i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)(i + 1)))
			return 1;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
