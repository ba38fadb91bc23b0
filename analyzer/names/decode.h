/* decode.h: x86-64 instructions, as far as following a pointer through a few of them needs: their lengths, the
 * registers that they change, and what moves, jumps, calls and returns do. */
#ifndef LG_NAMES_DECODE_H
#define LG_NAMES_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSN_MAX 15u /* bytes of the longest */
#define NO_REG 0xffu
#define REG_RIP 16u /* as the base of a memory operand */

/* Registers are numbered as in the psABI (enum lg_reg), not as in the encoding; vector registers from 0 to 15. */
struct insn {
	unsigned length; /* 0: not known; nothing else is then */
	enum insn_op {
		INSN_OTHER, /* changes the registers of `writes` */
		INSN_MOVE, /* 8 bytes from `from` or memory to `to` or memory */
		INSN_LEA,
		INSN_ADD, /* `to`, else memory, += `from`, else memory, else `immediate`; 8 bytes */
		INSN_TEST, /* `from`, or memory, with itself or with 0 */
		INSN_CALL, /* target 0: indirect */
		INSN_JUMP, /* the same */
		INSN_BRANCH, /* condition: the low four bits of its opcode */
		INSN_RETURN,
		INSN_VECTOR_SET, /* lower half of the vector register `to` = `from` */
		INSN_VECTOR_PAIR, /* upper half of `to` = lower half of the vector register `from` */
		INSN_VECTOR_STORE, /* 16 bytes of the vector register `from` to memory */
		INSN_VECTOR, /* anything else to the vector register `to` */
		INSN_STOP, /* traps, or is not decoded further */
	} op;
	uint32_t writes; /* bit mask */
	uint8_t to, from; /* registers; NO_REG: memory, or nothing */
	bool is_memory; /* one operand is: */
	uint8_t base, index; /* NO_REG: none */
	int64_t disp;
	int32_t immediate;
	uint64_t target; /* address */
	uint8_t condition;
};
#define CONDITION_EQUAL 4u
#define CONDITION_NOT_EQUAL 5u

/* The instruction at `address` of which `n` bytes are at hand. */
struct insn insn_decode(const uint8_t *bytes, size_t n, uint64_t address);

#endif
