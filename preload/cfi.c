/* cfi.c: a bounded reader of .eh_frame_hdr and .eh_frame (LSB 5.0 Core, 10.6; DWARF 5, 6.4).
 *
 * Reads mapped memory of one module, never outside [low, high) of the segment that holds its CFI; damaged CFI
 * gives RULE_NONE, never a fault or a loop. Works in the caller's per-thread memory: little stack, no heap. */
#include "shim.h"

#include <string.h>

/* ---- reading ----------------------------------------------------------------------------------------- */

struct reader {
	uint64_t at, end;
	bool bad; /* sticks */
};

static uint64_t take(struct reader *r, unsigned bytes)
{
	uint64_t v = 0;

	if (r->bad || r->end - r->at < bytes || r->at > r->end) {
		r->bad = true;
		return 0;
	}
	memcpy(&v, (const void *)r->at, bytes);
	r->at += bytes;
	return v;
}

static inline uint8_t take_byte(struct reader *r)
{
	if (likely(!r->bad && r->at < r->end))
		return *(const uint8_t *)r->at++;
	r->bad = true;
	return 0;
}

static __attribute__((noinline)) uint64_t take_long_uleb(struct reader *r, uint64_t v)
{
	for (unsigned shift = 7; shift < 64; shift += 7) {
		uint64_t byte = take_byte(r);

		v |= (byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
	r->bad = true;
	return 0;
}

/* Nearly all have one byte. */
static inline uint64_t take_uleb(struct reader *r)
{
	uint64_t first = take_byte(r);

	return likely(first < 0x80) ? first : take_long_uleb(r, first & 0x7f);
}

static int64_t take_sleb(struct reader *r)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint64_t byte = take_byte(r);

		v |= (byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return (int64_t)(byte & 0x40 && shift < 57 ? v | ~0ULL << (shift + 7) : v);
	}
	r->bad = true;
	return 0;
}

static void skip(struct reader *r, uint64_t bytes)
{
	if (r->bad || r->end - r->at < bytes)
		r->bad = true;
	else
		r->at += bytes;
}

/* Pointer encodings (LSB 5.0 Core, 10.5.1): low nibble the format, high nibble what it is relative to. */
enum {
	PE_OMIT = 0xff,
	PE_FORMAT = 0x0f,
	PE_BASE = 0x70,
	PE_PCREL = 0x10,
	PE_DATAREL = 0x30,
	PE_INDIRECT = 0x80
};

static uint64_t take_format(struct reader *r, unsigned format)
{
	switch (format) {
	case 0x0: /* absptr */
	case 0x4: /* udata8 */
	case 0xc: /* sdata8 */
		return take(r, 8);
	case 0x1:
		return take_uleb(r);
	case 0x2:
		return take(r, 2);
	case 0x3:
		return take(r, 4);
	case 0x9:
		return (uint64_t)take_sleb(r);
	case 0xa:
		return (uint64_t)(int16_t)take(r, 2);
	case 0xb:
		return (uint64_t)(int32_t)take(r, 4);
	}
	r->bad = true;
	return 0;
}

static uint64_t take_pointer(struct reader *r, unsigned encoding, uint64_t data_base)
{
	uint64_t here = r->at;
	uint64_t v = take_format(r, encoding & PE_FORMAT);

	switch (encoding & PE_BASE) {
	case 0:
		return v;
	case PE_PCREL:
		return v + here;
	case PE_DATAREL:
		return v + data_base;
	}
	r->bad = true;
	return 0;
}

/* ---- finding the FDE --------------------------------------------------------------------------------- */

struct fde {
	uint64_t start, end; /* code it covers */
	struct reader cie_code, code; /* call frame instructions */
	uint64_t code_align;
	int64_t data_align;
	unsigned pointer_encoding;
	bool signal_frame;
};

/* The body of the CIE or FDE at `at`. */
static struct reader entry_body(const struct cfi_where *w, uint64_t at)
{
	struct reader r = { at, w->high, at < w->low };
	uint64_t length = take(&r, 4);

	if (length == 0xffffffff || r.end - r.at < length)
		r.bad = true; /* 64-bit entries do not occur below 4 GiB of CFI */
	else
		r.end = r.at + length;
	return r;
}

static bool cie_read(const struct cfi_where *w, uint64_t at, struct fde *fde)
{
	struct reader r = entry_body(w, at);
	const char *augmentation;
	unsigned version;

	if (take(&r, 4)) /* id: 0 in .eh_frame */
		return false;
	version = take_byte(&r);
	augmentation = (const char *)r.at;
	while (take_byte(&r))
		;
	if (r.bad || (version != 1 && version != 3) || (augmentation[0] && augmentation[0] != 'z'))
		return false;
	fde->code_align = take_uleb(&r);
	fde->data_align = take_sleb(&r);
	if ((version == 1 ? take_byte(&r) : take_uleb(&r)) != LG_REG_RIP)
		return false;
	fde->pointer_encoding = 0;
	fde->signal_frame = false;
	if (augmentation[0]) {
		uint64_t bytes = take_uleb(&r), after = r.at + bytes;

		for (const char *c = augmentation + 1; *c && !r.bad; c++) {
			if (*c == 'R')
				fde->pointer_encoding = take_byte(&r);
			else if (*c == 'P')
				take_format(&r, take_byte(&r) & PE_FORMAT);
			else if (*c == 'L')
				skip(&r, 1);
			else if (*c == 'S')
				fde->signal_frame = true;
			else
				return false;
		}
		if (after < r.at)
			return false;
		skip(&r, after - r.at);
	}
	fde->cie_code = r;
	return !r.bad;
}

static bool fde_read(const struct cfi_where *w, uint64_t at, struct fde *fde)
{
	struct reader r = entry_body(w, at);
	uint64_t id_at = r.at;
	uint64_t back = take(&r, 4);

	if (r.bad || !back || !cie_read(w, id_at - back, fde))
		return false;
	fde->start = take_pointer(&r, fde->pointer_encoding, w->header);
	fde->end = fde->start + take_format(&r, fde->pointer_encoding & PE_FORMAT);
	uint64_t bytes = take_uleb(&r);
	skip(&r, bytes);
	fde->code = r;
	return !r.bad;
}

/* Binary search in .eh_frame_hdr's table: pairs of 32-bit offsets from the header, sorted by start. */
static bool fde_find(const struct cfi_where *w, uint64_t pc, struct fde *fde)
{
	struct reader r = { w->header, w->high, w->header < w->low };
	unsigned version = take_byte(&r), frame_encoding = take_byte(&r);
	unsigned count_encoding = take_byte(&r), table_encoding = take_byte(&r);

	if (r.bad || version != 1 || table_encoding != 0x3b || count_encoding == PE_OMIT)
		return false;
	take_pointer(&r, frame_encoding, w->header);
	uint64_t count = take_pointer(&r, count_encoding, w->header);
	if (r.bad || !count || count > (r.end - r.at) / 8)
		return false;
	const int32_t *table = (const int32_t *)r.at;
	int64_t want = (int64_t)(pc - w->header);
	uint64_t low = 0, high = count; /* table[low] <= want < table[high] */
	if (want < table[0])
		return false;
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (table[middle * 2] <= want)
			low = middle;
		else
			high = middle;
	}
	return fde_read(w, w->header + (uint64_t)(int64_t)table[low * 2 + 1], fde) && pc >= fde->start &&
	       pc < fde->end;
}

