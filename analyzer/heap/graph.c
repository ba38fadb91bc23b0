/* graph.c: roots and blocks are scanned, and what is found becomes the graph's arrays.
 *
 * Blocks are scanned by several threads, each a run of neighbouring blocks; the runs are joined in order, so the
 * result does not depend on how many there were. */
#include "heap/heap.h"

#include "base/huge.h"
#include "base/ranges.h"
#include "heap/index.h"
#include "heap/roots.h"
#include "heap/scan.h"
#include "heap/told.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORKERS_MAX 4u
#define WORKER_BYTES (8u << 20) /* less is not worth a thread */
#define WORD_MAX ((1u << (32 - REF_KIND_BITS)) - 1)

const char *root_kind_name(enum root_kind kind)
{
	static const char *const names[] = {
#define X(name, text) text,
		LG_ROOT_KINDS(X)
#undef X
	};
	return kind < ROOT_KINDS ? names[kind] : "?";
}

const char *ref_kind_name(enum ref_kind kind)
{
	static const char *const names[] = {
#define X(name, text) text,
		LG_REF_KINDS(X)
#undef X
	};
	return kind < REF_KINDS ? names[kind] : "?";
}

/* ---- references out of blocks ------------------------------------------------------------------------ */

/* References on their way into the graph: an array that grew would be copied time and again. */
#define CHUNK_BYTES (2u << 20)
#define CHUNK_REFS ((CHUNK_BYTES - 2 * sizeof(void *)) / sizeof(struct ref))
struct chunk {
	struct chunk *next;
	size_t n;
	struct ref refs[CHUNK_REFS];
};

struct worker {
	struct scanner scanner;
	uint64_t *first; /* the graph's: counts of block i go to first[i + 1] */
	uint32_t from, to; /* blocks */
	struct chunk *chunks, *last; /* in order */
	size_t nrefs;
	bool failed;
	bool is_thread;
	pthread_t thread;
};

static bool add_chunk(struct worker *w)
{
	struct chunk *c = w->failed ? NULL : huge_alloc(sizeof *c);

	if (!c) {
		w->failed = true;
		return false;
	}
	c->next = NULL;
	c->n = 0;
	*(w->last ? &w->last->next : &w->chunks) = c;
	w->last = c;
	return true;
}

static void found_in_block(struct scanner *s, const struct probe *p, enum ref_kind kind)
{
	struct worker *w = s->context;
	uint64_t word = (p->at - s->heap->blocks[p->owner].addr) / 8;

	if ((!w->last || w->last->n == CHUNK_REFS) && !add_chunk(w))
		return;
	w->last->refs[w->last->n++] =
	    (struct ref){ p->block, (uint32_t)(word < WORD_MAX ? word : WORD_MAX) << REF_KIND_BITS | kind };
	w->nrefs++;
	w->first[p->owner + 1]++;
}

static void *scan_blocks(void *context)
{
	struct worker *w = context;
	const struct block *blocks = w->scanner.heap->blocks;

	for (uint32_t i = w->from; i < w->to; i++)
		scan_range(&w->scanner, blocks[i].addr, blocks[i].addr + blocks[i].size, i);
	scan_flush(&w->scanner);
	return NULL;
}

static uint64_t live_bytes(const struct heap *h)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < h->nblocks; i++)
		bytes += h->blocks[i].size;
	return bytes;
}

/* Cuts the blocks into runs of about equal bytes. Returns how many. */
static unsigned share_out(const struct heap *h, struct worker *workers)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t bytes = live_bytes(h), fits = bytes / WORKER_BYTES + 1, sum = 0;
	unsigned n = cpus > 1 ? (unsigned)cpus : 1, k = 0;

	n = n < WORKERS_MAX ? n : WORKERS_MAX;
	n = n < fits ? n : (unsigned)fits;
	for (uint32_t i = 0; i < h->nblocks && k + 1 < n; i++) {
		sum += h->blocks[i].size;
		if (sum > bytes / n) {
			workers[k++].to = i + 1;
			workers[k].from = i + 1;
			sum = 0;
		}
	}
	workers[k].to = h->nblocks;
	return k + 1;
}

