/* trace-writer: a writer in trouble keeps what it can, and tells. */
#include "trace-sample.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

START_TEST(nothing_is_overwritten)
{
	struct trace_writer *w;
	struct err err = { 0 };

	spill("precious", 8);
	ck_assert_int_eq(trace_writer_open(&w, path, &err), -1);
	ck_assert_ptr_null(w);
	ck_assert_ptr_nonnull(strstr(err.text, "exists already"));
	struct buf file = slurp();
	ck_assert_uint_eq(file.used, 8);
	buf_free(&file);
	ck_assert_int_eq(trace_writer_close(NULL, &err), 0);
}
END_TEST

static struct buf noise(size_t n)
{
	struct buf words = { 0 }, b = { 0 };
	struct trace_memory range = { 0x10000, n, NULL };

	for (size_t i = 0; i < n; i += 8) {
		uint64_t word = random_bits() * 0x9e3779b97f4a7c15;
		buf_put(&words, &word, 8);
	}
	put_memory(&b, &range, 1, (const uint64_t *)words.bytes);
	buf_free(&words);
	return b;
}

static void limit_files_to(rlim_t bytes)
{
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ bytes, RLIM_INFINITY });
}

/* A full disk in the middle of a chunk: everything before it stays, the footer still fits. */
START_TEST(a_full_disk_keeps_what_was_written)
{
	struct err first = { 0 }, later = { 0 };
	struct buf big = noise(100000), small = { 0 }, footer = { 0 };
	struct trace_writer *w = start();

	put_the_process(w);
	put_the_nodes(w);
	put_the_events(w);
	struct buf good = slurp();
	limit_files_to(20000);
	ck_assert_int_eq(trace_put(w, LG_CHUNK_MEMORY, &big, &first), -1);
	ck_assert_ptr_nonnull(strstr(first.text, "cannot write: File too large"));
	struct buf file = slurp();
	ck_assert_uint_eq(file.used, good.used); /* half a chunk is gone again */
	put_events(&small, events, NEVENTS);
	ck_assert_int_eq(trace_put(w, LG_CHUNK_EVENTS, &small, &later), -1);
	ck_assert_str_eq(later.text, first.text);
	put_end(&footer, &end);
	ck_assert_int_eq(trace_put(w, LG_CHUNK_END, &footer, &later), -1);
	ck_assert_int_eq(trace_writer_close(w, &later), -1);
	ck_assert_str_eq(later.text, first.text);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nevents, NEVENTS);
	ck_assert(t.end.present);
	ck_assert_ptr_nonnull(strstr(t.damage, "2 chunks missing"));
	trace_close(&t);
	buf_free(&big), buf_free(&small), buf_free(&footer), buf_free(&file), buf_free(&good);
}
END_TEST

static struct trace_writer *start_gathering(void)
{
	struct trace_writer *w;
	struct err err = { 0 };

	unlink(path);
	ck_assert_msg(trace_writer_gather(&w, path, &err) == 0, "%s", err.text);
	return w;
}

START_TEST(what_is_gathered_is_written_when_it_is_flushed)
{
	struct trace_writer *w = start_gathering();
	struct err err = { 0 };

	put_the_process(w);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(trace_flush(w, &err), 0);
	struct buf file = slurp();
	ck_assert_uint_eq(file.used, chunk_at(&file, 1));
	put_the_nodes(w);
	struct buf same = slurp();
	ck_assert_uint_eq(same.used, file.used);
	finish(w);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nnodes, 5);
	trace_close(&t);
	buf_free(&file), buf_free(&same);
}
END_TEST

