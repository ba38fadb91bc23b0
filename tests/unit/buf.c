/* buf: bytes out and untrusted bytes in. */
#include "base/buf.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

static struct cursor over(const void *bytes, size_t n)
{
	return (struct cursor){ bytes, (const uint8_t *)bytes + n, NULL };
}

static const uint64_t edges[] = { 0,	      1,	 0x7f,	     0x80,	 0x3fff,    0x4000,
				  UINT32_MAX, INT64_MAX, 1ULL << 62, 1ULL << 63, UINT64_MAX };
#define NEDGES (sizeof edges / sizeof *edges)

START_TEST(varints_come_back)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < NEDGES; i++)
		buf_varint(&b, edges[i]);
	struct cursor c = over(b.bytes, b.used);
	for (size_t i = 0; i < NEDGES; i++)
		ck_assert_uint_eq(take_varint(&c, "edge"), edges[i]);
	ck_assert_ptr_eq(c.at, c.end);
	ck_assert_ptr_null(c.broken);
	buf_free(&b);
}
END_TEST

static int64_t take_zigzag(struct cursor *c)
{
	uint64_t v = take_varint(c, "zigzag");

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

START_TEST(zigzags_come_back)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < NEDGES; i++) {
		buf_zigzag(&b, (int64_t)edges[i]);
		buf_zigzag(&b, -(int64_t)(edges[i] >> 1));
	}
	struct cursor c = over(b.bytes, b.used);
	for (size_t i = 0; i < NEDGES; i++) {
		ck_assert_int_eq(take_zigzag(&c), (int64_t)edges[i]);
		ck_assert_int_eq(take_zigzag(&c), -(int64_t)(edges[i] >> 1));
	}
	ck_assert_ptr_null(c.broken);
	buf_free(&b);
}
END_TEST

START_TEST(small_numbers_take_one_byte)
{
	struct buf b = { 0 };

	buf_varint(&b, 127);
	buf_zigzag(&b, -64);
	ck_assert_uint_eq(b.used, 2);
	buf_varint(&b, 128);
	ck_assert_uint_eq(b.used, 4);
	buf_free(&b);
}
END_TEST

START_TEST(a_varint_of_65_bits_is_refused)
{
	static const uint8_t most[10] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 1 };
	static const uint8_t more[10] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 2 };
	static const uint8_t endless[12] = { 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0 };
	struct cursor a = over(most, sizeof most), b = over(more, sizeof more),
		      c = over(endless, sizeof endless);

	ck_assert_uint_eq(take_varint(&a, "x"), UINT64_MAX);
	ck_assert_ptr_null(a.broken);
	ck_assert_uint_eq(take_varint(&b, "x"), 0);
	ck_assert_str_eq(b.broken, "x");
	take_varint(&c, "x");
	ck_assert_str_eq(c.broken, "x");
}
END_TEST

START_TEST(the_first_error_sticks)
{
	static const uint8_t bytes[] = { 5, 'a', 'b' };
	struct cursor c = over(bytes, sizeof bytes);

	ck_assert_ptr_null(take_string(&c, "name"));
	ck_assert_uint_eq(take_varint(&c, "number"), 0);
	ck_assert_uint_eq(take_count(&c, 9, "count"), 0);
	ck_assert_ptr_null(take_bytes(&c, 0, "bytes"));
	ck_assert_str_eq(c.broken, "name");
}
END_TEST

START_TEST(a_cut_varint_reads_nothing_past_the_end)
{
	uint8_t *bytes = malloc(1); /* of this size, so that a checker sees one byte too many */

	bytes[0] = 0x80;
	struct cursor c = over(bytes, 1);
	ck_assert_uint_eq(take_varint(&c, "cut"), 0);
	ck_assert_str_eq(c.broken, "cut");
	ck_assert(c.at <= c.end);
	free(bytes);
}
END_TEST

START_TEST(a_count_is_bounded)
{
	static const uint8_t bytes[] = { 7, 8 };
	struct cursor c = over(bytes, sizeof bytes);

	ck_assert_uint_eq(take_count(&c, 7, "count"), 7);
	ck_assert_ptr_null(c.broken);
	ck_assert_uint_eq(take_count(&c, 7, "count"), 0);
	ck_assert_str_eq(c.broken, "count");
}
END_TEST

START_TEST(strings_and_parts_come_back)
{
	struct buf b = { 0 };

	buf_string(&b, "leak");
	buf_string(&b, NULL);
	buf_blob(&b, "\1\2", 2);
	struct cursor c = over(b.bytes, b.used);
	char *leak = take_string(&c, "s"), *empty = take_string(&c, "s");
	struct cursor part = take_part(&c, "part");
	ck_assert_str_eq(leak, "leak");
	ck_assert_str_eq(empty, "");
	ck_assert_uint_eq(take_varint(&part, "x"), 1);
	ck_assert_uint_eq(take_varint(&part, "x"), 2);
	ck_assert_ptr_null(part.broken);
	take_varint(&part, "end");
	ck_assert_str_eq(part.broken, "end");
	ck_assert_ptr_null(c.broken);
	free(leak);
	free(empty);
	buf_free(&b);
}
END_TEST

START_TEST(a_length_near_2_to_64_does_not_wrap)
{
	struct buf b = { 0 };

	buf_varint(&b, UINT64_MAX);
	buf_put(&b, "abc", 3);
	struct cursor c = over(b.bytes, b.used), part = take_part(&c, "part");
	ck_assert_str_eq(c.broken, "part");
	ck_assert_str_eq(part.broken, "part");
	buf_free(&b);
}
END_TEST

START_TEST(a_buf_grows_and_keeps_its_room)
{
	struct buf b = { 0 };

	for (unsigned i = 0; i < 100000; i++)
		buf_put(&b, &i, sizeof i);
	ck_assert_uint_eq(b.used, 400000);
	for (unsigned i = 0, v; i < 100000; i++) {
		memcpy(&v, b.bytes + 4 * i, 4);
		ck_assert_uint_eq(v, i);
	}
	size_t room = b.room;
	buf_clear(&b);
	ck_assert_uint_eq(b.used, 0);
	ck_assert_uint_eq(b.room, room);
	buf_free(&b);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		varints_come_back,
		zigzags_come_back,
		small_numbers_take_one_byte,
		a_varint_of_65_bits_is_refused,
		the_first_error_sticks,
		a_cut_varint_reads_nothing_past_the_end,
		a_count_is_bounded,
		strings_and_parts_come_back,
		a_length_near_2_to_64_does_not_wrap,
		a_buf_grows_and_keeps_its_room,
	};
	return suite_run("buf", tests, sizeof tests / sizeof *tests);
}
