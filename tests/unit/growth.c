/* growth: what the bytes of a place did from moment to moment. */
#include "report/growth.h"

#include "suite.h"

#define MOMENTS 7u
#define SECOND 1000000000ull

/* Bytes at each moment, a second apart but where `last_ns` says when the last was; `events`: the work done by then, where
 * it is not the time. */
static const struct {
	uint32_t n;
	uint64_t bytes[MOMENTS], events[MOMENTS];
	enum fit fit;
	uint64_t per_second, last_ns;
} rows[] = {
	{ 2, { 10, 20 }, { 0 }, FIT_NONE, 10, 0 },
	{ 3, { 10, 10, 10 }, { 0 }, FIT_STEADY, 0, 0 },
	{ 4, { 10, 30, 20, 30 }, { 0 }, FIT_BOUNDED, 6, 0 },
	{ 4, { 30, 20, 10, 20 }, { 0 }, FIT_BOUNDED, 0, 0 },
	{ 4, { 10, 5, 20, 40 }, { 0 }, FIT_UNEVEN, 10, 0 },
	{ 5, { 10, 10, 20, 20, 30 }, { 0 }, FIT_STEPS, 5, 0 },
	{ 4, { 0, 0, 0, 30 }, { 0 }, FIT_NEW, 10, 0 },
	{ 5, { 0, 0, 0, 20, 20 }, { 0 }, FIT_NEW, 5, 0 },
	{ 4, { 10, 10, 10, 40 }, { 0 }, FIT_STEPS, 10, 0 },
	{ 4, { 10, 20, 30, 40 }, { 0 }, FIT_LINEAR, 10, 0 },
	{ 4, { 10, 20, 40, 80 }, { 0 }, FIT_RISING, 23, 0 },
	{ 4, { 10, 20, 40, 80 }, { 0, 1, 3, 7 }, FIT_LINEAR, 23, 0 }, /* over the work */
	{ 6, { 10, 50, 80, 100, 110, 112 }, { 0 }, FIT_SLOWING, 20, 0 },
	{ 6, { 10, 50, 80, 100, 110, 112 }, { 0, 1, 2, 3, 9, 10 }, FIT_SLOWING, 20, 0 },
	{ 6,
	  { 10, 50, 80, 90, 110, 112 },
	  { 0, 40, 48, 49, 50, 51 },
	  FIT_RISING,
	  20,
	  0 }, /* but not over the work */
	/* An end beside the last of the snapshots is no rest; one after some work is. */
	{ 5, { 10, 20, 30, 40, 40 }, { 0 }, FIT_LINEAR, 9, 3 * SECOND + 1000 },
	{ 3, { 10, 20, 20 }, { 0, 10, 10 }, FIT_NONE, 9, SECOND + 1000 },
	{ 3, { 10, 20, 20 }, { 0, 10, 20 }, FIT_BOUNDED, 9, SECOND + 1000 },
};

START_TEST(what_a_place_did)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct growth_moment moments[MOMENTS] = { { 0 } };
		struct sum at[MOMENTS] = { { 0 } };
		struct growth_process p = { .moments = moments, .nmoments = rows[i].n };
		struct growth_row row = { .at = at };

		for (uint32_t k = 0; k < rows[i].n; k++) {
			moments[k].since_ns = k * SECOND;
			moments[k].events = rows[i].events[k];
			at[k].bytes = rows[i].bytes[k];
		}
		if (rows[i].last_ns)
			moments[rows[i].n - 1].since_ns = rows[i].last_ns;
		p.duration_ns = moments[rows[i].n - 1].since_ns;
		growth_space(p.moments, p.nmoments);
		growth_judge(&p, &row);
		ck_assert_msg(row.fit == rows[i].fit, "row %zu: %s", i, fit_words(row.fit));
		ck_assert_int_eq(row.bytes_grown, (int64_t)(rows[i].bytes[rows[i].n - 1] - rows[i].bytes[0]));
		ck_assert_uint_eq(row.bytes_per_second, rows[i].per_second);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { what_a_place_did };

	return suite_run("growth", tests, sizeof tests / sizeof *tests);
}
