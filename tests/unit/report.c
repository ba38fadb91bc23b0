/* report.c: from a finished model to an exit status and to text. */
#include "report/gate.h"
#include "report/groups.h"
#include "report/json.h"
#include "report/lines.h"
#include "report/text.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *const argv[] = { (char *)"./app", NULL };

/* A process that exited with a status, complete and clean. */
static struct report_process clean(uint64_t pid, uint64_t status)
{
	struct report_process p = { .trace = "app.lgt",
				    .name = "app",
				    .executable = "/opt/app",
				    .directory = "/opt",
				    .argv = argv,
				    .pid = pid,
				    .is_named = true,
				    .ended = LG_ENDED_EXITED,
				    .status = status,
				    .is_judged = true };

	p.totals.events = 100;
	return p;
}

static const struct report_frame frames[] = {
	{ .function = "mk", .file = "/opt/app.c", .module = "app", .line = 12 },
	{ .function = "main", .module = "app", .offset = 0x114c }
};
static const struct report_stack stack = {
	.allocator = "calloc", .frames = frames, .nframes = 2, .shown = 2
};
static const uint64_t sizes[] = { 48 };
static const struct report_edge edges[] = {
	{ .from = 0x10, .to = 0x20, .offset = 8, .from_bytes = 48, .from_stack = &stack },
	{ .from = 0x20, .to = 0x10, .offset = 8, .from_bytes = 48, .from_stack = &stack },
};
/* Three rings of two, and two blocks behind them. */
static struct report_leak rings = { .id = "L1",
				    .kind = "cycle",
				    .class = CLASS_CYCLE,
				    .instances = 3,
				    .heads = { 6, 288 },
				    .indirect = { 2, 96 },
				    .sizes = sizes,
				    .nsizes = 1,
				    .stack = &stack,
				    .edges = edges,
				    .nedges = 2,
				    .ring = edges,
				    .nring = 2,
				    .cycle_length = 2,
				    .members = 2 };

static struct report_process leaking(uint64_t pid)
{
	struct report_process p = clean(pid, 0);

	p.leaks = &rings;
	p.nleaks = 1;
	p.sums[CLASS_CYCLE] = rings.heads;
	p.sums[CLASS_INDIRECT] = rings.indirect;
	return p;
}

static void degrade(struct report_process *p, bool hides)
{
	static struct report_reason reason;

	reason = (struct report_reason){ REASON_LOST, "events lost: 1 allocations (8 B), 0 frees", "a cure",
					 hides };
	p->reasons = &reason;
	p->nreasons = 1;
}

static struct gate_result judge(struct report_process *processes, uint32_t n,
				const struct gate_options *options)
{
	struct report r = { .version = "1", .processes = processes, .nprocesses = n };
	struct gate_options defaults = gate_defaults();

	return gate_judge(&r, options ? options : &defaults);
}

/* ---- the gate -------------------------------------------------------------------------------------------- */

START_TEST(clean_and_complete_is_0)
{
	struct report_process p = clean(1, 0);

	ck_assert_int_eq(judge(&p, 1, NULL).status, 0);
}
END_TEST

START_TEST(a_leak_is_23)
{
	struct report_process p = leaking(1);
	struct gate_result g = judge(&p, 1, NULL);

	ck_assert_int_eq(g.status, 23);
	ck_assert_uint_eq(g.leaks, 3);
	ck_assert_uint_eq(g.found.blocks, 8);
	ck_assert_uint_eq(g.found.bytes, 384);
}
END_TEST

START_TEST(the_error_exitcode_is_the_users)
{
	struct report_process p = leaking(1);
	struct gate_options o = gate_defaults();

	o.error_exitcode = 99;
	ck_assert_int_eq(judge(&p, 1, &o).status, 99);
	o.error_exitcode = 0;
	ck_assert_int_eq(judge(&p, 1, &o).status, 0);
}
END_TEST

START_TEST(the_targets_failure_wins)
{
	struct report_process p = leaking(1);
	struct gate_options o = gate_defaults();

	o.has_wait_status = true;
	o.wait_status = 7 << 8;
	ck_assert_int_eq(judge(&p, 1, &o).status, 7);
	ck_assert(judge(&p, 1, &o).is_over);
	o.wait_status = 11; /* SIGSEGV */
	ck_assert_int_eq(judge(&p, 1, &o).status, 139);
	degrade(&p, true);
	ck_assert_int_eq(judge(&p, 1, &o).status, 139);
}
END_TEST

