/* suppressions_read.c: any bytes as a suppression file. It is refused with the file and the line, or read; then it is
 * held against stacks, and every leak is afterwards in one place: left, or suppressed. */
#include "replay.h"
#include "report/suppressions.h"

#include <string.h>

static const struct report_frame frames[] = {
	{ .function = "node_new(int, char*)", .file = "/src/a.cc", .module = "app", .line = 12 },
	{ .function = "load", .file = "/src/b.c", .module = "libload.so.1", .line = 3 },
	{ .module = "libbare.so" },
	{ .function = "main", .file = "/src/main.c", .module = "app", .line = 40 },
};
static const struct report_stack stack = { .allocator = "malloc",
					   .frames = frames,
					   .nframes = 4,
					   .shown = 4 },
				 empty = { .allocator = "calloc" };

static struct report_leak leak_of(enum leak_class class, const struct report_stack *s)
{
	return (struct report_leak){ .class = class,
				     .kind = "",
				     .instances = 1,
				     .heads = { 2, 48 },
				     .indirect = { 1, 8 },
				     .stack = s };
}

static void apply(struct suppressions *s)
{
	struct report_leak leaks[] = { leak_of(CLASS_DIRECT, &stack), leak_of(CLASS_CYCLE, &empty),
				       leak_of(CLASS_POSSIBLE, &stack) };
	static const struct report_growth growth = { .fit = "linear" };
	struct report_leak growing[] = { leak_of(LEAK_CLASSES, &stack) };
	struct report_error errors[] = { { .instances = 2, .stack = &stack, .allocation = &empty },
					 { .instances = 1, .stack = &empty } };
	struct report_process process = {
		.leaks = leaks, .nleaks = 3, .errors = errors, .nerrors = 2, .growing = growing, .ngrowing = 1
	};
	struct report r = { .processes = &process, .nprocesses = 1 };
	struct err err = { "" };

	growing[0].growth = &growth;
	process.sums[CLASS_DIRECT] = process.sums[CLASS_CYCLE] = (struct sum){ 2, 48 };
	process.sums[CLASS_INDIRECT] = (struct sum){ 2, 16 };
	process.sums[CLASS_POSSIBLE] = (struct sum){ 3, 56 };
	claim(!suppressions_apply(s, &r, &err));
	uint32_t leaks_gone = 3 - process.nleaks;
	claim(process.nleaks + process.ngrowing + process.nsuppressed == 4);
	claim(process.nerrors + process.nsuppressed_errors == 2);
	claim(process.suppressed_sum.blocks == 3ull * leaks_gone);
	claim(process.suppressed_sum.bytes == 56ull * leaks_gone);
	pool_free(&r.pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct suppressions s = { 0 };
	struct err err = { "" };

	if (suppressions_add(&s, "any.supp", n ? (const char *)bytes : "", n, "2026-11-21", &err))
		claim(!strncmp(err.text, "any.supp: ", 10) && !strchr(err.text, '\n'));
	else
		apply(&s);
	suppressions_free(&s);
	return 0;
}
