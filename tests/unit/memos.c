/* memos: each bit of an address that its memo's place leaves out is in the tag. */
#include "../../preload/memos.h"

#include "suite.h"

START_TEST(tag_and_place_tell_all_addresses_of_16_gib_apart)
{
	memo all = 0;

	for (unsigned bit = 0; bit < 34; bit++) {
		memo tag = memo_tag(1ull << bit);

		ck_assert_int_eq(__builtin_popcount(tag), bit == 4 || bit >= 23);
		ck_assert(!(all & tag));
		all |= tag;
	}
	ck_assert_uint_eq(all, MEMO_TAG);
	ck_assert_uint_eq(memo_tag(1ull << 34), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { tag_and_place_tell_all_addresses_of_16_gib_apart };

	return suite_run("memos", tests, sizeof tests / sizeof *tests);
}
