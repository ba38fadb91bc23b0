/* make_leaks.c: leaks, and places with blocks that are no leaks, in the model; see maker.h. */
#include "report/maker.h"

#include "report/counted.h"
#include "report/places.h"

#include <stdio.h>
#include <string.h>

/* The type that all of the blocks have. */
static const char *common_type(struct maker *m, const uint32_t *blocks, uint32_t n)
{
	const char *first = n ? models_type(&m->a->models, blocks[0]) : NULL;

	for (uint32_t i = 1; first && i < n; i++)
		if (models_type(&m->a->models, blocks[i]) != first)
			return NULL;
	return pool_text(m->pool, first);
}

static const char *field_of(struct maker *m, uint32_t block, uint64_t offset)
{
	char text[REPORT_FIELD_MAX];

	return models_field(&m->a->models, block, offset, text, sizeof text) ? pool_text(m->pool, text)
									     : NULL;
}

/* Puts a size among the smallest distinct ones, rising. */
static uint32_t add_size(uint64_t *sizes, uint32_t n, uint64_t size)
{
	uint32_t at = n, end = n < REPORT_SIZES_MAX ? n : n - 1;

	while (at && sizes[at - 1] > size)
		at--;
	if ((at && sizes[at - 1] == size) || at == REPORT_SIZES_MAX)
		return n;
	memmove(sizes + at + 1, sizes + at, (end - at) * sizeof *sizes);
	sizes[at] = size;
	return n < REPORT_SIZES_MAX ? n + 1 : n;
}

static int note_sizes(struct report_leak *out, struct maker *m, const uint32_t *blocks, uint32_t n)
{
	uint64_t *sizes = pool_take(m->pool, (n < REPORT_SIZES_MAX ? n : REPORT_SIZES_MAX) * sizeof *sizes);

	if (!sizes)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		out->nsizes = add_size(sizes, out->nsizes, m->a->heap.blocks[blocks[i]].size);
	out->sizes = sizes;
	return 0;
}

static int note_addresses(struct report_leak *out, struct maker *m, const uint32_t *blocks, uint32_t n)
{
	uint32_t kept = n < REPORT_ADDRESSES_MAX ? n : REPORT_ADDRESSES_MAX;
	uint64_t *addresses = pool_take(m->pool, kept * sizeof *addresses);

	if (!addresses)
		return -1;
	for (uint32_t i = 0; i < kept; i++)
		addresses[i] = m->a->heap.blocks[blocks[i]].addr;
	out->addresses = addresses;
	out->naddresses = kept;
	return 0;
}

static const char *weak_instead(const struct maker *m, const struct cycle_edge *edge)
{
	const char *weak = models_weak(&m->a->models, edge->to);

	if (!models_takes_weak(&m->a->models, edge->to))
		return NULL;
	return weak ? weak : models_weak(&m->a->models, edge->from);
}

/* An inner edge is drawn together with the one that leads on. A ring that was kept whole begins with an object. */
static int note_objects(struct report_leak *out, struct pool *pool)
{
	uint32_t n = out->nedges, first = 0;
	struct report_edge *ring = pool_take(pool, n * sizeof *ring);
	const struct report_edge *from = NULL;

	if (!ring)
		return -1;
	while (n == out->cycle_length && first < n && out->edges[(first + n - 1) % n].is_inner)
		first++;
	for (uint32_t i = 0; i < n; i++) {
		const struct report_edge *e = &out->edges[(first + i) % n];

		from = from ? from : e;
		if (e->is_inner && i + 1 < n)
			continue;
		ring[out->nring] = *e;
		ring[out->nring].from = from->from;
		ring[out->nring].from_bytes = from->from_bytes;
		ring[out->nring].from_type = from->from_type;
		ring[out->nring].from_is_reused = from->from_is_reused;
		ring[out->nring++].from_stack = from->from_stack;
		from = NULL;
	}
	out->ring = ring;
	return 0;
}

