/* patterns.c: wildcards of suppression files. */
#include "report/patterns.h"
#include "suite.h"

START_TEST(globs_match_the_whole_text)
{
	ck_assert(glob_matches("a*c", "abbc"));
	ck_assert(glob_matches("*", ""));
	ck_assert(glob_matches("a?c", "abc"));
	ck_assert(glob_matches("*b*d*", "abcd"));
	ck_assert(!glob_matches("a*c", "abcd"));
	ck_assert(!glob_matches("?", ""));
	ck_assert(!glob_matches("", "a"));
}
END_TEST

START_TEST(leaksanitizer_patterns_match_anywhere)
{
	ck_assert(lsan_matches("bc", "abcd"));
	ck_assert(lsan_matches("a*d", "xabcdx"));
	ck_assert(lsan_matches("^ab", "abcd"));
	ck_assert(lsan_matches("cd$", "abcd"));
	ck_assert(lsan_matches("^abcd$", "abcd"));
	ck_assert(lsan_matches("^a*d$", "abcd"));
	ck_assert(lsan_matches("d$", "abdcd"));
	ck_assert(!lsan_matches("^bc", "abcd"));
	ck_assert(!lsan_matches("bc$", "abcd"));
	ck_assert(!lsan_matches("^abc$", "abcd"));
	ck_assert(!lsan_matches("x", "abcd"));
}
END_TEST

START_TEST(many_stars_end_soon)
{
	char text[4096], pattern[256];

	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = 0;
	for (size_t i = 0; i + 2 < sizeof pattern; i += 2)
		memcpy(pattern + i, "*a", 3);
	strcpy(pattern + sizeof pattern - 4, "*b");
	ck_assert(!glob_matches(pattern, text));
	ck_assert(!lsan_matches(pattern, text));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		globs_match_the_whole_text,
		leaksanitizer_patterns_match_anywhere,
		many_stars_end_soon,
	};
	return suite_run("patterns", tests, sizeof tests / sizeof *tests);
}
