/* errors: what frees were wrong, by the events alone: see errors.h for what is claimed and what is not. */
#include "put-events.h"
#include "suite.h"

#include "heap/build.h"
#include "heap/errors.h"

#include <stdio.h>
#include <unistd.h>

#define A 0x10001000ull
#define B 0x10002000ull
#define UNSEEN 0x10008000ull /* nothing was ever allocated there */
#define EVENTS 8u

#define BORN(at, by)                                                                                         \
	{                                                                                                    \
		.type = LG_EV_ALLOC, .thread = 1, .addr = at, .size = 100, .entry = by                       \
	}
#define ALLOC(at) BORN(at, LG_ENTRY_MALLOC)
#define FREE(by, at)                                                                                         \
	{                                                                                                    \
		.type = LG_EV_FREE, .thread = by, .addr = at, .entry = LG_ENTRY_FREE                         \
	}
#define RELEASE(by, at)                                                                                      \
	{                                                                                                    \
		.type = LG_EV_RELEASE, .thread = by, .addr = at, .entry = LG_ENTRY_REALLOC                   \
	}
#define RESIZE(by, at)                                                                                       \
	{                                                                                                    \
		.type = LG_EV_RESIZE, .thread = by, .addr = at, .size = 200, .entry = LG_ENTRY_REALLOC       \
	}
#define WIDE(at)                                                                                             \
	{                                                                                                    \
		.type = LG_EV_ALLOC, .thread = 1, .addr = at, .size = 100, .entry = LG_ENTRY_NEW_ALIGNED,    \
		.aligns = 6                                                                                  \
	}
#define CLAIM(at, by, bytes, align)                                                                          \
	{                                                                                                    \
		.type = LG_EV_FREE, .thread = 1, .addr = at, .entry = by, .size = bytes, .aligns = align     \
	}
#define NOTHING HEAP_ERROR_KINDS

