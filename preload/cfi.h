/* cfi.h: call frame information: what cfi.c, from a pc to its row, and cfi_step.c, from a row to what it means, share. */
#ifndef LG_PRELOAD_CFI_H
#define LG_PRELOAD_CFI_H

#include "shim.h"

#include <string.h>

/* ---- reading ----------------------------------------------------------------------------------------- */

struct reader {
	uint64_t at, end;
	bool bad; /* sticks */
};

static inline uint64_t take(struct reader *r, unsigned bytes)
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

static inline int64_t take_sleb(struct reader *r)
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

/* ---- rows -------------------------------------------------------------------------------------------- */

struct fde {
	uint64_t start, end; /* code it covers */
	struct reader cie_code, code; /* call frame instructions */
	uint64_t code_align;
	int64_t data_align;
	unsigned pointer_encoding;
	bool signal_frame;
};

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

/* The row of a pc, into work->row; false: there is none to trust. */
bool cfi_row(const struct cfi_where *w, uint64_t pc, struct fde *fde, struct work *work);

#endif
