/* rules.c: pc -> how to step its frame, computed once and remembered for all threads.
 *
 * A private, insert-only table: a slot's key is claimed with one compare-exchange, its rule is written after its
 * frame, and 0 means "not yet". A module that goes away voids all rules by the generation that they carry. */
#include "shim.h"

#include <link.h>

struct rule_slot {
	_Atomic uint64_t pc;
	_Atomic uint64_t frame;
	_Atomic uint64_t packed; /* 0: being written */
	uint64_t unused;
};

#define SLOTS (1u << 17)
#define PROBES 16u
_Static_assert(SLOTS * sizeof(struct rule_slot) == 4u << 20, "as boot.c maps it");

/* packed: bits 0..2 kind, 3 saves_bp, 4..15 bp_offset / 8, 16..31 generation, 32..63 cfa_offset */
static uint64_t pack(const struct rule *rule, uint16_t generation)
{
	return (uint64_t)rule->kind | (uint64_t)rule->saves_bp << 3 |
	       (uint64_t)((uint32_t)(rule->bp_offset / 8) & 0xfff) << 4 | (uint64_t)generation << 16 |
	       (uint64_t)(uint32_t)rule->cfa_offset << 32;
}

static struct rule unpack(uint64_t packed, uint64_t frame)
{
	return (struct rule){
		.frame = frame,
		.kind = packed & 7,
		.saves_bp = packed >> 3 & 1,
		.bp_offset = ((int32_t)((uint32_t)(packed >> 4 & 0xfff) << 20) >> 20) * 8,
		.cfa_offset = (int32_t)(packed >> 32),
	};
}

static struct rule rule_compute(uint64_t pc)
{
	struct cfi_where where;
	struct rule rule = { .frame = (pc + 1) & LG_FRAME_OFFSET_MASK };
	uint64_t bias;
	uint32_t module = module_at(pc, &where, &bias);

	if (!module)
		return rule;
	rule.frame = (uint64_t)module << LG_FRAME_MODULE_SHIFT | ((pc + 1 - bias) & LG_FRAME_OFFSET_MASK);
	cfi_rule(&where, pc, &rule);
	if (rule.kind == RULE_NONE && in_loader(pc))
		rule.kind =
		    RULE_END; /* the loader's entry, where a process begins, is its only code without CFI */
	return rule;
}

static void rule_write(struct rule_slot *slot, const struct rule *rule, uint16_t generation)
{
	atomic_store_explicit(&slot->packed, 0, memory_order_release);
	atomic_store_explicit(&slot->frame, rule->frame, memory_order_release);
	atomic_store_explicit(&slot->packed, pack(rule, generation), memory_order_release);
}

static struct rule rule_learn(struct rule_slot *slot, uint64_t pc, uint16_t generation)
{
	struct rule rule = rule_compute(pc);

	/* Code without a module may be anything tomorrow. */
	if (slot && rule.frame >> LG_FRAME_MODULE_SHIFT && rule.kind != RULE_NONE)
		rule_write(slot, &rule, generation);
	return rule;
}

struct rule rule_at(uint64_t pc)
{
	uint16_t generation = (uint16_t)atomic_load_explicit(&shim.generation, memory_order_relaxed);
	uint32_t hash = (uint32_t)((pc * 0x9e3779b97f4a7c15ULL) >> 40);

	for (uint32_t probe = 0; probe < PROBES; probe++) {
		struct rule_slot *slot = &shim.rules[(hash + probe) % SLOTS];
		uint64_t key = atomic_load_explicit(&slot->pc, memory_order_relaxed);

		if (!key && atomic_compare_exchange_strong(&slot->pc, &key, pc))
			return rule_learn(slot, pc, generation);
		if (key != pc)
			continue;
		uint64_t packed = atomic_load_explicit(&slot->packed, memory_order_acquire);
		uint64_t frame = atomic_load_explicit(&slot->frame, memory_order_acquire);
		if (likely(packed && (uint16_t)(packed >> 16) == generation &&
			   atomic_load_explicit(&slot->packed, memory_order_relaxed) == packed))
			return unpack(packed, frame);
		return rule_learn(slot, pc, generation);
	}
	return rule_learn(NULL, pc, generation);
}

/* The loader frees a module's memory after it has unmapped it, with r_state at RT_DELETE (glibc elf/dl-close.c,
 * _dl_close_worker). Its address range may be another module's next. */
void rules_notice_caller(uint64_t pc)
{
	if (unlikely(in_loader(pc)) && _r_debug.r_state == RT_DELETE)
		atomic_fetch_add(&shim.generation, 1);
}
