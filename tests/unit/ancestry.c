/* ancestry: of which image a forked child is, among several that had its parent's pid. */
#include "report/ancestry.h"

#include "put-events.h"
#include "suite.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARENT 10u
#define CHILD 11u

#define DIR "/tmp/leakgraph-ancestry-XXXXXX"

static char dir[] = DIR, first[sizeof DIR + 8], children[sizeof DIR + 24];

/* An image that begins at a moment, and then has one block. */
static void write_image(const char *path, uint64_t pid, uint64_t begun, bool is_forked, uint64_t addr)
{
	struct trace_process process = { .pid = pid,
					 .parent_pid = is_forked ? PARENT : 1,
					 .hello_key = begun,
					 .flags = is_forked ? LG_PROCESS_FORKED : 0 };
	struct trace_event block = { .type = LG_EV_ALLOC,
				     .thread = 1,
				     .key = begun,
				     .addr = addr,
				     .size = 16,
				     .entry = LG_ENTRY_MALLOC };

	write_trace(path, &process, &block, 1, &(struct trace_end){ .present = true });
}

static const char *child_path(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", children, name);
	return path;
}

static void write_run(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(first, sizeof first, "%s/t.lgt", dir);
	snprintf(children, sizeof children, "%s.children", first);
	ck_assert_int_eq(mkdir(children, 0700), 0);
	write_image(first, PARENT, 100, false, 0x1000);
	write_image(child_path("second.lgt"), PARENT, 200, false, 0x2000);
	write_image(child_path("third.lgt"), PARENT, 400, false, 0x3000); /* after the fork */
	write_image(child_path("forked.lgt"), CHILD, 300, true, 0x4000);
}

static void remove_run(void)
{
	static const char *const names[] = { "second.lgt", "third.lgt", "forked.lgt" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(child_path(names[i]));
	rmdir(children);
	unlink(first);
	rmdir(dir);
}

START_TEST(a_child_is_of_the_latest_image_before_its_fork)
{
	struct ancestry a = { 0 };
	struct trace child;
	struct err err = { "" };
	const struct lg_range *ranges;
	size_t n;

	write_run();
	ck_assert_msg(!trace_open(&child, child_path("forked.lgt"), &err), "%s", err.text);
	ck_assert(ancestry_inherited(&a, &child, &ranges, &n));
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(ranges[0].start, 0x2000);
	trace_close(&child);
	ancestry_close(&a);
	remove_run();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { a_child_is_of_the_latest_image_before_its_fork };

	return suite_run("ancestry", tests, sizeof tests / sizeof *tests);
}
