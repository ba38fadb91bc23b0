/* frames.c: the frames of a stopped thread, found again from its registers and stack in the snapshot by the CFI of the
 * traced files, and the local variables in them. A thread is unwound when it is first asked about. */
#include "names/inside.h"
#include "names/variables.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX 1024u /* of one thread; the innermost */

/* x86-64 psABI, 3.2.1. */
#define CALLEE_SAVED                                                                                         \
	(1u << LG_REG_RBX | 1u << LG_REG_RBP | 1u << LG_REG_R12 | 1u << LG_REG_R13 | 1u << LG_REG_R14 |      \
	 1u << LG_REG_R15)

struct stack_frame {
	struct object *object;
	uint64_t address; /* of the code that runs, ELF virtual; of a return address, the byte before */
	struct machine machine; /* its registers, as far as they are known, and its CFA */
	uint64_t saved_at[MACHINE_REGS]; /* where inner frames saved them; 0: they did not */
};

struct thread_frames {
	size_t n;
	struct stack_frame at[]; /* innermost first: CFAs ascend */
};

/* ---- CFI --------------------------------------------------------------------------------------------- */

Dwarf_Frame *cfi_row(struct object *o, uint64_t address)
{
	Dwarf_Addr bias = 0;
	Dwarf_Frame *row = NULL;
	Dwarf_CFI *cfi = o->file ? dwfl_module_eh_cfi(o->file, &bias) : NULL;

	if (cfi && dwarf_cfi_addrframe(cfi, address + o->bias - bias, &row) == 0)
		return row;
	cfi = o->file ? dwfl_module_dwarf_cfi(o->file, &bias) : NULL;
	return cfi && dwarf_cfi_addrframe(cfi, address + o->bias - bias, &row) == 0 ? row : NULL;
}

bool cfi_find_cfa(Dwarf_Frame *row, struct machine *m)
{
	Dwarf_Op *ops;
	size_t nops;

	m->has_cfa = dwarf_frame_cfa(row, &ops, &nops) == 0 && nops && machine_value(m, ops, nops, &m->cfa);
	return m->has_cfa;
}

/* What a row says of a register of the caller. */
struct restored {
	bool is_known;
	uint64_t value;
	uint64_t saved_at; /* 0: nowhere in memory */
};

static struct restored from_register(const struct stack_frame *f, uint64_t number)
{
	if (number >= MACHINE_REGS || !(f->machine.known >> number & 1))
		return (struct restored){ .is_known = false };
	return (struct restored){ true, f->machine.regs[number], f->saved_at[number] };
}

static struct restored from_expression(const struct machine *m, const Dwarf_Op *ops, size_t nops)
{
	struct restored r = { .is_known = false };

	if (ops[nops - 1].atom == DW_OP_stack_value)
		r.is_known = machine_value(m, ops, nops - 1, &r.value);
	else if (machine_value(m, ops, nops, &r.saved_at))
		r.is_known = snapshot_word(m->memory, r.saved_at, &r.value);
	return r;
}

static struct restored restore(Dwarf_Frame *row, const struct stack_frame *f, unsigned number)
{
	Dwarf_Op memory[3], *ops;
	size_t nops;

	if (dwarf_frame_register(row, (int)number, memory, &ops, &nops) != 0)
		return (struct restored){ .is_known = false };
	if (!nops) /* no rule; libdw 0.188 takes rax for rbx when it says what that means */
		return from_register(f, CALLEE_SAVED >> number & 1 ? number : MACHINE_REGS);
	struct place_of_value place = machine_locate(&f->machine, ops, nops);
	return place.kind == AT_REGISTER ? from_register(f, place.number)
					 : from_expression(&f->machine, ops, nops);
}

static void restore_all(Dwarf_Frame *row, const struct stack_frame *f, struct stack_frame *caller)
{
	for (unsigned i = 0; i < MACHINE_REGS; i++) {
		struct restored r = restore(row, f, i);
		if (!r.is_known)
			continue;
		caller->machine.regs[i] = r.value;
		caller->machine.known |= 1u << i;
		caller->saved_at[i] = r.saved_at;
	}
	caller->machine.regs[LG_REG_RSP] = f->machine.cfa;
	caller->machine.known |= 1u << LG_REG_RSP;
	caller->saved_at[LG_REG_RSP] = 0;
}

/* ---- unwinding --------------------------------------------------------------------------------------- */

static void frame_place(struct names *n, struct stack_frame *f, uint64_t pc)
{
	const struct trace_module *module;

	f->object = object_over(n, pc, &module);
	f->address = module ? pc - module->bias : 0;
}

/* What of the registers is the code's own: after a call from libc's inside, only what a callee must keep. */
static uint32_t registers_known(const struct trace_thread *t)
{
	uint32_t all = t->nregs >= MACHINE_REGS ? (1u << MACHINE_REGS) - 1 : 0;

	if (t->flags & (LG_THREAD_AT_EXIT | LG_THREAD_IN_CALL))
		return all & (CALLEE_SAVED | 1u << LG_REG_RSP | 1u << LG_REG_RIP);
	return t->flags & LG_THREAD_STOPPED ? all : 0;
}

