/* names.c: frames get the names that the compiler was given. Victims are built here, with the system's compilers,
 * and asked about at addresses that nm gives or that a marker line leaves behind. */
#include "named.h"

#define UNKNOWN_MODULE 9u

/* ---- victims ----------------------------------------------------------------------------------------- */

static const char inline_c[] = "volatile int seen;\n"
			       "static inline __attribute__((always_inline)) void inner(void) {\n"
			       "	__asm__ volatile(\".globl mark\\nmark: nop\"); }\n"
			       "static inline __attribute__((always_inline)) void outer(void) { seen++;\n"
			       "	inner(); seen++; }\n"
			       "__attribute__((noinline)) int carrier(int x) {\n"
			       "	seen = x;\n"
			       "	outer(); return seen; }\n"
			       "int main(void) { return carrier(1); }\n";
static const char lib_c[] =
    "int session_registry[8] = { 1 };\n"
    "static int hidden_table[16] = { 2 };\n"
    "static __attribute__((noinline)) int hidden(int x) { return x + hidden_table[x & 15]; }\n"
    "__attribute__((noinline)) int api(int x) { return hidden(x) + session_registry[0]; }\n";

static void build_lib(const char *flags)
{
	write_file("lib.c", lib_c);
	ck_assert(run("gcc -O1 -fPIC -shared %s -Wl,--build-id=sha1 -o libplugin.so lib.c", flags));
}

/* ---- DWARF ------------------------------------------------------------------------------------------- */

static void check_plain(const char *flags)
{
	struct scene s;

	build_plain(flags);
	scene_set(&s, "plain", address_of("plain", "mark"));
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_str_eq(s.frames[0].function, "middle");
	ck_assert_str_eq(s.frames[0].file, in_dir("plain.c"));
	ck_assert_uint_eq(s.frames[0].line, 3);
	ck_assert_str_eq(s.frames[0].module, "plain");
	ck_assert_str_eq(s.frames[0].module_path, s.path);
	ck_assert(!s.frames[0].inlined);
	ck_assert_uint_eq(s.frames[0].address, BIAS + s.frames[0].offset);
	ck_assert_uint_eq(s.frames[0].offset, address_of("plain", "mark") + 1);
	assert_no_notes(&s);
	names_close(s.names);
}

START_TEST(function_and_line_are_exact)
{
	check_plain("-g");
}
END_TEST

START_TEST(fixed_address_program_is_named)
{
	check_plain("-g -no-pie");
}
END_TEST

START_TEST(dwarf4_and_split_dwarf_are_read)
{
	check_plain("-gdwarf-4");
	check_plain("-g -gsplit-dwarf");
}
END_TEST

START_TEST(clang_without_aranges_is_named)
{
	struct scene s;

	if (!has_tool("clang"))
		return;
	write_file("plain.c", plain_c);
	ck_assert(run("clang -O1 -g -o plain plain.c"));
	scene_set(&s, "plain", address_of("plain", "mark"));
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_str_eq(s.frames[0].function, "middle");
	assert_ends(s.frames[0].file, "/plain.c");
	ck_assert_uint_eq(s.frames[0].line, 3);
	names_close(s.names);
}
END_TEST

START_TEST(inlined_frames_are_expanded)
{
	struct scene s;

	write_file("inline.c", inline_c);
	ck_assert(run("gcc -O2 -g -o inlined inline.c"));
	scene_set(&s, "inlined", address_of("inlined", "mark"));
	ck_assert_uint_eq(scene_ask(&s, NULL), 3);
	ck_assert_str_eq(s.frames[0].function, "inner");
	ck_assert_uint_eq(s.frames[0].line, 3);
	ck_assert_str_eq(s.frames[1].function, "outer");
	ck_assert_uint_eq(s.frames[1].line, 5);
	ck_assert_str_eq(s.frames[1].file, in_dir("inline.c"));
	ck_assert_str_eq(s.frames[2].function, "carrier");
	ck_assert_uint_eq(s.frames[2].line, 8);
	ck_assert(s.frames[0].inlined && s.frames[1].inlined && !s.frames[2].inlined);
	ck_assert_uint_eq(s.frames[0].address, s.frames[2].address);
	names_close(s.names);
}
END_TEST

START_TEST(cxx_names_have_scopes_and_parameters)
{
	struct scene s;

	write_file("cxx.cc", cxx_cc);
	ck_assert(run("g++ -O2 -g -o cxx cxx.cc"));
	scene_set(&s, "cxx", address_of("cxx", "mark"));
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_str_eq(s.frames[0].function, "shop::Cart<int>::add(int, char const*)");
	ck_assert_uint_eq(s.frames[0].line, 3);
	names_close(s.names);
}
END_TEST

