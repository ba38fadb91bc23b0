/* names.c: frames get the names that the compiler was given. Victims are built here, with the system's compilers,
 * and asked about at addresses that nm gives or that a marker line leaves behind. */
#include "names/names.h"
#include "names/demangle.h"

#include "built.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIAS 0x7f0012340000ULL
#define MODULE 7u
#define UNKNOWN_MODULE 9u

/* ---- helpers ----------------------------------------------------------------------------------------- */

/* The build-id of a file as 40 hex digits. */
static void build_id_of(const char *file, char hex[41])
{
	char command[1024];

	snprintf(command, sizeof command, "readelf -n '%s' | awk '/Build ID/ { print $3 }'", in_dir(file));
	FILE *f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%40s", hex), 1);
	pclose(f);
}

static void set_build_id(struct trace_module *module, const char *hex)
{
	module->build_id_bytes = (uint32_t)strlen(hex) / 2;
	for (uint32_t i = 0; i < module->build_id_bytes; i++)
		sscanf(hex + 2 * i, "%2hhx", &module->build_id[i]);
}

/* A trace of one module, its path in path[], and the stack 1: one frame that returns to `address` + 1. */
struct scene {
	struct trace trace;
	struct trace_module module;
	struct trace_node nodes[4];
	char path[512];
	struct names *names;
	const struct frame_name *frames;
	bool is_truncated;
};

static void scene_set(struct scene *s, const char *file, uint64_t address)
{
	memset(s, 0, sizeof *s);
	snprintf(s->path, sizeof s->path, "%s", in_dir(file));
	s->module = (struct trace_module){ .id = MODULE, .bias = BIAS, .path = s->path };
	s->nodes[1].frame = ((uint64_t)MODULE << LG_FRAME_MODULE_SHIFT) | (address + 1);
	s->trace.modules = &s->module;
	s->trace.nmodules = 1;
	s->trace.nodes = s->nodes;
	s->trace.nnodes = 4;
}

static size_t scene_ask(struct scene *s, const char *debug_dir)
{
	struct names_options options = { .debug_dir = debug_dir, .no_debuginfod = true };
	struct err err = { "" };

	ck_assert_msg(names_open(&s->names, &s->trace, &options, &err) == 0, "%s", err.text);
	return names_stack(s->names, 1, &s->frames, &s->is_truncated);
}

static const char *only_note(struct scene *s)
{
	const char *const *notes;

	ck_assert_uint_eq(names_notes(s->names, &notes), 1);
	return notes[0];
}

static void assert_no_notes(struct scene *s)
{
	const char *const *notes;
	size_t n = names_notes(s->names, &notes);

	ck_assert_msg(n == 0, "unexpected note: %s", n ? notes[0] : "");
}

static void assert_ends(const char *text, const char *end)
{
	ck_assert_ptr_nonnull(text);
	ck_assert_msg(strlen(text) >= strlen(end) && !strcmp(text + strlen(text) - strlen(end), end),
		      "%s does not end in %s", text, end);
}

/* ---- victims ----------------------------------------------------------------------------------------- */

/* Labels are global symbols at the very instruction, so that line 3 is known to be line 3. */
static const char plain_c[] = "int seen;\n"
			      "__attribute__((noinline)) int middle(int x) {\n"
			      "	__asm__ volatile(\".globl mark\\nmark: nop\"); return x + seen; }\n"
			      "int main(void) { return middle(1); }\n";
static const char inline_c[] = "volatile int seen;\n"
			       "static inline __attribute__((always_inline)) void inner(void) {\n"
			       "	__asm__ volatile(\".globl mark\\nmark: nop\"); }\n"
			       "static inline __attribute__((always_inline)) void outer(void) { seen++;\n"
			       "	inner(); seen++; }\n"
			       "__attribute__((noinline)) int carrier(int x) {\n"
			       "	seen = x;\n"
			       "	outer(); return seen; }\n"
			       "int main(void) { return carrier(1); }\n";
