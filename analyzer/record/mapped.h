/* mapped.h: which pages of a process are mapped, asked for each word of its memory: a few instructions without a branch,
 * since whether a word is an address is foreseen by no processor. */
#ifndef LG_RECORD_MAPPED_H
#define LG_RECORD_MAPPED_H

#include "leakgraph/ring.h"
#include "trace/trace.h"

#include <stdatomic.h>
#include <stdbool.h>

#define MAPPED_SPACE_BITS 47 /* of user addresses */
#define MAPPED_PART_BITS 30
#define MAPPED_PARTS (1u << (MAPPED_SPACE_BITS - MAPPED_PART_BITS))
#define MAPPED_PART_PAGES ((1u << MAPPED_PART_BITS) / LG_PAGE)

struct mapped_part {
	uint64_t pages[MAPPED_PART_PAGES / 64]; /* a bit each */
};

struct mapped {
	uint32_t part_of[MAPPED_PARTS]; /* by address: its place in `parts` */
	uint32_t nparts;
	uint32_t full; /* part of which all pages are mapped, 0: none */
	struct mapped_part parts[]; /* the first is empty */
};

/* One that nobody needs, left for the next: its pages are there already. Owned; threads may share it. */
struct mapped_spare {
	struct mapped *_Atomic empty; /* NULL: none */
};
void mapped_spare_free(struct mapped_spare *spare);

/* NULL: no memory. `mappings` ascend; the shim's own, where no block is, count as unmapped. */
struct mapped *mapped_new(const struct trace_mapping *mappings, size_t n, struct mapped_spare *spare);
/* Of what it was made of; NULL is fine. */
void mapped_free(struct mapped *m, const struct trace_mapping *mappings, size_t n,
		 struct mapped_spare *spare);

static inline bool mapped_has(const struct mapped *m, uint64_t address)
{
	bool is_user = address >> MAPPED_SPACE_BITS == 0;
	uint64_t known = is_user ? address : 0, page = known / LG_PAGE % MAPPED_PART_PAGES;
	const struct mapped_part *part = &m->parts[m->part_of[known >> MAPPED_PART_BITS]];

	return is_user & (part->pages[page / 64] >> page % 64);
}

#endif
