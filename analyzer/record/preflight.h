/* preflight.h: what can be learnt of a program's file before it is run. Nothing here runs it, and no file, however
 * broken, does more than leave facts unknown. */
#ifndef LG_RECORD_PREFLIGHT_H
#define LG_RECORD_PREFLIGHT_H

#include "base/err.h"
#include "leakgraph/ring.h"

#include <limits.h>
#include <stdbool.h>

enum program_kind {
	PROGRAM_UNREADABLE, /* may be executed, not read: nothing else is known */
	PROGRAM_OTHER, /* neither ELF nor "#!" */
	PROGRAM_SCRIPT, /* `interpreter` is what runs */
	PROGRAM_ELF,
};

struct program_facts {
	enum program_kind kind;
	char interpreter[256], argument[256]; /* PROGRAM_SCRIPT: the words of its #! line */

	/* PROGRAM_ELF, and only when is_sound */
	bool is_sound; /* its headers can be read and are those of a program */
	unsigned elf_class; /* ELFCLASS32, ELFCLASS64 */
	unsigned machine; /* EM_* */
	char loader[256]; /* PT_INTERP; "" when there is none */
	bool is_loader; /* it is ld.so itself */
	bool needs_libraries;
	bool is_loader_missing; /* no file at `loader` */
	bool is_pie_like; /* ET_DYN */
	bool defines_malloc; /* its .dynsym defines malloc: it wins over every preload */
	bool is_python; /* it has CPython in it, or needs its library */
	bool uses_glib;
	bool is_go;
	bool defines_new; /* ... operator new, so new and delete are seen as what they ask of malloc */
	char allocator
	    [64]; /* the needed library that replaces the C library's malloc; "" when none is known to */
	uint8_t build_id[LG_BUILD_ID_MAX];
	uint32_t build_id_bytes; /* 0: none */
	const char *sanitizer; /* "AddressSanitizer", ...; NULL: none seen */
	bool has_symtab, has_debug_info, has_debug_link;

	bool is_set_id; /* would run as another user or group here: ld.so drops LD_PRELOAD */
	bool has_capabilities; /* the same by file capabilities */
};

/* Finds PROGRAM as execvp(3) would. Returns 0 and *path (owned), or -1 with err and *exit_status 126 or 127. */
int program_find(const char *program, char **path, int *exit_status, struct err *err);

void program_inspect(const char *path, struct program_facts *facts);

/* Returns 0 when nothing in the facts stands against tracing, else -1 with err and *exit_status. */
int program_judge(const char *path, const struct program_facts *facts, int *exit_status, struct err *err);
/* Looks into `path`, to which so many #! lines led, and judges it. A script's interpreter is the next step. */
int program_judge_step(const char *path, unsigned depth, struct program_facts *facts, int *exit_status,
		       struct err *err);

#endif
