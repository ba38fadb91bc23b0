/* Python frames in the place of the machine frames that ran them. */
#include "leakgraph/ring.h"
#include "record/interleave.h"
#include "suite.h"

#include <stdio.h>

#define CARRIER 'E' /* of the interpreter */
#define CUT '!'

static uint64_t frame_of(char c)
{
	return c == '|' ? INTERLEAVE_ENTRY : c == CUT ? LG_FRAME_TRUNCATED : (uint64_t)c;
}

/* "mEx" are machine frames, "a|b" Python's, each a letter, innermost first. */
static const char *woven(const char *machine, const char *python)
{
	static char text[64];
	uint64_t m[32], p[32], out[64];
	size_t nm = strlen(machine), np = strlen(python);

	for (size_t i = 0; i < nm; i++)
		m[i] = frame_of(machine[i]);
	for (size_t i = 0; i < np; i++)
		p[i] = frame_of(python[i]);
	size_t n = interleave((struct frames){ m, nm }, (struct frames){ p, np }, CARRIER, CARRIER + 1, out);
	for (size_t i = 0; i < n; i++)
		text[i] = out[i] == LG_FRAME_TRUNCATED ? CUT : (char)out[i];
	text[n] = 0;
	return text;
}

START_TEST(each_call_of_the_interpreter_takes_its_group)
{
	ck_assert_str_eq(woven("mEnEx", "ab|c|"), "mabncx");
	ck_assert_str_eq(woven("EE", "a|b|"), "ab");
	ck_assert_str_eq(woven("mEnEx", "|c|"), "mncx"); /* between two functions */
	ck_assert_str_eq(woven("mEx", "ab"), "mabx"); /* of the outermost, the entry was not seen */
}
END_TEST

START_TEST(calls_for_another_state_stay)
{
	ck_assert_str_eq(woven("mEnEx", "ab|"), "mabnEx");
}
END_TEST

START_TEST(of_cut_machine_stacks_the_outer_groups_follow)
{
	ck_assert_str_eq(woven("mEn!", "a|b|c|"), "manbc!");
	ck_assert_str_eq(woven("mn!", "a|b|"), "mnab!");
	ck_assert_str_eq(woven("mn", "a|b|"), "mnab");
}
END_TEST

START_TEST(a_carrier_that_is_not_known_by_name_leaves_its_group_to_the_next)
{
	ck_assert_str_eq(woven("m?nEoEx", "a|b|c|"), "m?nabocx");
}
END_TEST

START_TEST(nothing_follows_where_python_frames_were_cut)
{
	ck_assert_str_eq(woven("mEnEx", "a|b!"), "manb!");
	ck_assert_str_eq(woven("mE!", "b!"), "mb!");
}
END_TEST

START_TEST(nothing_is_written_that_was_not_there)
{
	static const char letters[] = "mE!a|";
	char machine[9], python[9], again[32];

	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		for (unsigned i = 0; i < 8; i++) {
			machine[i] = letters[rand() % 2];
			python[i] = letters[3 + rand() % 2];
		}
		machine[rand() % 9] = python[rand() % 9] = 0;
		machine[8] = python[8] = 0;
		snprintf(again, sizeof again, "%s", woven(machine, python));
		unsigned wanted = 0, found = 0;
		for (const char *c = python; *c; c++)
			wanted += *c == 'a';
		for (const char *c = again; *c; c++)
			found += *c == 'a';
		ck_assert_uint_eq(found, wanted); /* each Python frame once */
		for (const char *c = machine; *c; c++)
			wanted += *c == 'm';
		for (const char *c = again; *c; c++)
			found += *c == 'm';
		ck_assert_uint_eq(found, wanted); /* and all frames of other code */
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_call_of_the_interpreter_takes_its_group,
		calls_for_another_state_stay,
		of_cut_machine_stacks_the_outer_groups_follow,
		a_carrier_that_is_not_known_by_name_leaves_its_group_to_the_next,
		nothing_follows_where_python_frames_were_cut,
		nothing_is_written_that_was_not_there,
	};
	return suite_run("interleave", tests, sizeof tests / sizeof *tests);
}
