/* builtin: what is remembered of the files of a run's programs. */
#include "record/builtin.h"
#include "built.h"
#include "suite.h"

static struct builtin_memory memory;
static struct builtin found;

static bool recalls(const char *program)
{
	return builtin_recall(&memory, in_dir(program), &found);
}

static void build(const char *program, const char *function)
{
	ck_assert(
	    run("echo 'int %s(void) { return 0; } int main(void) { return %s(); }' >%s.c && gcc -o %s %s.c",
		function, function, program, program, program));
}

START_TEST(a_file_is_looked_at_once)
{
	build("one", "je_malloc");
	ck_assert(recalls("one"));
	ck_assert_str_eq(found.name, "je_malloc");
	memory.known[0].found.name = "remembered";
	ck_assert(recalls("one"));
	ck_assert_str_eq(found.name, "remembered");
}
END_TEST

START_TEST(a_file_that_has_changed_is_looked_at_again)
{
	build("one", "none");
	build("two", "je_malloc");
	ck_assert(!recalls("one"));
	ck_assert(run("cat two >one"));
	ck_assert(recalls("one"));
	ck_assert(run("rm one"));
	ck_assert(!recalls("one"));
	build("one", "none");
	ck_assert(!recalls("one"));
}
END_TEST

START_TEST(more_files_than_are_remembered_are_told_apart)
{
	build("one", "none");
	build("two", "mi_malloc");
	ck_assert(run("for n in $(seq 40); do cp one none$n; cp two mi$n; done"));
	for (int round = 0; round < 2; round++)
		for (int n = 1; n <= 40; n++) {
			char name[16];

			snprintf(name, sizeof name, "none%d", n);
			ck_assert(!recalls(name));
			snprintf(name, sizeof name, "mi%d", n);
			ck_assert(recalls(name));
		}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_file_is_looked_at_once,
		a_file_that_has_changed_is_looked_at_again,
		more_files_than_are_remembered_are_told_apart,
	};
	return suite_run_with("builtin", set_up, tear_down, tests, sizeof tests / sizeof *tests);
}
