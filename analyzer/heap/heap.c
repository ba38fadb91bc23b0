/* heap.c: a trace's events up to a snapshot become live blocks. */
#include "heap/heap.h"

#include "heap/replay.h"

#include <stdlib.h>

struct build {
	struct replay *replay;
	uint64_t left; /* events until the snapshot */
	uint64_t until_key; /* the first event that is no longer wanted */
};

enum { BUILD_DONE = 1, BUILD_NO_MEMORY = 2 };

static int build_batch(void *context, const struct trace_event *events, size_t n)
{
	struct build *b = context;
	bool ends = false;

	if (n > b->left)
		n = (size_t)b->left;
	b->left -= n;
	while (n && events[n - 1].key >= b->until_key) {
		ends = true;
		n--;
	}
	if (replay_events(b->replay, events, n) < 0)
		return BUILD_NO_MEMORY;
	return b->left && !ends ? 0 : BUILD_DONE;
}

static int build_from(struct build *b, const struct trace *t, struct err *err)
{
	int answer = b->left ? trace_events(t, build_batch, b, err) : BUILD_DONE;

	if (answer == BUILD_NO_MEMORY)
		return fail(err, "%s: not enough memory for its blocks", t->path);
	return answer < 0 ? -1 : 0;
}

static int build_ancestors(struct replay *replay, const struct ancestor *ancestors, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct build b = { replay, UINT64_MAX, ancestors[i].until_key };

		if (build_from(&b, ancestors[i].trace, err))
			return -1;
		if (replay_fork(replay) < 0)
			return fail(err, "%s: not enough memory for its blocks", ancestors[i].trace->path);
	}
	return 0;
}

int heap_build_forked(struct heap *h, const struct trace *t, const struct trace_snapshot *upto,
		      const struct ancestor *ancestors, size_t n, struct err *err)
{
	struct build b = { replay_new(), upto ? upto->events : UINT64_MAX, UINT64_MAX };

	*h = (struct heap){ .trace = t, .snapshot = upto, .knows_inherited = n != 0 };
	if (!b.replay)
		return fail(err, "%s: not enough memory for its blocks", t->path);
	int failed = build_ancestors(b.replay, ancestors, n, err) || build_from(&b, t, err);
	if (!failed && replay_finish(b.replay, h) < 0)
		failed = fail(err, "%s: not enough memory for its blocks", t->path);
	replay_free(b.replay);
	return failed ? -1 : 0;
}

int heap_build(struct heap *h, const struct trace *t, const struct trace_snapshot *upto, struct err *err)
{
	return heap_build_forked(h, t, upto, NULL, 0, err);
}

void heap_free(struct heap *h)
{
	free(h->blocks);
	free(h->touched);
	free(h->inherited);
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
