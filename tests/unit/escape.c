/* escape: names from outside in XML, SQL, DOT and folded stacks. */
#include "base/escape.h"
#include "suite.h"

static void is_put(const char *text, escape_rule *rule, const char *want)
{
	struct buf out = { 0 };

	escape_put(&out, text, rule);
	buf_put(&out, "", 1);
	ck_assert_str_eq((char *)out.bytes, want);
	buf_free(&out);
}

START_TEST(each_format_has_its_own)
{
	const char *odd = "<a href=\"'x'\">\\&;</a>";

	is_put(odd, escape_nothing, odd);
	is_put(odd, escape_xml, "&lt;a href=&quot;'x'&quot;&gt;\\&amp;;&lt;/a&gt;");
	is_put(odd, escape_sql, "<a href=\"''x''\">\\&;</a>");
	is_put(odd, escape_dot, "<a href=\\\"'x'\\\">\\\\&;</a>");
	is_put(odd, escape_folded, "<a href=\"'x'\">\\&:</a>");
}
END_TEST

START_TEST(lines_stay_lines_in_xml_only)
{
	is_put("a\n\tb\r\x01\x7f", escape_xml, "a\n\tb???");
	is_put("a\n\tb\r\x01\x7f", escape_sql, "a??b???");
}
END_TEST

START_TEST(what_is_no_utf8_is_replaced)
{
	is_put("h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x9b", escape_sql,
	       "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x9b");
	is_put("\xff\xc3(\xc0\xaf\xed\xa0\x80", escape_sql,
	       "\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	is_put("\xe2\x82", escape_sql, "\xef\xbf\xbd\xef\xbf\xbd");
}
END_TEST

START_TEST(numbers_are_whole)
{
	struct buf out = { 0 };

	buf_number(&out, 0);
	buf_text(&out, " ");
	buf_number(&out, 10);
	buf_text(&out, " ");
	buf_number(&out, UINT64_MAX);
	buf_put(&out, "", 1);
	ck_assert_str_eq((char *)out.bytes, "0 10 18446744073709551615");
	buf_free(&out);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_format_has_its_own,
		lines_stay_lines_in_xml_only,
		what_is_no_utf8_is_replaced,
		numbers_are_whole,
	};
	return suite_run("escape", tests, sizeof tests / sizeof *tests);
}
