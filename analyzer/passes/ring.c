/* ring.c: breadth first from a block until a reference leads back to it; each search cleans up after itself, so all
 * searches together cost no more than the blocks that they meet. */
#include "passes/ring.h"

#include <stdlib.h>
#include <string.h>

int ring_open(struct ring_finder *r, const struct forest *f)
{
	size_t n = (size_t)f->subset.graph->heap->nblocks + 1;

	*r = (struct ring_finder){ .forest = f };
	r->parent = malloc(n * sizeof *r->parent);
	r->edge = malloc(n * sizeof *r->edge);
	r->queue = malloc(((size_t)f->n + 1) * sizeof *r->queue);
	if (!r->parent || !r->edge || !r->queue) {
		ring_close(r);
		return -1;
	}
	memset(r->parent, 0xff, n * sizeof *r->parent); /* NO_BLOCK */
	return 0;
}

void ring_close(struct ring_finder *r)
{
	free(r->parent);
	free(r->edge);
	free(r->queue);
	*r = (struct ring_finder){ 0 };
}

/* Returns true when a reference of `from` closes the ring. */
static bool follow(struct ring_finder *r, uint32_t from, uint32_t start, uint32_t *tail)
{
	const struct graph *g = r->forest->subset.graph;
	const uint32_t *component = r->forest->components.of;
	bool is_knot = component_size(&r->forest->components, component[start]) > 1;

	for (uint64_t e = g->first[from]; e < g->first[from + 1]; e++) {
		uint32_t to = g->refs[e].to;

		if (component[to] != component[start] || !subset_follows(&r->forest->subset, g->refs[e]))
			continue;
		if (to != start && (to == from || r->parent[to] != NO_BLOCK))
			continue;
		if (to == from && (is_knot || !ref_kind_is_strong(ref_kind(g->refs[e]))))
			continue; /* a pointer to itself, or into its own inside, is not what makes the cycle */
		r->parent[to] = from;
		r->edge[to] = e;
		if (to == start)
			return true;
		r->queue[(*tail)++] = to;
	}
	return false;
}

static int keep_ring(const struct ring_finder *r, uint32_t start, struct leak *leak)
{
	const struct graph *g = r->forest->subset.graph;
	uint32_t length = 0, block = start;

	do {
		block = r->parent[block];
		length++;
	} while (block != start);
	leak->cycle_length = length;
	leak->nedges = length < LEAK_EDGES_MAX ? length : LEAK_EDGES_MAX;
	leak->edges = calloc(leak->nedges, sizeof *leak->edges);
	if (!leak->edges)
		return -1;
	for (uint32_t i = length, to = start; i-- > 0; to = r->parent[to])
		if (i < leak->nedges)
			leak->edges[i] =
			    (struct cycle_edge){ r->parent[to], to, ref_offset(g->refs[r->edge[to]]) };
	return 0;
}

int ring_find(struct ring_finder *r, uint32_t start, struct leak *leak)
{
	uint32_t head = 0, tail = 0;
	int answer = 0;

	r->queue[tail++] = start;
	while (head < tail)
		if (follow(r, r->queue[head++], start, &tail)) {
			answer = keep_ring(r, start, leak);
			break;
		}
	for (uint32_t i = 0; i < tail; i++)
		r->parent[r->queue[i]] = NO_BLOCK;
	return answer;
}
