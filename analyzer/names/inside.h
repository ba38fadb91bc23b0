/* inside.h: what the parts of names share. Nothing outside analyzer/names includes it.
 *
 * All addresses inside an object are ELF virtual addresses, as in the file's symbol table, whatever Dwfl thinks. */
#ifndef LG_NAMES_INSIDE_H
#define LG_NAMES_INSIDE_H

#include "names/machine.h"
#include "names/names.h"
#include "names/store.h"
#include "names/types.h"

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

/* The variables at fixed places, sorted: see variables.c. */
struct listed;
struct variables {
	enum { VARIABLES_UNREAD, VARIABLES_LISTED, VARIABLES_DEEP } state;
	struct listed *at;
	size_t n, room;
};

/* One ELF file, shared by all modules of the trace with its path and build-id. */
struct object {
	struct trace_module module; /* the first that had it: its build-id */
	const char *path; /* absolute where it can be known; "" when there is no file */
	const char *name; /* base name of path */
	Dwfl *dwfl;
	Dwfl_Module *file; /* NULL: there is none to trust */
	GElf_Addr bias; /* ELF virtual address = Dwfl's address - bias */
	const char *problem; /* the note about its file; NULL: there is none */
	bool is_noted; /* its lack of symbols was looked at */
	unsigned generation; /* of the last trace that asked for it */
	struct symbols symbols;
	struct debug debug;
	bool has_tls_number; /* the next was looked for */
	uint64_t tls_number; /* see object_tls_number() */
	struct variables variables;
	bool has_definitions; /* the map below is filled */
	struct map definitions; /* hash of a record's name -> struct definition */
	struct object *next;
};

/* What an address turned out to be, innermost first; stack-sized. */
#define PLACE_LEVELS 64u
struct place {
	const char *function, *file;
	const char *symbol; /* of the outermost, when it is asked for */
	uint32_t line;
};

struct names {
	const struct trace *trace;
	unsigned generation; /* of traces, from 0 */
	bool with_symbols;
	struct arena arena;
	struct object **by_module; /* trace->nmodules; NULL: not asked for yet */
	struct object *objects; /* owned list, newest first */
	size_t nobjects;
	struct map python; /* id of Python code -> its frame, with no line; empty: not yet looked at */
	struct map frames; /* ring.h frame -> struct frame_list */
	struct map stacks; /* node id -> struct frame_list */
	struct map spelled; /* symbol string's address -> its text for people */
	struct map functions; /* DIE's address -> function name, "" for none */
	struct map types; /* DIE's address, of a definition or of a typedef -> struct type */
	struct map sites; /* frame, as in ring.h -> what its code does with what it is returned */
	struct map threads; /* struct trace_thread -> its frames */
	struct map files; /* file string's address -> absolute path */
	const char **notes;
	size_t nnotes, notes_room;
	char *debuginfo_path;
	Dwfl_Callbacks callbacks;
	char nowhere[1], *no_path; /* "", for: */
	Dwfl_Callbacks server_callbacks; /* the same, but nothing is searched in directories */
};

