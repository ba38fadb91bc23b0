/* machine.c: see machine.h. */
#include "names/machine.h"

#include "trace/trace.h"

#include <dwarf.h>

#define STACK_WORDS 32u

struct run {
	const struct machine *m;
	uint64_t stack[STACK_WORDS];
	uint32_t depth;
	bool is_frame_base; /* a frame base must not need one */
};

static bool push(struct run *r, uint64_t word)
{
	if (r->depth == STACK_WORDS)
		return false;
	r->stack[r->depth++] = word;
	return true;
}

static bool pop(struct run *r, uint64_t *word)
{
	if (!r->depth)
		return false;
	*word = r->stack[--r->depth];
	return true;
}

static bool push_register(struct run *r, uint64_t number, uint64_t offset)
{
	if (number >= MACHINE_REGS || !(r->m->known >> number & 1))
		return false;
	return push(r, r->m->regs[number] + offset);
}

static bool push_memory(struct run *r)
{
	uint64_t address, word;

	return pop(r, &address) && r->m->memory && snapshot_word(r->m->memory, address, &word) &&
	       push(r, word);
}

static bool push_frame_base(struct run *r, uint64_t offset)
{
	struct machine inner = *r->m;

	inner.frame_base = NULL; /* a frame base that needs one is damage */
	inner.nframe_base = 0;
	struct place_of_value base = machine_locate(&inner, r->m->frame_base, r->m->nframe_base);
	if (base.kind == AT_REGISTER) /* clang: DW_OP_reg6 means what rbp holds */
		return push_register(r, base.number, offset);
	return base.kind == AT_ADDRESS && push(r, base.number + offset);
}

static bool compute(struct run *r, uint8_t atom)
{
	uint64_t a, b;

	if (!pop(r, &b) || !pop(r, &a))
		return false;
	switch (atom) {
	case DW_OP_plus:
		return push(r, a + b);
	case DW_OP_minus:
		return push(r, a - b);
	case DW_OP_mul:
		return push(r, a * b);
	case DW_OP_and:
		return push(r, a & b);
	case DW_OP_or:
		return push(r, a | b);
	case DW_OP_shl:
		return push(r, b < 64 ? a << b : 0);
	case DW_OP_shr:
		return push(r, b < 64 ? a >> b : 0);
	case DW_OP_ge:
		return push(r, (int64_t)a >= (int64_t)b);
	case DW_OP_gt:
		return push(r, (int64_t)a > (int64_t)b);
	case DW_OP_le:
		return push(r, (int64_t)a <= (int64_t)b);
	case DW_OP_lt:
		return push(r, (int64_t)a < (int64_t)b);
	case DW_OP_eq:
		return push(r, a == b);
	case DW_OP_ne:
		return push(r, a != b);
	default:
		return false;
	}
}

static bool step(struct run *r, const Dwarf_Op *op)
{
	uint64_t word;

	if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31)
		return push(r, op->atom - DW_OP_lit0);
	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31)
		return push_register(r, op->atom - DW_OP_breg0, op->number);
	switch (op->atom) {
	case DW_OP_const1u:
	case DW_OP_const1s:
	case DW_OP_const2u:
	case DW_OP_const2s:
	case DW_OP_const4u:
	case DW_OP_const4s:
	case DW_OP_const8u:
	case DW_OP_const8s:
	case DW_OP_constu:
	case DW_OP_consts:
		return push(r, op->number);
	case DW_OP_bregx:
		return push_register(r, op->number, op->number2);
	case DW_OP_fbreg:
		return push_frame_base(r, op->number);
	case DW_OP_call_frame_cfa:
		return r->m->has_cfa && push(r, r->m->cfa);
	case DW_OP_deref:
		return push_memory(r);
	case DW_OP_plus_uconst:
		return pop(r, &word) && push(r, word + op->number);
	case DW_OP_dup:
		return pop(r, &word) && push(r, word) && push(r, word);
	case DW_OP_drop:
		return pop(r, &word);
	case DW_OP_nop:
		return true;
	default:
		return compute(r, op->atom);
	}
}

bool machine_value(const struct machine *m, const Dwarf_Op *ops, size_t nops, uint64_t *value)
{
	struct run r = { .m = m };

	for (size_t i = 0; i < nops; i++)
		if (!step(&r, &ops[i]))
			return false;
	return pop(&r, value);
}

struct place_of_value machine_locate(const struct machine *m, const Dwarf_Op *ops, size_t nops)
{
	struct place_of_value place = { .kind = AT_NOTHING };

	if (nops == 1 && ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31)
		return (struct place_of_value){ AT_REGISTER, ops[0].atom - DW_OP_reg0 };
	if (nops == 1 && ops[0].atom == DW_OP_regx)
		return (struct place_of_value){ AT_REGISTER, ops[0].number };
	if (nops && machine_value(m, ops, nops, &place.number))
		place.kind = AT_ADDRESS;
	return place;
}
