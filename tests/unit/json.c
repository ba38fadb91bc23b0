/* json.c: the JSON writer and numbers in words. */
#include "base/json.h"
#include "base/options.h"
#include "base/term.h"
#include "suite.h"

#include <string.h>

/* What was written so far, as a string. */
static const char *written(struct buf *b)
{
	buf_put(b, "", 1);
	return (const char *)b->bytes;
}

static const char *quoted(struct buf *b, const char *text)
{
	struct json j;

	buf_clear(b);
	json_start(&j, b);
	json_text(&j, text);
	return written(b);
}

START_TEST(members_stand_on_lines_of_their_own)
{
	struct buf b = { 0 };
	struct json j;

	json_start(&j, &b);
	json_open(&j, '{');
	json_put_number(&j, "a", 1);
	json_key(&j, "b");
	json_open(&j, '[');
	json_close(&j, ']');
	json_key(&j, "c");
	json_open_flat(&j, '[');
	json_number(&j, 2);
	json_open(&j, '{');
	json_put_bool(&j, "d", true);
	json_put_address(&j, "e", 0x55d0);
	json_close(&j, '}');
	json_close(&j, ']');
	json_put_text(&j, "f", NULL);
	json_close(&j, '}');
	json_end(&j);
	ck_assert_str_eq(written(&b), "{\n"
				      "  \"a\": 1,\n"
				      "  \"b\": [],\n"
				      "  \"c\": [2, {\"d\": true, \"e\": \"0x55d0\"}],\n"
				      "  \"f\": null\n"
				      "}\n");
	buf_free(&b);
}
END_TEST

START_TEST(numbers_keep_all_64_bits)
{
	struct buf b = { 0 };
	struct json j;

	json_start(&j, &b);
	json_number(&j, UINT64_MAX);
	ck_assert_str_eq(written(&b), "18446744073709551615");
	buf_free(&b);
}
END_TEST

START_TEST(text_is_escaped)
{
	struct buf b = { 0 };

	ck_assert_str_eq(quoted(&b, "a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
	ck_assert_str_eq(quoted(&b, "\n\t\r\x01\x1f\x7f"), "\"\\n\\t\\r\\u0001\\u001f\\u007f\"");
	ck_assert_str_eq(quoted(&b, ""), "\"\"");
	buf_free(&b);
}
END_TEST

#define BAD "\xef\xbf\xbd"

START_TEST(bad_utf8_is_replaced)
{
	struct buf b = { 0 };

	ck_assert_str_eq(quoted(&b, "gr\xc3\xbc\xc3\x9f"), "\"gr\xc3\xbc\xc3\x9f\"");
	ck_assert_str_eq(quoted(&b, "\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"");
	ck_assert_str_eq(quoted(&b, "a\xff z"), "\"a" BAD " z\"");
	ck_assert_str_eq(quoted(&b, "\xc3"), "\"" BAD "\"");
	ck_assert_str_eq(quoted(&b, "\xe2\x82"), "\"" BAD BAD "\"");
	ck_assert_str_eq(quoted(&b, "\xc0\xaf"), "\"" BAD BAD "\""); /* overlong */
	ck_assert_str_eq(quoted(&b, "\xed\xa0\x80"), "\"" BAD BAD BAD "\""); /* surrogate */
	ck_assert_str_eq(quoted(&b, "\xf4\x90\x80\x80"), "\"" BAD BAD BAD BAD "\""); /* past U+10FFFF */
	buf_free(&b);
}
END_TEST

START_TEST(sizes_read_as_people_say_them)
{
	char t[TERM_TEXT];

	ck_assert_str_eq(human_bytes(t, 0), "0 B");
	ck_assert_str_eq(human_bytes(t, 288), "288 B");
	ck_assert_str_eq(human_bytes(t, 9999), "9,999 B");
	ck_assert_str_eq(human_bytes(t, 10000), "9.8 KiB");
	ck_assert_str_eq(human_bytes(t, 42189), "41.2 KiB");
	ck_assert_str_eq(human_bytes(t, 1048575), "1.0 MiB");
	ck_assert_str_eq(human_bytes(t, 1ULL << 30), "1.0 GiB");
	ck_assert_str_eq(human_bytes(t, UINT64_MAX), "16.0 EiB");
}
END_TEST

START_TEST(counts_and_times_read_as_people_say_them)
{
	char t[TERM_TEXT], things[64];

	ck_assert_str_eq(human_count(t, 0), "0");
	ck_assert_str_eq(human_count(t, 999), "999");
	ck_assert_str_eq(human_count(t, 1204331), "1,204,331");
	ck_assert_str_eq(human_count(t, UINT64_MAX), "18,446,744,073,709,551,615");
	ck_assert_str_eq(human_time(t, 1600000), "1.6 ms");
	ck_assert_str_eq(human_time(t, 12400000000), "12.4 s");
	ck_assert_str_eq(human_time(t, 200000000000), "3 min 20 s");
	ck_assert_str_eq(human_things(things, sizeof things, 1, "block"), "1 block");
	ck_assert_str_eq(human_things(things, sizeof things, 1000, "block"), "1,000 blocks");
}
END_TEST

START_TEST(the_nearest_name_is_found)
{
	static const char *const names[] = { "run", "report", "check", "why", NULL };

	ck_assert_str_eq(nearest_name("reprot", names), "report");
	ck_assert_str_eq(nearest_name("chek", names), "check");
	ck_assert_str_eq(nearest_name("rnu", names), "run");
	ck_assert_ptr_null(nearest_name("firefox", names));
	ck_assert_ptr_null(nearest_name("ls", names));
	ck_assert_uint_eq(edit_distance("", "abc"), 3);
	ck_assert_uint_eq(edit_distance("abc", "acb"), 1);
}
END_TEST

START_TEST(values_are_taken_whole_or_not_at_all)
{
	struct err err = { "" };
	uint64_t v = 0;

	ck_assert_int_eq(parse_size("--max-bytes", "64K", &v, &err), 0);
	ck_assert_uint_eq(v, 65536);
	ck_assert_int_eq(parse_size("--max-bytes", "1MiB", &v, &err), 0);
	ck_assert_uint_eq(v, 1048576);
	ck_assert_int_eq(parse_size("--max-bytes", "1x", &v, &err), -1);
	ck_assert_int_eq(parse_size("--max-bytes", "-1", &v, &err), -1);
	ck_assert_int_eq(parse_size("--max-bytes", "99999999999T", &v, &err), -1);
	ck_assert_int_eq(parse_count("--max-leaks", "255", 255, &v, &err), 0);
	ck_assert_int_eq(parse_count("--max-leaks", "256", 255, &v, &err), -1);
	ck_assert_int_eq(parse_count("--max-leaks", "", 255, &v, &err), -1);
	ck_assert_int_eq(parse_seconds("--linger", "0.5", &v, &err), 0);
	ck_assert_uint_eq(v, 500000000);
	ck_assert_int_eq(parse_seconds("--linger", "nan", &v, &err), -1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		members_stand_on_lines_of_their_own,
		numbers_keep_all_64_bits,
		text_is_escaped,
		bad_utf8_is_replaced,
		sizes_read_as_people_say_them,
		counts_and_times_read_as_people_say_them,
		the_nearest_name_is_found,
		values_are_taken_whole_or_not_at_all,
	};
	return suite_run("json", tests, sizeof tests / sizeof *tests);
}
