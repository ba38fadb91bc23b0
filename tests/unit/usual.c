/* usual.c: names of types as programmers write them; what is not known to be left out stays. */
#include "names/usual.h"

#include "report/lines.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#define STRING "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >"

static void check_usual(const char *name, const char *expected)
{
	char *usual = usual_name(name);

	ck_assert_ptr_nonnull(usual);
	ck_assert_str_eq(usual, expected);
	free(usual);
	usual = usual_name(expected);
	ck_assert_str_eq(usual, expected);
	free(usual);
}

START_TEST(leaves_out_what_the_library_takes_anyway)
{
	check_usual(STRING, "std::string");
	check_usual(
	    "std::__1::basic_string<wchar_t, std::__1::char_traits<wchar_t>, std::__1::allocator<wchar_t> >[]",
	    "std::wstring[]");
	check_usual("std::vector<" STRING ", std::allocator<" STRING " > > *", "std::vector<std::string> *");
	check_usual("std::map<" STRING ", long unsigned int, std::less<" STRING
		    " >, std::allocator<std::pair<const " STRING ", long unsigned int> > >",
		    "std::map<std::string, unsigned long>");
	check_usual(
	    "std::unordered_map<int, int, std::hash<int>, std::equal_to<int>, std::allocator<std::pair<int const, int> > >",
	    "std::unordered_map<int, int>");
	check_usual("std::unique_ptr<app::Node, std::default_delete<app::Node> >",
		    "std::unique_ptr<app::Node>");
	check_usual("std::basic_ostringstream<char, std::char_traits<char>, std::allocator<char> >",
		    "std::ostringstream");
	check_usual("std::set<int, std::greater<int>, std::allocator<int> >",
		    "std::set<int, std::greater<int>>");
	check_usual("std::stack<int, std::deque<int, std::allocator<int> > >", "std::stack<int>");
	check_usual("std::_Rb_tree_node<std::pair<int const, app::Item> >",
		    "std::_Rb_tree_node<std::pair<const int, app::Item>>");
	check_usual("alloc::vec::Vec<alloc::string::String, alloc::alloc::Global>", "Vec<String>");
	check_usual("alloc::rc::RcInner<core::cell::RefCell<app::Node>>", "RcInner<RefCell<app::Node>>");
	check_usual(
	    "core::mem::maybe_uninit::MaybeUninit<[alloc::sync::Arc<app::Node, alloc::alloc::Global>; 1]>",
	    "[Arc<app::Node>; 1]");
	check_usual("dropped alloc::sync::ArcInner<app::Node>", "dropped ArcInner<app::Node>");
}
END_TEST

START_TEST(keeps_what_a_program_chose)
{
	static const char *const kept[] = {
		"std::vector<int, app::Pool<int>>",
		"std::set<int, std::greater<int>>",
		"std::unique_ptr<FILE, int (*)(FILE*)>",
		"std::map<int, int, std::less<void>>",
		"std::basic_string<char16_t>",
		"app::vector<int, std::allocator<int>>",
		"app::basic_string<char>",
		"my::core::option::Option<u8>",
		"std::stack<int, std::vector<int>>",
		"struct node",
		"int (*)(void *, long)",
		"(anonymous namespace)::Node",
		"app::run()::{lambda(int)#1}",
		"std::ostream& operator<< <char>(std::ostream&, char)",
		"bool app::Node::operator<(app::Node const&) const",
		"decltype (f(a->b)) g<std::tuple<>>()",
		"",
	};

	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		check_usual(kept[i], kept[i]);
}
END_TEST

START_TEST(what_is_no_name_does_no_harm)
{
	static const char *const odd[] = { "std::vector<",
					   "std::vector<int, std::allocator<int>",
					   "a<b>>>",
					   "<>",
					   "std::vector<>",
					   "std::map<,>",
					   "std::basic_string<",
					   "::::<(",
					   "operator",
					   "MaybeUninit<",
					   "core::mem::maybe_uninit::MaybeUninit<>",
					   "a<b c>",
					   "std::basic_<char>",
					   "x< const>" };
	char deep[4096] = "", *usual;

	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		usual = usual_name(odd[i]);
		ck_assert_ptr_nonnull(usual);
		ck_assert_uint_le(strlen(usual), strlen(odd[i]) + 1);
		free(usual);
	}
	for (size_t i = 0; i < 1000; i++)
		strcat(deep, "a<(");
	usual = usual_name(deep);
	ck_assert_str_eq(usual, deep);
	free(usual);
}
END_TEST

START_TEST(long_types_lose_what_lies_deepest)
{
	static const char type[] = "std::map<std::string, std::vector<std::pair<int, app::Node>>>";
	static const struct {
		size_t columns;
		const char *shown;
	} rows[] = { { 61, type },
		     { 60, "std::map<std::string, std::vector<std::pair<...>>>" },
		     { 49, "std::map<std::string, std::vector<...>>" },
		     { 38, "std::map<...>" } };
	char text[PLACE_TEXT];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ck_assert_str_eq(lines_type(text, type, rows[i].columns), rows[i].shown);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { leaves_out_what_the_library_takes_anyway, keeps_what_a_program_chose,
				       what_is_no_name_does_no_harm, long_types_lose_what_lies_deepest };

	return suite_run("usual", tests, sizeof tests / sizeof *tests);
}
