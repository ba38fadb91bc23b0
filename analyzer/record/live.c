/* live.c: see live.h.
 *
 * A block sets the bit of its first sixteen bytes. Where it reaches into further pages, its first page says how many:
 * only one block can cross from a page to the next. So an event costs the same whatever the block's size, and no size is
 * needed to end it. Memory is reserved for the largest heap and used as the heap grows. */
#include "record/live.h"

#include <stdlib.h>
#include <sys/mman.h>

#define WINDOW_BYTES (64ULL << 30) /* of a heap that is larger, the rest is not known */
#define GRANULE 16u
#define PAGE_GRANULES (LG_PAGE / GRANULE)
#define WINDOW_PAGES (WINDOW_BYTES / LG_PAGE)
#define STARTS_BYTES (WINDOW_BYTES / GRANULE / 8)
#define SPANS_BYTES (WINDOW_PAGES * sizeof(struct span))
#define BLOCK_MAX (32u << 20) /* larger ones have mappings of their own: DEFAULT_MMAP_THRESHOLD_MAX */
#define OPEN_MAX 64u /* threads inside realloc at a time */

/* The live block that crosses from a page to the next. */
struct span {
	uint16_t block; /* 1 + granule within the page of its start, 0: none crosses */
	uint16_t pages; /* how many it reaches into beyond this one */
};
_Static_assert(BLOCK_MAX / LG_PAGE < UINT16_MAX, "pages of the largest block");

/* A block between its RELEASE and its RESIZE: it counts as live. */
struct open_release {
	uint32_t thread;
	uint64_t addr; /* 0: handed out again meanwhile */
};

struct live {
	uint64_t base; /* page-aligned */
	uint64_t *starts; /* by granule of the window: a live block begins there */
	struct span *spans; /* by page */
	struct open_release open[OPEN_MAX];
	unsigned nopen;
	bool is_lost; /* something happened that does not happen in glibc's heap */
};

struct live *live_new(uint64_t heap_start)
{
	struct live *l = calloc(1, sizeof *l);
	void *window = mmap(NULL, STARTS_BYTES + SPANS_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (!l || window == MAP_FAILED) {
		if (window != MAP_FAILED)
			munmap(window, STARTS_BYTES + SPANS_BYTES);
		free(l);
		return NULL;
	}
	l->base = heap_start & ~(uint64_t)(LG_PAGE - 1);
	l->starts = window;
	l->spans = (struct span *)((char *)window + STARTS_BYTES);
	return l;
}

void live_free(struct live *l)
{
	if (l)
		munmap(l->starts, STARTS_BYTES + SPANS_BYTES);
	free(l);
}

/* ---- blocks ------------------------------------------------------------------------------------------ */

static bool is_start(const struct live *l, uint64_t granule)
{
	return l->starts[granule / 64] >> (granule % 64) & 1;
}

static void begin(struct live *l, uint64_t addr, uint64_t size)
{
	uint64_t offset = addr - l->base, granule = offset / GRANULE;

	if (offset >= WINDOW_BYTES)
		return;
	if (offset % GRANULE || size > BLOCK_MAX || offset + size > WINDOW_BYTES) {
		l->is_lost = true;
		return;
	}
	l->starts[granule / 64] |= 1ULL << (granule % 64);
	uint64_t first = offset / LG_PAGE, last = (offset + size - (size > 0)) / LG_PAGE;
	if (last > first)
		l->spans[first] =
		    (struct span){ (uint16_t)(1 + granule % PAGE_GRANULES), (uint16_t)(last - first) };
}

static void end(struct live *l, uint64_t addr)
{
	uint64_t offset = addr - l->base, granule = offset / GRANULE;

	if (offset >= WINDOW_BYTES)
		return;
	if (offset % GRANULE || !is_start(l, granule)) {
		l->is_lost = true;
		return;
	}
	l->starts[granule / 64] &= ~(1ULL << (granule % 64));
	struct span *span = &l->spans[offset / LG_PAGE];
	if (span->block == 1 + granule % PAGE_GRANULES)
		*span = (struct span){ 0 };
}

/* ---- realloc ----------------------------------------------------------------------------------------- */

/* A released address that is handed out again is not the old block's any more. */
static void take_over(struct live *l, uint64_t addr)
{
	for (unsigned i = 0; i < l->nopen; i++)
		if (l->open[i].addr == addr) {
			end(l, addr);
			l->open[i].addr = 0;
		}
}

static void release(struct live *l, const struct trace_event *e)
{
	if (l->nopen == OPEN_MAX)
		l->is_lost = true;
	else
		l->open[l->nopen++] = (struct open_release){ e->thread, e->addr };
}

/* Ends the thread's latest release: a realloc in a signal handler is over before the one that it interrupted. */
static uint64_t close_release(struct live *l, uint32_t thread)
{
	for (unsigned i = l->nopen; i-- > 0;)
		if (l->open[i].thread == thread) {
			uint64_t addr = l->open[i].addr;
			for (l->nopen--; i < l->nopen; i++)
				l->open[i] = l->open[i + 1];
			return addr;
		}
	return 0;
}

static void resize(struct live *l, const struct trace_event *e)
{
	uint64_t old = close_release(l, e->thread);

	if (!e->addr)
		return; /* it failed: the block lives on */
	if (old)
		end(l, old);
	begin(l, e->addr, e->size);
}

void live_take(struct live *l, const struct trace_event *events, size_t n)
{
	for (const struct trace_event *e = events; e < events + n && !l->is_lost; e++) {
		if (l->nopen && (e->type == LG_EV_ALLOC || e->type == LG_EV_RESIZE))
			take_over(l, e->addr);
		switch (e->type) {
		case LG_EV_ALLOC:
			begin(l, e->addr, e->size);
			break;
		case LG_EV_FREE:
			end(l, e->addr);
			break;
		case LG_EV_RELEASE:
			release(l, e);
			break;
		case LG_EV_RESIZE:
			resize(l, e);
			break;
		default:
			break;
		}
	}
}

bool live_needs_page(struct live_walk *w, uint64_t page_addr)
{
	const struct live *l = w->live;
	uint64_t offset = page_addr - l->base, page = offset / LG_PAGE;

	if (l->is_lost || offset >= WINDOW_BYTES - LG_PAGE || page < w->next)
		return true;
	for (; w->next < page; w->next++)
		if (l->spans[w->next].block && w->next + l->spans[w->next].pages >= w->reached)
			w->reached = w->next + l->spans[w->next].pages + 1;
	_Static_assert(PAGE_GRANULES == 4 * 64, "a page's bits are four words");
	const uint64_t *starts = &l->starts[offset / GRANULE / 64];
	return starts[0] | starts[1] | starts[2] | starts[3] || page < w->reached || starts[4] & 1;
}