START_TEST(cxx_names_without_linkage_name_have_scopes)
{
	struct scene s;

	write_file("cxx.cc", cxx_cc);
	ck_assert(run("g++ -O2 -g -o cxx cxx.cc"));
	scene_set(&s, "cxx", address_of("cxx", "mark_hidden"));
	ck_assert_uint_ge(scene_ask(&s, NULL), 2);
	ck_assert_str_eq(s.frames[0].function, "shop::(anonymous namespace)::Till::ring");
	ck_assert_ptr_nonnull(strstr(s.frames[1].function, "shop::(anonymous namespace)::close_up"));
	names_close(s.names);
}
END_TEST

START_TEST(relative_paths_join_the_compile_directory)
{
	struct scene s;

	write_file("plain.c", plain_c);
	ck_assert(run(
	    "mkdir -p sub/deep && cp plain.c sub && cd sub/deep && gcc -O1 -g -o ../../plain ../plain.c"));
	scene_set(&s, "plain", address_of("plain", "mark"));
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_str_eq(s.frames[0].file, in_dir("sub/deep/../plain.c"));
	names_close(s.names);
}
END_TEST

/* ---- symbols ----------------------------------------------------------------------------------------- */

START_TEST(symtab_names_without_dwarf)
{
	struct scene s;

	build_lib("");
	scene_set(&s, "libplugin.so", address_of("libplugin.so", "hidden") + 1);
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_str_eq(s.frames[0].function, "hidden");
	ck_assert_ptr_null(s.frames[0].file);
	ck_assert_uint_eq(s.frames[0].line, 0);
	assert_no_notes(&s);
	names_close(s.names);
}
END_TEST

START_TEST(dynsym_names_what_is_exported_only)
{
	struct scene s;

	build_lib("");
	uint64_t api = address_of("libplugin.so", "api"), hidden = address_of("libplugin.so", "hidden");
	ck_assert(run("strip libplugin.so"));
	scene_set(&s, "libplugin.so", api + 1);
	s.nodes[2].frame = s.nodes[1].frame - api + hidden;
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_str_eq(s.frames[0].function, "api");
	ck_assert_uint_eq(names_stack(s.names, 2, &s.frames, NULL), 1);
	ck_assert_ptr_null(s.frames[0].function);
	assert_no_notes(&s);
	names_close(s.names);
}
END_TEST

START_TEST(symbol_versions_are_not_shown)
{
	struct scene s;

	write_file("v.map", "V1 { }; V2 { } V1;\n");
	write_file("v.c", "__asm__(\".symver pack_old,pack@V1\"); int pack_old(int x) { return x; }\n"
			  "__asm__(\".symver pack_new,pack@@V2\"); int pack_new(int x) { return x + 1; }\n");
	ck_assert(run("gcc -O1 -fPIC -shared -Wl,--version-script=v.map -o libv.so v.c"));
	uint64_t address = address_of("libv.so", "pack@@V2");
	ck_assert(run("strip libv.so"));
	scene_set(&s, "libv.so", address + 1);
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_str_eq(s.frames[0].function, "pack");
	names_close(s.names);
}
END_TEST

START_TEST(a_symbol_that_begins_as_a_version_is_whole)
{
	struct scene s;

	write_file("odd.c", "int odd(int x) { return x; }\n");
	ck_assert(run("gcc -O1 -fPIC -shared -o libodd.so odd.c"));
	uint64_t address = address_of("libodd.so", "odd");
	ck_assert(run("objcopy --strip-debug --redefine-sym odd=@odd libodd.so"));
	scene_set(&s, "libodd.so", address + 1);
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_str_eq(s.frames[0].function, "@odd");
	names_close(s.names);
}
END_TEST

START_TEST(mini_debuginfo_names_hidden_functions)
{
	struct scene s;

	if (!has_tool("xz"))
		return;
	build_lib("");
	uint64_t hidden = address_of("libplugin.so", "hidden");
	ck_assert(run("objcopy --only-keep-debug libplugin.so mini && xz mini && strip libplugin.so && "
		      "objcopy --add-section .gnu_debugdata=mini.xz libplugin.so"));
	scene_set(&s, "libplugin.so", hidden + 1);
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_str_eq(s.frames[0].function, "hidden");
	names_close(s.names);
}
END_TEST

START_TEST(no_symbols_at_all_is_noted_once_with_the_cure)
{
	struct scene s;

	build_plain("");
	uint64_t mark = address_of("plain", "mark");
	ck_assert(run("strip plain"));
	scene_set(&s, "plain", mark);
	s.nodes[2].frame = s.nodes[1].frame + 1;
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_uint_eq(names_stack(s.names, 2, &s.frames, NULL), 1);
	ck_assert_ptr_null(s.frames[0].function);
	ck_assert_str_eq(s.frames[0].module, "plain");
	ck_assert_ptr_nonnull(strstr(only_note(&s), "-dbgsym"));
	names_close(s.names);
}
END_TEST

