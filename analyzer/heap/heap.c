/* heap.c: the model that a heap is: what lies where, and what was told of it. */
#include "heap/heap.h"

#include <stdlib.h>

static void told_free(struct told *t)
{
	ranges_free(&t->roots);
	ranges_free(&t->weak);
	free(t->ignored);
	free(t->typed);
	free(t->watched);
	free(t->pools);
	*t = (struct told){ 0 };
}

void heap_free(struct heap *h)
{
	free(h->blocks);
	free(h->touched);
	free(h->inherited);
	told_free(&h->told);
	free(h->pools);
	free(h->strays);
	*h = (struct heap){ 0 };
}

uint32_t heap_after(const struct heap *h, uint64_t addr)
{
	uint32_t low = 0, high = h->nblocks;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (h->blocks[middle].addr > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

uint32_t heap_find(const struct heap *h, uint64_t addr)
{
	uint32_t after = heap_after(h, addr);

	if (!after)
		return NO_BLOCK;
	const struct block *b = &h->blocks[after - 1];
	return addr - b->addr < (b->size ? b->size : 1) ? after - 1 : NO_BLOCK;
}

/* ---- what was told -------------------------------------------------------------------------------------- */

bool heap_was_told(const struct heap *h, const struct trace_told *told)
{
	const struct trace *t = h->trace;
	const struct trace_snapshot *s = h->snapshot;

	if (!s)
		return true;
	if (t->nsnapshots && s >= t->snapshots && s < t->snapshots + t->nsnapshots)
		return told->snapshots <= (size_t)(s - t->snapshots);
	return told->events < s->events || (told->events == s->events && told->key <= s->key);
}

const char *heap_told_type(const struct heap *h, uint32_t block)
{
	uint32_t low = 0, high = h->told.ntyped;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (h->told.typed[middle].block < block)
			low = middle + 1;
		else
			high = middle;
	}
	return low < h->told.ntyped && h->told.typed[low].block == block ? h->told.typed[low].name : NULL;
}