START_TEST(a_trace_tells_how_its_target_ended)
{
	struct report_process p[] = { clean(1, 0), clean(1, 7), clean(2, 9) };

	p[0].ended = LG_ENDED_EXEC;
	p[1].image = 1;
	p[1].is_named = p[2].is_named = false;
	ck_assert_int_eq(judge(p, 3, NULL).status, 7);
	p[1].status = 0; /* what a child returns is its parent's business */
	ck_assert_int_eq(judge(p, 3, NULL).status, 0);
}
END_TEST

START_TEST(what_hides_leaks_is_125)
{
	struct report_process p = clean(1, 0);
	struct gate_options o = gate_defaults();

	degrade(&p, true);
	ck_assert_int_eq(judge(&p, 1, NULL).status, 125);
	o.allow_degraded = true;
	ck_assert_int_eq(judge(&p, 1, &o).status, 0);
	degrade(&p, false);
	ck_assert_int_eq(judge(&p, 1, NULL).status, 0);
}
END_TEST

START_TEST(a_child_that_cannot_be_judged_is_125)
{
	struct report_process p[] = { clean(1, 0), clean(2, 0) };

	p[1].is_named = false;
	degrade(&p[1], true);
	struct gate_result g = judge(p, 2, NULL);
	ck_assert_int_eq(g.status, 125);
	ck_assert_ptr_eq(g.blamed, &p[1]);
}
END_TEST

START_TEST(nothing_seen_is_125)
{
	struct report_process p = clean(1, 0);

	p.totals.events = 0;
	ck_assert_int_eq(judge(&p, 1, NULL).status, 0);
	p.has_unseen_heap = true;
	ck_assert_int_eq(judge(&p, 1, NULL).status, 125);
	ck_assert_int_eq(judge(NULL, 0, NULL).status, 125);
}
END_TEST

START_TEST(an_exec_that_led_out_of_sight_is_125)
{
	struct report_process p = clean(1, 0);
	struct gate_options o = gate_defaults();

	p.ended = LG_ENDED_EXEC;
	ck_assert_int_eq(judge(&p, 1, NULL).status, 125);
	o.no_children = true;
	ck_assert_int_eq(judge(&p, 1, &o).status, 0);
}
END_TEST

START_TEST(kinds_choose_what_counts)
{
	struct report_process p = leaking(1);
	struct gate_options o = gate_defaults();

	p.sums[CLASS_REACHABLE] = (struct sum){ 5, 50 };
	o.kinds = 1u << CLASS_DIRECT;
	ck_assert_int_eq(judge(&p, 1, &o).status, 0);
	o.kinds = 1u << CLASS_INDIRECT;
	ck_assert_int_eq(judge(&p, 1, &o).status, 23);
	ck_assert_uint_eq(judge(&p, 1, &o).leaks, 2);
	o.kinds = 1u << CLASS_REACHABLE;
	ck_assert_uint_eq(judge(&p, 1, &o).leaks, 5);
}
END_TEST

START_TEST(budgets_let_some_pass)
{
	struct report_process p = leaking(1);
	struct gate_options o = gate_defaults();

	o.max_leaks = 3;
	ck_assert_int_eq(judge(&p, 1, &o).status, 0);
	o.max_leaks = 2;
	ck_assert_int_eq(judge(&p, 1, &o).status, 23);
	o.max_leaks = NO_LIMIT;
	o.max_bytes = 384;
	ck_assert_int_eq(judge(&p, 1, &o).status, 0);
	o.max_bytes = 383;
	ck_assert_int_eq(judge(&p, 1, &o).status, 23);
	o.max_bytes = 384;
	o.max_leaks = 2; /* both must hold */
	ck_assert_int_eq(judge(&p, 1, &o).status, 23);
}
END_TEST

START_TEST(a_peak_may_be_as_high_as_allowed)
{
	struct report_process p = clean(1, 0);
	struct gate_options o = gate_defaults();

	p.totals.peak_bytes = 100;
	o.max_peak = 100;
	ck_assert_int_eq(judge(&p, 1, &o).status, 0);
	o.max_peak = 99;
	ck_assert_int_eq(judge(&p, 1, &o).status, 23);
}
END_TEST

START_TEST(what_is_behind_a_possible_leak_is_possible_too)
{
	struct report_process p = leaking(1);
	struct gate_options o = gate_defaults();
	struct report_leak possible = rings;

	possible.class = CLASS_POSSIBLE;
	p.leaks = &possible;
	o.kinds = 1u << CLASS_POSSIBLE;
	ck_assert_uint_eq(judge(&p, 1, &o).leaks, 8);
	ck_assert_uint_eq(judge(&p, 1, &o).found.bytes, 384);
}
END_TEST