/* ---- modules and stacks ------------------------------------------------------------------------------ */

START_TEST(unknown_module_keeps_the_address)
{
	struct scene s;

	scene_set(&s, "gone.so", 0);
	s.nodes[1].frame = 0x7f00deadbeefULL;
	s.nodes[2].frame = ((uint64_t)UNKNOWN_MODULE << LG_FRAME_MODULE_SHIFT) | 0x10;
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_ptr_null(s.frames[0].function);
	ck_assert_str_eq(s.frames[0].module, "");
	ck_assert_uint_eq(s.frames[0].address, 0x7f00deadbeefULL);
	ck_assert_uint_eq(names_stack(s.names, 2, &s.frames, NULL), 1);
	ck_assert_str_eq(s.frames[0].module, "");
	assert_no_notes(&s);
	names_close(s.names);
}
END_TEST

START_TEST(vdso_is_shown_without_a_note)
{
	struct scene s;

	scene_set(&s, "x", 0x500);
	strcpy(s.path, "[vdso]");
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_str_eq(s.frames[0].module, "[vdso]");
	assert_no_notes(&s);
	names_close(s.names);
}
END_TEST

START_TEST(empty_path_is_the_executable)
{
	struct scene s;
	char executable[512];

	build_plain("-g");
	scene_set(&s, "plain", address_of("plain", "mark"));
	snprintf(executable, sizeof executable, "%s", s.path);
	s.trace.process.executable = executable;
	s.path[0] = 0;
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	assert_middle(&s);
	ck_assert_str_eq(s.frames[0].module, "plain");
	names_close(s.names);
}
END_TEST

START_TEST(relative_path_is_relative_to_the_process)
{
	struct scene s;

	build_plain("-g");
	scene_set(&s, "plain", address_of("plain", "mark"));
	s.trace.process.directory = dir;
	strcpy(s.path, "./plain");
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	assert_middle(&s);
	names_close(s.names);
}
END_TEST

START_TEST(stack_is_innermost_first_and_says_when_it_was_cut)
{
	struct scene s;

	write_file("inline.c", inline_c);
	ck_assert(run("gcc -O2 -g -o inlined inline.c"));
	scene_set(&s, "inlined", address_of("inlined", "main"));
	s.nodes[1].parent = 2;
	s.nodes[2] = (struct trace_node){ .frame = s.nodes[1].frame + address_of("inlined", "mark") -
						   address_of("inlined", "main"),
					  .parent = 3 };
	s.nodes[3].frame = LG_FRAME_TRUNCATED;
	ck_assert_uint_eq(scene_ask(&s, NULL), 4);
	ck_assert(s.is_truncated);
	ck_assert_str_eq(s.frames[0].function, "main");
	ck_assert_str_eq(s.frames[1].function, "inner");
	ck_assert_str_eq(s.frames[3].function, "carrier");
	const struct frame_name *again;
	bool is_truncated = false;
	ck_assert_uint_eq(names_stack(s.names, 1, &again, &is_truncated), 4);
	ck_assert(again == s.frames && is_truncated);
	names_close(s.names);
}
END_TEST

START_TEST(stack_of_nothing_and_damaged_stacks_end)
{
	struct scene s;

	scene_set(&s, "gone.so", 0x10);
	s.nodes[1].parent = 1; /* a loop */
	s.nodes[2] = (struct trace_node){ .frame = 5, .parent = 1000000 };
	ck_assert_uint_ge(scene_ask(&s, NULL), LG_MAX_FRAMES);
	ck_assert(s.is_truncated);
	ck_assert_uint_eq(names_stack(s.names, 2, &s.frames, &s.is_truncated), 1);
	ck_assert(s.is_truncated);
	ck_assert_uint_eq(names_stack(s.names, 3, &s.frames, &s.is_truncated), 0); /* never seen */
	ck_assert(s.is_truncated);
	ck_assert_uint_eq(names_stack(s.names, 0, &s.frames, &s.is_truncated), 0);
	ck_assert(!s.is_truncated);
	ck_assert_uint_eq(names_stack(s.names, 4000000000u, &s.frames, &s.is_truncated), 0);
	names_close(s.names);
	names_close(NULL);
}
END_TEST

