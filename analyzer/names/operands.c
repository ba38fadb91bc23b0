/* operands.c: what an operand of an instruction means in the source: by the variable that lives there, else by where
 * the pointer comes from. */
#include "names/following.h"

#include "names/variables.h"
#include "trace/items.h"

#include <dwarf.h>
#include <stdlib.h>

#define CFA 0x100000000000u /* made up: where the frame would be */
#define MEMBERS_WEIGHED 1024u /* bytes of a record */

/* ---- findings ---------------------------------------------------------------------------------------- */

void follow_found(struct findings *f, const struct type *type, enum found how, uint32_t into)
{
	if (!type_bytes(type) || f->n == FINDINGS_MAX)
		return;
	for (unsigned i = 0; i < f->n; i++)
		if (f->at[i].type == type && f->at[i].into == into && f->at[i].how <= how)
			return;
	f->at[f->n++] = (struct finding){ type, how, into };
}

/* The type of the word at an offset of something of a type; an array's elements for what goes on behind it. */
static const struct type *word_type(const struct type *t, uint64_t offset)
{
	struct type_member m;
	uint64_t bytes = type_bytes(t);

	if (!bytes || offset >> 32) /* also what is before it */
		return NULL;
	if (offset >= bytes)
		bytes = (offset / bytes + 1) * bytes;
	return type_word_at(t, bytes, offset, &m, NULL, 0) && !m.offset_within ? m.type : NULL;
}

/* The value becomes a word of something. */
void follow_taken_for(struct follow *f, const struct type *t, uint64_t offset, struct fact value)
{
	follow_found(f->findings, type_pointee(word_type(t, offset)), FOUND_TAKEN, value.into);
}

static bool is_self(Dwarf_Die *parameter)
{
	Dwarf_Attribute value;
	bool is_artificial = false;

	return dwarf_formflag(dwarf_attr_integrate(parameter, DW_AT_artificial, &value), &is_artificial) ==
		   0 &&
	       is_artificial;
}

void follow_taken_by(struct follow *f, Dwarf_Die *parameter, struct fact value)
{
	const struct type *t = type_pointee(word_type(type_of(f->names, f->object, parameter), 0));

	follow_found(f->findings, t, is_self(parameter) ? FOUND_SELF : FOUND_TAKEN, value.into);
}

bool follow_further(struct fact *value, int64_t bytes)
{
	uint64_t into = value->into + (uint64_t)bytes;

	value->into = (uint32_t)into;
	return into % 8 == 0 && into <= ITEMS_AT_MAX;
}

/* ---- variables --------------------------------------------------------------------------------------- */

/* Where the register is that the CFA is reckoned from: the stack pointer or the frame pointer. */
void follow_frame(struct follow *f)
{
	static const uint8_t bases[] = { LG_REG_RSP, LG_REG_RBP };
	Dwarf_Frame *row = cfi_row(f->object, f->now.at);

	f->machine = (struct machine){ .has_cfa = true, .cfa = CFA };
	for (size_t i = 0; row && i < sizeof bases; i++) {
		struct machine zero = { .known = 1u << bases[i] };
		if (!cfi_find_cfa(row, &zero))
			continue;
		f->machine.regs[bases[i]] = CFA - zero.cfa;
		f->machine.known = 1u << bases[i];
	}
	free(row);
}

void follow_locals(struct follow *f)
{
	struct unit *u;

	if (f->is_before || f->locals_of == f->now.at)
		return;
	f->locals_of = f->now.at;
	f->nlocals = locals_at(f->object, f->now.at, &f->machine, f->locals, &u);
}

const struct type *follow_local_type(const struct follow *f, size_t i)
{
	return type_of(f->names, f->object, &f->locals[i].die);
}

struct slot *follow_slot(struct state *s, uint64_t address)
{
	for (unsigned i = 0; i < s->nslots; i++)
		if (s->slots[i].address == address)
			return &s->slots[i];
	return NULL;
}

/* Whatever variable lives where the value is has a type for it. */
void follow_variables(struct follow *f)
{
	follow_locals(f);
	for (size_t i = 0; i < f->nlocals; i++) {
		struct place_of_value p = f->locals[i].place;
		if (p.kind == AT_REGISTER && p.number < 16 && f->now.regs[p.number].is_value)
			follow_taken_by(f, &f->locals[i].die, f->now.regs[p.number]);
		for (unsigned k = 0; p.kind == AT_ADDRESS && k < f->now.nslots; k++) {
			const struct type *t = follow_local_type(f, i);
			uint64_t offset = f->now.slots[k].address - p.number;
			if (f->now.slots[k].fact.is_value && offset < type_bytes(t))
				follow_taken_for(f, t, offset, f->now.slots[k].fact);
		}
	}
}

