/* named.h: a trace of one module that was just built, asked for the names at one address. */
#ifndef LG_TESTS_NAMED_H
#define LG_TESTS_NAMED_H

#include "names/names.h"

#include "built.h"
#include "suite.h"

#define BIAS 0x7f0012340000ULL
#define MODULE 7u

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

static inline void scene_set(struct scene *s, const char *file, uint64_t address)
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

static inline size_t scene_ask(struct scene *s, const char *debug_dir)
{
	struct names_options options = { .debug_dir = debug_dir, .no_debuginfod = true };
	struct err err = { "" };

	ck_assert_msg(names_open(&s->names, &s->trace, &options, &err) == 0, "%s", err.text);
	return names_stack(s->names, 1, &s->frames, &s->is_truncated);
}

static inline const char *only_note(struct scene *s)
{
	const char *const *notes;

	ck_assert_uint_eq(names_notes(s->names, &notes), 1);
	return notes[0];
}

static inline void assert_no_notes(struct scene *s)
{
	const char *const *notes;
	size_t n = names_notes(s->names, &notes);

	ck_assert_msg(n == 0, "unexpected note: %s", n ? notes[0] : "");
}

static inline void assert_ends(const char *text, const char *end)
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
static const char cxx_cc[] =
    "namespace shop { template <class T> struct Cart { __attribute__((noinline)) T add(T, const char *); };\n"
    "template <class T> T Cart<T>::add(T x, const char *) {\n"
    "	asm volatile(\".globl mark\\nmark: nop\"); return x; }\n"
    "namespace { struct Till { static inline __attribute__((always_inline)) void ring(int) {\n"
    "	asm volatile(\".globl mark_hidden\\nmark_hidden: nop\"); } };\n"
    "__attribute__((noinline)) void close_up(int x) { Till::ring(x); asm volatile(\"\"); } } }\n"
    "int main() { shop::Cart<int> c; shop::close_up(2); return c.add(1, \"x\"); }\n";

static inline void build_plain(const char *flags)
{
	write_file("plain.c", plain_c);
	ck_assert(run("gcc -O1 %s -Wl,--build-id=sha1 -o plain plain.c", flags));
}

static inline void assert_middle(const struct scene *s)
{
	ck_assert_str_eq(s->frames[0].function, "middle");
	ck_assert_uint_eq(s->frames[0].line, 3);
}

#endif