/* The errors of a trace, and the block of the first. */
static const struct {
	const char *name;
	struct trace_event events[EVENTS]; /* up to the first without an address or a size */
	enum heap_error_kind kind;
	uint64_t at, instances;
	uint64_t lost_frees;
	uint64_t flags;
} rows[] = {
	{ "all is well", { ALLOC(A), FREE(1, A), ALLOC(A), FREE(2, A) }, NOTHING, 0, 0, 0, 0 },
	{ "twice", { ALLOC(A), FREE(1, A), FREE(1, A) }, HEAP_ERROR_DOUBLE_FREE, A, 1, 0, 0 },
	{ "again and again",
	  { ALLOC(A), FREE(1, A), FREE(1, A), FREE(1, A) },
	  HEAP_ERROR_DOUBLE_FREE,
	  A,
	  2,
	  0,
	  0 },
	{ "inside", { ALLOC(A), FREE(1, A + 8) }, HEAP_ERROR_INSIDE, A, 1, 0, 0 },
	{ "at the last byte", { ALLOC(A), FREE(1, A + 99) }, HEAP_ERROR_INSIDE, A, 1, 0, 0 },
	{ "behind the last byte", { ALLOC(A), FREE(1, A + 100) }, HEAP_ERROR_NO_BLOCK, 0, 1, 0, 0 },
	{ "inside another than the one before",
	  { ALLOC(A), ALLOC(B), FREE(1, A), FREE(1, B + 8) },
	  HEAP_ERROR_INSIDE,
	  B,
	  1,
	  0,
	  0 },
	{ "two blocks, at one place",
	  { ALLOC(A), ALLOC(B), FREE(1, A), FREE(1, A), FREE(1, B), FREE(1, B) },
	  HEAP_ERROR_DOUBLE_FREE,
	  A,
	  2,
	  0,
	  0 },
	{ "odd", { ALLOC(A), FREE(1, B + 4) }, HEAP_ERROR_NO_BLOCK, 0, 1, 0, 0 },
	{ "too low", { ALLOC(A), FREE(1, 0x8000) }, HEAP_ERROR_NO_BLOCK, 0, 1, 0, 0 },
	{ "new's", { BORN(A, LG_ENTRY_NEW), FREE(1, A) }, HEAP_ERROR_FAMILY, A, 1, 0, 0 },
	{ "realloc of new's",
	  { BORN(A, LG_ENTRY_NEW), RELEASE(1, A), RESIZE(1, B) },
	  HEAP_ERROR_FAMILY,
	  A,
	  1,
	  0,
	  0 },
	{ "by an entry that nobody knows",
	  { ALLOC(A), { .type = LG_EV_FREE, .thread = 1, .addr = A } },
	  NOTHING,
	  0,
	  0,
	  0,
	  0 },
	{ "of an entry that nobody knows", { BORN(A, 0), FREE(1, A) }, NOTHING, 0, 0, 0, 0 },
	/* A realloc that fails leaves the block alive; while one is under way nobody knows. */
	{ "inside after realloc failed",
	  { ALLOC(A), RELEASE(1, A), RESIZE(1, 0), FREE(1, A + 8) },
	  HEAP_ERROR_INSIDE,
	  A,
	  1,
	  0,
	  0 },
	{ "in a realloc", { ALLOC(A), RELEASE(1, A), FREE(2, A), RESIZE(1, B) }, NOTHING, 0, 0, 0, 0 },
	{ "after a realloc",
	  { ALLOC(A), RELEASE(1, A), RESIZE(1, B), FREE(1, A) },
	  HEAP_ERROR_DOUBLE_FREE,
	  A,
	  1,
	  0,
	  0 },
	/* Where something happens unseen, what looks freed may be alive, and what looks alive gone. */
	{ "unseen, then twice", { ALLOC(A), FREE(1, UNSEEN), FREE(1, A), FREE(1, A) }, NOTHING, 0, 0, 0, 0 },
	{ "unseen, then inside", { ALLOC(A), FREE(1, UNSEEN), FREE(1, A + 8) }, NOTHING, 0, 0, 0, 0 },
	{ "unseen, then new's",
	  { BORN(A, LG_ENTRY_NEW), FREE(1, UNSEEN), FREE(1, A) },
	  HEAP_ERROR_FAMILY,
	  A,
	  1,
	  0,
	  0 },
	{ "handed out again unseen", { ALLOC(A), ALLOC(A), FREE(1, A), FREE(1, A) }, NOTHING, 0, 0, 0, 0 },
	{ "frees were lost", { ALLOC(A), FREE(1, A), FREE(1, A) }, NOTHING, 0, 0, 1, 0 },
	{ "of a forked child", { ALLOC(A), FREE(1, A), FREE(1, A) }, NOTHING, 0, 0, 0, LG_PROCESS_FORKED },
	{ "new's, of a forked child",
	  { BORN(A, LG_ENTRY_NEW), FREE(1, A) },
	  HEAP_ERROR_FAMILY,
	  A,
	  1,
	  0,
	  LG_PROCESS_FORKED },
	{ "of another size",
	  { BORN(A, LG_ENTRY_NEW), CLAIM(A, LG_ENTRY_DELETE, 99, 0) },
	  HEAP_ERROR_SIZE,
	  A,
	  1,
	  0,
	  0 },
	{ "of its size", { BORN(A, LG_ENTRY_NEW), CLAIM(A, LG_ENTRY_DELETE, 100, 0) }, NOTHING, 0, 0, 0, 0 },
	{ "of another alignment",
	  { WIDE(A), CLAIM(A, LG_ENTRY_DELETE_ALIGNED, 100, 5) },
	  HEAP_ERROR_ALIGNMENT,
	  A,
	  1,
	  0,
	  0 },
	{ "of its alignment", { WIDE(A), CLAIM(A, LG_ENTRY_DELETE_ALIGNED, 100, 6) }, NOTHING, 0, 0, 0, 0 },
	{ "its own malloc",
	  { ALLOC(A), FREE(1, A), FREE(1, A) },
	  NOTHING,
	  0,
	  0,
	  0,
	  LG_PROCESS_FOREIGN_MALLOC },
};

static void check_row(int i, const char *path)
{
	struct trace_process process = { .pid = 1, .flags = rows[i].flags };
	struct trace_end end = { .present = true, .lost_frees = rows[i].lost_frees };
	struct heap_errors found;
	struct trace trace;
	struct heap heap;
	struct err err = { "" };
	size_t n = 0;

	while (n < EVENTS && (rows[i].events[n].addr || rows[i].events[n].size))
		n++;
	write_trace(path, &process, rows[i].events, n, &end);
	ck_assert_msg(!trace_open(&trace, path, &err), "%s", err.text);
	ck_assert_int_eq(heap_build(&heap, &trace, NULL, &err), 0);
	ck_assert_int_eq(heap_errors_find(&found, &heap, &(struct inherited){ 0 }, &err), 0);
	ck_assert_msg(found.n == (rows[i].kind != NOTHING), "%s: %u errors", rows[i].name, found.n);
	if (found.n) {
		ck_assert_msg(found.at->kind == rows[i].kind, "%s: %s", rows[i].name,
			      heap_error_name(found.at->kind));
		ck_assert_uint_eq(found.at->at, rows[i].at);
		ck_assert_uint_eq(found.at->instances, rows[i].instances);
	}
	heap_errors_free(&found);
	heap_free(&heap);
	trace_close(&trace);
}

START_TEST(what_is_wrong_by_the_events)
{
	char dir[] = "/tmp/leakgraph-errors-XXXXXX", path[64];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/t.lgt", dir);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		check_row((int)i, path);
		unlink(path);
	}
	rmdir(dir);
}
END_TEST