static void run_workers(struct worker *workers, unsigned n)
{
	for (unsigned i = 1; i < n; i++)
		workers[i].is_thread = !pthread_create(&workers[i].thread, NULL, scan_blocks, &workers[i]);
	for (unsigned i = 0; i < n; i++)
		if (!workers[i].is_thread)
			scan_blocks(&workers[i]);
	for (unsigned i = 1; i < n; i++)
		if (workers[i].is_thread)
			pthread_join(workers[i].thread, NULL);
}

/* Moves a worker's references to the end of the graph's, or drops them where those are NULL. */
static struct ref *take_refs(struct worker *w, struct ref *to)
{
	for (struct chunk *next, *c = w->chunks; c; c = next) {
		if (to) {
			memcpy(to, c->refs, c->n * sizeof *to);
			to += c->n;
		}
		next = c->next;
		free(c);
	}
	return to;
}

static bool join_refs(struct graph *g, struct worker *workers, unsigned n)
{
	size_t total = 0;
	bool failed = false;

	for (unsigned i = 0; i < n; i++) {
		total += workers[i].nrefs;
		failed |= workers[i].failed;
	}
	g->refs = failed ? NULL : huge_alloc((total + 1) * sizeof *g->refs);
	struct ref *to = g->refs;
	for (unsigned i = 0; i < n; i++)
		to = take_refs(&workers[i], to);
	return g->refs;
}

static bool build_refs(struct graph *g, const struct block_index *index)
{
	struct worker workers[WORKERS_MAX] = { 0 };
	unsigned n = share_out(g->heap, workers);

	for (unsigned i = 0; i < n; i++) {
		workers[i].first = g->first;
		workers[i].scanner = (struct scanner){
			.heap = g->heap, .index = index, .found = found_in_block, .context = &workers[i]
		};
	}
	run_workers(workers, n);
	bool joined = join_refs(g, workers, n);
	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		g->first[i + 1] += g->first[i];
	return joined;
}

/* ---- references out of roots ------------------------------------------------------------------------- */

struct root_scan {
	struct graph *graph;
	uint64_t room;
	bool is_libc; /* the region holds glibc's main_arena, or its free chunks */
	bool failed;
};

static void add_root_ref(struct root_scan *r, struct root_ref ref)
{
	struct graph *g = r->graph;

	if (g->nroot_refs == r->room) {
		uint64_t room = r->room ? 2 * r->room : 256;
		struct root_ref *refs = r->failed ? NULL : realloc(g->root_refs, room * sizeof *refs);
		if (!refs) {
			r->failed = true;
			return;
		}
		g->root_refs = refs;
		r->room = room;
	}
	g->root_refs[g->nroot_refs++] = ref;
}

/* The bins of glibc's main_arena, and free chunks in them, point at the headers of free chunks, 16 bytes before what a
 * free block's user had (malloc.c, mem2chunk). That header overlaps the usable tail of the block before (malloc.c, "the
 * foot of the previous chunk"), so it looks like a reference into that block's last bytes, or to its end. */
static bool is_free_chunk(const struct root_scan *r, const struct probe *p)
{
	const struct block *b = &r->graph->heap->blocks[p->block];

	return r->is_libc && p->value % 16 == 0 && p->value > b->addr && p->value + 16 >= b->addr + b->size;
}

/* A block that a thread runs on is in use, although the stack pointer is somewhere inside. */
static bool is_stack_pointer(const struct root_scan *r, const struct probe *p)
{
	return r->graph->regions[p->owner].kind == ROOT_REGISTER && p->at == 8 * LG_REG_RSP;
}

static void found_in_root(struct scanner *s, const struct probe *p, enum ref_kind kind)
{
	struct root_scan *r = s->context;

	if (kind == REF_INTERIOR && is_stack_pointer(r, p))
		kind = REF_RECOGNISED;
	if (!is_free_chunk(r, p))
		add_root_ref(
		    r, (struct root_ref){ .at = p->at, .region = p->owner, .to = p->block, .kind = kind });
}