static const char cxx_cc[] =
    "namespace shop { template <class T> struct Cart { __attribute__((noinline)) T add(T, const char *); };\n"
    "template <class T> T Cart<T>::add(T x, const char *) {\n"
    "	asm volatile(\".globl mark\\nmark: nop\"); return x; }\n"
    "namespace { struct Till { static inline __attribute__((always_inline)) void ring(int) {\n"
    "	asm volatile(\".globl mark_hidden\\nmark_hidden: nop\"); } };\n"
    "__attribute__((noinline)) void close_up(int x) { Till::ring(x); asm volatile(\"\"); } } }\n"
    "int main() { shop::Cart<int> c; shop::close_up(2); return c.add(1, \"x\"); }\n";
static const char lib_c[] =
    "int session_registry[8] = { 1 };\n"
    "static int hidden_table[16] = { 2 };\n"
    "static __attribute__((noinline)) int hidden(int x) { return x + hidden_table[x & 15]; }\n"
    "__attribute__((noinline)) int api(int x) { return hidden(x) + session_registry[0]; }\n";

static void build_plain(const char *flags)
{
	write_file("plain.c", plain_c);
	ck_assert(run("gcc -O1 %s -Wl,--build-id=sha1 -o plain plain.c", flags));
}

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

/* ---- separate debug files ---------------------------------------------------------------------------- */

/* Leaves `plain` stripped and debug/.build-id/xx/yyyy.debug; returns the address of the mark. */
static uint64_t build_split_by_id(char hex[41])
{
	build_plain("-g");
	uint64_t mark = address_of("plain", "mark");
	build_id_of("plain", hex);
	ck_assert(run("mkdir -p debug/.build-id/%.2s && "
		      "objcopy --only-keep-debug plain debug/.build-id/%.2s/%s.debug && strip plain",
		      hex, hex, hex + 2));
	return mark;
}

static void assert_middle(const struct scene *s)
{
	ck_assert_str_eq(s->frames[0].function, "middle");
	ck_assert_uint_eq(s->frames[0].line, 3);
}

START_TEST(debug_dir_by_build_id)
{
	char hex[41];
	struct scene s;

	scene_set(&s, "plain", build_split_by_id(hex));
	set_build_id(&s.module, hex);
	ck_assert_uint_eq(scene_ask(&s, in_dir("debug")), 1);
	assert_middle(&s);
	assert_no_notes(&s);
	names_close(s.names);
}
END_TEST

START_TEST(debug_file_by_debuglink)
{
	struct scene s;

	build_plain("-g");
	uint64_t mark = address_of("plain", "mark");
	ck_assert(run("mkdir .debug && objcopy --only-keep-debug plain .debug/plain.debug && strip plain && "
		      "objcopy --add-gnu-debuglink=.debug/plain.debug plain"));
	scene_set(&s, "plain", mark);
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	assert_middle(&s);
	names_close(s.names);
}
END_TEST

START_TEST(dwz_common_files_are_read)
{
	struct scene s;

	if (!has_tool("dwz"))
		return;
	write_file("cxx.cc", cxx_cc);
	ck_assert(run("g++ -O2 -g -o cxx cxx.cc && g++ -O2 -g -DAGAIN -o again cxx.cc && "
		      "dwz -m common.dwz cxx again && readelf -S cxx | grep -q gnu_debugaltlink"));
	scene_set(&s, "cxx", address_of("cxx", "mark_hidden"));
	ck_assert_uint_ge(scene_ask(&s, NULL), 2);
	ck_assert_str_eq(s.frames[0].function, "shop::(anonymous namespace)::Till::ring");
	ck_assert_uint_eq(s.frames[0].line, 5);
	names_close(s.names);
}
END_TEST

START_TEST(debug_file_names_for_a_lost_program)
{
	char hex[41];
	struct scene s;

	scene_set(&s, "plain", build_split_by_id(hex));
	set_build_id(&s.module, hex);
	ck_assert(run("rm plain"));
	ck_assert_uint_eq(scene_ask(&s, in_dir("debug")), 1);
	assert_middle(&s);
	assert_no_notes(&s);
	names_close(s.names);
	ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0); /* libdwfl 0.188 may close it */
}
END_TEST