/* What a register points at: by a variable that lives in it, else by where it comes from. */
static struct fact register_fact(struct follow *f, unsigned number)
{
	if (f->is_before)
		return f->now.regs[number];
	follow_locals(f);
	for (size_t i = 0; i < f->nlocals; i++) {
		const struct type *target = NULL;
		if (f->locals[i].place.kind == AT_REGISTER && f->locals[i].place.number == number)
			target = type_pointee(word_type(follow_local_type(f, i), 0));
		if (target)
			return (struct fact){ .target = target };
	}
	return f->now.regs[number];
}

/* ---- memory ------------------------------------------------------------------------------------------ */

bool follow_is_frame(const struct follow *f, const struct insn *i)
{
	return i->base < MACHINE_REGS && i->index == NO_REG && (f->machine.known >> i->base & 1);
}

uint64_t follow_frame_address(const struct follow *f, const struct insn *i)
{
	return f->machine.regs[i->base] + (uint64_t)i->disp;
}

/* The type of the word at an address of the frame, by the variable there. */
static const struct type *frame_word(struct follow *f, uint64_t address)
{
	follow_locals(f);
	for (size_t i = 0; i < f->nlocals; i++) {
		const struct type *t = follow_local_type(f, i);
		if (f->locals[i].place.kind == AT_ADDRESS &&
		    address - f->locals[i].place.number < type_bytes(t))
			return word_type(t, address - f->locals[i].place.number);
	}
	return NULL;
}

/* The type of the word that a memory operand means; NULL: not known. */
static const struct type *memory_word(struct follow *f, const struct insn *i)
{
	struct variable v;

	if (i->base == REG_RIP)
		return variable_find(f->names, f->object, f->now.at + i->length + (uint64_t)i->disp, &v)
			   ? word_type(v.type, v.offset)
			   : NULL;
	if (follow_is_frame(f, i))
		return frame_word(f, follow_frame_address(f, i));
	if (i->base == NO_REG)
		return NULL;
	struct fact fact = register_fact(f, i->base);
	if (!fact.target && i->index != NO_REG) /* either may be the array */
		fact = register_fact(f, i->index);
	return word_type(fact.target, (uint64_t)(fact.offset + i->disp));
}

struct fact follow_load(struct follow *f, const struct insn *i)
{
	struct slot *slot = follow_is_frame(f, i) ? follow_slot(&f->now, follow_frame_address(f, i)) : NULL;

	struct fact fact = slot ? slot->fact : (struct fact){ .target = NULL };

	if (!fact.is_value && !fact.target)
		fact.target = type_pointee(memory_word(f, i));
	return fact;
}

/* An index may hide any offset: the value may be for each pointer of the record that its size fits exactly. */
static void weigh_members(struct follow *f, const struct insn *i)
{
	const struct type *t = register_fact(f, i->base).target;
	struct type_member m;

	for (uint64_t offset = 0; type_is_record(t) && offset < type_bytes(t) && offset < MEMBERS_WEIGHED;
	     offset += 8)
		if (type_word_at(t, type_bytes(t), offset, &m, NULL, 0))
			follow_found(f->findings, type_pointee(m.type), FOUND_NEAR, 0);
}

void follow_store(struct follow *f, const struct insn *i, struct fact fact)
{
	struct slot *slot = follow_is_frame(f, i) ? follow_slot(&f->now, follow_frame_address(f, i)) : NULL;

	if (fact.is_value)
		follow_found(f->findings, type_pointee(memory_word(f, i)), FOUND_TAKEN, fact.into);
	if (fact.is_value && i->base < 16 && i->index == NO_REG && !i->disp &&
	    f->now.regs[i->base].argument) {
		f->findings->stored_through = f->now.regs[i->base].argument;
		f->findings->returned_into = fact.into;
	}
	if (fact.is_value && i->index != NO_REG && i->base < 16)
		weigh_members(f, i);
	if (!slot && follow_is_frame(f, i) && f->now.nslots < SLOTS &&
	    (fact.is_value || fact.target || fact.argument)) {
		slot = &f->now.slots[f->now.nslots++];
		slot->address = follow_frame_address(f, i);
	}
	if (slot)
		slot->fact = fact;
}

/* The address of a variable, or of what lies near where a register points. */
struct fact follow_address(struct follow *f, const struct insn *i)
{
	struct variable v;
	struct fact fact = { .is_value = false };

	if (i->base == REG_RIP) {
		if (variable_find(f->names, f->object, f->now.at + i->length + (uint64_t)i->disp, &v))
			fact = (struct fact){ .target = v.type, .offset = (int64_t)v.offset };
	} else if (follow_is_frame(f, i)) {
		fact.frame = follow_frame_address(f, i);
	} else if (i->base < 16) {
		struct fact value = f->now.regs[i->base];
		fact = register_fact(f, i->base);
		fact.offset += i->disp;
		fact.is_value = value.is_value && i->index == NO_REG && follow_further(&value, i->disp);
		fact.into = value.into;
	}
	return fact;
}