/* notes.c */
void names_note(struct names *n, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* spell.c */
const char *names_spell(struct names *n, const char *symbol); /* demangled, without its version; cached */

/* object.c: finds, checks and opens files. */
struct object *object_of(struct names *n, const struct trace_module *module); /* NULL: no memory */
void object_note_nameless(struct names *n, struct object *o); /* after a frame got no name; says it once */
void object_drop_file(struct object *o); /* if it has one */

/* modules.c */
/* The object of a module of the trace, by the module's id; NULL: there is none. */
struct object *object_with(struct names *n, uint64_t module_id, const struct trace_module **module);
/* The module that was last mapped over an address of the process, and its object. */
struct object *object_over(struct names *n, uint64_t address, const struct trace_module **module);

/* python.c: a line of Python source. */
void python_frame(struct names *n, uint64_t frame, struct frame_name *f);

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
bool names_are_plain_at(const Dwarf_Die *die); /* in the language of its unit */
bool die_is_declaration(Dwarf_Die *die);
/* "(anonymous namespace)::pool::take" for what has no linkage name: by the scopes of its declaration. */
const char *die_scoped_name(struct names *n, Dwarf_Die declaration, const char *name);
/* Moves into the child block or inlined function that holds pc; false: this is the innermost. */
bool die_step_in(Dwarf_Die *die, Dwarf_Addr pc, uint64_t *visits_left);
#define VISITS_PER_ADDRESS (1u << 20) /* DIEs walked to find what is inlined at one address */
#define BLOCK_DEPTH 256 /* blocks in inlined functions in blocks ... */

/* debug.c: what an address is by DWARF. Returns the number of levels, at least 1 and at most PLACE_LEVELS; places[0]
 * is where the code is, each further one where the one before was inlined. What is unknown stays NULL or 0. */
size_t debug_places(struct names *n, struct object *o, uint64_t address, struct place places[PLACE_LEVELS]);
/* The name of a function's DIE, concrete, inlined or abstract; NULL when it has none. */
const char *debug_function_name(struct names *n, const struct unit *u, Dwarf_Die *die);
/* The file of the unit's line table that an attribute of a DIE numbers, made absolute; NULL: unknown. (libdw's
 * dwarf_decl_file() aborts on units without a table.) */
const char *debug_file(struct names *n, struct unit *u, Dwarf_Die *die, unsigned attribute);

/* types.c, type_names.c, type_members.c: the type that a DIE is, and the type that a DIE (variable, member, ...) has;
 * NULL: void or not known. */
const struct type *type_from(struct names *n, struct object *o, const Dwarf_Die *die);
const struct type *type_of(struct names *n, struct object *o, const Dwarf_Die *die);

/* variables.c: fills in everything but the offset; `function`: that the variable is in, NULL: none. */
struct variable;
void variable_describe(struct names *n, struct object *o, struct unit *u, const Dwarf_Die *die,
		       Dwarf_Die *function, struct variable *v);
void variables_free(struct variables *v);
/* The same as names_variable() for an ELF virtual address. */
bool variable_find(struct names *n, struct object *o, uint64_t address, struct variable *v);

/* bytes.c: what the file holds at an ELF virtual address; returns how many of the bytes are there. */
size_t object_bytes(struct object *o, uint64_t address, void *bytes, size_t count);
/* imports.c: the function of another object that a stub of the procedure linkage table at an address leads to, by its
 * name; NULL: there is no stub. */
const char *object_import(struct object *o, uint64_t address);
/* A function that it exports, by its name; 0: there is none. */
uint64_t object_export(struct object *o, const char *function);
/* The ELF virtual address of the word that holds the module's number for thread-local storage; 0: there is none. */
uint64_t object_tls_number(struct object *o);

/* locals.c: the variables and parameters in scope at an address of code, innermost scope first, that live somewhere
 * at that moment; `m` holds what is known of the registers and gets the function's frame base. */
struct local {
	Dwarf_Die die;
	Dwarf_Die function; /* concrete or inlined */
	struct place_of_value place;
};
#define LOCALS_MAX 256u
size_t locals_at(struct object *o, uint64_t address, struct machine *m, struct local locals[LOCALS_MAX],
		 struct unit **unit);
/* Those in scope there that live nowhere at all, ever. */
size_t locals_lost_at(struct object *o, uint64_t address, Dwarf_Die lost[LOCALS_MAX], struct unit **unit);

/* The functions around an address of code, innermost first: inlined ones, then the concrete one. */
size_t functions_at(struct object *o, uint64_t address, Dwarf_Die functions[PLACE_LEVELS]);

/* calls.c: whether a function's result can be no new block: it has none, or a small number, or a reference. */
bool returns_no_block(Dwarf_Die *function);
/* Whether its caller passes the place of the result as an argument before all others. */
bool returns_in_memory(Dwarf_Die *function);
/* The same of what the call that returns to an address calls; false also when nobody says what that is. */
bool call_returns_no_block(struct object *o, uint64_t address);

/* frames.c: the CFI row of an address of code, an ELF virtual one; NULL: there is none. The caller frees it. */
Dwarf_Frame *cfi_row(struct object *o, uint64_t address);
bool cfi_find_cfa(Dwarf_Frame *row, struct machine *m);

/* definitions.c: replaces a record that is only declared by its definition, if there is one in the object. */
void definition_of(struct names *n, struct object *o, Dwarf_Die *die);
/* A record or a typedef of one that the object defines by that name. */
bool definition_named(struct names *n, struct object *o, const char *name, Dwarf_Die *die);

#endif
