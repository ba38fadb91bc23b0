/* demangle.c: symbols of C++ and of both schemes of Rust become text; what would take for ever stays as it is. */
#include "names/demangle.h"

#include "suite.h"

#include <stdio.h>

static void check_demangled(const char *symbol, const char *expected)
{
	char *text = demangle(symbol);

	if (expected) {
		ck_assert_ptr_nonnull(text);
		ck_assert_str_eq(text, expected);
	} else {
		ck_assert_ptr_null(text);
	}
	free(text);
}

START_TEST(demangles_cxx_and_both_rust_schemes)
{
	check_demangled("_ZN4shop4Cart3addEiPKc", "shop::Cart::add(int, char const*)");
	check_demangled("_Z5buildv.constprop.0", "build() [clone .constprop.0]");
	check_demangled("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad");
	check_demangled("_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar");
	check_demangled("_RINvCs1234_7mycrate4pushmE", "mycrate::push::<u32>");
	check_demangled("main", NULL);
	check_demangled("build.constprop.0", NULL);
	check_demangled("_Znonsense", NULL);
	check_demangled("", NULL);
}
END_TEST

START_TEST(demangling_is_bounded)
{
	static char name[DEMANGLE_MAX_INPUT * 2];

	strcpy(name, "_Z1f"); /* wide and over libiberty's 1 KiB: fine */
	while (strlen(name) < 4000)
		strcat(name, "4WideP3abc");
	char *text = demangle(name);
	ck_assert_ptr_nonnull(text);
	free(text);
	memset(name, 'P', sizeof name - 2); /* too deep, too long */
	memcpy(name, "_Z1f", 4);
	check_demangled(name, NULL);
	name[DEMANGLE_MAX_INPUT] = 0;
	check_demangled(name, NULL);

	strcpy(name,
	       "_Z1fSt4pairIiiE"); /* S_ is std::pair, S0_ pair<int, int>; each level spells the last twice */
	for (int i = 0; i < 30; i++) {
		char c = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i];
		sprintf(name + strlen(name), "S_IS%c_S%c_E", c, c);
	}
	check_demangled(name, NULL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		demangles_cxx_and_both_rust_schemes,
		demangling_is_bounded,
	};

	return suite_run("demangle", tests, sizeof tests / sizeof *tests);
}
