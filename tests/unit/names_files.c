/* names_files.c: which file is asked for names: by build-id, debug link and directory; and what is refused. */
#include "named.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

int main(void)
{
	const TTest *const tests[] = {
		debug_dir_by_build_id,
		debug_file_by_debuglink,
		dwz_common_files_are_read,
		debug_file_names_for_a_lost_program,
		fixed_address_program_is_named_from_its_debug_file,
		wrong_debug_dir_is_noted,
		changed_file_is_refused_and_noted,
		file_without_build_id_is_refused_when_one_was_traced,
		missing_file_is_noted_once,
		files_that_are_no_elf_are_noted,
		damaged_dwarf_ends,
	};

	return suite_run_with("names_files", set_up, tear_down, tests, sizeof tests / sizeof *tests);
}
