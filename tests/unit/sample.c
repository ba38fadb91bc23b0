/* sample.c: which blocks are recorded where they are sampled, that the free of each is told, and what they stand for. */
#include "../../preload/sample.h"

#include "world.h"

#include <math.h>

static struct world w;

#define MEAN (512u << 10)
#define DRAWS 100000u

/* Within five standard deviations, each of which is the mean: one seed in a million is further off. */
START_TEST(bytes_that_pass_agree_with_the_exponential_distribution)
{
	uint64_t random = _i, beyond[4] = { 0 };
	double sum = 0;

	for (unsigned i = 0; i < DRAWS; i++) {
		uint64_t drawn = sample_draw(&random, MEAN);

		sum += (double)drawn;
		for (unsigned k = 0; k < 4; k++)
			beyond[k] += drawn >= k * MEAN;
	}
	ck_assert_double_eq_tol(sum / DRAWS, MEAN, 5 * MEAN / sqrt(DRAWS));
	for (unsigned k = 0; k < 4; k++)
		ck_assert_double_eq_tol((double)beyond[k] / DRAWS, exp(-(double)k), 5 / sqrt(DRAWS));
}
END_TEST

START_TEST(logarithms_are_right)
{
	const uint64_t numbers[] = {
		1, 2, 3, 1ULL << 31, 1ULL << 32, 1ULL << 63, UINT64_MAX / 3, UINT64_MAX
	};

	for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
		ck_assert_double_eq_tol((double)sample_minus_log2(numbers[i]) / (1 << SAMPLE_LOG_BITS),
					64 - log2((double)numbers[i]), 1e-6);
}
END_TEST

/* A stream of blocks of mixed sizes, as the shim samples them: what was recorded stands for all. */
START_TEST(estimates_agree_with_what_was_allocated)
{
	const uint64_t sizes[] = { 0, 24, 4096, 300000, MEAN, 5 * MEAN };
	const unsigned nsizes = sizeof sizes / sizeof *sizes, each = 100000;
	uint64_t random = 1 + (uint64_t)_i, left = sample_draw(&random, MEAN), blocks[6] = { 0 };

	for (unsigned i = 0; i < nsizes * each; i++) {
		uint64_t size = sizes[i % nsizes] + !sizes[i % nsizes];

		if (left >= size) {
			left -= size;
			continue;
		}
		left = sample_draw(&random, MEAN);
		blocks[i % nsizes] += sampled_blocks(MEAN, sizes[i % nsizes], i);
	}
	for (unsigned k = 1; k < nsizes; k++) { /* of empty blocks too few are recorded to tell */
		double chance = 1 - exp(-(double)sizes[k] / MEAN);

		ck_assert_double_eq_tol((double)blocks[k], each, 6 * sqrt(each / chance));
	}
}
END_TEST

START_TEST(large_blocks_stand_for_themselves)
{
	ck_assert_uint_eq(sampled_blocks(4096, 1 << 20, 7), 1);
	ck_assert_uint_eq(sampled_blocks(1, 64, 7), 1);
	ck_assert_uint_eq(sampled_blocks(4096, 0, 7), sampled_blocks(4096, 1, 7));
}
END_TEST

/* ---- what was recorded ---------------------------------------------------------------------------------- */

static struct sampled_bucket all[SAMPLED_BUCKETS];

START_TEST(frees_of_recorded_blocks_are_told)
{
	const uint64_t at = 0x7f1234567000, apart = 1ULL << (SAMPLED_REACH_BITS + SAMPLED_BUCKET_BITS);
	const uint64_t others[] = { at + 8, at - 8, at + (1 << SAMPLED_REACH_BITS), at + apart,
				    at ^ 1ULL << 46 };

	sampled_add(all, at);
	for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
		ck_assert(!sampled_holds(all, others[i]));
		ck_assert(!sampled_take(all, others[i]));
	}
	ck_assert(sampled_holds(all, at));
	ck_assert(sampled_take(all, at));
	ck_assert(!sampled_take(all, at));
}
END_TEST

START_TEST(full_buckets_tell_more_than_was_asked)
{
	const uint64_t at = 0x555500000400;

	for (unsigned i = 0; i <= SAMPLED_WAYS; i++)
		sampled_add(all, at + 16 * i);
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i <= SAMPLED_WAYS; i++)
			ck_assert(sampled_take(all, at + 16 * i));
	ck_assert(!sampled_take(all, at + (1 << SAMPLED_REACH_BITS)));
}
END_TEST

/* ---- what is said of them ------------------------------------------------------------------------------- */

START_TEST(no_leak_is_certain)
{
	world_open(&w);
	w.trace.process.sample_bytes = 4096;
	uint64_t held = world_block(&w, 64, 1), lost = world_block(&w, 100, 1);

	world_root(&w, held);
	world_classify(&w); /* which finds that the sums of the classes are the totals */
	ck_assert_int_eq(world_class(&w, held), CLASS_REACHABLE);
	ck_assert_int_eq(world_class(&w, lost), CLASS_POSSIBLE);
	ck_assert_uint_ge(w.classes.sums[CLASS_POSSIBLE].blocks, 41);
	ck_assert_uint_le(w.classes.sums[CLASS_POSSIBLE].blocks, 42);
	ck_assert_uint_eq(w.classes.sums[CLASS_POSSIBLE].bytes, 100 * w.classes.sums[CLASS_POSSIBLE].blocks);
	world_close(&w);
}
END_TEST

/* Heap memory of no block may be a block that was not recorded. */
START_TEST(what_is_not_recorded_holds)
{
	world_open(&w);
	w.trace.process.sample_bytes = 4096;
	uint64_t held = world_block(&w, 64, 1), unrecorded = held + 512;

	world_set(&w, unrecorded, held);
	world_classify(&w);
	ck_assert_int_eq(world_class(&w, held), CLASS_REACHABLE);
	world_close(&w);
}
END_TEST

START_TEST(blocks_that_leave_the_sample_end)
{
	const struct trace_event events[] = {
		{ .type = LG_EV_ALLOC, .addr = 0x10000010, .size = 64, .thread = 1 },
		{ .type = LG_EV_RELEASE, .addr = 0x10000010, .thread = 1 },
		{ .type = LG_EV_RESIZE, .addr = LG_UNRECORDED, .thread = 1 },
	};
	struct replay *r = replay_new(4096);
	struct heap h = { 0 };

	ck_assert_int_eq(replay_events(r, events, 3), 0);
	ck_assert_int_eq(replay_finish(r, &h), 0);
	ck_assert_uint_eq(h.nblocks, 0);
	ck_assert_uint_eq(h.totals.live_blocks, 0);
	ck_assert_uint_eq(h.totals.allocations, h.totals.frees);
	ck_assert_uint_eq(h.totals.recorded, 1);
	heap_free(&h);
	replay_free(r);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		bytes_that_pass_agree_with_the_exponential_distribution,
		logarithms_are_right,
		estimates_agree_with_what_was_allocated,
		large_blocks_stand_for_themselves,
		frees_of_recorded_blocks_are_told,
		full_buckets_tell_more_than_was_asked,
		no_leak_is_certain,
		what_is_not_recorded_holds,
		blocks_that_leave_the_sample_end,
	};
	return suite_run("sample", tests, sizeof tests / sizeof *tests);
}
