/* rules.c: pc -> how to step its frame, computed once and remembered for all threads.
 *
 * A private, insert-only table: a place's pc is claimed with one compare-exchange, its rule is written after the code
 * address has its frame in the shared segment. Two threads that compute the same rule at once write the same. A module
 * that goes away voids all rules by the generation that they carry. Where its address then turns out to be other code,
 * that has a place and a number of its own, so that nodes keep their meaning; either place is used again when its code
 * is back, as often as libraries take turns. */
#include "shim.h"

#include <link.h>

#define PROBES 32u

static uint64_t pack(const struct rule *rule, uint32_t generation)
{
	return (uint64_t)rule->kind | (uint64_t)rule->saves_bp << 3 |
	       (uint64_t)((uint32_t)(rule->bp_offset / 8) & 0xfff) << 4 |
	       (uint64_t)(uint16_t)generation << 16 | (uint64_t)(uint32_t)rule->cfa_offset << 32;
}

static uint64_t frame_of(uint64_t pc, uint32_t module, uint64_t bias)
{
	return (uint64_t)module << LG_FRAME_MODULE_SHIFT |
	       ((pc + 1 - (module ? bias : 0)) & LG_FRAME_OFFSET_MASK);
}

static struct rule rule_compute(uint64_t pc, uint64_t *frame)
{
	struct cfi_where where;
	struct rule rule = { .kind = RULE_NONE };
	uint64_t bias;
	uint32_t module = module_at(pc, &where, &bias);

	*frame = frame_of(pc, module, bias);
	if (!module)
		return rule;
	cfi_rule(&where, pc, &rule);
	if (rule.kind == RULE_NONE && in_loader(pc))
		rule.kind =
		    RULE_END; /* the loader's entry, where a process begins, is its only code without CFI */
	return rule;
}

/* All of its own line, then lines beyond the first pages, each on a page that has nothing to do with the one before:
 * where code is dense, lines are full for pages on end. */
static uint32_t place_of(uint64_t pc, uint32_t probe)
{
	uint32_t home = rule_home(pc), line = home - home % RULES_A_LINE, turn = probe / RULES_A_LINE;
	uint64_t page = pc / CODE_A_PAGE * turn * 0xd6e8feb86659fd93ULL >> 40;

	if (turn)
		line = rule_line(RULE_PAGES_FIRST + page % (LG_CODES / RULES_A_PAGE - RULE_PAGES_FIRST), pc);
	return line + (home + probe) % RULES_A_LINE;
}

/* Whether a place is for this code: it is taken for it, or was before. Other code at the same address has, for now, no
 * rule. */
static bool place_serves(uint32_t code, uint64_t pc, uint64_t frame)
{
	struct rule_place *place = &shim.private->rules[code];
	uint64_t key = 0, known;

	if (code < LG_CODES_RESERVED || (!atomic_compare_exchange_strong(&place->pc, &key, pc) && key != pc))
		return false;
	known = atomic_load_explicit(&shim.frames[code], memory_order_relaxed);
	if (!known || known == frame)
		return true;
	atomic_store_explicit(&place->packed, 0, memory_order_relaxed);
	return false;
}

static struct rule rule_learn(uint64_t pc, uint32_t generation)
{
	uint64_t frame;
	struct rule rule = rule_compute(pc, &frame);

	for (uint32_t probe = 0; probe < PROBES && !rule.code; probe++) {
		uint32_t code = place_of(pc, probe);

		if (!place_serves(code, pc, frame))
			continue;
		rule.code = code;
		atomic_store_explicit(&shim.frames[code], frame, memory_order_release);
		atomic_store_explicit(&shim.private->rules[code].packed, pack(&rule, generation),
				      memory_order_release);
	}
	return rule;
}

/* Not beyond a vacant place: pc would have it. */
struct rule rule_find(uint64_t pc)
{
	uint32_t generation = atomic_load_explicit(&shim.generation, memory_order_relaxed);
	bool is_vacant = false;

	for (uint32_t probe = 0; probe < PROBES && !is_vacant; probe++) {
		uint32_t code = place_of(pc, probe);
		const struct rule_place *place = &shim.private->rules[code];
		uint64_t packed = atomic_load_explicit(&place->packed, memory_order_acquire);

		uint64_t taken = atomic_load_explicit(&place->pc, memory_order_relaxed);
		if (taken == pc && rule_holds(packed, generation))
			return rule_unpack(packed, code);
		is_vacant = !taken && code >= LG_CODES_RESERVED;
	}
	return rule_learn(pc, generation);
}

void rule_publish(uint32_t code)
{
	uint64_t pc = atomic_load_explicit(&shim.private->rules[code].pc, memory_order_relaxed), bias;
	struct cfi_where where;

	if (pc >> LG_FRAME_MODULE_SHIFT == LG_FRAME_PYTHON) {
		atomic_store_explicit(&shim.frames[code], pc, memory_order_release);
		return;
	}
	uint32_t module = module_at(pc, &where, &bias);
	atomic_store_explicit(&shim.frames[code], frame_of(pc, module, bias), memory_order_release);
}

#define PYTHON_A_PAGE 64u /* units of text: some ten functions */

/* In the place of a rule, beyond the first pages: a frame word is no address that code could have. By where its function's
 * text is, and mixed, for there may be more lines close together than there are calls. */
static uint64_t place_key(uint64_t frame)
{
	uint64_t page = (frame >> LG_PYTHON_CODE_SHIFT) / PYTHON_A_PAGE;

	return page * CODE_A_PAGE + (frame * 0x9e3779b97f4a7c15ULL >> 32) % CODE_A_PAGE;
}

uint32_t code_number(uint64_t frame)
{
	uint64_t key = place_key(frame);

	for (uint32_t probe = RULES_A_LINE; probe < PROBES; probe++) {
		uint32_t code = place_of(key, probe);

		if (!place_serves(code, frame, frame))
			continue;
		atomic_store_explicit(&shim.frames[code], frame, memory_order_release);
		return code;
	}
	return 0;
}

/* The loader frees a module's memory after it has unmapped it, with r_state at RT_DELETE (glibc elf/dl-close.c,
 * _dl_close_worker). Its address range may be another module's next. */
void rules_notice_loader(void)
{
	if (_r_debug.r_state == RT_DELETE)
		atomic_fetch_add(&shim.generation, 1);
}