START_TEST(long_stack_is_whole)
{
	enum { DEPTH = LG_MAX_FRAMES + 1 };
	static struct trace_node nodes[DEPTH + 1];
	struct scene s;

	scene_set(&s, "gone.so", 0x10);
	for (uint32_t i = 1; i <= DEPTH; i++)
		nodes[i] = (struct trace_node){ .frame = 0x1000 + i, .parent = i == DEPTH ? 0 : i + 1 };
	s.trace.nodes = nodes;
	s.trace.nnodes = DEPTH + 1;
	ck_assert_uint_eq(scene_ask(&s, NULL), DEPTH);
	ck_assert(!s.is_truncated);
	ck_assert_uint_eq(s.frames[DEPTH - 1].address, 0x1000 + DEPTH);
	names_close(s.names);
}
END_TEST

START_TEST(same_file_loaded_twice_is_opened_once)
{
	struct scene s;
	struct trace_module twice[2];

	build_plain("");
	uint64_t mark = address_of("plain", "mark");
	ck_assert(run("strip plain"));
	scene_set(&s, "plain", mark);
	twice[0] = twice[1] = s.module;
	twice[1].id = MODULE + 1;
	twice[1].bias = BIAS + 0x100000;
	s.trace.modules = twice;
	s.trace.nmodules = 2;
	s.nodes[2].frame = s.nodes[1].frame + (1ULL << LG_FRAME_MODULE_SHIFT);
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_uint_eq(names_stack(s.names, 2, &s.frames, NULL), 1);
	ck_assert_uint_eq(s.frames[0].address, BIAS + 0x100000 + mark + 1);
	ck_assert_str_ne(only_note(&s), "");
	names_close(s.names);
}
END_TEST

/* ---- data -------------------------------------------------------------------------------------------- */

static void check_data(struct scene *s, uint64_t registry, uint64_t table)
{
	const char *symbol;
	uint64_t offset;

	ck_assert(names_data(s->names, MODULE, BIAS + registry + 8, &symbol, &offset));
	ck_assert_str_eq(symbol, "session_registry");
	ck_assert_uint_eq(offset, 8);
	ck_assert(!names_data(s->names, MODULE, BIAS + registry + 100000, &symbol, &offset));
	ck_assert(!names_data(s->names, UNKNOWN_MODULE, BIAS + registry, &symbol, &offset));
	if (!table)
		return;
	ck_assert(names_data(s->names, MODULE, BIAS + table + 63, &symbol, &offset));
	ck_assert_str_eq(symbol, "hidden_table");
	ck_assert_uint_eq(offset, 63);
}

START_TEST(data_symbols_cover_their_bytes)
{
	struct scene s;

	build_lib("");
	uint64_t registry = address_of("libplugin.so", "session_registry");
	uint64_t table = address_of("libplugin.so", "hidden_table");
	scene_set(&s, "libplugin.so", 0);
	scene_ask(&s, NULL);
	check_data(&s, registry, table);
	names_close(s.names);

	ck_assert(run("strip libplugin.so"));
	scene_ask(&s, NULL);
	check_data(&s, registry, 0);
	names_close(s.names);
}
END_TEST

START_TEST(data_symbols_come_from_debug_files_too)
{
	struct scene s;

	build_lib("-g");
	uint64_t registry = address_of("libplugin.so", "session_registry");
	uint64_t table = address_of("libplugin.so", "hidden_table");
	ck_assert(run("objcopy --only-keep-debug libplugin.so libplugin.so.debug && strip libplugin.so && "
		      "objcopy --add-gnu-debuglink=libplugin.so.debug libplugin.so"));
	scene_set(&s, "libplugin.so", 0);
	scene_ask(&s, NULL);
	check_data(&s, registry, table);
	names_close(s.names);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		function_and_line_are_exact,
		fixed_address_program_is_named,
		dwarf4_and_split_dwarf_are_read,
		clang_without_aranges_is_named,
		inlined_frames_are_expanded,
		cxx_names_have_scopes_and_parameters,
		cxx_names_without_linkage_name_have_scopes,
		relative_paths_join_the_compile_directory,
		symtab_names_without_dwarf,
		dynsym_names_what_is_exported_only,
		symbol_versions_are_not_shown,
		a_symbol_that_begins_as_a_version_is_whole,
		mini_debuginfo_names_hidden_functions,
		no_symbols_at_all_is_noted_once_with_the_cure,
		unknown_module_keeps_the_address,
		vdso_is_shown_without_a_note,
		empty_path_is_the_executable,
		relative_path_is_relative_to_the_process,
		stack_is_innermost_first_and_says_when_it_was_cut,
		stack_of_nothing_and_damaged_stacks_end,
		long_stack_is_whole,
		same_file_loaded_twice_is_opened_once,
		data_symbols_cover_their_bytes,
		data_symbols_come_from_debug_files_too,
	};

	return suite_run_with("names", set_up, tear_down, tests, sizeof tests / sizeof *tests);
}
