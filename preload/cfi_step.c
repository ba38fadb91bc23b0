/* cfi_step.c: what a row of call frame information means: a rule for frames of the usual kind, or whole register sets. */
#include "cfi.h"

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
	if (!cfi_row(where, pc, &fde, work))
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

	if (!cfi_row(where, pc, &fde, work))
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
