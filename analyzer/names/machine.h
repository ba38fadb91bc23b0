/* machine.h: DWARF expressions, worked out over registers and memory that may be known in part.
 *
 * The registers are those of a stopped thread, of a frame further out, or made up to compare two expressions. What
 * needs a word that is not known has no answer. Expressions are bounded: no jumps, a stack of a few words. */
#ifndef LG_NAMES_MACHINE_H
#define LG_NAMES_MACHINE_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#define MACHINE_REGS 17u /* numbered as in the psABI and in enum lg_reg; 16 is the return address */

struct trace_snapshot;

struct machine {
	uint64_t regs[MACHINE_REGS];
	uint32_t known; /* bit i: regs[i] is */
	bool has_cfa;
	uint64_t cfa;
	const struct trace_snapshot *memory; /* NULL: no word of it is known */
	const Dwarf_Op *frame_base; /* of the function; NULL: not known */
	size_t nframe_base;
};

/* What an expression ends with. */
struct place_of_value {
	enum { AT_NOTHING, AT_ADDRESS, AT_REGISTER } kind;
	uint64_t number; /* the address, or the register's number */
};

/* A location: where something lives. Pieces, values without a place and values at entry are nowhere. */
struct place_of_value machine_locate(const struct machine *m, const Dwarf_Op *ops, size_t nops);
/* A value: what CFI asks for, with `start` on the stack first. */
bool machine_value(const struct machine *m, const Dwarf_Op *ops, size_t nops, uint64_t *value);

#endif