/* ---- running the instructions ------------------------------------------------------------------------ */

enum reg_rule { SAME, UNDEFINED, OFFSET, VAL_OFFSET, REGISTER, EXPRESSION, VAL_EXPRESSION };

struct row {
	bool cfa_is_expression;
	uint8_t cfa_reg;
	uint8_t kind[LG_REGS]; /* enum reg_rule */
	int64_t cfa_offset; /* or the address of the expression's block (length, operations) */
	int64_t value[LG_REGS]; /* offset, register or the address of an expression's block */
};

#define ROWS_MAX 8u
struct work {
	struct row row, initial, saved[ROWS_MAX];
	unsigned nsaved;
};
_Static_assert(sizeof(struct work) <= CFI_WORK_BYTES, "fits its room");

struct program {
	struct work *work;
	const struct fde *fde;
	struct reader r;
	uint64_t location;
	uint64_t data_base;
};

static void set_rule(struct program *p, uint64_t reg, enum reg_rule kind, int64_t value)
{
	if (reg >= LG_REGS)
		return; /* vector and flag registers: of no use here */
	p->work->row.kind[reg] = (uint8_t)kind;
	p->work->row.value[reg] = value;
}

static void set_cfa(struct program *p, uint64_t reg, int64_t offset)
{
	if (reg >= LG_REGS)
		p->r.bad = true;
	p->work->row.cfa_is_expression = false;
	p->work->row.cfa_reg = (uint8_t)reg;
	p->work->row.cfa_offset = offset;
}

