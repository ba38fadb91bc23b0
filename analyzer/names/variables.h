/* variables.h: which variable of the source a word of memory, or a register, belongs to. */
#ifndef LG_NAMES_VARIABLES_H
#define LG_NAMES_VARIABLES_H

#include "names/names.h"
#include "names/types.h"

struct variable {
	const char *name; /* "session_registry", "pool::head" */
	const struct type *type; /* NULL: only the symbol is known */
	const char *function; /* that declares it; NULL: none does, or it is not known */
	const char *file; /* as the compiler wrote it, absolute where it can be known; NULL: unknown */
	uint32_t line; /* 0: unknown */
	bool is_local; /* it lives in a frame of a thread */
	uint64_t offset; /* of what was asked about, in the variable */
};

/* The word of a variable that holds a pointer, as an expression: "session_registry.head", "table[3].key", "data+8". */
const char *variable_word(const struct variable *v, char *text, size_t room);

/* The global or function-static variable at an address of the process; by DWARF, else by the ELF symbol. False: none.
 * All texts live until names_close(). */
bool names_variable(struct names *n, uint32_t module, uint64_t address, struct variable *v);

/* The thread-local variable of a thread at an address of the process: of the program, or of a library that asks for its
 * own by __tls_get_addr. */
bool names_tls_variable(struct names *n, const struct trace_snapshot *s, const struct trace_thread *t,
			uint64_t address, struct variable *v);

/* The local variable or parameter that a word of a thread's stack, or one of its registers (enum lg_reg), belongs to:
 * of the frames that its registers and its stack in the snapshot show. */
bool names_stack_variable(struct names *n, const struct trace_snapshot *s, const struct trace_thread *t,
			  uint64_t address, struct variable *v);
bool names_register_variable(struct names *n, const struct trace_snapshot *s, const struct trace_thread *t,
			     unsigned number, struct variable *v);

#endif
