/* scan.h: conservative scanning of words for references to blocks.
 *
 * A word is looked up in two steps, each a likely cache miss, so words that may be pointers are gathered into a
 * batch and walked together with their cache lines on the way. Hits come out in the order of the words. */
#ifndef LG_HEAP_SCAN_H
#define LG_HEAP_SCAN_H

#include "heap/index.h"

struct probe {
	uint64_t value; /* an address, without the tag that the program keeps above it */
	uint64_t at; /* the word's address */
	const struct cell *cell; /* NULL: `block` is the answer */
	uint32_t block;
	bool is_tagged;
	uint32_t owner; /* whose word it is, as the caller counts */
};
#define SCAN_BATCH 64u

struct scanner;
typedef void scan_found(struct scanner *s, const struct probe *p, enum ref_kind kind);

struct scanner {
	const struct heap *heap;
	const struct block_index *index;
	scan_found *found;
	void *context;
	size_t memory; /* scan_range: the first of the snapshot's memory ranges that may matter */
	uint32_t n;
	struct probe probes[SCAN_BATCH];
};

void scan_words(struct scanner *s, const uint64_t *words, size_t n, uint64_t at, uint32_t owner);
/* The words of [start, end) that the snapshot holds. Fast when starts rise from call to call. */
void scan_range(struct scanner *s, uint64_t start, uint64_t end, uint32_t owner);
void scan_flush(struct scanner *s); /* call at the end, and before an owner's meaning changes */

#endif
