/* dead_stacks: what a thread that has ended left on its stack holds nothing; what only looks like one is a root. */
#include "heap/roots.h"

#include "world.h"

#define GUARD 0x7000000ULL
#define STACK (GUARD + 0x1000)
#define TCB (STACK + 0x8000)
#define MAPPED 0x9000ULL

/* Of struct pthread in glibc 2.36, in bytes. */
enum { TCB_DTV = 8, TCB_SELF = 16, TCB_TID = 720, TCB_JOINID = 1568, TCB_RESULT = 1576 };

struct stack_world {
	struct world w;
	uint64_t block;
};

/* A joined thread's stack, and another thread that lives. */
static void stack_open(struct stack_world *s)
{
	world_open(&s->w);
	s->block = world_block(&s->w, 24, 1);
	world_map(&s->w, GUARD, STACK - GUARD, 0, 0, "");
	world_map(&s->w, STACK, MAPPED, WORLD_RW, 0, "");
	world_set(&s->w, TCB, TCB);
	world_set(&s->w, TCB + TCB_DTV, TCB + 0x9a0);
	world_set(&s->w, TCB + TCB_SELF, TCB);
	world_set(&s->w, TCB + TCB_TID, UINT32_MAX);
	s->w.threads[0] =
	    (struct trace_thread){ .tid = 100, .flags = LG_THREAD_STOPPED, .fs_base = 0x7777000 };
	s->w.snapshot.nthreads = 1;
}

/* Whether a word there holds the block. */
static void assert_held(struct stack_world *s, uint64_t at, bool is_held, const char *why)
{
	world_set(&s->w, at, s->block);
	world_classify(&s->w);
	ck_assert_msg((world_class(&s->w, s->block) != CLASS_DIRECT) == is_held, "%s", why);
	world_close(&s->w);
}

START_TEST(what_is_left_on_it_holds_nothing)
{
	static const uint64_t places[] = { STACK, STACK + 0x800, TCB + TCB_RESULT, TCB + TCB_BYTES - 8 };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct stack_world s;

		stack_open(&s);
		assert_held(&s, places[i], false, "a joined thread's");
		stack_open(&s);
		world_set(&s.w, TCB + TCB_TID, 0);
		world_set(&s.w, TCB + TCB_JOINID, TCB);
		assert_held(&s, places[i], false, "a detached thread's");
	}
}
END_TEST

START_TEST(a_result_waits_to_be_joined)
{
	static const struct {
		uint64_t at;
		bool is_held;
	} places[] = { { STACK + 0x800, false },
		       { TCB + TCB_RESULT - 8, false },
		       { TCB + TCB_RESULT, true },
		       { TCB + TCB_RESULT + 8, false } };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct stack_world s;

		stack_open(&s);
		world_set(&s.w, TCB + TCB_TID, 0);
		assert_held(&s, places[i].at, places[i].is_held, "a thread's that can be joined");
	}
}
END_TEST

START_TEST(what_only_looks_like_one_is_a_root)
{
	static const struct {
		uint64_t at, value;
	} words[] = {
		{ TCB, TCB + 64 }, { TCB + TCB_DTV, TCB }, { TCB + TCB_SELF, 0 }, { TCB + TCB_TID, 4711 }
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct stack_world s;

		stack_open(&s);
		world_set(&s.w, words[i].at, words[i].value);
		assert_held(&s, STACK + 0x800, true, "no control block");
	}
}
END_TEST

START_TEST(a_live_threads_is_a_root)
{
	struct stack_world s;

	stack_open(&s);
	s.w.threads[1] = s.w.threads[0];
	s.w.threads[1].fs_base = TCB;
	s.w.snapshot.nthreads = 2;
	assert_held(&s, STACK + 0x800, true, "it lives");
}
END_TEST

/* Any of those that are not known may live there. */
START_TEST(all_threads_must_be_known)
{
	struct stack_world s;

	stack_open(&s);
	s.w.threads[0].flags = 0;
	assert_held(&s, STACK + 0x800, true, "a thread did not stop");
	stack_open(&s);
	s.w.threads[0].fs_base = 0;
	assert_held(&s, STACK + 0x800, true, "nobody knows where a thread's control block is");
}
END_TEST

START_TEST(without_a_guard_it_is_a_root)
{
	struct stack_world s;

	stack_open(&s);
	for (size_t i = 0; i < s.w.snapshot.nmappings; i++)
		if (s.w.mappings[i].start == GUARD)
			s.w.mappings[i].prot = PROT_READ;
	assert_held(&s, STACK + 0x800, true, "who knows where the stack begins");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { what_is_left_on_it_holds_nothing,   a_result_waits_to_be_joined,
				       what_only_looks_like_one_is_a_root, a_live_threads_is_a_root,
				       all_threads_must_be_known,	   without_a_guard_it_is_a_root };

	return suite_run("dead_stacks", tests, sizeof tests / sizeof *tests);
}
