/* unwind: the shim's stacks are libunwind's, whatever the frames look like and however often they are reused. */
#include "leakgraph/ring.h"
#include "probe/probe.h"
#include "suite.h"

#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

static _Thread_local unsigned seed = 1;
static volatile int sink;
static _Thread_local struct probe probe;
static _Thread_local unsigned long probes, signal_probes;

static unsigned roll(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

/* In a frame above a signal's, libunwind gives the interrupted address, the shim one more: both look up right. */
static void compare(void)
{
	probes++;
	ck_assert_msg(!probe.truncated, "cut after %zu of %zu frames", probe.nours, probe.ntheirs);
	ck_assert_uint_eq(probe.nours, probe.ntheirs);
	for (size_t i = 0; i < probe.nours; i++)
		ck_assert_msg(probe.ours[i] == probe.theirs[i] || probe.ours[i] == probe.theirs[i] + 1 ||
				  probe.ours[i] + 1 == probe.theirs[i],
			      "frame %zu of %zu: %#lx, libunwind has %#lx", i, probe.nours,
			      (unsigned long)probe.ours[i], (unsigned long)probe.theirs[i]);
}

#define KEEP __attribute__((noinline, noclone))

static KEEP void look(void)
{
	probe_here(&probe);
	compare();
}

/* As look, from elsewhere: a walk that begins here is not the last one, but may be a known part. */
static KEEP void look_too(void)
{
	probe_here(&probe);
	compare();
	sink++;
}

static void wander(unsigned depth);

static KEEP void plain(unsigned depth)
{
	wander(depth);
	sink++;
}

static KEEP void wide(unsigned depth)
{
	volatile char room[600];

	room[depth % sizeof room] = 1;
	wander(depth);
	sink += room[1];
}

static KEEP void varying(unsigned depth)
{
	char *room = alloca(16 + roll(200));

	memset(room, 1, 16);
	wander(depth);
	sink += room[3];
}

static KEEP void varying_twice(unsigned depth)
{
	volatile char *low = alloca(16 + roll(40));
	volatile char *lower = roll(2) ? alloca(8 + roll(3000)) : low;

	low[0] = lower[0] = 1;
	wander(depth);
	sink += low[0] + lower[0];
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

static _Thread_local unsigned sort_depth;

static int sorting(const void *a, const void *b)
{
	if (sort_depth) {
		unsigned depth = sort_depth;

		sort_depth = 0;
		wander(depth);
	}
	return *(const int *)a - *(const int *)b;
}

static KEEP void through_libc(unsigned depth)
{
	int items[3] = { 3, 1, 2 };

	sort_depth = depth;
	qsort(items, 3, sizeof *items, sorting);
	sink += items[0];
}

static KEEP void wander(unsigned depth)
{
	static void (*const ways[])(unsigned) = { plain,  wide,	   varying,	varying_twice,
						  framed, aligned, through_libc };

	if (!roll(3))
		(roll(2) ? look : look_too)();
	if (depth)
		ways[roll(sizeof ways / sizeof *ways)](depth - 1);
	if (!roll(4))
		look();
	sink++;
}

START_TEST(random_stacks_are_libunwinds)
{
	probe_open();
	while (probes < 30000)
		wander(roll(40));
}
END_TEST

static KEEP void inner(bool too)
{
	if (too)
		look_too();
	else
		look();
	sink++;
}

static KEEP void middle(bool too)
{
	inner(too);
	sink++;
}

static KEEP void one(bool too)
{
	middle(too);
	sink++;
}

static KEEP void other(bool too)
{
	middle(too);
	sink--;
}

/* The inner frames are the same to the last word; only further out do the stacks differ. */
START_TEST(known_parts_on_other_outer_frames_are_not_taken_for_the_same)
{
	probe_open();
	for (int i = 0; i < 2000; i++)
		(roll(2) ? one : other)(roll(2));
}
END_TEST

START_TEST(deep_stacks_are_whole)
{
	probe_open();
	for (int i = 0; i < 20; i++)
		wander(300);
	ck_assert_uint_gt(probes, 1000);
}
END_TEST

static void on_signal(int number)
{
	(void)number;
	signal_probes++;
	look();
	wander(3);
}

START_TEST(signal_frames_are_stepped)
{
	struct sigaction action = { .sa_handler = on_signal };

	probe_open();
	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < 500; i++) {
		raise(SIGUSR1);
		wander(roll(10));
	}
	ck_assert_uint_eq(signal_probes, 500);
}
END_TEST

START_TEST(signal_stacks_are_crossed)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	stack_t stack = { .ss_size = 256 * 1024 };

	probe_open();
	stack.ss_sp = mmap(NULL, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < 500; i++) {
		raise(SIGUSR1);
		wander(roll(10));
	}
}
END_TEST

