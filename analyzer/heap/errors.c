/* errors.c: see errors.h. One pass over the events that looks at the suspects' addresses only, and none where there are no
 * suspects. */
#include "heap/errors.h"

#include "heap/owned.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

const char *heap_error_name(enum heap_error_kind kind)
{
	static const char *const names[] = {
#define X(name, text) [HEAP_ERROR_##name] = text,
		LG_HEAP_ERRORS(X)
#undef X
	};

	return names[kind];
}

/* The latest block that held an address. */
struct holder {
	uint64_t start, size; /* start 0: there was none */
	uint32_t stack, thread;
	uint8_t entry, align;
	bool is_live;
	bool is_inherited; /* of the parent of a forked child: its start alone is known */
	uint32_t released_by; /* the thread whose realloc of it is under way, 0: none */
};

struct watch {
	uint64_t addr;
	struct holder holder;
};

#define LOWEST 0x10000u /* vm.mmap_min_addr */

struct finder {
	const struct trace *trace;
	const struct trace_snapshot *snapshot;
	struct trace_suspect *suspects; /* in order of events; owned */
	size_t nsuspects;
	struct watch *watches; /* by address, distinct; owned */
	size_t nwatches;
	uint64_t event; /* number of the next */
	size_t suspect; /* the next */
	size_t nreleased; /* watches in a realloc under way */
	bool has_unseen; /* a block that no event tells of was freed */
	bool starved;
	struct heap_errors found;
};

static int by_addr(const void *left, const void *right)
{
	const struct watch *a = left, *b = right;

	return (a->addr > b->addr) - (a->addr < b->addr);
}

static int by_range_start(const void *key, const void *element)
{
	const uint64_t *addr = key;
	const struct lg_range *range = element;

	return (*addr > range->start) - (*addr < range->start);
}

/* What happened in the parent beside the fork may be on either side of it: where a block ends, and so what lies inside of
 * it, is not believed. */
static struct holder inherited_at(const struct inherited *parent, uint64_t addr)
{
	bool is_known =
	    parent->n && bsearch(&addr, parent->at, parent->n, sizeof *parent->at, by_range_start);

	return (struct holder){ .start = is_known ? addr : 0, .is_live = is_known, .is_inherited = is_known };
}

static int open_watches(struct finder *f, const struct inherited *parent)
{
	size_t n = 0;

	f->watches = calloc(f->nsuspects, sizeof *f->watches);
	if (!f->watches)
		return -1;
	for (size_t i = 0; i < f->nsuspects; i++)
		f->watches[i].addr = f->suspects[i].addr;
	qsort(f->watches, f->nsuspects, sizeof *f->watches, by_addr);
	for (size_t i = 0; i < f->nsuspects; i++)
		if (!n || f->watches[n - 1].addr != f->watches[i].addr)
			f->watches[n++] = f->watches[i];
	f->nwatches = n;
	for (size_t i = 0; i < n; i++)
		f->watches[i].holder = inherited_at(parent, f->watches[i].addr);
	return 0;
}

