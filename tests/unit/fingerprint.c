/* fingerprint.c: leakgraphStack/v2. Its texts are frozen: a change here breaks users' baselines. */
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
	ck_assert_str_eq(function("f(int) [clone .constprop.0]"), "f");
	ck_assert_str_eq(function("f [clone .cold]"), "f");
	ck_assert_str_eq(function("name[abi:cxx11](int)"), "name");
	ck_assert_str_eq(function("memcpy@@GLIBC_2.14"), "memcpy");
	ck_assert_str_eq(function("core::ops::call::h0123456789abcdef"), "core::ops::call");
	ck_assert_str_eq(function("app::main::{closure#2}"), "app::main::{closure}");
	ck_assert_str_eq(function("app::main::{{closure}}::h0123456789abcdef"), "app::main::{{closure}}");
	ck_assert_str_eq(function("f(int)::{unnamed type#3}::g()"), "f::{unnamed type}::g");
}
END_TEST

START_TEST(lambdas_have_no_name_of_their_own)
{
	ck_assert_str_eq(function("work()::{lambda(int)#2}::operator()(int) const"), "work::operator()");
	ck_assert_str_eq(function("work()::$_1::operator()(int) const"), "work::operator()");
	ck_assert_str_eq(function("work::<lambda(int)>::operator()"), "work::operator()");
	ck_assert_str_eq(function("work::operator()"), "work::operator()");
	ck_assert_str_eq(function("main::{lambda()#1}"), "main");
}
END_TEST

START_TEST(names_lose_types_and_arguments)
{
	ck_assert_str_eq(function("a::b<c, 3>::operator[](unsigned long)"), "a::b::operator[]");
	ck_assert_str_eq(
	    function("void std::__invoke_impl<void, f()::$_0&, int>(std::__invoke_other, int&&)"),
	    "std::__invoke_impl");
	ck_assert_str_eq(
	    function("std::basic_ostream<char>& std::operator<< <char>(std::basic_ostream<char>&)"),
	    "std::operator<<");
	ck_assert_str_eq(function("std::function<void (int)>::operator()(int) const"),
			 "std::function::operator()");
	ck_assert_str_eq(function("decltype (a(b)) c::d<int>(int)"), "c::d");
	ck_assert_str_eq(function("decltype(a(b)) c::d<int>(int)"), "c::d");
	ck_assert_str_eq(function("a::operator bool() const"), "a::operator bool");
	ck_assert_str_eq(function("a::operator unsigned long()"), "a::operator unsigned long");
	ck_assert_str_eq(function("cooperator<int>::run()"), "cooperator::run");
	ck_assert_str_eq(function("(anonymous namespace)::hidden(int)"), "(anonymous namespace)::hidden");
	ck_assert_str_eq(function("<a::b<c> as d>::e"), "<a::b<c> as d>::e");
	ck_assert_str_eq(function("main.(*Server).serve"), "main..serve");
}
END_TEST

START_TEST(names_keep_what_is_theirs)
{
	ck_assert_str_eq(function("main"), "main");
	ck_assert_str_eq(function("cold"), "cold");
	ck_assert_str_eq(function(".cold"), ".cold");
	ck_assert_str_eq(function("v.12"), "v.12");
	ck_assert_str_eq(function("x::h0123"), "x::h0123");
	ck_assert_str_eq(function("f_$"), "f_$");
	ck_assert_str_eq(function(""), "");
	ck_assert_str_eq(function("<<<"), "<<<");
	ck_assert_str_eq(function("{"), "{");
	ck_assert_str_eq(function("{#1}"), "{}");
	ck_assert_str_eq(function("f((("), "f");
	ck_assert_str_eq(function("(("), "");
	ck_assert_str_eq(function(" "), "");
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

	ck_assert_str_eq(f.strict_text, "app!std::vector::push_back\napp!load\n");
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

START_TEST(heap_errors_have_both_stacks_and_places_that_grow_their_function)
{
	static const struct report_frame call[] = { { .function = "drop", .module = "app" },
						    { .function = "main", .module = "app" } };
	static const struct report_frame made[] = { { .function = "make", .module = "app" },
						    { .function = "main", .module = "app" } };
	const struct report_stack dropped = { .frames = call, .nframes = 2, .shown = 2 };
	const struct report_stack allocated = { .frames = made, .nframes = 2, .shown = 2 };
	struct fingerprint f, other;
	struct pool pool = { 0 };

	ck_assert_int_eq(fingerprint_error(&f, "double-free", &dropped, &allocated, &pool), 0);
	ck_assert_str_eq(f.strict_text,
			 "heap-error double-free\napp!drop\napp!main\nblock\napp!make\napp!main\n");
	ck_assert_int_eq(fingerprint_error(&other, "double-free", &dropped, NULL, &pool), 0);
	ck_assert_str_eq(other.strict_text, "heap-error double-free\napp!drop\napp!main\n");
	ck_assert_str_ne(f.strict, other.strict);
	ck_assert_int_eq(fingerprint_growth(&f, &allocated, &pool), 0);
	ck_assert_str_eq(f.strict_text, "growth\napp!make\n");
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
		lambdas_have_no_name_of_their_own,
		names_lose_types_and_arguments,
		names_keep_what_is_theirs,
		modules_lose_their_version,
		lines_and_recursion_do_not_count,
		other_callers_are_another_leak,
		allocators_and_unknown_inlines_are_dropped,
		loose_has_three_own_frames_and_strict_sixteen,
		an_empty_stack_has_a_fingerprint_too,
		heap_errors_have_both_stacks_and_places_that_grow_their_function,
		the_hash_is_frozen,
	};
	return suite_run("fingerprint", tests, sizeof tests / sizeof *tests);
}