START_TEST(only_exe_looks_at_path_and_name)
{
	struct report_process p = leaking(1);
	struct gate_options o = gate_defaults();

	o.only_exe = "ap*";
	ck_assert_int_eq(judge(&p, 1, &o).status, 23);
	o.only_exe = "/opt/*";
	ck_assert_int_eq(judge(&p, 1, &o).status, 23);
	o.only_exe = "other"; /* nobody to judge is no pass */
	ck_assert_int_eq(judge(&p, 1, &o).status, 125);
}
END_TEST

/* ---- text and JSON --------------------------------------------------------------------------------------- */

static char *text_of(struct report_process *processes, uint32_t n)
{
	struct report r = { .version = "1", .processes = processes, .nprocesses = n };
	struct text_options options = { .brief = true, .here = "/opt" };
	char *text = NULL;
	size_t bytes;
	struct term term = { .out = open_memstream(&text, &bytes) };

	report_text(&term, &r, &options);
	fclose(term.out);
	return text;
}

START_TEST(the_answer_comes_first)
{
	struct report_process p = leaking(4711);
	char *text = text_of(&p, 1);

	ck_assert_ptr_eq(
	    strstr(text, "app (pid 4711) exited 0: LEAKED 384 B in 8 blocks, 1 place, a cycle\n"), text);
	ck_assert_ptr_nonnull(
	    strstr(text, "  L1  cycle     3 x ring of 2   288 B in 6 blocks   (+96 B in 2 blocks behind)\n"
			 "      48 B (mk, app.c:12) -+8-> 48 B (mk, app.c:12) -+8-> back to the first\n"
			 "      allocated by calloc in\n"
			 "        mk                app.c:12\n"
			 "        main              app+0x114c\n"));
	free(text);
}
END_TEST

START_TEST(a_clean_process_is_one_line)
{
	struct report_process p = clean(4711, 0);
	char *text = text_of(&p, 1);

	ck_assert_str_eq(text, "app (pid 4711) exited 0: no leaks\n");
	free(text);
}
END_TEST

START_TEST(alike_processes_are_told_once_and_clean_ones_counted)
{
	struct report_process p[200];

	for (uint32_t i = 0; i < 200; i++)
		p[i] = i % 2 ? leaking(i + 1) : clean(i + 1, 0);
	char *text = text_of(p, 200);
	uint32_t lines = 0;
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	ck_assert_uint_lt(lines, 40);
	ck_assert_ptr_nonnull(strstr(text, "200 program runs: 100 LEAKED 37.5 KiB in 800 blocks\n"));
	ck_assert_ptr_nonnull(strstr(text, "app (100 processes) exited 0: each LEAKED"));
	ck_assert_ptr_nonnull(strstr(text, "and 99 more program runs, no leaks\n"));
	free(text);
}
END_TEST

/* The first stays alone; then by what each lost. What differs in a leak or a reason is told apart. */
START_TEST(groups_are_of_processes_that_say_the_same)
{
	struct report_leak other = rings;
	struct report_reason reason = { REASON_LOST, "a reason", "a cure", false };
	struct report_process p[7];
	struct report r = { .version = "1", .processes = p, .nprocesses = 7 };
	struct report_groups groups;

	for (uint32_t i = 0; i < 7; i++)
		p[i] = i < 2 || i == 6 ? clean(i + 1, 0) : leaking(i + 1);
	other.instances = 1;
	p[3].leaks = &other;
	p[4].sums[CLASS_CYCLE].bytes++;
	degrade(&p[1], false);
	p[6].reasons = &reason;
	p[6].nreasons = 1;
	ck_assert_int_eq(groups_make(&groups, &r), 0);
	ck_assert_uint_eq(groups.n, 6);
	ck_assert_ptr_eq(groups.at[0].first, &p[0]);
	ck_assert_ptr_eq(groups.at[1].first, &p[4]); /* the most */
	ck_assert_ptr_eq(groups.at[2].first, &p[2]);
	ck_assert_ptr_eq(groups.at[2].members[1], &p[5]);
	ck_assert_ptr_eq(groups.at[3].first, &p[3]);
	ck_assert_ptr_eq(groups.at[4].first, &p[1]);
	ck_assert_ptr_eq(groups.at[5].first, &p[6]);
	groups_free(&groups);
}
END_TEST

START_TEST(doubt_stands_before_the_details_with_its_cure)
{
	struct report_process p = clean(1, 0);

	degrade(&p, true);
	char *text = text_of(&p, 1);
	ck_assert_str_eq(text, "app (pid 1) exited 0: no leaks seen\n"
			       "  degraded: events lost: 1 allocations (8 B), 0 frees\n"
			       "      cure: a cure\n");
	free(text);
}
END_TEST