static int64_t take_block(struct program *p)
{
	int64_t at = (int64_t)p->r.at;
	uint64_t bytes = take_uleb(&p->r);

	skip(&p->r, bytes);
	return at;
}

static void restore(struct program *p, uint64_t reg)
{
	if (reg < LG_REGS)
		set_rule(p, reg, p->work->initial.kind[reg], p->work->initial.value[reg]);
}

static void remember_state(struct program *p)
{
	if (p->work->nsaved == ROWS_MAX)
		p->r.bad = true;
	else
		p->work->saved[p->work->nsaved++] = p->work->row;
}

static void restore_state(struct program *p)
{
	if (!p->work->nsaved)
		p->r.bad = true;
	else
		p->work->row = p->work->saved[--p->work->nsaved];
}

/* The operations above the three that keep an operand in the opcode (DWARF 5, 6.4.2; 7.24). A dispatch table. */
static void run_extended(struct program *p, unsigned op)
{
	struct reader *r = &p->r;
	int64_t align = p->fde->data_align;
	uint64_t reg;

	switch (op) {
	case 0x00: /* nop */
		break;
	case 0x01: /* set_loc */
		p->location = take_pointer(r, p->fde->pointer_encoding, p->data_base);
		break;
	case 0x02: /* advance_loc1 */
		p->location += take_byte(r) * p->fde->code_align;
		break;
	case 0x03: /* advance_loc2 */
		p->location += take(r, 2) * p->fde->code_align;
		break;
	case 0x04: /* advance_loc4 */
		p->location += take(r, 4) * p->fde->code_align;
		break;
	case 0x05: /* offset_extended */
		reg = take_uleb(r);
		set_rule(p, reg, OFFSET, (int64_t)take_uleb(r) * align);
		break;
	case 0x06: /* restore_extended */
		restore(p, take_uleb(r));
		break;
	case 0x07: /* undefined */
		set_rule(p, take_uleb(r), UNDEFINED, 0);
		break;
	case 0x08: /* same_value */
		set_rule(p, take_uleb(r), SAME, 0);
		break;
	case 0x09: /* register */
		reg = take_uleb(r);
		set_rule(p, reg, REGISTER, (int64_t)take_uleb(r));
		break;
	case 0x0a:
		remember_state(p);
		break;
	case 0x0b:
		restore_state(p);
		break;
	case 0x0c: /* def_cfa */
		reg = take_uleb(r);
		set_cfa(p, reg, (int64_t)take_uleb(r));
		break;
	case 0x0d: /* def_cfa_register */
		set_cfa(p, take_uleb(r), p->work->row.cfa_offset);
		break;
	case 0x0e: /* def_cfa_offset */
		p->work->row.cfa_offset = (int64_t)take_uleb(r);
		break;
	case 0x0f: /* def_cfa_expression */
		p->work->row.cfa_is_expression = true;
		p->work->row.cfa_offset = take_block(p);
		break;
	case 0x10: /* expression */
		reg = take_uleb(r);
		set_rule(p, reg, EXPRESSION, take_block(p));
		break;
	case 0x11: /* offset_extended_sf */
		reg = take_uleb(r);
		set_rule(p, reg, OFFSET, take_sleb(r) * align);
		break;
	case 0x12: /* def_cfa_sf */
		reg = take_uleb(r);
		set_cfa(p, reg, take_sleb(r) * align);
		break;
	case 0x13: /* def_cfa_offset_sf */
		p->work->row.cfa_offset = take_sleb(r) * align;
		break;
	case 0x14: /* val_offset */
		reg = take_uleb(r);
		set_rule(p, reg, VAL_OFFSET, (int64_t)take_uleb(r) * align);
		break;
	case 0x15: /* val_offset_sf */
		reg = take_uleb(r);
		set_rule(p, reg, VAL_OFFSET, take_sleb(r) * align);
		break;
	case 0x16: /* val_expression */
		reg = take_uleb(r);
		set_rule(p, reg, VAL_EXPRESSION, take_block(p));
		break;
	case 0x2e: /* GNU_args_size */
		take_uleb(r);
		break;
	default:
		r->bad = true;
	}
}

