/* sites.c: see sites.h. */
#include "heap/sites.h"

#include "heap/build.h"

#include <stdlib.h>

#define THREADS 4096u /* threads that share a place here only spoil each other's temporary ones */

/* The latest allocation of a thread, if it is still its latest event but one. */
struct latest {
	uint64_t addr;
	uint32_t thread, stack;
};

struct counting {
	struct sites *sites;
	uint32_t nsites;
	uint64_t sample_bytes;
	uint64_t event; /* number of the next */
	struct latest latest[THREADS];
};

static void count_allocation(struct counting *c, const struct trace_event *e)
{
	uint64_t n = c->sample_bytes ? sampled_blocks(c->sample_bytes, e->size, c->event) : 1;

	if (!e->addr || e->addr >= LG_UNRECORDED || e->stack >= c->nsites)
		return;
	c->sites->at[e->stack].allocated_blocks += n;
	c->sites->at[e->stack].allocated_bytes += n * e->size;
	c->latest[e->thread % THREADS] = (struct latest){ e->addr, e->thread, e->stack };
}

static void count_free(struct counting *c, const struct trace_event *e)
{
	struct latest *l = &c->latest[e->thread % THREADS];

	if (l->addr == e->addr && l->thread == e->thread && !c->sample_bytes)
		c->sites->at[l->stack].temporary_blocks++;
	l->addr = 0;
}

static int count_events(void *context, const struct trace_event *events, size_t n)
{
	struct counting *c = context;

	for (size_t i = 0; i < n; i++, c->event++) {
		if (events[i].type == LG_EV_ALLOC || events[i].type == LG_EV_RESIZE)
			count_allocation(c, &events[i]);
		else if (events[i].type == LG_EV_FREE)
			count_free(c, &events[i]);
	}
	return 0;
}

static int count_peak(struct sites *s, const struct heap *h, struct err *err)
{
	struct trace_snapshot peak = { .events = h->totals.peak_events };
	struct heap then;

	if (heap_build(&then, h->trace, &peak, err))
		return -1;
	for (uint32_t i = 0; i < then.nblocks; i++) {
		const struct block *b = &then.blocks[i];
		struct sum sum = block_sum(h->trace->process.sample_bytes, b);
		if (b->stack >= h->trace->nnodes)
			continue;
		s->at[b->stack].peak_blocks += sum.blocks;
		s->at[b->stack].peak_bytes += sum.bytes;
	}
	heap_free(&then);
	return 0;
}

int sites_find(struct sites *s, const struct heap *h, struct err *err)
{
	struct counting *c = calloc(1, sizeof *c);

	*s = (struct sites){ calloc((size_t)h->trace->nnodes + 1, sizeof *s->at) };
	if (!c || !s->at) {
		free(c);
		return fail(err, "%s: not enough memory for its %u stacks", h->trace->path, h->trace->nnodes);
	}
	c->sites = s;
	c->nsites = h->trace->nnodes;
	c->sample_bytes = h->trace->process.sample_bytes;
	int failed = trace_events(h->trace, count_events, c, err);
	free(c);
	return failed ? -1 : count_peak(s, h, err);
}

void sites_free(struct sites *s)
{
	free(s->at);
	*s = (struct sites){ 0 };
}
