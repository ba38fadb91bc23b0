/* memos.h: what is remembered of blocks, so that a free that looks wrong has its stack taken.
 *
 * Whether a free is wrong, the trace's events tell, but where it was made only the call itself can. So this may forget
 * and be mistaken, and is small: a place remembers the latest block of all that share it, and a block that another has
 * pushed out looks right.
 *
 *   bits 4..0    enum lg_entry; 0: the block has ended
 *   bit  5       holds Python code that is known (python_code.c)
 *   bits 9..6    log2 of the alignment that operator new was given
 *   bits 19..10  size, folded
 *   bits 31..20  tag: which of the addresses that share the place; the whole memo is 0 where no block has been */
#ifndef LG_PRELOAD_MEMOS_H
#define LG_PRELOAD_MEMOS_H

#include "shim.h"

#define MEMO_ENTRY 0x1fu
#define MEMO_LEFT_OUT MEMO_ENTRY /* for an entry: the block is not recorded, by the program's wish */
#define MEMO_PYTHON 0x20u
#define MEMO_ALIGN_SHIFT 6
#define MEMO_ALIGN (0xfu << MEMO_ALIGN_SHIFT)
#define MEMO_SIZE (0x3ffu << 10)
#define MEMO_TAG (0xfffu << 20)

static inline _Atomic memo *memo_place(uint64_t addr)
{
	return &shim.private->memos[addr / MEMO_SPACING & shim.memo_mask];
}

/* Bits 33..23 of the address: those below are the place's, but for bit 4, by which neighbours differ. */
static inline memo memo_tag(uint64_t addr)
{
	return (memo)(addr >> 23) << 21 | (memo)(addr & 16) << 16;
}
_Static_assert(MEMOS *MEMO_SPACING == 1u << 23, "the tag begins where the place ends");

static inline memo memo_make(uint64_t addr, uint64_t size, enum lg_entry entry)
{
	memo folded = (memo)(size ^ size >> 10) << 10;

	return memo_tag(addr) | (folded & MEMO_SIZE) | entry;
}

static inline memo memo_align(uint64_t alignment)
{
	return alignment ? (memo)__builtin_ctzll(alignment) << MEMO_ALIGN_SHIFT & MEMO_ALIGN : 0;
}

static inline uint16_t memo_aligns(memo m)
{
	return (uint16_t)((m & MEMO_ALIGN) >> MEMO_ALIGN_SHIFT);
}

static inline memo memo_ended(memo known)
{
	return known & MEMO_TAG;
}

/* Whether what is known of a block goes with how it is ended: sure at a glance. Blocks that are aligned to less than 16
 * share all with their neighbour: the events have to tell. */
static inline bool memo_fits_free(memo known, uint64_t addr)
{
	return (known ^ memo_tag(addr)) < 1u << 20 && shim.plain_ends >> (known & MEMO_ENTRY) & 1 &&
	       addr % 16 == 0;
}
static inline bool memo_fits(memo known, memo given, uint64_t addr)
{
	memo ignored = MEMO_ENTRY | MEMO_PYTHON | (given & MEMO_SIZE ? 0 : MEMO_SIZE);

	return !((known ^ given) & ~ignored) && addr % 16 == 0 &&
	       lg_entry_ends(given & MEMO_ENTRY) >> (known & MEMO_ENTRY) & 1;
}

/* Another block's memo stands in the place: nothing is known of this one. */
static inline bool memo_is_of_other(memo known, uint64_t addr)
{
	return known && (known ^ memo_tag(addr)) & MEMO_TAG;
}

static inline bool memo_is_left_out(memo known, uint64_t addr)
{
	return (known & MEMO_ENTRY) == MEMO_LEFT_OUT && !memo_is_of_other(known, addr);
}

#endif
