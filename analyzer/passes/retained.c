/* retained.c: a walk down the dominator tree. A block counts for its kind unless one of its kind is above it. */
#include "passes/retained.h"

#include <stdlib.h>
#include <string.h>

struct descent {
	const struct dominators *d;
	uint32_t *first, *child; /* the tree: node's children are child[first[node] .. first[node + 1]) */
	uint32_t *next; /* by node: its first child that was not visited yet */
	const uint32_t *kinds;
	struct sum *retained;
	uint32_t *above; /* by kind: how many of it are above, or at, the node at hand */
};

static void list_children(struct descent *w)
{
	const struct dominators *d = w->d;
	uint32_t *place = w->first + 1;

	for (uint32_t node = NODE_TOP + 1; node < d->nnodes; node++)
		place[d->idom[node] + 1]++;
	for (uint32_t node = 1; node <= d->nnodes; node++)
		place[node] += place[node - 1];
	for (uint32_t node = NODE_TOP + 1; node < d->nnodes; node++)
		w->child[place[d->idom[node]]++] = node;
	memcpy(w->next, w->first, d->nnodes * sizeof *w->next);
}

static void enter(struct descent *w, uint32_t node)
{
	if (!node_is_block(w->d, node))
		return;
	uint32_t kind = w->kinds[block_of_node(w->d, node)];
	if (w->above[kind]++)
		return;
	w->retained[kind].blocks += w->d->retained[node].blocks;
	w->retained[kind].bytes += w->d->retained[node].bytes;
}

static void leave(struct descent *w, uint32_t node)
{
	if (node_is_block(w->d, node))
		w->above[w->kinds[block_of_node(w->d, node)]]--;
}

static void descend(struct descent *w)
{
	uint32_t node = NODE_TOP;

	for (;;) {
		if (w->next[node] < w->first[node + 1]) {
			node = w->child[w->next[node]++];
			enter(w, node);
		} else if (node != NODE_TOP) {
			leave(w, node);
			node = w->d->idom[node];
		} else {
			return;
		}
	}
}

int retained_by_kind(const struct dominators *d, const uint32_t *kinds, uint32_t nkinds, struct sum *retained)
{
	struct descent w = { .d = d, .kinds = kinds, .retained = retained };

	w.first = calloc((size_t)d->nnodes + 2, sizeof *w.first);
	w.child = malloc(((size_t)d->nnodes + 1) * sizeof *w.child);
	w.next = malloc(((size_t)d->nnodes + 1) * sizeof *w.next);
	w.above = calloc((size_t)nkinds + 1, sizeof *w.above);
	memset(retained, 0, nkinds * sizeof *retained);
	bool is_there = w.first && w.child && w.next && w.above;
	if (is_there) {
		list_children(&w);
		descend(&w);
	}
	free(w.first);
	free(w.child);
	free(w.next);
	free(w.above);
	return is_there ? 0 : -1;
}
