/* inside.h: what the parts of names share. Nothing outside analyzer/names includes it.
 *
 * All addresses inside an object are ELF virtual addresses, as in the file's symbol table, whatever Dwfl thinks. */
#ifndef LG_NAMES_INSIDE_H
#define LG_NAMES_INSIDE_H

#include "names/names.h"
#include "names/store.h"

#include <elfutils/libdwfl.h>
#include <elfutils/libdw.h>

/* One ELF symbol, ready to be chosen from: see symbols.c. */
struct symbol {
	const char *name; /* as in the string table */
	uint64_t address, size;
	uint8_t binding; /* STB_* */
	bool is_sized; /* false: the size is a guess, up to the next symbol */
};

struct symbols {
	bool is_read;
	struct symbol *all;
	size_t n, room;
	struct spans code, data; /* items are indices of all[] */
};

/* One compilation unit. Its functions are listed when the first address in it is asked for. */
struct unit {
	Dwarf_Die die; /* where the line table hangs */
	Dwarf_Die body; /* where the functions hang: the same, or the unit of a .dwo file */
	enum { UNIT_UNREAD, UNIT_LISTED, UNIT_LISTED_DEEP } state;
	struct spans where; /* items are indices of functions[] */
	Dwarf_Die *functions;
	size_t nfunctions, room;
};

struct debug {
	bool is_read;
	Dwarf *dwarf; /* NULL: none found */
	Dwarf_Addr bias; /* ELF virtual address = DWARF address + bias */
	struct unit *units;
	size_t nunits, room;
	struct spans where; /* items are indices of units[] */
	uint64_t visits_left; /* DIEs that may still be walked: ends loops in damaged files */
};

/* One ELF file, shared by all modules of the trace with its path and build-id. */
struct object {
	const struct trace_module *module; /* the first that had it */
	const char *path; /* absolute where it can be known; "" when there is no file */
	const char *name; /* base name of path */
	Dwfl *dwfl;
	Dwfl_Module *file; /* NULL: there is none to trust */
	GElf_Addr bias; /* ELF virtual address = Dwfl's address - bias */
	bool is_noted; /* its lack of symbols was looked at */
	struct symbols symbols;
	struct debug debug;
	struct object *next;
};

/* What an address turned out to be, innermost first; stack-sized. */
#define PLACE_LEVELS 64u
struct place {
	const char *function, *file;
	uint32_t line;
};

struct names {
	const struct trace *trace;
	struct arena arena;
	struct object **by_module; /* trace->nmodules; NULL: not asked for yet */
	struct object *objects; /* owned list, newest first */
	struct map frames; /* ring.h frame -> struct frame_list */
	struct map stacks; /* node id -> struct frame_list */
	struct map spelled; /* symbol string's address -> its text for people */
	struct map functions; /* DIE's address -> function name, "" for none */
	struct map files; /* file string's address -> absolute path */
	const char **notes;
	size_t nnotes, notes_room;
	char *debuginfo_path;
	Dwfl_Callbacks callbacks;
	char nowhere[1], *no_path; /* "", for: */
	Dwfl_Callbacks server_callbacks; /* the same, but nothing is searched in directories */
};

/* object.c: finds, checks and opens files. */
struct object *object_of(struct names *n, const struct trace_module *module); /* NULL: no memory */
void object_note_nameless(struct names *n, struct object *o); /* after a frame got no name; says it once */
void objects_close(struct names *n);

/* symbols.c: ELF symbols. An answer is NULL when no symbol covers the address. */
const struct symbol *symbol_of_code(struct object *o, uint64_t address);
const struct symbol *symbol_of_data(struct object *o, uint64_t address);
bool symbols_know_code(struct object *o);
void symbols_free(struct symbols *s);

/* units.c: the unit and the function (NULL: none) that hold an address; NULL when no unit does. */
struct unit *unit_at(struct object *o, uint64_t address, Dwarf_Die **function);
bool debug_is_there(struct object *o);
void debug_free(struct debug *d);
/* Moves on to the next sibling. A damaged DW_AT_sibling may point backwards: only progress counts as success. */
bool die_next(Dwarf_Die *die);
#define SCOPE_DEPTH 64u /* namespaces in classes in functions ...: deeper is damage */

/* dies.c: single DIEs. */
const char *die_string(Dwarf_Die *die, unsigned attribute); /* its own or its abstract origin's; NULL: none */
uint64_t die_number(Dwarf_Die *die, unsigned attribute); /* 0: none */
bool die_follow(Dwarf_Die *die, unsigned attribute); /* replaces the DIE by the one that it refers to */
bool names_are_plain(Dwarf_Die unit); /* in its language: no scopes, no mangling */
/* "(anonymous namespace)::pool::take" for what has no linkage name: by the scopes of its declaration. */
const char *die_scoped_name(struct names *n, Dwarf_Die declaration, const char *name);
/* Moves into the child block or inlined function that holds pc; false: this is the innermost. */
bool die_step_in(Dwarf_Die *die, Dwarf_Addr pc, uint64_t *visits_left);
#define VISITS_PER_ADDRESS (1u << 20) /* DIEs walked to find what is inlined at one address */
#define BLOCK_DEPTH 256 /* blocks in inlined functions in blocks ... */

/* debug.c: what an address is by DWARF. Returns the number of levels, at least 1 and at most PLACE_LEVELS; places[0]
 * is where the code is, each further one where the one before was inlined. What is unknown stays NULL or 0. */
size_t debug_places(struct names *n, struct object *o, uint64_t address, struct place places[PLACE_LEVELS]);

/* names.c */
const char *names_spell(struct names *n, const char *symbol); /* demangled, without its version; cached */
void names_note(struct names *n, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
