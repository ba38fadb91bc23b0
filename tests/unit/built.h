/* built.h: victims that a test builds with the system's compilers, in a folder of its own. */
#ifndef LG_TESTS_BUILT_H
#define LG_TESTS_BUILT_H

#include <check.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static char dir[256]; /* of this test; set_up() makes it, tear_down() removes it */

static inline bool run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline bool run(const char *format, ...)
{
	char what[1800], command[2200];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	snprintf(command, sizeof command, "cd '%s' && { %s\n} >log 2>&1", dir, what);
	return system(command) == 0;
}

static inline bool has_tool(const char *name)
{
	return run("command -v %s", name);
}

static inline const char *in_dir(const char *name)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", dir, name);
	return path;
}

static inline void write_file(const char *name, const char *text)
{
	FILE *f = fopen(in_dir(name), "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

/* The ELF virtual address of a symbol. */
static inline uint64_t address_of(const char *file, const char *symbol)
{
	char command[1024];
	uint64_t address = 0;

	snprintf(command, sizeof command, "nm '%s' | awk '$NF == \"%s\" { print $1; exit }'", in_dir(file),
		 symbol);
	FILE *f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_msg(fscanf(f, "%lx", &address) == 1, "%s has no symbol %s", file, symbol);
	pclose(f);
	return address;
}

static inline void set_up(void)
{
	snprintf(dir, sizeof dir, "%s/lg-test-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static inline void tear_down(void)
{
	char command[512];

	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

#endif
