/* trace-damage: no file, however damaged, does worse than say so. */
#include "trace-sample.h"

START_TEST(a_cut_at_any_byte_is_noticed)
{
	write_sample();
	struct buf file = slurp();
	size_t opened = 0;

	for (size_t n = 0; n < file.used; n++) {
		spill(file.bytes, n);
		opened += survives();
	}
	ck_assert_uint_eq(opened, file.used - chunk_at(&file, 1));
	buf_free(&file);
}
END_TEST

START_TEST(a_cut_says_where)
{
	char expected[100];

	write_sample();
	struct buf file = slurp();
	spill(file.bytes, chunk_at(&file, 11) + 40);
	snprintf(expected, sizeof expected, "cut at byte %zu (chunk 11)", chunk_at(&file, 11) + 40);
	struct trace t = open_good();
	ck_assert_str_eq(t.damage, expected);
	ck_assert_uint_eq(t.nevents, NEVENTS);
	ck_assert(t.snapshots[0].whole);
	ck_assert(!t.end.present);
	trace_close(&t);
	buf_free(&file);
}
END_TEST

START_TEST(a_flip_of_any_bit_is_noticed)
{
	write_sample();
	struct buf file = slurp();

	for (size_t i = 0; i < file.used; i++) {
		if (i == offsetof(struct lg_file_header, reserved))
			i += 4; /* says nothing yet */
		for (unsigned bit = 1; bit < 256; bit <<= 1) {
			file.bytes[i] ^= (uint8_t)bit;
			spill(file.bytes, file.used);
			survives();
			file.bytes[i] ^= (uint8_t)bit;
		}
	}
	buf_free(&file);
}
END_TEST

START_TEST(one_bad_chunk_costs_only_itself)
{
	char expected[100];

	write_sample();
	struct buf file = slurp();
	size_t at = chunk_at(&file, 3);
	file.bytes[at + _i] ^= 0xff; /* in its header or its payload */
	spill(file.bytes, file.used);
	snprintf(expected, sizeof expected, "chunk 3 at byte %zu damaged, 1 chunks skipped", at);
	struct trace t = open_good();
	ck_assert_str_eq(t.damage, expected);
	ck_assert_uint_eq(t.nevents, NEVENTS);
	ck_assert(t.snapshots[0].whole);
	ck_assert(t.end.present);
	use(&t);
	trace_close(&t);
	buf_free(&file);
}
END_TEST

START_TEST(a_missing_chunk_is_noticed)
{
	char expected[100];

	write_sample();
	struct buf file = slurp();
	size_t from = chunk_at(&file, 2), to = chunk_at(&file, 4);
	memmove(file.bytes + from, file.bytes + to, file.used - to);
	spill(file.bytes, file.used - (to - from));
	snprintf(expected, sizeof expected, "2 chunks missing before byte %zu (chunk 4)", from);
	struct trace t = open_good();
	ck_assert(strncmp(t.damage, expected, strlen(expected)) == 0);
	ck_assert(t.snapshots[0].whole);
	trace_close(&t);
	buf_free(&file);
}
END_TEST

START_TEST(a_repeated_chunk_is_skipped)
{
	write_sample();
	struct buf file = slurp();
	struct buf twice = { 0 };
	size_t from = chunk_at(&file, 3), to = chunk_at(&file, 4);

	buf_put(&twice, file.bytes, to);
	buf_put(&twice, file.bytes + from, file.used - from);
	spill(twice.bytes, twice.used);
	struct trace t = open_good();
	ck_assert_ptr_nonnull(strstr(t.damage, "chunk 3 at byte"));
	ck_assert_ptr_nonnull(strstr(t.damage, "out of order"));
	ck_assert_uint_eq(t.nevents, 2 * NEVENTS);
	trace_close(&t);
	buf_free(&twice);
	buf_free(&file);
}
END_TEST