/* Runs instructions until they describe a later place than pc. */
static void run_until(struct program *p, uint64_t pc)
{
	while (!p->r.bad && p->r.at < p->r.end && p->location <= pc) {
		unsigned op = take_byte(&p->r), low = op & 0x3f;

		switch (op >> 6) {
		case 1: /* advance_loc */
			p->location += low * p->fde->code_align;
			break;
		case 2: /* offset */
			set_rule(p, low, OFFSET, (int64_t)take_uleb(&p->r) * p->fde->data_align);
			break;
		case 3:
			restore(p, low);
			break;
		default:
			run_extended(p, op);
		}
	}
}

static bool row_find(const struct cfi_where *w, uint64_t pc, struct fde *fde, struct work *work)
{
	if (!w->header || !fde_find(w, pc, fde))
		return false;
	memset(&work->row, 0, sizeof work->row);
	work->nsaved = 0;
	struct program p = { work, fde, fde->cie_code, fde->start, w->header };
	run_until(&p, pc);
	if (p.r.bad)
		return false;
	work->initial = work->row;
	p.r = fde->code;
	p.location = fde->start;
	run_until(&p, pc);
	return !p.r.bad;
}

/* ---- rules ------------------------------------------------------------------------------------------- */

static bool fits(int64_t v, int64_t limit)
{
	return v >= -limit && v < limit;
}

enum rule_kind cfi_rule(const struct cfi_where *where, uint64_t pc, struct rule *rule)
{
	struct work *work = unwind_cfi_work();
	struct row *row = &work->row;
	struct fde fde;

	rule->kind = RULE_NONE;
	if (!row_find(where, pc, &fde, work))
		return RULE_NONE;
	rule->cfa_offset = (int32_t)row->cfa_offset;
	rule->saves_bp = row->kind[LG_REG_RBP] == OFFSET;
	rule->bp_offset = (int32_t)row->value[LG_REG_RBP];
	if (fde.signal_frame)
		rule->kind = RULE_SIGNAL;
	else if (row->kind[LG_REG_RIP] == UNDEFINED)
		rule->kind = RULE_END;
	else if (row->cfa_is_expression || (row->cfa_reg != LG_REG_RSP && row->cfa_reg != LG_REG_RBP) ||
		 row->kind[LG_REG_RIP] != OFFSET || row->value[LG_REG_RIP] != -8 ||
		 row->kind[LG_REG_RSP] != SAME || !fits(row->cfa_offset, 1 << 30) ||
		 (row->kind[LG_REG_RBP] != SAME && row->kind[LG_REG_RBP] != UNDEFINED &&
		  (!rule->saves_bp || !fits(row->value[LG_REG_RBP], 1 << 13) || row->value[LG_REG_RBP] % 8)))
		rule->kind = RULE_FULL;
	else
		rule->kind = row->cfa_reg == LG_REG_RSP ? RULE_SP : RULE_BP;
	return rule->kind;
}

/* ---- whole register sets ----------------------------------------------------------------------------- */

#define EXPRESSION_STACK 16u
#define EXPRESSION_STEPS 256u

struct machine {
	uint64_t stack[EXPRESSION_STACK];
	unsigned depth;
	bool bad;
};

static void push(struct machine *m, uint64_t v)
{
	if (m->depth == EXPRESSION_STACK)
		m->bad = true;
	else
		m->stack[m->depth++] = v;
}

static uint64_t pop(struct machine *m)
{
	if (!m->depth) {
		m->bad = true;
		return 0;
	}
	return m->stack[--m->depth];
}

static void binary(struct machine *m, unsigned op)
{
	uint64_t b = pop(m), a = pop(m);
	int64_t sa = (int64_t)a, sb = (int64_t)b;

	switch (op) {
	case 0x1a:
		push(m, a & b);
		break;
	case 0x1c:
		push(m, a - b);
		break;
	case 0x1e:
		push(m, a * b);
		break;
	case 0x21:
		push(m, a | b);
		break;
	case 0x22:
		push(m, a + b);
		break;
	case 0x24:
		push(m, b < 64 ? a << b : 0);
		break;
	case 0x25:
		push(m, b < 64 ? a >> b : 0);
		break;
	case 0x27:
		push(m, a ^ b);
		break;
	case 0x29:
		push(m, a == b);
		break;
	case 0x2a:
		push(m, sa >= sb);
		break;
	case 0x2b:
		push(m, sa > sb);
		break;
	case 0x2c:
		push(m, sa <= sb);
		break;
	case 0x2d:
		push(m, sa < sb);
		break;
	case 0x2e:
		push(m, a != b);
		break;
	default:
		m->bad = true;
	}
}

