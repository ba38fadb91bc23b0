/* live: which pages hold live blocks, against a plain list of them. */
#include "record/live.h"
#include "suite.h"

#define HEAP 0x555555559000ULL
#define PAGES 256u

static struct live *live;

static void setup(void)
{
	live = live_new(HEAP + 0x10);
	ck_assert_ptr_nonnull(live);
}

static void teardown(void)
{
	live_free(live);
}

static void happen(uint8_t type, uint32_t thread, uint64_t addr, uint64_t size)
{
	struct trace_event e = { .type = type, .thread = thread, .addr = addr, .size = size };

	live_take(live, &e, 1);
}

static void alloc(uint64_t offset, uint64_t size)
{
	happen(LG_EV_ALLOC, 1, HEAP + offset, size);
}

static void release(uint64_t offset)
{
	happen(LG_EV_FREE, 1, HEAP + offset, 0);
}

/* "0110": of the first pages, which are needed. */
static void assert_pages(const char *expected)
{
	struct live_walk walk = { .live = live };

	for (uint64_t i = 0; expected[i]; i++)
		ck_assert_msg(live_needs_page(&walk, HEAP + i * LG_PAGE) == (expected[i] == '1'),
			      "page %d of %s", (int)i, expected);
}

START_TEST(a_block_needs_the_pages_that_it_touches)
{
	assert_pages("0000");
	alloc(0x1010, 100);
	assert_pages("0100");
	alloc(0x1ff0, 17);
	assert_pages("0110");
	release(0x1010);
	assert_pages("0110");
	release(0x1ff0);
	assert_pages("0000");
	alloc(0x1000, 0x2000);
	assert_pages("1110"); /* its header is on the page before */
	release(0x1000);
	assert_pages("0000");
}
END_TEST

START_TEST(neighbours_at_the_same_place_in_their_pages_are_kept_apart)
{
	alloc(0x1100, 0x1000);
	alloc(0x2100, 0x1000);
	alloc(0x3100, 0x2000);
	assert_pages("01111100");
	release(0x2100);
	assert_pages("01111100");
	release(0x1100);
	assert_pages("00011100");
	release(0x3100);
	assert_pages("00000000");
}
END_TEST

START_TEST(realloc_moves_a_block_or_leaves_it)
{
	alloc(0x1010, 10);
	happen(LG_EV_RELEASE, 1, HEAP + 0x1010, 0);
	assert_pages("0100");
	happen(LG_EV_RESIZE, 1, 0, 20000);
	assert_pages("0100");
	happen(LG_EV_RELEASE, 1, HEAP + 0x1010, 0);
	happen(LG_EV_RESIZE, 1, HEAP + 0x1010, 0x1000);
	assert_pages("0110");
	happen(LG_EV_RELEASE, 1, HEAP + 0x1010, 0);
	happen(LG_EV_RESIZE, 1, HEAP + 0x3010, 10);
	assert_pages("0001");
}
END_TEST

START_TEST(a_released_address_may_go_to_another_thread)
{
	alloc(0x1010, 10);
	happen(LG_EV_RELEASE, 1, HEAP + 0x1010, 0);
	happen(LG_EV_ALLOC, 2, HEAP + 0x1010, 10);
	happen(LG_EV_RESIZE, 1, HEAP + 0x3010, 10);
	assert_pages("0101");
	release(0x1010);
	assert_pages("0001");
}
END_TEST

START_TEST(what_is_not_understood_needs_all_pages)
{
	static const struct trace_event odd[] = {
		{ .type = LG_EV_FREE, .addr = HEAP + 0x5010 }, /* of no block */
		{ .type = LG_EV_ALLOC, .addr = HEAP + 0x5018, .size = 8 }, /* no block of glibc's */
		{ .type = LG_EV_ALLOC, .addr = HEAP + 0x5010, .size = 1ULL << 40 },
		{ .type = LG_EV_ALLOC, .addr = HEAP + 0x5010, .size = UINT64_MAX },
	};

	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		live_take(live, &odd[i], 1);
		assert_pages("1111");
		teardown();
		setup();
	}
}
END_TEST

START_TEST(blocks_elsewhere_say_nothing)
{
	happen(LG_EV_ALLOC, 1, 0x7ffff0000010, 1ULL << 40);
	happen(LG_EV_FREE, 1, 0x7ffff0000010, 0);
	happen(LG_EV_FREE, 1, 8, 0);
	assert_pages("0000");
	ck_assert(live_needs_page(&(struct live_walk){ .live = live }, HEAP - LG_PAGE));
	ck_assert(live_needs_page(&(struct live_walk){ .live = live }, 0x7ffff0000000));
}
END_TEST

START_TEST(a_walk_may_leave_pages_out)
{
	struct live_walk walk = { .live = live };

	alloc(0x1010, 0x5000);
	ck_assert(live_needs_page(&walk, HEAP + 0x4000));
	ck_assert(!live_needs_page(&walk, HEAP + 0x7000));
	ck_assert(live_needs_page(&walk, HEAP + 0x6000)); /* not upwards: not known */
}
END_TEST

/* A model that knows every block. */
struct model {
	uint64_t size[PAGES * 256]; /* by granule; 0: no block begins there */
};

static bool model_has_room(const struct model *m, uint64_t at, uint64_t granules)
{
	if (at + granules >= PAGES * 256)
		return false;
	for (uint64_t i = at < 4096 ? 0 : at - 4096; i < at + granules; i++)
		if (m->size[i] && i + (m->size[i] + 8 + 15) / 16 > at)
			return false;
	return true;
}

static bool model_needs(const struct model *m, uint64_t page)
{
	for (uint64_t i = 0; i < PAGES * 256; i++)
		if (m->size[i] && i * 16 - 16 < (page + 1) * LG_PAGE && i * 16 + m->size[i] > page * LG_PAGE)
			return true;
	return false;
}

START_TEST(pages_agree_with_a_plain_model)
{
	static struct model m;
	uint64_t seed = 1 + (uint64_t)_i;

	memset(&m, 0, sizeof m);
	for (int step = 0; step < 20000; step++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		uint64_t at = 1 + (seed >> 33) % (PAGES * 256 - 1),
			 size = 1 + (seed >> 20) % (seed % 5 ? 100 : 20000);
		if (m.size[at]) {
			release(at * 16);
			m.size[at] = 0;
		} else if (model_has_room(&m, at, (size + 8 + 15) / 16)) {
			alloc(at * 16, size);
			m.size[at] = size;
		}
	}
	struct live_walk walk = { .live = live };
	for (uint64_t page = 0; page < PAGES; page++)
		ck_assert_int_eq(live_needs_page(&walk, HEAP + page * LG_PAGE), model_needs(&m, page));
	for (uint64_t at = 0; at < PAGES * 256; at++)
		if (m.size[at])
			release(at * 16);
	walk = (struct live_walk){ .live = live };
	for (uint64_t page = 0; page < PAGES; page++)
		ck_assert(!live_needs_page(&walk, HEAP + page * LG_PAGE));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_block_needs_the_pages_that_it_touches,
		neighbours_at_the_same_place_in_their_pages_are_kept_apart,
		realloc_moves_a_block_or_leaves_it,
		a_released_address_may_go_to_another_thread,
		what_is_not_understood_needs_all_pages,
		blocks_elsewhere_say_nothing,
		a_walk_may_leave_pages_out,
		pages_agree_with_a_plain_model,
	};
	return suite_run_with("live", setup, teardown, tests, sizeof tests / sizeof *tests);
}