static int note_ring(struct report_leak *out, struct maker *m, const struct leak *leak)
{
	struct report_edge *edges = pool_take(m->pool, leak->nedges * sizeof *edges);

	if (!edges)
		return -1;
	for (uint32_t i = 0; i < leak->nedges; i++) {
		const struct block *from = &m->a->heap.blocks[leak->edges[i].from];

		edges[i] = (struct report_edge){
			.from = from->addr,
			.to = m->a->heap.blocks[leak->edges[i].to].addr,
			.offset = leak->edges[i].offset,
			.from_bytes = from->size,
			.from_stack = maker_stack(m, leak->edges[i].from),
			.from_is_reused = graph_place_is_doubtful(&m->a->graph, leak->edges[i].from),
			.field = field_of(m, leak->edges[i].from, leak->edges[i].offset),
			.from_type = maker_type(m, leak->edges[i].from),
			.to_type = maker_type(m, leak->edges[i].to),
			.is_inner =
			    models_is_inner(&m->a->models, leak->edges[i].from, leak->edges[i].offset),
		};
		if (!edges[i].from_stack)
			return -1;
	}
	if (leak->break_edge < leak->nedges) {
		edges[leak->break_edge].break_reason = leak->break_reason;
		edges[leak->break_edge].break_with = weak_instead(m, &leak->edges[leak->break_edge]);
	}
	out->edges = edges;
	out->nedges = leak->nedges;
	out->cycle_length = leak->cycle_length;
	out->members = leak->members;
	return note_objects(out, m->pool);
}

static int fingerprint_leak(struct report_leak *out, struct maker *m, const struct leak *leak)
{
	bool is_pooled =
	    leak->nblocks && m->a->heap.blocks[graph_place(&m->a->graph, leak->blocks[0])].pooled;

	return is_pooled ? fingerprint_pooled(&out->fingerprint, models_type(&m->a->models, leak->blocks[0]),
					      m->pool)
			 : fingerprint_stack(&out->fingerprint, out->stack, m->pool);
}

static int make_leak(struct report_leak *out, struct maker *m, const struct leak *leak, uint32_t number)
{
	*out = (struct report_leak){
		.kind = leak_class_name(leak->kind),
		.class = leak->kind,
		.instances = m->a->trace.process.sample_bytes ? leak->heads.blocks : leak->instances,
		.heads = leak->heads,
		.indirect = leak->indirect,
		.retained_bytes = leak->retained_bytes,
		.stack = leak->nblocks ? maker_stack(m, leak->blocks[0])
				       : stack_book_get(m->book, leak->stack, "?"),
		.is_reused = leak->nblocks && graph_place_is_doubtful(&m->a->graph, leak->blocks[0]),
		.type = common_type(m, leak->blocks, leak->nblocks),
	};
	snprintf(out->id, sizeof out->id, "L%u", number);
	if (!out->stack || fingerprint_leak(out, m, leak) || counted_leak(out, m->a, leak, m->pool) ||
	    note_sizes(out, m, leak->blocks, leak->nblocks) ||
	    note_addresses(out, m, leak->blocks, leak->nblocks))
		return -1;
	return leak->kind == CLASS_CYCLE ? note_ring(out, m, leak) : 0;
}

int make_leaks(struct report_process *p, struct maker *m)
{
	const struct leak_set *set = &m->a->leaks;
	struct report_leak *leaks = pool_take(m->pool, set->nleaks * sizeof *leaks);

	if (!leaks)
		return -1;
	for (uint32_t i = 0; i < set->nleaks; i++)
		if (make_leak(&leaks[i], m, &set->leaks[i], i + 1))
			return -1;
	p->leaks = leaks;
	p->nleaks = set->nleaks;
	return 0;
}

/* ---- places -------------------------------------------------------------------------------------------- */

static int make_place(struct report_leak *out, struct maker *m, const struct places *found,
		      const struct place *at)
{
	const uint32_t *blocks = found->blocks + at->first;

	*out = (struct report_leak){
		.kind = m->a->is_judged ? leak_class_name(CLASS_REACHABLE) : "live",
		.class = m->a->is_judged ? CLASS_REACHABLE : LEAK_CLASSES,
		.instances = at->sum.blocks,
		.heads = at->sum,
		.stack = maker_stack(m, blocks[0]),
		.type = common_type(m, blocks, at->nblocks),
	};
	return !out->stack || fingerprint_stack(&out->fingerprint, out->stack, m->pool) ||
		       note_sizes(out, m, blocks, at->nblocks) || note_addresses(out, m, blocks, at->nblocks)
		   ? -1
		   : 0;
}

int make_places(struct report_process *p, struct maker *m, bool all)
{
	struct places found;
	int failed = places_find(&found, &m->a->heap, m->a->graph.kinds,
				 m->a->is_judged ? m->a->classes.of : NULL, CLASS_REACHABLE);
	uint32_t kept = all || found.n < REPORT_PLACES_MAX ? found.n : REPORT_PLACES_MAX;
	struct report_leak *places = pool_take(m->pool, kept * sizeof *places);

	failed |= !places;
	for (uint32_t i = 0; i < kept && !failed; i++)
		failed = make_place(&places[i], m, &found, &found.at[i]);
	if (!failed) {
		p->places = places;
		p->nplaces = kept;
		p->nplaces_all = found.n;
	}
	places_free(&found);
	return failed ? -1 : 0;
}