/* One operation of a DWARF expression (DWARF 5, 2.5): those that CFI uses. A dispatch table. */
static void run_operation(struct machine *m, struct reader *r, unsigned op, const struct regs *regs)
{
	uint64_t v;

	if (op >= 0x30 && op <= 0x4f) { /* lit0..lit31 */
		push(m, op - 0x30);
	} else if (op >= 0x70 && op <= 0x80) { /* breg0..breg16 */
		v = regs->r[op - 0x70];
		push(m, v + (uint64_t)take_sleb(r));
	} else if (op >= 0x08 && op <= 0x0f) { /* const1u, 1s, 2u, 2s, 4u, 4s, 8u, 8s */
		unsigned bytes = 1u << ((op - 8) / 2);

		v = take(r, bytes);
		if (op & 1 && bytes < 8)
			v = (uint64_t)((int64_t)(v << (64 - bytes * 8)) >> (64 - bytes * 8));
		push(m, v);
	} else if (op == 0x10) { /* constu */
		push(m, take_uleb(r));
	} else if (op == 0x11) { /* consts */
		push(m, (uint64_t)take_sleb(r));
	} else if (op == 0x06) { /* deref */
		if (!stack_word(pop(m), &v))
			m->bad = true;
		push(m, v);
	} else if (op == 0x12) { /* dup */
		v = pop(m);
		push(m, v);
		push(m, v);
	} else if (op == 0x13) { /* drop */
		pop(m);
	} else if (op == 0x23) { /* plus_uconst */
		v = pop(m);
		push(m, v + take_uleb(r));
	} else {
		binary(m, op);
	}
}

static bool evaluate(const struct cfi_where *w, uint64_t block, const struct regs *regs,
		     const uint64_t *first, uint64_t *answer)
{
	struct reader r = { block, w->high, block < w->low };
	struct machine m = { .depth = 0 };
	uint64_t bytes = take_uleb(&r);

	if (r.bad || r.end - r.at < bytes)
		return false;
	r.end = r.at + bytes;
	if (first)
		push(&m, *first);
	for (unsigned step = 0; step < EXPRESSION_STEPS && r.at < r.end && !r.bad && !m.bad; step++)
		run_operation(&m, &r, take_byte(&r), regs);
	*answer = pop(&m);
	return !r.bad && !m.bad;
}

static bool register_before(const struct cfi_where *w, const struct row *row, unsigned i, uint64_t cfa,
			    const struct regs *regs, uint64_t *v)
{
	uint64_t at = cfa + (uint64_t)row->value[i];

	switch (row->kind[i]) {
	case OFFSET:
		return stack_word(at, v);
	case VAL_OFFSET:
		*v = at;
		return true;
	case REGISTER:
		*v = (uint64_t)row->value[i] < LG_REGS ? regs->r[row->value[i]] : 0;
		return (uint64_t)row->value[i] < LG_REGS;
	case EXPRESSION:
		return evaluate(w, (uint64_t)row->value[i], regs, &cfa, &at) && stack_word(at, v);
	case VAL_EXPRESSION:
		return evaluate(w, (uint64_t)row->value[i], regs, &cfa, v);
	}
	*v = i == LG_REG_RSP ? cfa : regs->r[i];
	return true;
}

bool cfi_step(const struct cfi_where *where, uint64_t pc, struct regs *regs, bool *ended)
{
	struct work *work = unwind_cfi_work();
	const struct row *row = &work->row;
	struct regs before;
	struct fde fde;
	uint64_t cfa;

	if (!row_find(where, pc, &fde, work))
		return false;
	*ended = row->kind[LG_REG_RIP] == UNDEFINED;
	if (*ended)
		return true;
	if (!row->cfa_is_expression)
		cfa = regs->r[row->cfa_reg] + (uint64_t)row->cfa_offset;
	else if (!evaluate(where, (uint64_t)row->cfa_offset, regs, NULL, &cfa))
		return false;
	for (unsigned i = 0; i < LG_REGS; i++)
		if (!register_before(where, row, i, cfa, regs, &before.r[i]))
			return false;
	*regs = before;
	return true;
}
