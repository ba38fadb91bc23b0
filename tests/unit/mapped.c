/* mapped: which addresses lie in mappings, against a look at each mapping. */
#include "record/mapped.h"
#include "suite.h"

#include <string.h>

#define GIB (1ULL << 30)

static struct mapped *mapped;
static struct trace_mapping of[40]; /* what it was made of */
static size_t nmappings;
static struct mapped_spare spare;

static void map(const struct trace_mapping *mappings, size_t n)
{
	memcpy(of, mappings, n * sizeof *of);
	nmappings = n;
	mapped = mapped_new(mappings, n, &spare);
	ck_assert_ptr_nonnull(mapped);
}

static void unmap(void)
{
	mapped_free(mapped, of, nmappings, &spare);
	mapped = NULL;
}

static void teardown(void)
{
	unmap();
	mapped_spare_free(&spare);
}

START_TEST(the_ends_of_a_mapping_are_exact)
{
	map((struct trace_mapping[]){ { .start = 0x400000, .end = 0x403000 } }, 1);
	ck_assert(!mapped_has(mapped, 0x3fffff));
	ck_assert(mapped_has(mapped, 0x400000));
	ck_assert(mapped_has(mapped, 0x402fff));
	ck_assert(!mapped_has(mapped, 0x403000));
}
END_TEST

START_TEST(what_is_no_user_address_is_not_mapped)
{
	map((struct trace_mapping[]){ { .start = 0, .end = LG_PAGE },
				      { .start = (1ULL << 47) - LG_PAGE, .end = 1ULL << 47 },
				      { .start = 0xffffffffff600000, .end = 0xffffffffff601000 } },
	    3);
	ck_assert(mapped_has(mapped, 0));
	ck_assert(mapped_has(mapped, (1ULL << 47) - 1));
	ck_assert(!mapped_has(mapped, 1ULL << 47));
	ck_assert(!mapped_has(mapped, 0xffffffffff600000));
	ck_assert(!mapped_has(mapped, UINT64_MAX));
}
END_TEST

START_TEST(a_mapping_of_terabytes_costs_little)
{
	map((struct trace_mapping[]){ { .start = GIB / 2, .end = 20000 * GIB + LG_PAGE } }, 1);
	ck_assert(!mapped_has(mapped, GIB / 2 - 1));
	for (uint64_t at = GIB / 2; at < 20000 * GIB; at += GIB / 4 + 12345)
		ck_assert(mapped_has(mapped, at));
	ck_assert(mapped_has(mapped, 20000 * GIB + LG_PAGE - 1));
	ck_assert(!mapped_has(mapped, 20000 * GIB + LG_PAGE));
}
END_TEST

START_TEST(the_shims_memory_counts_as_unmapped)
{
	map((struct trace_mapping[]){ { .start = 0x10000, .end = 0x20000, .flags = LG_MAPPING_SHIM } }, 1);
	ck_assert(!mapped_has(mapped, 0x10000));
}
END_TEST

static bool is_in_one(const struct trace_mapping *mappings, size_t n, uint64_t address)
{
	for (size_t i = 0; i < n; i++)
		if (address >= mappings[i].start && address < mappings[i].end)
			return true;
	return false;
}

START_TEST(addresses_agree_with_the_list_of_mappings)
{
	struct trace_mapping mappings[40];
	uint64_t at = 0;

	srandom((unsigned)_i + 1);
	for (size_t i = 0; i < 40; i++) {
		at += (uint64_t)random() % (i % 8 ? 200 : 600000) * LG_PAGE;
		mappings[i] = (struct trace_mapping){ .start = at };
		at += (1 + (uint64_t)random() % (i % 9 ? 200 : 800000)) * LG_PAGE;
		mappings[i].end = at;
	}
	map(mappings, 40);
	for (uint64_t address = 0; address < at + GIB; address += (uint64_t)random() % (64 * LG_PAGE))
		ck_assert_int_eq(mapped_has(mapped, address), is_in_one(mappings, 40, address));
}
END_TEST

START_TEST(what_is_left_for_the_next_is_empty)
{
	map((struct trace_mapping[]){ { .start = 0x10000, .end = 0x51000 },
				      { .start = 0x80000, .end = 0x81000 },
				      { .start = GIB - LG_PAGE, .end = 5 * GIB + LG_PAGE } },
	    3);
	const struct mapped *former = mapped;
	unmap();
	map((struct trace_mapping[]){ { .start = 0x60000, .end = 0x70000 } }, 1);
	ck_assert_ptr_eq(mapped, former);
	for (uint64_t at = 0; at < 7 * GIB; at += LG_PAGE)
		ck_assert_int_eq(mapped_has(mapped, at), at >= 0x60000 && at < 0x70000);
	unmap();
	map((struct trace_mapping[]){ { .start = 2 * GIB, .end = 3 * GIB - LG_PAGE } }, 1);
	for (uint64_t at = 0; at < 7 * GIB; at += LG_PAGE)
		ck_assert_int_eq(mapped_has(mapped, at), at >= 2 * GIB && at < 3 * GIB - LG_PAGE);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_ends_of_a_mapping_are_exact,	   what_is_no_user_address_is_not_mapped,
		a_mapping_of_terabytes_costs_little,	   the_shims_memory_counts_as_unmapped,
		addresses_agree_with_the_list_of_mappings, what_is_left_for_the_next_is_empty,
	};
	return suite_run_with("mapped", NULL, teardown, tests, sizeof tests / sizeof *tests);
}