static void *in_thread(void *argument)
{
	probe_thread();
	seed = (unsigned)(unsigned long)argument;
	while (probes < 5000)
		wander(roll(30));
	return NULL;
}

START_TEST(threads_share_rules_and_nodes)
{
	pthread_t threads[4];

	probe_open();
	for (unsigned long i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, in_thread, (void *)(i + 2));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

static ucontext_t here, fiber;

static void in_fiber(void)
{
	for (int i = 0; i < 100; i++) {
		probe_ours(&probe);
		sink += (int)probe.nours;
		swapcontext(&fiber, &here);
	}
}

START_TEST(fibers_do_no_harm)
{
	size_t bytes = 64 * 1024;
	char *stack = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	probe_open();
	getcontext(&fiber);
	fiber.uc_stack.ss_sp = stack;
	fiber.uc_stack.ss_size = bytes;
	fiber.uc_link = &here;
	makecontext(&fiber, in_fiber, 0);
	for (int i = 0; i < 100; i++) {
		swapcontext(&here, &fiber);
		wander(5);
	}
}
END_TEST

/* A frame that no CFI describes and whose rbp is garbage: the walk ends, nothing faults. */
__attribute__((naked, noinline)) static void lost_frame(void (*f)(void) __attribute__((unused)))
{
	__asm__("pushq %rbp\n\tmovq $0x123450, %rbp\n\tsubq $32, %rsp\n\tcallq *%rdi\n\taddq $32, %rsp\n\t"
		"popq %rbp\n\tret");
}

static void look_only(void)
{
	probe_ours(&probe);
}

START_TEST(damaged_frames_end_the_walk)
{
	probe_open();
	for (int i = 0; i < 1000; i++) {
		lost_frame(look_only);
		ck_assert_uint_ge(probe.nours, 1);
	}
	look();
}
END_TEST

#define PAGES_OF_CODE 128u
#define BYTES_A_CALL 16u
#define FUNCTIONS 4000u
#define LINES_A_FUNCTION 8u

static bool is_number_of[LG_CODES];

static void take_number(uint32_t number)
{
	ck_assert_uint_ge(number, LG_CODES_RESERVED);
	ck_assert(!is_number_of[number]);
	is_number_of[number] = true;
}

/* A third of the table is taken, and what lies together has its places together: whole pages of them are full. */
START_TEST(dense_code_leaves_places_for_others)
{
	uint64_t code = 0x7f0012345000, python = LG_FRAME_PYTHON << LG_FRAME_MODULE_SHIFT;

	probe_open();
	for (uint64_t at = 0; at < PAGES_OF_CODE * 2 * LG_PAGE; at += BYTES_A_CALL)
		take_number(probe_code(code + at));
	for (uint64_t f = 1; f <= FUNCTIONS; f++)
		for (uint64_t line = 1; line <= LINES_A_FUNCTION; line++)
			take_number(probe_number(python | 6 * f << LG_PYTHON_CODE_SHIFT | (10 * f + line)));
	ck_assert_uint_eq(probe_code(code), probe_code(code));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		known_parts_on_other_outer_frames_are_not_taken_for_the_same,
		random_stacks_are_libunwinds,
		deep_stacks_are_whole,
		signal_frames_are_stepped,
		signal_stacks_are_crossed,
		threads_share_rules_and_nodes,
		fibers_do_no_harm,
		damaged_frames_end_the_walk,
		dense_code_leaves_places_for_others,
	};
	return suite_run("unwind", tests, sizeof tests / sizeof *tests);
}