static void scan_registers(struct scanner *s, const struct root_region *region, uint32_t number)
{
	const struct trace_thread *t = &s->heap->snapshot->threads[region->thread_at];

	for (uint32_t i = 0; i < thread_words(t); i++) {
		uint64_t word = thread_word(t, i);
		scan_words(s, &word, 1, 8ULL * i, number);
	}
}

static void scan_held(struct scanner *s, const struct root_region *region, uint32_t number)
{
	const struct trace_snapshot *snapshot = s->heap->snapshot;

	for (size_t i = 0; i < snapshot->nheld; i++)
		if ((snapshot->held[i].holder == LG_HOLDER_SIGNAL_STACK) ==
		    (region->kind == ROOT_SIGNAL_STACK))
			scan_words(s, &snapshot->held[i].value, 1, 8ULL * i, number);
}

/* The parent's memory, or that of blocks which were not recorded: all but this image's own, which are judged like any
 * other. */
static void scan_between_blocks(struct scanner *s, const struct root_region *region, uint32_t number)
{
	const struct heap *h = s->heap;
	uint32_t inside = heap_find(h, region->start), i = heap_after(h, region->start);
	uint64_t at = region->start;

	if (inside != NO_BLOCK)
		at = h->blocks[inside].addr + h->blocks[inside].size;
	for (; i < h->nblocks && h->blocks[i].addr < region->end; i++) {
		scan_range(s, at, h->blocks[i].addr, number);
		at = h->blocks[i].addr + h->blocks[i].size;
	}
	scan_range(s, at, region->end, number);
}

static void scan_loader(struct root_scan *r, uint32_t number)
{
	const struct heap *h = r->graph->heap;
	struct loader_modules loader;

	loader_modules_find(&loader, h->trace);
	for (uint32_t i = 0; i < h->nblocks; i++)
		if (block_is_loaders(&loader, h->trace, &h->blocks[i]))
			add_root_ref(
			    r, (struct root_ref){
				   .at = h->blocks[i].addr, .region = number, .to = i, .kind = REF_START });
}

static void scan_region(struct scanner *s, struct root_scan *r, uint32_t number)
{
	const struct root_region *region = &r->graph->regions[number];
	const char *slash = strrchr(region->path, '/');
	const char *name = slash ? slash + 1 : region->path;

	r->is_libc =
	    region->kind == ROOT_UNRECORDED ||
	    (region->kind == ROOT_GLOBAL && (!strncmp(name, "libc.so", 7) || !strncmp(name, "libc-", 5)));
	if (region->kind == ROOT_REGISTER)
		scan_registers(s, region, number);
	else if (region->kind == ROOT_KERNEL || region->kind == ROOT_SIGNAL_STACK)
		scan_held(s, region, number);
	else if (region->kind == ROOT_LOADER)
		scan_loader(r, number);
	else if (region->kind == ROOT_INHERITED || region->kind == ROOT_UNRECORDED)
		scan_between_blocks(s, region, number);
	else
		scan_range(s, region->start, region->end, number);
	scan_flush(s);
}

static bool build_root_refs(struct graph *g, const struct block_index *index)
{
	struct root_scan r = { .graph = g };
	struct scanner s = { .heap = g->heap, .index = index, .found = found_in_root, .context = &r };

	if (roots_find(g->heap, &g->regions, &g->nregions) < 0)
		return false;
	for (uint32_t i = 0; i < g->nregions; i++)
		scan_region(&s, &r, i);
	return !r.failed;
}

/* ---- what the snapshot does not hold ----------------------------------------------------------------- */

/* Memory that was read, and absent pages of mappings that were (they are zero). */
static struct ranges known_memory(const struct trace_snapshot *s)
{
	struct ranges known = { 0 }, unread = { 0 };

	for (size_t i = 0; i < s->nunread; i++)
		ranges_add(&unread, s->unread[i].start, s->unread[i].end);
	for (size_t i = 0; i < s->nmappings; i++)
		if (s->mappings[i].flags & LG_MAPPING_READ)
			ranges_add(&known, s->mappings[i].start, s->mappings[i].end);
	ranges_tidy(&unread);
	ranges_tidy(&known);
	ranges_subtract(&known, &unread);
	for (size_t i = 0; i < s->nmemory; i++)
		ranges_add(&known, s->memory[i].start, s->memory[i].start + s->memory[i].bytes);
	ranges_tidy(&known);
	known.failed |= unread.failed;
	ranges_free(&unread);
	return known;
}

