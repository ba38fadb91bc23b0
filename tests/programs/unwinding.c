/* Frames of every kind under allocations: fixed and varying size, with and without frame pointer, realigned, called back
 * by libc, interrupted by signals, on an alternate stack, in threads, in a handler of abort. Exits 0. */
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEEP __attribute__((noinline, noclone))
#define STACK_BYTES (256u * 1024)

static _Thread_local unsigned seed = 1, sort_depth;
static volatile int sink;

static unsigned roll(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static KEEP void touch(void)
{
	char *p = malloc(roll(100) + 1);

	p = realloc(p, roll(200) + 1);
	free(p);
}

static void wander(unsigned depth);

static KEEP void plain(unsigned depth)
{
	wander(depth);
	sink++;
}

static KEEP void by_alloca(unsigned depth)
{
	char *room = alloca(16 + roll(3000));

	memset(room, 1, 16);
	wander(depth);
	sink += room[3];
}

static KEEP void by_array(unsigned depth)
{
	volatile char room[1 + roll(500)];

	room[0] = 1;
	wander(depth);
	sink += room[0];
}

static KEEP __attribute__((optimize("no-omit-frame-pointer"))) void framed(unsigned depth)
{
	wander(depth);
	sink++;
}

static KEEP __attribute__((force_align_arg_pointer)) void aligned(unsigned depth)
{
	volatile char room[64] __attribute__((aligned(64)));

	room[0] = 1;
	wander(depth);
	sink += room[0];
}

/* Its CFA is where an expression says: by the copy of a register that the realigned frame keeps. */
static KEEP __attribute__((force_align_arg_pointer)) void aligned_by_alloca(unsigned depth)
{
	volatile char room[64] __attribute__((aligned(64)));
	volatile char *more = alloca(16 + roll(300));

	room[0] = more[0] = 1;
	wander(depth);
	sink += room[0] + more[0];
}

static int sorting(const void *a, const void *b)
{
	unsigned depth = sort_depth;

	sort_depth = 0;
	if (depth)
		wander(depth);
	return *(const int *)a - *(const int *)b;
}

static KEEP void through_libc(unsigned depth)
{
	int items[3] = { 3, 1, 2 };

	sort_depth = depth;
	qsort(items, 3, sizeof *items, sorting);
	sink += items[0];
}

static KEEP void by_signal(unsigned depth)
{
	(void)depth;
	raise(SIGUSR1);
	sink++;
}

static KEEP void wander(unsigned depth)
{
	static void (*const ways[])(unsigned) = { plain,   by_alloca,	      by_array,	    framed,
						  aligned, aligned_by_alloca, through_libc, by_signal };

	if (!roll(3))
		touch();
	if (depth)
		ways[roll(sizeof ways / sizeof *ways)](depth - 1);
	if (!roll(4))
		touch();
	sink++;
}

static void on_signal(int number)
{
	(void)number;
	wander(4);
}

static void *run(void *argument)
{
	static char rooms[3][STACK_BYTES];
	unsigned long number = (unsigned long)argument;
	stack_t stack = { .ss_sp = rooms[number], .ss_size = STACK_BYTES };

	if (number)
		sigaltstack(&stack, NULL);
	seed = (unsigned)number + 1;
	for (int i = 0; i < 300; i++)
		wander(roll(30));
	return NULL;
}

static void on_abort(int number)
{
	(void)number;
	touch();
	_exit(0);
}

static KEEP __attribute__((force_align_arg_pointer)) void end_aligned(unsigned n)
{
	volatile char room[64] __attribute__((aligned(64)));
	volatile char *more = alloca(n);

	room[0] = more[0] = 1;
	signal(SIGABRT, on_abort);
	abort();
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	pthread_t threads[2];

	sigaction(SIGUSR1, &action, NULL);
	run(NULL);
	for (unsigned long i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, run, (void *)(i + 1));
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	end_aligned(16 + roll(100));
	return 1;
}