/* The frame that called `f`; false: there is none that can be found. */
static bool step_out(struct names *n, struct stack_frame *f, struct stack_frame *caller)
{
	Dwarf_Frame *row = f->object ? cfi_row(f->object, f->address) : NULL;
	bool is_signal = false;

	*caller = (struct stack_frame){ .machine = { .memory = f->machine.memory } };
	if (!row)
		return false;
	if (cfi_find_cfa(row, &f->machine)) {
		dwarf_frame_info(row, NULL, NULL, &is_signal);
		restore_all(row, f, caller);
	}
	free(row);
	if (!(caller->machine.known >> LG_REG_RIP & 1) || !caller->machine.regs[LG_REG_RIP])
		return false;
	frame_place(n, caller, caller->machine.regs[LG_REG_RIP] - !is_signal);
	return true;
}

static void first_frame(struct names *n, const struct trace_snapshot *s, const struct trace_thread *t,
			struct stack_frame *f)
{
	bool is_return = t->flags & (LG_THREAD_AT_EXIT | LG_THREAD_IN_CALL);

	*f = (struct stack_frame){ .machine = { .memory = s, .known = registers_known(t) } };
	memcpy(f->machine.regs, t->regs, sizeof f->machine.regs);
	frame_place(n, f, t->regs[LG_REG_RIP] - is_return);
}

static struct thread_frames *unwind(struct names *n, const struct trace_snapshot *s,
				    const struct trace_thread *t)
{
	struct stack_frame *frames = calloc(FRAMES_MAX, sizeof *frames);
	size_t nframes = 0;

	if (frames && registers_known(t)) {
		first_frame(n, s, t, &frames[nframes++]);
		while (nframes < FRAMES_MAX && step_out(n, &frames[nframes - 1], &frames[nframes]) &&
		       (nframes == 1 || frames[nframes - 1].machine.cfa > frames[nframes - 2].machine.cfa))
			nframes++;
	}
	struct thread_frames *kept = arena_take(&n->arena, sizeof *kept + nframes * sizeof kept->at[0]);
	if (kept && nframes)
		memcpy(kept->at, frames, nframes * sizeof *frames);
	if (kept)
		kept->n = nframes;
	free(frames);
	return kept;
}

static struct thread_frames *frames_of(struct names *n, const struct trace_snapshot *s,
				       const struct trace_thread *t)
{
	struct thread_frames *found = map_get(&n->threads, map_pointer_key(t));

	if (!found) {
		found = unwind(n, s, t);
		map_put(&n->threads, map_pointer_key(t), found);
	}
	return found;
}

/* ---- locals ------------------------------------------------------------------------------------------ */

static bool holds(struct names *n, const struct stack_frame *f, const struct local *local,
		  struct place_of_value wanted, uint64_t *offset)
{
	*offset = 0;
	if (local->place.kind != wanted.kind)
		return false;
	if (wanted.kind == AT_REGISTER)
		return local->place.number == wanted.number;
	*offset = wanted.number - local->place.number;
	return *offset < type_bytes(type_of(n, f->object, &local->die));
}

static bool local_in(struct names *n, struct stack_frame *f, struct place_of_value wanted, struct variable *v)
{
	struct local *locals = f->object ? calloc(LOCALS_MAX, sizeof *locals) : NULL;
	struct unit *u;
	size_t nlocals = locals ? locals_at(f->object, f->address, &f->machine, locals, &u) : 0;
	bool is_found = false;
	uint64_t offset;

	for (size_t i = 0; i < nlocals && !is_found; i++) {
		if (!holds(n, f, &locals[i], wanted, &offset))
			continue;
		*v = (struct variable){ .offset = offset, .is_local = true };
		variable_describe(n, f->object, u, &locals[i].die, &locals[i].function, v);
		is_found = v->name;
	}
	free(locals);
	return is_found;
}

/* The frame whose own part of the stack holds the address: its CFA is the first above. Only the last may have none. */
static size_t frame_over(const struct thread_frames *all, uint64_t address)
{
	size_t low = 0, high = all->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct machine *m = &all->at[middle].machine;
		if (m->has_cfa && m->cfa > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* A register that an inner frame saved at the address still is a variable of a frame further out. */
static bool saved_local(struct names *n, struct thread_frames *all, size_t from, uint64_t address,
			struct variable *v)
{
	for (size_t i = from; i < all->n; i++)
		for (unsigned number = 0; number < LG_REG_RIP; number++)
			if (all->at[i].saved_at[number] == address &&
			    local_in(n, &all->at[i], (struct place_of_value){ AT_REGISTER, number }, v))
				return true;
	return false;
}

bool names_stack_variable(struct names *n, const struct trace_snapshot *s, const struct trace_thread *t,
			  uint64_t address, struct variable *v)
{
	struct thread_frames *all = frames_of(n, s, t);
	size_t i = all ? frame_over(all, address) : 0;

	if (!all || i == all->n)
		return false;
	return local_in(n, &all->at[i], (struct place_of_value){ AT_ADDRESS, address }, v) ||
	       saved_local(n, all, i, address, v);
}

bool names_register_variable(struct names *n, const struct trace_snapshot *s, const struct trace_thread *t,
			     unsigned number, struct variable *v)
{
	struct thread_frames *all = frames_of(n, s, t);

	for (size_t i = 0; all && i < all->n && number < MACHINE_REGS; i++) {
		const struct stack_frame *f = &all->at[i];
		if (!(f->machine.known >> number & 1) || f->saved_at[number])
			return false;
		if (local_in(n, &all->at[i], (struct place_of_value){ AT_REGISTER, number }, v))
			return true;
	}
	return false;
}
