/* following.h: a value on its way from a call, from inside.
 *
 * operands.c  what an operand of an instruction means in the source
 * follow.c    what instructions do with the value */
#ifndef LG_NAMES_FOLLOWING_H
#define LG_NAMES_FOLLOWING_H

#include "names/decode.h"
#include "names/follow.h"

#define SLOTS 16u /* words of the frame that hold the value, or a pointer of known type */
#define PATHS 6u /* waiting to be followed */

/* What is known of a word. */
struct fact {
	bool is_value; /* it is what the call returned */
	uint32_t into; /* ... that many bytes further */
	const struct type *target; /* what it points into; NULL: not known */
	int64_t offset; /* where */
	uint64_t frame; /* it is the address of that word of the frame; 0: not known to be one */
	uint8_t
	    argument; /* it is what the function was given as that argument, from 1 on; 0: nothing of the kind */
};

struct state {
	uint64_t at; /* the next instruction, ELF virtual */
	struct fact regs[16];
	uint8_t vectors[16]; /* bit 0: the value is in the lower half of the register, bit 1: in the upper */
	struct slot {
		uint64_t address;
		struct fact fact;
	} slots[SLOTS];
	unsigned nslots;
	bool is_tested; /* the flags tell whether the value is null */
	unsigned steps;
};

struct follow {
	struct names *names;
	struct object *object;
	struct findings *findings;
	bool is_before; /* still before the call, where variables are not asked */
	struct state now, waiting[PATHS];
	unsigned nwaiting, steps;

	/* Of the instruction at now.at: */
	struct machine machine;
	uint64_t locals_of; /* whose variables are below; 0: nobody's */
	struct local locals[LOCALS_MAX];
	size_t nlocals;
};

/* What a value may be: a type, and what a word of something has for one. */
void follow_found(struct findings *f, const struct type *type, enum found how, uint32_t into);
void follow_taken_for(struct follow *f, const struct type *t, uint64_t offset, struct fact value);
/* a variable or parameter becomes the value */
void follow_taken_by(struct follow *f, Dwarf_Die *parameter, struct fact value);
/* The value and so many bytes: still the value if it is the start, or behind a header or a count of items. */
bool follow_further(struct fact *value, int64_t bytes);

/* At now.at: the frame, and the variables in scope. */
void follow_frame(struct follow *f);
void follow_locals(struct follow *f);
const struct type *follow_local_type(const struct follow *f, size_t i);
void follow_variables(struct follow *f); /* whatever lives where the value is has a type for it */

/* Operands in memory: words of the frame, or of what a register points at. */
bool follow_is_frame(const struct follow *f, const struct insn *i);
uint64_t follow_frame_address(const struct follow *f, const struct insn *i);
struct slot *follow_slot(struct state *s, uint64_t address); /* NULL: nothing is known of that word */
struct fact follow_load(struct follow *f, const struct insn *i);
void follow_store(struct follow *f, const struct insn *i, struct fact fact);
struct fact follow_address(struct follow *f, const struct insn *i);

#endif