START_TEST(fixed_address_program_is_named_from_its_debug_file)
{
	char hex[41];
	struct scene s;

	build_plain("-g -no-pie");
	uint64_t mark = address_of("plain", "mark");
	build_id_of("plain", hex);
	ck_assert(run("mkdir -p debug/.build-id/%.2s && "
		      "objcopy --only-keep-debug plain debug/.build-id/%.2s/%s.debug && rm plain",
		      hex, hex, hex + 2));
	scene_set(&s, "plain", mark);
	set_build_id(&s.module, hex);
	ck_assert_uint_eq(scene_ask(&s, in_dir("debug")), 1);
	assert_middle(&s);
	names_close(s.names);
}
END_TEST

START_TEST(wrong_debug_dir_is_noted)
{
	struct scene s;

	build_plain("-g");
	scene_set(&s, "plain", address_of("plain", "mark"));
	ck_assert_uint_eq(scene_ask(&s, in_dir("nowhere")), 1);
	assert_middle(&s);
	ck_assert_ptr_nonnull(strstr(only_note(&s), "nowhere"));
	names_close(s.names);
}
END_TEST

/* ---- files that are not to be trusted ---------------------------------------------------------------- */

START_TEST(changed_file_is_refused_and_noted)
{
	char hex[41];
	struct scene s;

	build_plain("-g");
	build_id_of("plain", hex);
	scene_set(&s, "plain", address_of("plain", "mark"));
	set_build_id(&s.module, "00112233445566778899aabbccddeeff00112233");
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_ptr_null(s.frames[0].function);
	ck_assert_str_eq(s.frames[0].module, "plain");
	ck_assert_ptr_nonnull(strstr(only_note(&s), hex));
	ck_assert_ptr_nonnull(strstr(only_note(&s), "00112233445566778899aabbccddeeff00112233"));
	ck_assert_ptr_nonnull(strstr(only_note(&s), "--debug-dir"));
	names_close(s.names);
}
END_TEST

START_TEST(file_without_build_id_is_refused_when_one_was_traced)
{
	struct scene s;

	build_plain("-g -Wl,--build-id=none");
	ck_assert(run("gcc -O1 -g -Wl,--build-id=none -o plain plain.c"));
	scene_set(&s, "plain", address_of("plain", "mark"));
	set_build_id(&s.module, "0011223344556677");
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_ptr_null(s.frames[0].function);
	ck_assert_ptr_nonnull(strstr(only_note(&s), "no build-id"));
	names_close(s.names);
}
END_TEST

START_TEST(missing_file_is_noted_once)
{
	struct scene s;

	scene_set(&s, "gone.so", 0x1234);
	s.nodes[2].frame = s.nodes[1].frame + 1;
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_uint_eq(names_stack(s.names, 2, &s.frames, NULL), 1);
	ck_assert_str_eq(s.frames[0].module, "gone.so");
	ck_assert_ptr_null(s.frames[0].function);
	ck_assert_ptr_nonnull(strstr(only_note(&s), "is gone"));
	names_close(s.names);
}
END_TEST

START_TEST(files_that_are_no_elf_are_noted)
{
	struct scene s;

	write_file("text.so", "not an object\n");
	scene_set(&s, "text.so", 0x1234);
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_ptr_nonnull(strstr(only_note(&s), "no ELF file"));
	names_close(s.names);

	ck_assert_int_eq(mkfifo(in_dir("pipe.so"), 0600), 0); /* must not block */
	scene_set(&s, "pipe.so", 0x1234);
	ck_assert_uint_eq(scene_ask(&s, NULL), 1);
	ck_assert_str_ne(only_note(&s), "");
	names_close(s.names);
}
END_TEST