static void open_trace_of(struct trace *trace, uint32_t flags, const struct trace_event *events, size_t n)
{
	char path[] = "/tmp/leakgraph-errors-XXXXXX";
	struct err err = { "" };

	ck_assert_int_ge(mkstemp(path), 0);
	unlink(path);
	write_trace(path, &(struct trace_process){ .pid = 1, .flags = flags }, events, n,
		    &(struct trace_end){ .present = true });
	ck_assert_msg(!trace_open(trace, path, &err), "%s", err.text);
	unlink(path);
}

/* They have stacks, and know who freed the address before: each is told once. */
START_TEST(the_shims_suspects_know_more)
{
	static const struct trace_event events[] = { ALLOC(A), FREE(1, A), FREE(1, A), FREE(1, A) };
	struct trace_suspect suspects[] = { { .event = 2, .addr = A, .stack = 5, .before = 7 },
					    { .event = 3, .addr = A, .stack = 5, .before = 6 } };
	struct stray_free strays[] = { { 2, A, false }, { 3, A, false } };
	struct heap_errors found;
	struct trace trace;
	struct err err = { "" };

	open_trace_of(&trace, 0, events, 4);
	struct trace with = trace;
	with.suspects = suspects;
	with.nsuspects = 2;
	struct heap heap = { .trace = &with, .strays = strays, .nstrays = 2 };
	ck_assert_int_eq(heap_errors_find(&found, &heap, &(struct inherited){ 0 }, &err), 0);
	ck_assert_uint_eq(found.n, 2);
	ck_assert_uint_eq(found.at[0].call.stack, 5);
	ck_assert_uint_eq(found.at[0].call.before, 7); /* in the order of events */
	ck_assert_uint_eq(found.at[1].call.before, 6);
	ck_assert_uint_eq(found.at[0].instances + found.at[1].instances, 2);
	heap_errors_free(&found);
	trace_close(&trace);
}
END_TEST

/* Its parent's block is freed rightly once; of an address that nobody tells of nothing is claimed, nor then of others. */
START_TEST(a_child_may_free_once_what_it_inherited)
{
	static const struct trace_event events[] = { FREE(1, A), FREE(1, A), FREE(1, UNSEEN) };
	struct trace_suspect suspects[] = { { .event = 0, .addr = A },
					    { .event = 1, .addr = A, .stack = 5, .before = 7 },
					    { .event = 2, .addr = UNSEEN } };
	const struct lg_range blocks[] = { { A, A + 100 }, { B, B + 100 } };
	const struct inherited parents = { blocks, 2 };
	struct heap_errors found;
	struct trace trace;
	struct err err = { "" };

	open_trace_of(&trace, LG_PROCESS_FORKED, events, 3);
	struct trace with = trace;
	with.suspects = suspects;
	for (size_t n = 2; n <= 3; n++)
		for (int is_known = 0; is_known < 2; is_known++) {
			struct heap heap = { .trace = &with };
			with.nsuspects = n;
			ck_assert_int_eq(heap_errors_find(&found, &heap,
							  is_known ? &parents : &(struct inherited){ 0 },
							  &err),
					 0);
			ck_assert_uint_eq(found.n, is_known && n == 2);
			if (found.n) {
				ck_assert_int_eq(found.at->kind, HEAP_ERROR_DOUBLE_FREE);
				ck_assert_uint_eq(found.at->call.before, 7);
				ck_assert_uint_eq(found.at->at, 0); /* what it was is the parent's to tell */
			}
			heap_errors_free(&found);
		}
	trace_close(&trace);
}
END_TEST

/* A heap that ends so many blocks that it does not know has others whose addresses come again. */
START_TEST(too_many_strays_prove_nothing)
{
	static const struct trace_event events[] = { ALLOC(A), FREE(1, A), FREE(1, A) };
	static struct stray_free strays[STRAYS_MOST] = { { 2, A, false } };
	struct heap_errors found;
	struct trace trace;
	struct err err = { "" };

	for (size_t i = 1; i < STRAYS_MOST; i++)
		strays[i] = (struct stray_free){ 2 + i, B + 16 * i, false };
	open_trace_of(&trace, 0, events, 3);
	for (size_t n = STRAYS_MOST - 1; n <= STRAYS_MOST; n++) {
		struct heap heap = { .trace = &trace, .strays = strays, .nstrays = n };
		ck_assert_int_eq(heap_errors_find(&found, &heap, &(struct inherited){ 0 }, &err), 0);
		ck_assert_uint_eq(found.n, n < STRAYS_MOST);
		heap_errors_free(&found);
	}
	trace_close(&trace);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { what_is_wrong_by_the_events, the_shims_suspects_know_more,
				       a_child_may_free_once_what_it_inherited,
				       too_many_strays_prove_nothing };

	return suite_run("errors", tests, sizeof tests / sizeof *tests);
}