/* The first watch at addr or behind it. */
static struct watch *watch_from(const struct finder *f, uint64_t addr)
{
	size_t low = 0, high = f->nwatches;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (f->watches[middle].addr < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return &f->watches[low];
}

/* ---- blocks ------------------------------------------------------------------------------------------- */

static void begin_block(struct finder *f, const struct trace_event *e)
{
	const struct watch *end = f->watches + f->nwatches;
	uint64_t last = e->size > UINT64_MAX - e->addr ? UINT64_MAX : e->addr + e->size - (e->size != 0);

	for (struct watch *w = watch_from(f, e->addr); w < end && w->addr <= last; w++) {
		f->nreleased -= w->holder.released_by != 0;
		w->holder = (struct holder){ .start = e->addr,
					     .size = e->size,
					     .stack = e->stack,
					     .thread = e->thread,
					     .entry = e->entry,
					     .align = (uint8_t)e->aligns,
					     .is_live = true };
	}
}

/* All watches that lie in the live block which starts at addr. */
static void end_block(struct finder *f, uint64_t addr, uint32_t released_by)
{
	const struct watch *end = f->watches + f->nwatches;

	for (struct watch *w = watch_from(f, addr); w < end && w->holder.start == addr && w->holder.is_live;
	     w++) {
		w->holder.is_live = false;
		w->holder.released_by = released_by;
		f->nreleased += released_by != 0;
	}
}

/* A realloc is over; if it failed the block lives on. */
static void settle(struct finder *f, uint32_t thread, bool failed)
{
	for (struct watch *w = f->watches; f->nreleased && w < f->watches + f->nwatches; w++)
		if (w->holder.released_by == thread) {
			w->holder.released_by = 0;
			w->holder.is_live = failed;
			f->nreleased--;
		}
}

/* ---- judging ------------------------------------------------------------------------------------------ */

static bool is_on_image_or_stack(const struct finder *f, uint64_t addr)
{
	const struct trace_mapping *m = f->snapshot ? mapping_at(f->snapshot, addr) : NULL;

	for (size_t i = 0; i < f->trace->nmodules; i++)
		if (addr - f->trace->modules[i].start < f->trace->modules[i].end - f->trace->modules[i].start)
			return true;
	return m && m->path && (m->path[0] == '/' || !strncmp(m->path, "[stack", 6)) &&
	       !(m->flags & LG_MAPPING_SHARED);
}

/* The program died as soon as it was freed: of its memory, which is not there, or by its allocator, which aborts. Blocks of
 * its parent, or of an allocator that is not seen, may be freed right before an abort that has nothing to do with them. */
static bool is_died_of(const struct finder *f, uint64_t addr)
{
	const struct trace_end *end = &f->trace->end;

	if (end->ending != LG_ENDED_SIGNALED || f->event + 1 != end->events || !f->snapshot)
		return false;
	return !mapping_at(f->snapshot, addr) ||
	       (end->signal == SIGABRT && !f->has_unseen && !(f->trace->process.flags & LG_PROCESS_FORKED));
}

/* No allocator has blocks at such an address. */
static bool is_nowhere(uint64_t addr)
{
	return addr % 8 || addr < LOWEST || addr >> 47;
}

/* The kind of error, or HEAP_ERROR_KINDS: none that can be proved. */
static enum heap_error_kind judge(struct finder *f, const struct trace_suspect *s,
				  const struct trace_event *e, const struct holder *h)
{
	if (h->is_live && h->start != s->addr)
		return HEAP_ERROR_INSIDE;
	if (h->is_live) {
		if (h->is_inherited)
			return HEAP_ERROR_KINDS;
		if (!(lg_entry_ends(e->entry) >> h->entry & 1))
			return HEAP_ERROR_FAMILY;
		if (s->align != s->block_align)
			return HEAP_ERROR_ALIGNMENT;
		return s->size && s->size != (uint32_t)h->size ? HEAP_ERROR_SIZE : HEAP_ERROR_KINDS;
	}
	if (h->start == s->addr && !h->released_by)
		return HEAP_ERROR_DOUBLE_FREE;
	if (is_on_image_or_stack(f, s->addr) || is_nowhere(s->addr) || is_died_of(f, s->addr))
		return HEAP_ERROR_NO_BLOCK;
	f->has_unseen = true;
	return HEAP_ERROR_KINDS;
}

static void add_error(struct finder *f, const struct heap_error *e)
{
	struct heap_errors *found = &f->found;

	if ((found->n & (found->n - 1)) == 0) {
		struct heap_error *more =
		    realloc(found->at, (found->n ? 2 * (size_t)found->n : 1) * sizeof *more);

		if (!more) {
			f->starved = true;
			return;
		}
		found->at = more;
	}
	found->at[found->n++] = *e;
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_sameness(const void *left, const void *right)
{
	const struct heap_error *a = left, *b = right;
	int order = compare(a->kind, b->kind);

	order = order ? order : compare(a->entry, b->entry);
	order = order ? order : compare(a->block_entry, b->block_entry);
	order = order ? order : compare(a->stack, b->stack);
	order = order ? order : compare(a->call.stack, b->call.stack);
	return order ? order : compare(a->call.before, b->call.before);
}

static int by_event(const void *left, const void *right)
{
	const struct heap_error *a = left, *b = right;

	return compare(a->call.event, b->call.event);
}

static int by_sameness_and_event(const void *left, const void *right)
{
	int order = by_sameness(left, right);

	return order ? order : by_event(left, right);
}

/* A file may tell of millions: they are sorted for it. */
static void fold_errors(struct heap_errors *found)
{
	uint32_t n = 0;

	if (!found->n)
		return;
	qsort(found->at, found->n, sizeof *found->at, by_sameness_and_event);
	for (uint32_t i = 0; i < found->n; i++)
		if (n && !by_sameness(&found->at[n - 1], &found->at[i]))
			found->at[n - 1].instances++;
		else
			found->at[n++] = found->at[i];
	found->n = n;
	qsort(found->at, found->n, sizeof *found->at, by_event);
}

/* What the event itself says of the call, where the shim had forgotten the block. */
static struct trace_suspect call_of(const struct trace_suspect *s, const struct trace_event *e,
				    const struct holder *h)
{
	struct trace_suspect call = *s;

	if (e->size | e->aligns) {
		call.size = e->size;
		call.align = (uint8_t)e->aligns;
		call.block_align = h->align;
	}
	return call;
}

static void judge_suspect(struct finder *f, const struct trace_suspect *s, const struct trace_event *e)
{
	const struct holder *h = &watch_from(f, s->addr)->holder;
	struct trace_suspect call = call_of(s, e, h);
	enum heap_error_kind kind = judge(f, &call, e, h);
	struct heap_error error = {
		.kind = kind, .instances = 1, .call = call, .entry = e->entry, .thread = e->thread
	};

	if (kind == HEAP_ERROR_KINDS)
		return;
	if (kind != HEAP_ERROR_DOUBLE_FREE)
		error.call.before = 0;
	if (kind != HEAP_ERROR_NO_BLOCK && !h->is_inherited) {
		error.at = h->start;
		error.size = h->size;
		error.stack = h->stack;
		error.block_entry = h->entry;
	}
	add_error(f, &error);
}

/* ---- the pass ----------------------------------------------------------------------------------------- */

static void take_event(struct finder *f, const struct trace_event *e)
{
	const struct trace_suspect *s;
	bool is_end = e->type == LG_EV_FREE || e->type == LG_EV_RELEASE;

	while (f->suspect < f->nsuspects && f->suspects[f->suspect].event < f->event)
		f->suspect++;
	s = &f->suspects[f->suspect];
	if (is_end && f->suspect < f->nsuspects && s->event == f->event && s->addr == e->addr)
		judge_suspect(f, s, e);
	if (e->type == LG_EV_RESIZE)
		settle(f, e->thread, !e->addr);
	if (is_end)
		end_block(f, e->addr, e->type == LG_EV_RELEASE ? e->thread : 0);
	else if (e->addr)
		begin_block(f, e);
	f->event++;
}

static int take_batch(void *context, const struct trace_event *events, size_t n)
{
	struct finder *f = context;

	for (size_t i = 0; i < n; i++)
		take_event(f, &events[i]);
	return 0;
}

/* Where blocks come and go unseen, an address that looks freed may have been handed out again. */
static void drop_unproved(struct finder *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->found.n; i++)
		if (!f->has_unseen || (f->found.at[i].kind != HEAP_ERROR_DOUBLE_FREE &&
				       f->found.at[i].kind != HEAP_ERROR_INSIDE))
			f->found.at[n++] = f->found.at[i];
	f->found.n = n;
}

static bool is_whole(const struct trace *t)
{
	return !t->end.lost_allocs && !t->end.lost_frees && !*t->damage &&
	       !(t->process.flags & LG_PROCESS_FOREIGN_MALLOC);
}

/* The replay's strays count too where all blocks are told of, and each in its place. Those of no block do not in a
 * forked child, which ends blocks of its parent. */
static bool counts_strays(const struct heap *h, bool is_mismatch)
{
	if (h->totals.implied_frees || h->trace->process.sample_bytes)
		return false;
	return is_mismatch ||
	       (!(h->trace->process.flags & LG_PROCESS_FORKED) && h->nstrays - h->nmismatches < STRAYS_MOST);
}

/* The number of the next stray's event from `*at` on that counts. */
static uint64_t next_stray(const struct heap *h, size_t *at)
{
	while (*at < h->nstrays && !counts_strays(h, h->strays[*at].is_mismatch))
		++*at;
	return *at < h->nstrays ? h->strays[*at].event : UINT64_MAX;
}

/* The shim's and the replay's suspects, each once: the shim's know more. */
static int gather(struct finder *f, const struct heap *h)
{
	const struct trace *t = h->trace;
	size_t shims = 0, strays = 0;

	f->suspects = calloc(t->nsuspects + h->nstrays + 1, sizeof *f->suspects);
	if (!f->suspects)
		return -1;
	for (;;) {
		uint64_t shims_event = shims < t->nsuspects ? t->suspects[shims].event : UINT64_MAX;
		uint64_t strays_event = next_stray(h, &strays);

		if (shims_event == UINT64_MAX && strays_event == UINT64_MAX)
			return 0;
		f->suspects[f->nsuspects++] =
		    shims_event <= strays_event
			? t->suspects[shims]
			: (struct trace_suspect){ .event = strays_event, .addr = h->strays[strays].addr };
		shims += shims_event <= strays_event;
		strays += strays_event <= shims_event;
	}
}

static int find(struct finder *f, const struct inherited *parent, struct err *err)
{
	const char *path = f->trace->path;

	if (!f->nsuspects)
		return 0;
	if (open_watches(f, parent))
		return fail(err, "%s: out of memory", path);
	if (trace_events(f->trace, take_batch, f, err))
		return -1;
	return f->starved ? fail(err, "%s: out of memory", path) : 0;
}

int heap_errors_find(struct heap_errors *out, const struct heap *h, const struct inherited *parent,
		     struct err *err)
{
	struct finder f = { .trace = h->trace,
			    .snapshot = h->snapshot,
			    .has_unseen = h->trace->process.sample_bytes != 0 };
	int failed = 0;

	if (is_whole(h->trace))
		failed =
		    gather(&f, h) ? fail(err, "%s: out of memory", h->trace->path) : find(&f, parent, err);
	drop_unproved(&f);
	fold_errors(&f.found);
	free(f.suspects);
	free(f.watches);
	*out = f.found;
	return failed;
}

void heap_errors_free(struct heap_errors *e)
{
	free(e->at);
	*e = (struct heap_errors){ 0 };
}