/* Overwrites bytes of the debug sections in many ways; whatever is answered, it must end and stay in bounds. */
START_TEST(damaged_dwarf_ends)
{
	struct scene s;
	unsigned seed = 12345;

	write_file("cxx.cc", cxx_cc);
	ck_assert(
	    run("g++ -O2 -g -o good cxx.cc && readelf -SW good | awk '/debug_info|debug_line |debug_abbrev|"
		"debug_rnglists|debug_str/ { sub(/.*\\]/, \"\"); print $4, $5 }' | head -5 >sections"));
	for (unsigned round = 0; round < 60; round++) {
		unsigned offset, bytes, part = round % 4;
		ck_assert(run("cp good bad"));
		FILE *sections = fopen(in_dir("sections"), "r");
		for (unsigned i = 0; i <= part; i++)
			ck_assert_int_eq(fscanf(sections, "%x %x", &offset, &bytes), 2);
		fclose(sections);
		FILE *bad = fopen(in_dir("bad"), "r+");
		for (unsigned i = 0; i < 1 + round / 4; i++) {
			seed = seed * 1103515245u + 12345u;
			fseek(bad, (long)(offset + (seed >> 8) % bytes), SEEK_SET);
			fputc((int)(seed >> 24), bad);
		}
		fclose(bad);
		scene_set(&s, "bad", address_of("good", "mark_hidden"));
		s.nodes[2].frame =
		    ((uint64_t)MODULE << LG_FRAME_MODULE_SHIFT) | (address_of("good", "mark") + 1);
		ck_assert_uint_ge(scene_ask(&s, NULL), 1);
		ck_assert_uint_ge(names_stack(s.names, 2, &s.frames, NULL), 1);
		names_close(s.names);
	}
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

/* ---- demangling -------------------------------------------------------------------------------------- */

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
	Suite *suite = suite_create("names");
	TCase *tcase = tcase_create("names");
	SRunner *runner = srunner_create(suite);

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, function_and_line_are_exact);
	tcase_add_test(tcase, fixed_address_program_is_named);
	tcase_add_test(tcase, dwarf4_and_split_dwarf_are_read);
	tcase_add_test(tcase, clang_without_aranges_is_named);
	tcase_add_test(tcase, inlined_frames_are_expanded);
	tcase_add_test(tcase, cxx_names_have_scopes_and_parameters);
	tcase_add_test(tcase, cxx_names_without_linkage_name_have_scopes);
	tcase_add_test(tcase, relative_paths_join_the_compile_directory);
	tcase_add_test(tcase, symtab_names_without_dwarf);
	tcase_add_test(tcase, dynsym_names_what_is_exported_only);
	tcase_add_test(tcase, symbol_versions_are_not_shown);
	tcase_add_test(tcase, mini_debuginfo_names_hidden_functions);
	tcase_add_test(tcase, no_symbols_at_all_is_noted_once_with_the_cure);
	tcase_add_test(tcase, debug_dir_by_build_id);
	tcase_add_test(tcase, debug_file_by_debuglink);
	tcase_add_test(tcase, dwz_common_files_are_read);
	tcase_add_test(tcase, debug_file_names_for_a_lost_program);
	tcase_add_test(tcase, fixed_address_program_is_named_from_its_debug_file);
	tcase_add_test(tcase, wrong_debug_dir_is_noted);
	tcase_add_test(tcase, changed_file_is_refused_and_noted);
	tcase_add_test(tcase, file_without_build_id_is_refused_when_one_was_traced);
	tcase_add_test(tcase, missing_file_is_noted_once);
	tcase_add_test(tcase, files_that_are_no_elf_are_noted);
	tcase_add_test(tcase, damaged_dwarf_ends);
	tcase_add_test(tcase, unknown_module_keeps_the_address);
	tcase_add_test(tcase, vdso_is_shown_without_a_note);
	tcase_add_test(tcase, empty_path_is_the_executable);
	tcase_add_test(tcase, relative_path_is_relative_to_the_process);
	tcase_add_test(tcase, stack_is_innermost_first_and_says_when_it_was_cut);
	tcase_add_test(tcase, stack_of_nothing_and_damaged_stacks_end);
	tcase_add_test(tcase, long_stack_is_whole);
	tcase_add_test(tcase, same_file_loaded_twice_is_opened_once);
	tcase_add_test(tcase, data_symbols_cover_their_bytes);
	tcase_add_test(tcase, data_symbols_come_from_debug_files_too);
	tcase_add_test(tcase, demangles_cxx_and_both_rust_schemes);
	tcase_add_test(tcase, demangling_is_bounded);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