static bool count_unread(struct graph *g)
{
	struct ranges known = known_memory(g->heap->snapshot);
	size_t k = 0;

	for (uint32_t i = 0; i < g->heap->nblocks; i++) {
		uint64_t at = g->heap->blocks[i].addr, end = at + g->heap->blocks[i].size;

		while (k < known.n && known.at[k].end <= at)
			k++;
		for (size_t j = k; at < end; j++) {
			uint64_t start = j < known.n && known.at[j].start < end ? known.at[j].start : end;
			g->unread_block_bytes += start > at ? start - at : 0;
			at = start < end ? known.at[j].end : end;
		}
	}
	bool counted = !known.failed;
	ranges_free(&known);
	return counted;
}

/* ---- the whole --------------------------------------------------------------------------------------- */

int graph_build(struct graph *g, const struct heap *h, struct err *err)
{
	struct block_index index = { 0 };

	*g = (struct graph){ .heap = h };
	if (!h->snapshot)
		return fail(err, "%s: it has no snapshot, so nothing is known of references", h->trace->path);
	size_t bytes = ((size_t)h->nblocks + 1) * sizeof *g->first;
	g->first = huge_pages(calloc(1, bytes), bytes);
	bool built = g->first && !index_build(&index, h) && build_refs(g, &index) &&
		     build_root_refs(g, &index) && count_unread(g) && !told_apply(g);
	index_free(&index);
	if (built)
		return 0;
	graph_free(g);
	return fail(err, "%s: not enough memory for the graph of %u blocks", h->trace->path, h->nblocks);
}

void graph_free(struct graph *g)
{
	free(g->first);
	free(g->refs);
	free(g->regions);
	free(g->root_refs);
	free(g->kinds);
	free(g->reused);
	free(g->places);
	*g = (struct graph){ 0 };
}

static bool refs_are_valid(const struct graph *g, uint32_t block)
{
	uint64_t offset = 0;

	if (g->first[block] > g->first[block + 1])
		return false;
	for (uint64_t i = g->first[block]; i < g->first[block + 1]; i++) {
		if (g->refs[i].to >= g->heap->nblocks || ref_offset(g->refs[i]) < offset ||
		    ref_offset(g->refs[i]) >= g->heap->blocks[block].size)
			return false;
		offset = ref_offset(g->refs[i]);
	}
	return true;
}

static bool region_is_valid(const struct root_region *r, const struct root_region *before)
{
	if (r->kind >= ROOT_KINDS || !r->path || (root_kind_has_memory(r->kind) && r->start >= r->end))
		return false;
	if (!before || before->kind != r->kind)
		return !before || before->kind < r->kind;
	return before->thread < r->thread || (before->thread == r->thread && before->start <= r->start);
}

static bool root_ref_is_valid(const struct graph *g, const struct root_ref *r, const struct root_ref *before)
{
	if (r->region >= g->nregions || r->to >= g->heap->nblocks || r->kind >= REF_KINDS)
		return false;
	const struct root_region *region = &g->regions[r->region];
	if (root_kind_has_memory(region->kind) && (r->at < region->start || r->at >= region->end))
		return false;
	return !before || before->region < r->region || (before->region == r->region && before->at < r->at);
}

static bool blocks_are_valid(const struct heap *h)
{
	for (uint32_t i = 1; i < h->nblocks; i++)
		if (h->blocks[i - 1].addr + h->blocks[i - 1].size > h->blocks[i].addr)
			return false;
	return true;
}

bool graph_is_valid(const struct graph *g)
{
	if (!blocks_are_valid(g->heap) || g->first[0] != 0)
		return false;
	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		if (!refs_are_valid(g, i))
			return false;
	for (uint32_t i = 0; i < g->nregions; i++)
		if (!region_is_valid(&g->regions[i], i ? &g->regions[i - 1] : NULL))
			return false;
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		if (!root_ref_is_valid(g, &g->root_refs[i], i ? &g->root_refs[i - 1] : NULL))
			return false;
	return true;
}
