/* cfi.c: a bounded reader of .eh_frame_hdr and .eh_frame (LSB 5.0 Core, 10.6; DWARF 5, 6.4).
 *
 * Reads mapped memory of one module, never outside [low, high) of the segment that holds its CFI; damaged CFI
 * gives RULE_NONE, never a fault or a loop. Works in the caller's per-thread memory: little stack, no heap. */
#include "cfi.h"

/* ---- reading ----------------------------------------------------------------------------------------- */

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

bool cfi_row(const struct cfi_where *w, uint64_t pc, struct fde *fde, struct work *work)
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