START_TEST(a_full_disk_keeps_what_there_was_room_for_of_what_was_gathered)
{
	struct err err = { 0 };
	struct buf big = noise(100000), footer = { 0 };
	struct trace_writer *w = start_gathering();

	put_the_process(w);
	put_the_nodes(w);
	put_the_events(w);
	limit_files_to(20000);
	put(w, LG_CHUNK_MEMORY, &big);
	put_end(&footer, &end);
	ck_assert_int_eq(trace_put(w, LG_CHUNK_END, &footer, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot write: File too large"));
	ck_assert_int_eq(trace_writer_close(w, NULL), -1);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nevents, NEVENTS);
	ck_assert(t.end.present);
	ck_assert_ptr_nonnull(strstr(t.damage, "1 chunks missing"));
	trace_close(&t);
	buf_free(&footer);
}
END_TEST

#define PUTTERS 4
#define PUTS 2000u

static void *put_many(void *context)
{
	for (unsigned i = 0; i < PUTS; i++)
		put_the_events(context);
	return NULL;
}

START_TEST(threads_may_put_at_the_same_time)
{
	struct trace_writer *w = start();
	pthread_t putters[PUTTERS];

	put_the_process(w);
	put_the_nodes(w);
	for (unsigned i = 0; i < PUTTERS; i++)
		ck_assert_int_eq(pthread_create(&putters[i], NULL, put_many, w), 0);
	for (unsigned i = 0; i < PUTTERS; i++)
		pthread_join(putters[i], NULL);
	put_the_end(w);
	finish(w);
	struct trace t = open_good();
	ck_assert_str_eq(t.damage, "");
	ck_assert_uint_eq(t.chunks[LG_CHUNK_EVENTS].count, PUTTERS * PUTS);
	ck_assert_uint_eq(t.nevents, PUTTERS * PUTS * NEVENTS);
	trace_close(&t);
}
END_TEST

START_TEST(a_file_that_cannot_be_made_is_told_of_when_it_is_flushed)
{
	struct trace_writer *w = start_gathering();
	struct err err = { 0 };
	struct buf footer = { 0 };

	spill("precious", 8);
	put_the_process(w);
	put_end(&footer, &end);
	ck_assert_int_eq(trace_put(w, LG_CHUNK_END, &footer, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "exists already"));
	ck_assert_int_eq(trace_writer_close(w, NULL), -1);
	struct buf file = slurp();
	ck_assert_uint_eq(file.used, 8);
	buf_free(&file), buf_free(&footer);
}
END_TEST

START_TEST(no_room_for_a_header_leaves_no_file)
{
	struct trace_writer *w;
	struct err err = { 0 };

	limit_files_to(8);
	ck_assert_int_eq(trace_writer_open(&w, path, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot write"));
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(payloads_may_be_as_large_as_the_limit_and_no_larger)
{
	struct buf b = noise(LG_CHUNK_RAW_MAX - 8);
	struct err err = { 0 };
	struct trace_writer *w = start();

	put_the_process(w);
	b.used = LG_CHUNK_RAW_MAX;
	ck_assert_int_eq(trace_put(w, (enum lg_chunk_kind)99, &b, &err), 0);
	buf_put(&b, "x", 1);
	ck_assert_int_eq(trace_put(w, (enum lg_chunk_kind)99, &b, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "too large"));
	ck_assert_int_eq(trace_writer_close(w, &err), -1);
	assert_damage_says("no footer");
	buf_free(&b);
}
END_TEST

START_TEST(an_incomplete_payload_is_not_written)
{
	struct buf b = { .failed = true };
	struct err err = { 0 };
	struct trace_writer *w = start();

	put_the_process(w);
	ck_assert_int_eq(trace_put(w, LG_CHUNK_EVENTS, &b, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "out of memory"));
	ck_assert_int_eq(trace_writer_close(w, NULL), -1);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, nothing_is_overwritten);
	tcase_add_test(tc, a_full_disk_keeps_what_was_written);
	tcase_add_test(tc, what_is_gathered_is_written_when_it_is_flushed);
	tcase_add_test(tc, a_full_disk_keeps_what_there_was_room_for_of_what_was_gathered);
	tcase_add_test(tc, threads_may_put_at_the_same_time);
	tcase_add_test(tc, a_file_that_cannot_be_made_is_told_of_when_it_is_flushed);
	tcase_add_test(tc, no_room_for_a_header_leaves_no_file);
	tcase_add_test(tc, payloads_may_be_as_large_as_the_limit_and_no_larger);
	tcase_add_test(tc, an_incomplete_payload_is_not_written);
}

int main(void)
{
	return sample_suite_run("trace-writer", add_tests);
}
