/* members.c: see members.h. The last word about an address counts, unless its pool was made, or given up, after it. */
#include "heap/members.h"

#include <stdlib.h>
#include <string.h>

struct word {
	const struct trace_told *told;
	uint64_t order;
};

struct words {
	struct word *at;
	size_t n;
};

static int by_addr(const void *left, const void *right)
{
	const struct word *a = left, *b = right;

	if (a->told->addr != b->told->addr)
		return a->told->addr < b->told->addr ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* The last words about each address that begin something, by address. */
static int last_words(struct words *w, const struct heap *h, enum lg_told begins, enum lg_told ends)
{
	size_t n = 0;

	w->at = malloc((h->trace->ntold + 1) * sizeof *w->at);
	if (!w->at)
		return -1;
	for (size_t i = 0; i < h->trace->ntold; i++) {
		const struct trace_told *t = &h->trace->told[i];

		if ((t->what == (uint32_t)begins || t->what == (uint32_t)ends) && heap_was_told(h, t))
			w->at[n++] = (struct word){ t, i };
	}
	qsort(w->at, n, sizeof *w->at, by_addr);
	for (size_t i = 0; i < n; i++)
		if ((i + 1 == n || w->at[i + 1].told->addr != w->at[i].told->addr) &&
		    w->at[i].told->what == (uint32_t)begins)
			w->at[w->n++] = w->at[i];
	return 0;
}

/* ---- pools ------------------------------------------------------------------------------------------- */

static bool was_allocators(const struct heap *h, uint64_t addr)
{
	struct ranges touched = { .at = h->touched, .n = h->ntouched };

	return ranges_overlap(&touched, addr, addr + 1);
}

/* Where the pool still is; an empty range: the block that it was made in is gone. Where blocks are sampled it is there until
 * the program says otherwise, or another block is. */
static struct lg_range pool_range(const struct heap *h, const struct trace_told *t)
{
	uint32_t block = heap_find(h, t->addr);
	bool is_beyond = t->addr >= ADDRESS_END || t->bytes > ADDRESS_END - t->addr;
	struct lg_range range = { t->addr, is_beyond ? ADDRESS_END : t->addr + t->bytes };

	if (block == NO_BLOCK)
		range.end =
		    was_allocators(h, t->addr) && !h->trace->process.sample_bytes ? range.start : range.end;
	else if (block_latest(&h->blocks[block]) >= t->events)
		range.end = range.start;
	else if (range.end > h->blocks[block].addr + h->blocks[block].size)
		range.end = h->blocks[block].addr + h->blocks[block].size;
	return range;
}

/* Disjoint: where two overlap, the lower one ends. */
static int find_pools(struct heap *h, const struct words *w)
{
	struct told_pool *pools = malloc((w->n + 1) * sizeof *pools);
	size_t n = 0;

	if (!pools)
		return -1;
	for (size_t i = 0; i < w->n; i++) {
		struct lg_range r = pool_range(h, w->at[i].told);

		if (r.start >= r.end)
			continue;
		if (n && pools[n - 1].range.end > r.start)
			pools[n - 1].range.end = r.start;
		pools[n++] = (struct told_pool){ r, w->at[i].order };
	}
	h->told.pools = pools;
	h->told.npools = n;
	return 0;
}

static const struct told_pool *pool_at(const struct told *t, uint64_t addr)
{
	size_t low = 0, high = t->npools;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (t->pools[middle].range.start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low && addr < t->pools[low - 1].range.end ? &t->pools[low - 1] : NULL;
}

/* ---- members ----------------------------------------------------------------------------------------- */

/* Where a block begins in a pool's memory, or lies in it, that memory has become another's. */
static bool is_member(const struct heap *h, const struct word *w)
{
	uint64_t addr = w->told->addr, bytes = w->told->bytes;
	const struct told_pool *pool = pool_at(&h->told, addr);
	uint32_t next = heap_after(h, addr);

	return pool && pool->order < w->order && bytes <= pool->range.end - addr &&
	       heap_find(h, addr) == heap_find(h, pool->range.start) &&
	       (next == h->nblocks || h->blocks[next].addr >= addr + bytes);
}

/* Members do not overlap; where they seem to, the later word is right. They share no eight bytes' start either. */
static size_t keep_members(const struct heap *h, struct words *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct word m = w->at[i];
		bool keep = is_member(h, &m);

		while (n && keep) {
			const struct word *before = &w->at[n - 1];
			uint64_t bytes = before->told->bytes ? before->told->bytes : 1;
			if (before->told->addr + bytes <= (m.told->addr & ~7ULL))
				break;
			keep = before->order < m.order;
			n -= keep;
		}
		if (keep)
			w->at[n++] = m;
	}
	return w->n = n;
}

/* Nobody counts them among the events: they are numbered behind those. */
static struct block member_block(const struct heap *h, const struct word *w)
{
	const struct trace_told *t = w->told;
	uint64_t latest = t->events ? t->events - 1 : 0;

	return (struct block){ .addr = t->addr,
			       .size = t->bytes,
			       .birth = h->trace->nevents + h->totals.pooled_blocks + w->order,
			       .key = t->key,
			       .stack = t->stack < h->trace->nnodes ? t->stack : 0,
			       .thread = t->thread,
			       .entry = LG_ENTRY_POOL,
			       .single = 1,
			       .latest_high = latest >> 32 & 0xfff,
			       .latest_low = (uint32_t)latest };
}

/* What of a block lies before the first of the members in it, and stands for nothing else. False: nothing does. */
static bool cut_block(struct heap *h, struct block *b, uint64_t first_member)
{
	uint64_t bytes = first_member - b->addr;
	struct sum before = block_sum(h->trace->process.sample_bytes, b);

	b->size = bytes;
	b->single = 1;
	h->totals.live_blocks += !!bytes - before.blocks;
	h->totals.live_bytes += bytes - before.bytes;
	return bytes;
}

static void merge(struct heap *h, const struct words *w, struct block *to)
{
	size_t member = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < h->nblocks; i++) {
		struct block b = h->blocks[i];

		for (; member < w->n && w->at[member].told->addr < b.addr; member++)
			to[n++] = member_block(h, &w->at[member]);
		if (member == w->n || w->at[member].told->addr >= b.addr + b.size ||
		    cut_block(h, &b, w->at[member].told->addr))
			to[n++] = b;
	}
	for (; member < w->n; member++)
		to[n++] = member_block(h, &w->at[member]);
	free(h->blocks);
	h->blocks = to;
	h->nblocks = n;
}

static int add_members(struct heap *h, struct words *w)
{
	struct sum *sum = &h->told.members;
	uint64_t all = (uint64_t)h->nblocks + keep_members(h, w);
	struct block *blocks = w->n && all < NO_BLOCK ? malloc((all + 1) * sizeof *blocks) : NULL;

	if (!blocks)
		return w->n ? -1 : 0;
	merge(h, w, blocks);
	sum->blocks = w->n;
	for (size_t i = 0; i < w->n; i++)
		sum->bytes += w->at[i].told->bytes;
	h->totals.live_blocks += sum->blocks;
	h->totals.live_bytes += sum->bytes;
	return 0;
}

int heap_add_members(struct heap *h)
{
	struct words pools = { 0 }, members = { 0 };
	int failed = last_words(&pools, h, LG_TOLD_POOL, LG_TOLD_NO_POOL) || find_pools(h, &pools) ||
		     last_words(&members, h, LG_TOLD_MEMBER, LG_TOLD_NO_MEMBER) || add_members(h, &members);

	free(pools.at);
	free(members.at);
	return failed ? -1 : 0;
}
