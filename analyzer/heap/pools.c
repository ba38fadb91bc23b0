/* pools.c: see pools.h. */
#include "heap/pools.h"

#include "base/ranges.h"
#include "base/sort.h"
#include "heap/owned.h"

#include <stdlib.h>
#include <string.h>

#define POOL_BYTES 16384u
#define STEP 16u /* bytes from one size class to the next */
#define CLASSES 32u
#define BLOCKS_MAX ((POOL_BYTES - sizeof(struct pool_head)) / STEP)

struct pool_head {
	uint64_t live; /* how many of its blocks are */
	uint64_t free; /* the first free one that was given out before; each points at the next; 0: none */
	uint64_t next, previous;
	uint32_t arena, size_class;
	uint32_t end,
	    end_max; /* the offset where the next block begins that was never given out; the last such */
};

/* One that is sound. */
struct pool {
	uint64_t addr, order; /* by arena; the address is only where the kernel had room */
	uint32_t bytes, n, live; /* of a block; how many were given out */
	uint64_t is_free[BLOCKS_MAX / 64 + 1]; /* bits */
};

struct pools {
	struct heap *h;
	struct pool *at; /* by address */
	size_t n, room;
	uint64_t live;
};

/* ---- one pool ---------------------------------------------------------------------------------------- */

static bool head_is_sound(const struct pool_head *head)
{
	uint32_t bytes = (head->size_class + 1) * STEP;

	return head->size_class < CLASSES && head->end_max == POOL_BYTES - bytes &&
	       head->end > sizeof *head && head->end <= POOL_BYTES &&
	       (head->end - sizeof *head) % bytes == 0 && head->live <= (head->end - sizeof *head) / bytes;
}

static bool is_free(const struct pool *p, uint64_t i)
{
	return p->is_free[i / 64] >> i % 64 & 1;
}

/* All that are not live are on the list of the free. */
static bool follow_free(struct pool *p, const struct trace_snapshot *s, uint64_t at)
{
	for (uint32_t left = p->n - p->live; left; left--) {
		uint64_t offset = at - p->addr - sizeof(struct pool_head), i = offset / p->bytes;

		if (offset % p->bytes || i >= p->n || is_free(p, i) || !snapshot_word(s, at, &at))
			return false;
		p->is_free[i / 64] |= 1ull << i % 64;
	}
	return !at;
}

static bool pool_read(struct pool *p, const struct trace_snapshot *s, const uint64_t *words, uint64_t addr)
{
	struct pool_head head;

	memcpy(&head, words, sizeof head);
	if (!head_is_sound(&head))
		return false;
	*p = (struct pool){ .addr = addr, .order = head.arena, .bytes = (head.size_class + 1) * STEP };
	p->n = (uint32_t)(head.end - sizeof head) / p->bytes;
	p->live = (uint32_t)head.live;
	return follow_free(p, s, head.free);
}

/* ---- all of them ------------------------------------------------------------------------------------- */

static bool grow(struct pools *p)
{
	size_t room = p->room ? 2 * p->room : 16;
	struct pool *at = realloc(p->at, room * sizeof *at);

	if (!at)
		return false;
	p->at = at;
	p->room = room;
	return true;
}

/* Arenas are mapped; a traced block's bytes are its owner's. */
static bool may_be_there(const struct heap *h, uint64_t addr)
{
	const struct trace_mapping *m = mapping_at(h->snapshot, addr);
	uint32_t after = heap_after(h, addr + POOL_BYTES - 1);
	const struct block *before = after ? &h->blocks[after - 1] : NULL;

	return addr < ADDRESS_END && m && mapping_is_anonymous(m) && mapping_is_readable(m) &&
	       (!before || before->addr + before->size <= addr);
}

static int find_in(struct pools *p, const struct trace_memory *m)
{
	uint64_t at = (m->start + POOL_BYTES - 1) & ~(uint64_t)(POOL_BYTES - 1), end = m->start + m->bytes;

	for (; at < end && end - at >= sizeof(struct pool_head); at += POOL_BYTES) {
		if (p->n == p->room && !grow(p))
			return -1;
		if (pool_read(&p->at[p->n], p->h->snapshot, m->words + (at - m->start) / 8, at) &&
		    may_be_there(p->h, at))
			p->live += p->at[p->n++].live;
	}
	return 0;
}

/* Blocks are numbered by arena: the kernel chooses addresses anew each time. */
static int number_pools(struct pools *p)
{
	struct sort_pair *pairs = malloc((p->n + 1) * sizeof *pairs);
	uint64_t first = p->h->trace->nevents;

	for (size_t i = 0; pairs && i < p->n; i++)
		pairs[i] = (struct sort_pair){ p->at[i].order, (uint32_t)i };
	int failed = !pairs || sort_pairs(pairs, (uint32_t)p->n);
	for (size_t i = 0; !failed && i < p->n; i++) {
		struct pool *pool = &p->at[pairs[i].value];

		pool->order = first;
		first += pool->live;
	}
	free(pairs);
	return failed ? -1 : 0;
}

static void take_blocks(const struct heap *h, const struct pool *pool, struct block *to)
{
	uint64_t at = pool->addr + sizeof(struct pool_head), birth = pool->order;

	for (uint32_t i = 0; i < pool->n; i++, at += pool->bytes)
		if (!is_free(pool, i))
			*to++ = (struct block){ .addr = at,
						.size = pool->bytes,
						.birth = birth++,
						.key = h->snapshot->key,
						.entry = ENTRY_POOL,
						.pooled = 1,
						.single = 1 };
}

/* Pools lie between the blocks that there are. */
static int merge(struct pools *p)
{
	struct heap *h = p->h;
	uint64_t all = h->nblocks + p->live;
	struct block *blocks = all < NO_BLOCK ? malloc((all + 1) * sizeof *blocks) : NULL;
	uint32_t from = 0, to = 0;

	if (!blocks)
		return -1;
	for (size_t i = 0; i < p->n; i++) {
		for (; from < h->nblocks && h->blocks[from].addr < p->at[i].addr; from++)
			blocks[to++] = h->blocks[from];
		take_blocks(h, &p->at[i], &blocks[to]);
		h->totals.pooled_bytes += (uint64_t)p->at[i].live * p->at[i].bytes;
		to += p->at[i].live;
	}
	memcpy(&blocks[to], &h->blocks[from], (h->nblocks - from) * sizeof *blocks);
	free(h->blocks);
	h->blocks = blocks;
	h->nblocks = (uint32_t)all;
	h->totals.pooled_blocks = p->live;
	h->totals.live_blocks += p->live;
	h->totals.live_bytes += h->totals.pooled_bytes;
	return 0;
}

static int take_ranges(struct pools *p)
{
	struct ranges pools = { 0 };

	for (size_t i = 0; i < p->n; i++)
		ranges_add(&pools, p->at[i].addr, p->at[i].addr + POOL_BYTES);
	ranges_tidy(&pools);
	p->h->pools = pools.at;
	p->h->npools = pools.n;
	return pools.failed ? -1 : 0;
}

int heap_add_pools(struct heap *h)
{
	struct pools p = { .h = h };
	int failed = 0;

	if (!h->snapshot || h->trace->process.flags & LG_PROCESS_FORKED)
		return 0;
	for (size_t i = 0; !failed && i < h->snapshot->nmemory; i++)
		failed = find_in(&p, &h->snapshot->memory[i]);
	if (!failed && p.n)
		failed = number_pools(&p) || merge(&p) || take_ranges(&p) ? -1 : 0;
	free(p.at);
	return failed;
}
