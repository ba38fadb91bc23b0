/* heap.c: a trace's events up to a snapshot become live blocks. */
#include "heap/heap.h"

#include "heap/replay.h"

#include <stdlib.h>

struct build {
	struct replay *replay;
	uint64_t left; /* events until the snapshot */
};

enum { BUILD_DONE = 1, BUILD_NO_MEMORY = 2 };

static int build_batch(void *context, const struct trace_event *events, size_t n)
{
	struct build *b = context;

	if (n > b->left)
		n = (size_t)b->left;
	b->left -= n;
	if (replay_events(b->replay, events, n) < 0)
		return BUILD_NO_MEMORY;
	return b->left ? 0 : BUILD_DONE;
}

static int build_finish(struct heap *h, struct build *b, struct err *err)
{
	int answer = b->left ? trace_events(h->trace, build_batch, b, err) : BUILD_DONE;

	if (answer < 0)
		return -1;
	if (answer == BUILD_NO_MEMORY || replay_finish(b->replay, h) < 0)
		return fail(err, "%s: not enough memory for its blocks", h->trace->path);
	return 0;
}

int heap_build(struct heap *h, const struct trace *t, const struct trace_snapshot *upto, struct err *err)
{
	struct build b = { replay_new(), upto ? upto->events : UINT64_MAX };

	*h = (struct heap){ .trace = t, .snapshot = upto };
	if (!b.replay)
		return fail(err, "%s: not enough memory for its blocks", t->path);
	int answer = build_finish(h, &b, err);
	replay_free(b.replay);
	return answer;
}

void heap_free(struct heap *h)
{
	free(h->blocks);
	free(h->touched);
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
