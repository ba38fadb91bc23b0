/* fingerprint.c: leakgraphStack/v1. Its texts are frozen: a change here breaks users' baselines. */
#include "report/fingerprint.h"
#include "suite.h"

#include <string.h>

static const char *function(const char *name)
{
	static char out[256];

	normal_function(out, name);
	return out;
}

static const char *module(const char *name)
{
	static char out[256];

	normal_module(out, name);
	return out;
}

START_TEST(names_lose_what_compilers_add)
{
	ck_assert_str_eq(function("build.constprop.0"), "build");
	ck_assert_str_eq(function("build.isra.0.cold"), "build");
	ck_assert_str_eq(function("build.part.12.lto_priv.3"), "build");
	ck_assert_str_eq(function("f.llvm.123456"), "f");
	ck_assert_str_eq(function("f(int) [clone .constprop.0]"), "f(int)");
	ck_assert_str_eq(function("name[abi:cxx11](int)"), "name(int)");
	ck_assert_str_eq(function("memcpy@@GLIBC_2.14"), "memcpy");
	ck_assert_str_eq(function("core::ops::call::h0123456789abcdef"), "core::ops::call");
	ck_assert_str_eq(function("main::{lambda(int)#2}::operator()(int) const"),
			 "main::{lambda(int)}::operator()(int) const");
}
END_TEST

START_TEST(names_keep_what_is_theirs)
{
	ck_assert_str_eq(function("main"), "main");
	ck_assert_str_eq(function("cold"), "cold");
	ck_assert_str_eq(function(".cold"), ".cold");
	ck_assert_str_eq(function("a::b<c, 3>::operator[](unsigned long)"),
			 "a::b<c, 3>::operator[](unsigned long)");
	ck_assert_str_eq(function("v.12"), "v.12");
	ck_assert_str_eq(function("x::h0123"), "x::h0123");
	ck_assert_str_eq(function(""), "");
}
END_TEST

START_TEST(modules_lose_their_version)
{
	ck_assert_str_eq(module("libfoo.so.1.2.3"), "libfoo.so");
	ck_assert_str_eq(module("libfoo.so"), "libfoo.so");
	ck_assert_str_eq(module("app"), "app");
	ck_assert_str_eq(module("x.so.d.so.4"), "x.so.d.so");
	ck_assert_str_eq(module("plugin.so.cfg"), "plugin.so.cfg");
}
END_TEST

/* ---- whole stacks ---------------------------------------------------------------------------------------- */

struct row {
	const char *function, *module;
	uint32_t line;
};

static struct fingerprint of(struct pool *pool, const struct row *rows, uint32_t n)
{
	static struct report_frame frames[64];
	struct fingerprint f;

	for (uint32_t i = 0; i < n; i++)
		frames[i] = (struct report_frame){ .function = rows[i].function,
						   .module = rows[i].module,
						   .line = rows[i].line,
						   .address = 0x1000u * rows[i].line };
	struct report_stack s = { .frames = frames, .nframes = n, .shown = n };
	ck_assert_int_eq(fingerprint_stack(&f, &s, pool), 0);
	return f;
}
#define OF(pool, rows) of(pool, rows, sizeof rows / sizeof *rows)

START_TEST(lines_and_recursion_do_not_count)
{
	static const struct row plain[] = { { "mk", "app", 4 },
					    { "build", "app", 5 },
					    { "build", "app", 5 },
					    { "build", "app", 5 },
					    { "main", "app", 7 } };
	static const struct row moved[] = { { "mk", "app", 7 },
					    { "build.constprop.0", "app", 8 },
					    { "main", "app", 10 } };
	struct pool pool = { 0 };
	struct fingerprint a = OF(&pool, plain), b = OF(&pool, moved);

	ck_assert_str_eq(a.strict_text, "app!mk\napp!build\napp!main\n");
	ck_assert_str_eq(a.strict, b.strict);
	ck_assert_str_eq(a.loose, b.loose);
	ck_assert_uint_eq(strlen(a.strict), FINGERPRINT_DIGITS);
	pool_free(&pool);
}
END_TEST

START_TEST(other_callers_are_another_leak)
{
	static const struct row one[] = { { "mk", "app", 4 }, { "load", "app", 5 } };
	static const struct row two[] = { { "mk", "app", 4 }, { "save", "app", 5 } };
	struct pool pool = { 0 };

	ck_assert_str_ne(OF(&pool, one).strict, OF(&pool, two).strict);
	pool_free(&pool);
}
END_TEST

START_TEST(allocators_and_unknown_inlines_are_dropped)
{
	static const struct row rows[] = { { "operator new(unsigned long)", "libstdc++.so.6", 1 },
					   { "std::allocator_traits<X>::allocate(int)", "app", 2 },
					   { "UnknownInlinedFun", "app", 3 },
					   { "std::vector<int>::push_back(int)", "app", 4 },
					   { "load", "app", 5 } };
	struct pool pool = { 0 };
	struct fingerprint f = OF(&pool, rows);

	ck_assert_str_eq(f.strict_text, "app!std::vector<int>::push_back(int)\napp!load\n");
	ck_assert_str_eq(f.loose_text, "app!load\n");
	pool_free(&pool);
}
END_TEST

START_TEST(loose_has_three_own_frames_and_strict_sixteen)
{
	static const char *const names[] = { "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9" };
	struct row rows[20];
	struct pool pool = { 0 };
	uint32_t lines = 0;

	for (uint32_t i = 0; i < 20; i++)
		rows[i] = (struct row){ names[i % 10], i ? "app" : "libc.so.6", i };
	struct fingerprint f = of(&pool, rows, 20);
	for (const char *at = f.strict_text; (at = strchr(at, '\n')); at++)
		lines++;
	ck_assert_uint_eq(lines, FINGERPRINT_FRAMES);
	ck_assert_str_eq(f.loose_text, "app!f1\napp!f2\napp!f3\n");
	pool_free(&pool);
}
END_TEST

START_TEST(an_empty_stack_has_a_fingerprint_too)
{
	struct pool pool = { 0 };
	struct fingerprint f = of(&pool, NULL, 0);

	ck_assert_str_eq(f.strict_text, "?!?\n");
	ck_assert_str_eq(f.strict, f.loose);
	pool_free(&pool);
}
END_TEST

/* The hash itself is part of the contract: XXH3-128, high half first. */
START_TEST(the_hash_is_frozen)
{
	static const struct row rows[] = { { "mk", "app", 4 }, { "main", "app", 7 } };
	struct pool pool = { 0 };

	ck_assert_str_eq(OF(&pool, rows).strict, "c6b2a43911cf7d86385cc0723095d564");
	pool_free(&pool);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		names_lose_what_compilers_add,
		names_keep_what_is_theirs,
		modules_lose_their_version,
		lines_and_recursion_do_not_count,
		other_callers_are_another_leak,
		allocators_and_unknown_inlines_are_dropped,
		loose_has_three_own_frames_and_strict_sixteen,
		an_empty_stack_has_a_fingerprint_too,
		the_hash_is_frozen,
	};
	return suite_run("fingerprint", tests, sizeof tests / sizeof *tests);
}
