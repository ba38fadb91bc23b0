/* components.c: strongly connected components, after D. J. Pearce, "A space-efficient algorithm for finding strongly
 * connected components" (2016): one number a block, on a stack of our own, so that depth is limited by memory only.
 *
 * A block's number is OUTSIDE if the subset lacks it, 0 before its visit, then the lowest visit number known to be
 * reachable and still open, and once its component is complete a number from the top down, above all open ones. */
#include "passes/components.h"

#include "base/huge.h"

#include <stdlib.h>
#include <string.h>

#define OUTSIDE UINT32_MAX

struct frame {
	uint32_t block;
	uint32_t own; /* its visit number: the block roots a component if no lower one turns up */
	uint64_t edge; /* next reference to follow */
};

struct search {
	const struct subset *subset;
	uint32_t *number; /* nblocks */
	uint32_t *open; /* blocks whose component is not complete */
	uint32_t nopen;
	struct frame *frames;
	size_t nframes, room;
	uint32_t next, closing; /* next visit number; next component's, falling */
};

static bool push_frame(struct search *s, uint32_t block)
{
	if (s->nframes == s->room) {
		size_t room = s->room ? s->room + s->room / 2 : 1024;
		struct frame *frames = realloc(s->frames, room * sizeof *frames);
		if (!frames)
			return false;
		s->frames = frames;
		s->room = room;
	}
	const struct graph *g = s->subset->graph;
	for (uint64_t i = g->first[block]; i < g->first[block + 1] && i < g->first[block] + 8; i++) {
		__builtin_prefetch(&s->number[g->refs[i].to]);
		__builtin_prefetch(&g->first[g->refs[i].to]);
	}
	s->number[block] = s->next;
	s->frames[s->nframes++] = (struct frame){ block, s->next++, g->first[block] };
	return true;
}

static void close_component(struct search *s, uint32_t root)
{
	uint32_t own = s->number[root];

	while (s->nopen && s->number[s->open[s->nopen - 1]] >= own) {
		s->number[s->open[--s->nopen]] = s->closing;
		s->next--;
	}
	s->number[root] = s->closing--;
	s->next--;
}

static void leave(struct search *s)
{
	struct frame *f = &s->frames[--s->nframes];

	if (s->number[f->block] == f->own)
		close_component(s, f->block);
	else
		s->open[s->nopen++] = f->block;
}

/* Follows the top frame's references until one leads to a new block. A reference is looked at again after its
 * target was visited, which then hands its number up. */
static bool advance(struct search *s)
{
	const struct graph *g = s->subset->graph;
	struct frame *f = &s->frames[s->nframes - 1];

	for (; f->edge < g->first[f->block + 1]; f->edge++) {
		struct ref r = g->refs[f->edge];
		if (!(s->subset->kinds >> ref_kind(r) & 1))
			continue;
		if (!s->number[r.to])
			return push_frame(s, r.to);
		if (s->number[r.to] < s->number[f->block])
			s->number[f->block] = s->number[r.to];
	}
	leave(s);
	return true;
}

static bool search_all(struct search *s, const uint32_t *by_birth, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (s->number[by_birth[i]])
			continue;
		if (!push_frame(s, by_birth[i]))
			return false;
		while (s->nframes)
			if (!advance(s))
				return false;
	}
	return true;
}

/* Groups blocks by component; taking them by birth keeps each group in that order. */
static bool group_members(struct components *c, const uint32_t *by_birth, uint32_t n)
{
	c->first = calloc((size_t)c->ncomponents + 2, sizeof *c->first);
	c->members = malloc(((size_t)n + 1) * sizeof *c->members);
	if (!c->first || !c->members)
		return false;
	uint32_t *place = c->first + 1;
	for (uint32_t i = 0; i < n; i++)
		place[c->of[by_birth[i]] + 1]++;
	for (uint32_t k = 1; k <= c->ncomponents; k++)
		place[k] += place[k - 1];
	for (uint32_t i = 0; i < n; i++)
		c->members[place[c->of[by_birth[i]]]++] = by_birth[i];
	return true; /* each place has moved on to its group's end: first[k + 1] */
}

static uint32_t *number_blocks(const struct subset *s, uint32_t nblocks)
{
	size_t bytes = ((size_t)nblocks + 1) * sizeof(uint32_t);
	uint32_t *number = huge_pages(malloc(bytes), bytes);

	for (uint32_t i = 0; number && i < nblocks; i++)
		number[i] = subset_has(s, i) ? 0 : OUTSIDE;
	return number;
}

int components_find(struct components *c, const struct subset *s, const uint32_t *by_birth, uint32_t n)
{
	uint32_t top = n + 2, nblocks = s->graph->heap->nblocks;
	struct search search = { .subset = s, .next = 1, .closing = top };

	*c = (struct components){ 0 };
	search.number = number_blocks(s, nblocks);
	search.open = malloc(((size_t)n + 1) * sizeof *search.open);
	bool found = search.number && search.open && search_all(&search, by_birth, n);
	free(search.open);
	free(search.frames);
	c->of = search.number; /* becomes the answer in place */
	if (!found)
		return -1;
	for (uint32_t i = 0; i < nblocks; i++)
		c->of[i] = c->of[i] == OUTSIDE ? NO_COMPONENT : top - c->of[i];
	c->ncomponents = top - search.closing;
	return group_members(c, by_birth, n) ? 0 : -1;
}

void components_free(struct components *c)
{
	free(c->of);
	free(c->first);
	free(c->members);
	*c = (struct components){ 0 };
}