START_TEST(a_snapshot_that_lost_memory_is_not_whole)
{
	uint64_t word;

	write_sample();
	struct buf file = slurp();
	file.bytes[chunk_at(&file, 8) + 40] ^= 1;
	spill(file.bytes, file.used);
	struct trace t = open_good();
	const struct trace_snapshot *s = &t.snapshots[0];
	ck_assert_uint_eq(t.nsnapshots, 1);
	ck_assert(!s->whole);
	ck_assert_uint_eq(s->nmemory, 2);
	ck_assert(snapshot_word(s, 0x10008, &word));
	ck_assert(!snapshot_word(s, 0x10010, &word)); /* lost is not zero */
	trace_close(&t);
	buf_free(&file);
}
END_TEST

START_TEST(parts_without_a_snapshot_are_damage)
{
	write_sample();
	struct buf file = slurp();
	file.bytes[chunk_at(&file, 4) + 33] ^= 1; /* the chunk that begins it */
	spill(file.bytes, file.used);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nsnapshots, 0);
	ck_assert_ptr_nonnull(strstr(t.damage, "; 6 more"));
	trace_close(&t);
	buf_free(&file);
}
END_TEST

/* Memory of a traced program may hold chunks of its own, good ones even: of a traced leakgraph, say. */
START_TEST(a_chunk_inside_a_payload_is_not_taken)
{
	write_sample();
	struct buf sample = slurp();
	struct buf b = { 0 };
	size_t from = chunk_at(&sample, 11), to = chunk_at(&sample, 12), n = to - from;
	struct trace_writer *w = start();

	put_the_process(w);
	put_the_nodes(w);
	put_snapshot(&b, &(struct trace_snapshot){ .id = 1 }), put(w, LG_CHUNK_SNAPSHOT, &b);
	put_memory(&b, &(struct trace_memory){ 0x1000, 8, NULL }, 1, &(uint64_t){ 1 });
	buf_put(&b, sample.bytes + from, n); /* behind the last field: ignored */
	put(w, LG_CHUNK_MEMORY, &b);
	put_the_end(w);
	finish(w);
	struct buf file = slurp();
	ck_assert_ptr_nonnull(memmem(file.bytes, file.used, sample.bytes + from, n)); /* stored raw */
	file.bytes[chunk_at(&file, 3) + 8] ^= 1; /* a wrong length: the search must go byte by byte */
	spill(file.bytes, file.used);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nevents, 0);
	ck_assert(t.end.present);
	trace_close(&t);
	buf_free(&file);
	buf_free(&sample);
}
END_TEST

START_TEST(false_starts_do_not_cost_for_ever)
{
	enum { N = 8 << 20 };
	uint32_t *words = malloc(N);
	struct buf file, b = { 0 };

	write_sample();
	file = slurp();
	for (size_t i = 0; i < N / 4; i += 8) /* each a header of a large payload that would fit in here */
		memcpy(words + i,
		       &(struct lg_chunk_header){ LG_CHUNK_MAGIC, 4, LG_CODEC_RAW, N / 2, N / 2, 4, 7 }, 32);
	buf_put(&b, file.bytes, chunk_at(&file, 3));
	buf_put(&b, words, N);
	spill(b.bytes, b.used);
	alarm(15); /* it takes a tenth of a second; without a bound, minutes */
	ck_assert(survives());
	alarm(0);
	free(words);
	buf_free(&b);
	buf_free(&file);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_cut_at_any_byte_is_noticed);
	tcase_add_test(tc, a_cut_says_where);
	tcase_add_test(tc, a_flip_of_any_bit_is_noticed);
	tcase_add_loop_test(tc, one_bad_chunk_costs_only_itself, 0, 40);
	tcase_add_test(tc, a_missing_chunk_is_noticed);
	tcase_add_test(tc, a_repeated_chunk_is_skipped);
	tcase_add_test(tc, a_snapshot_that_lost_memory_is_not_whole);
	tcase_add_test(tc, parts_without_a_snapshot_are_damage);
	tcase_add_test(tc, a_chunk_inside_a_payload_is_not_taken);
	tcase_add_test(tc, false_starts_do_not_cost_for_ever);
}

int main(void)
{
	return sample_suite_run("trace-damage", add_tests);
}