START_TEST(control_characters_never_reach_the_terminal)
{
	struct report_process p = clean(1, 0);

	p.name = "a\033[2Jb";
	char *text = text_of(&p, 1);
	ck_assert_ptr_null(strchr(text, '\033'));
	free(text);
}
END_TEST

START_TEST(equal_models_give_equal_json)
{
	struct report_process p[] = { leaking(1), clean(2, 0) };
	struct report r = { .version = "1", .processes = p, .nprocesses = 2 };
	struct buf one = { 0 }, two = { 0 };

	report_json(&one, &r);
	report_json(&two, &r);
	ck_assert(!one.failed);
	ck_assert_uint_eq(one.used, two.used);
	ck_assert_mem_eq(one.bytes, two.bytes, one.used);
	buf_put(&one, "", 1);
	ck_assert_ptr_nonnull(strstr((char *)one.bytes, "\"schema\": \"leakgraph.report.v1\""));
	ck_assert_ptr_nonnull(strstr((char *)one.bytes, "\"cycle\": {\"blocks\": 6, \"bytes\": 288}"));
	buf_free(&one);
	buf_free(&two);
}
END_TEST

START_TEST(long_function_names_lose_their_arguments)
{
	static const struct {
		const char *name, *shown;
	} rows[] = {
		{ "f(int)", "f(int)" },
		{ "std::map<std::string, std::vector<int> >::operator[](std::string const&)",
		  "std::map<...>::operator[](...)" },
		{ "std::ostream& operator<< <char>(std::ostream&, std::basic_string<char> const&)",
		  "operator<< <...>(...)" },
		{ "void (anonymous namespace)::walk<Node*>(std::function<void (Node*)> const&)",
		  "(anonymous namespace)::walk<...>(...)" },
		{ "decltype (f((declval<A>)())) shape::outer<int, long>::find<std::string>(A const&, int)",
		  "shape::outer<...>::find<...>(...)" },
		{ "void* const& std::__cxx11::some_container<void*, std::allocator<void*> >::emplace_back<int>(int)",
		  "std::__cxx11::some_container::emplace_back" },
		{ "std::__cxx11::a_container_of_a_long_name<int>::iterator_of_it::_M_create(int) const",
		  "...::iterator_of_it::_M_create const" },
		{ "void a_function_whose_name_alone_is_so_long_that_it_is_cut<int>(int)",
		  "a_function_whose_name_alone_...that_it_is_cut" },
		{ "Visitor::operator()(std::pair<int const, Node*> const&, unsigned long) const",
		  "Visitor::operator()(...) const" },
		{ "<alloc::alloc::Global as core::alloc::Allocator>::allocate",
		  "<alloc::alloc::Global>::allocate" },
		{ "unbalanced<std::vector<int, std::allocator<int> ", "unbalanced<...>" },
	};
	char text[PLACE_TEXT];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ck_assert_str_eq(lines_function(text, rows[i].name, 45), rows[i].shown);
}
END_TEST

START_TEST(what_a_function_returns_does_not_say_whose_it_is)
{
	ck_assert(frame_is_runtime("void*& std::vector<void*>::emplace_back<void*>(void*&&)", "app"));
	ck_assert(!frame_is_runtime("std::unique_ptr<Node> make<Node>(int)", "app"));
	ck_assert(frame_is_runtime("std::ostream::operator<<(int)", "app"));
	ck_assert(frame_is_runtime("boost::detail::sp_if_not_array<A>::type boost::make_shared<A>()", "app"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		clean_and_complete_is_0,
		a_leak_is_23,
		the_error_exitcode_is_the_users,
		the_targets_failure_wins,
		a_trace_tells_how_its_target_ended,
		what_hides_leaks_is_125,
		a_child_that_cannot_be_judged_is_125,
		nothing_seen_is_125,
		an_exec_that_led_out_of_sight_is_125,
		kinds_choose_what_counts,
		budgets_let_some_pass,
		a_peak_may_be_as_high_as_allowed,
		what_is_behind_a_possible_leak_is_possible_too,
		only_exe_looks_at_path_and_name,
		the_answer_comes_first,
		a_clean_process_is_one_line,
		long_function_names_lose_their_arguments,
		what_a_function_returns_does_not_say_whose_it_is,
		alike_processes_are_told_once_and_clean_ones_counted,
		groups_are_of_processes_that_say_the_same,
		doubt_stands_before_the_details_with_its_cure,
		control_characters_never_reach_the_terminal,
		equal_models_give_equal_json,
	};
	return suite_run("report", tests, sizeof tests / sizeof *tests);
}
