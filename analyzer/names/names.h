/* names.h: module-relative addresses become functions, files, lines, modules, inlined frames.
 *
 * libdwfl does the reading: .symtab, .dynsym, mini-debuginfo, separate debug files by build-id and debuglink,
 * debuginfod when DEBUGINFOD_URLS is set. A file whose build-id is not the one that was traced is refused, and
 * said so once per module. libiberty demangles C++ and Rust. Answers are cached; equal questions are cheap. */
#ifndef LG_NAMES_NAMES_H
#define LG_NAMES_NAMES_H

#include "base/err.h"
#include "trace/trace.h"

#include <stdbool.h>
#include <stdint.h>

struct names;

struct frame_name {
	const char *function; /* demangled; NULL: unknown */
	/* With names_options.with_symbols: as in the file's symbol table; NULL: inlined, unknown */
	const char *symbol;
	const char *file; /* as the compiler wrote it, absolute where it can be known; NULL: unknown */
	uint32_t line; /* 0: unknown */
	/* Base name of the file: "app", "libc.so.6", "[vdso]"; "" when no module is known */
	const char *module;
	const char *module_path;
	const char *language; /* of what has no machine code of its own: "python"; else NULL */
	uint64_t address; /* as it was in the process: return address */
	uint64_t offset; /* ELF virtual address (return address) */
	bool inlined; /* inlined into the next frame of the list */
};

struct names_options {
	/* More places to look for debug files, ':'-separated; NULL: the system's default */
	const char *debug_dir;
	bool no_debuginfod;
	bool with_symbols; /* frames have their symbols, which takes reading every table */
};

int names_open(struct names **n, const struct trace *t, const struct names_options *options, struct err *err);
/* Goes on with another trace; what was learnt of files is kept, and what was handed out stays until names_close(). False:
 * there is no memory, or it would be too much, and another is to be opened. */
bool names_follow(struct names *n, const struct trace *t);
void names_close(struct names *n); /* NULL is fine */

/* The frames of a stack, innermost first, inlined ones expanded. `*frames` is owned by names and lives until
 * names_close. `truncated` (may be NULL) says that the stack was cut. Returns the number of frames. */
size_t names_stack(struct names *n, uint32_t stack, const struct frame_name **frames, bool *truncated);

/* The data symbol that covers an address of a module: "session_registry" and the offset into it. False when
 * there is none. `*symbol` lives until names_close. */
bool names_data(struct names *n, uint32_t module, uint64_t address, const char **symbol, uint64_t *offset);

/* Where the file of a module has a function for others, by its name without a version: its address in the process. False
 * when there is none. */
bool names_export(struct names *n, uint32_t module, const char *function, uint64_t *address);

/* What the file of the module at an address of the process holds there: code and read-only data. False when the file
 * is not at hand, is not the one that was traced, or holds nothing there. */
bool names_bytes(struct names *n, uint64_t address, void *bytes, size_t count);

/* Whether the file of the program says that this compiler made it, or some of it: "rustc". */
bool names_program_is_by(struct names *n, const char *compiler);

/* Lines for the user about modules that could not be named, and why: changed files, missing files, no symbols.
 * One line each, with the cure. Lives until names_close. */
size_t names_notes(struct names *n, const char *const **notes);

#endif
