/* paths.c: what holds a block: the shortest way to it from a root, and everything that points at it. */
#include "base/sort.h"
#include "passes/passes.h"

#include <stdlib.h>
#include <string.h>

#define NOT_MET UINT32_MAX

/* Breadth first from all roots at once, along references that are sure to own; where no way leads along those alone, along
 * vague ones too. Then at equal distance the way with fewer of them wins, then the one that was found first: in order of
 * regions, then of offsets. */
struct met {
	uint32_t distance; /* references from the root's word; NOT_MET */
	uint32_t vague; /* of these, neither start nor recognised */
	uint32_t parent; /* NO_BLOCK: a root */
	uint64_t via; /* reference, or root reference */
};

struct search {
	const struct graph *graph;
	bool is_strict; /* no vague ones */
	struct met *met; /* nblocks */
	uint32_t *queue;
	uint32_t head, tail;
};

static uint32_t is_vague(const struct graph *g, const struct root_ref *r)
{
	return !ref_kind_is_strong(r->kind) || root_kind_is_weak(g->regions[r->region].kind);
}

static void meet(struct search *s, uint32_t block, struct met how)
{
	struct met *m = &s->met[block];

	if (s->is_strict && how.vague)
		return;
	if (m->distance == NOT_MET)
		s->queue[s->tail++] = block;
	else if (m->distance < how.distance || m->vague <= how.vague)
		return;
	*m = how;
}

static void meet_roots(struct search *s)
{
	const struct graph *g = s->graph;

	for (uint64_t i = 0; i < g->nroot_refs; i++)
		if (KINDS_OWNING >> g->root_refs[i].kind & 1)
			meet(s, g->root_refs[i].to,
			     (struct met){ 0, is_vague(g, &g->root_refs[i]), NO_BLOCK, i });
}

/* All of a distance are final before the first of them is followed, so `vague` never changes behind us. */
static void search_until(struct search *s, uint32_t target)
{
	const struct graph *g = s->graph;

	while (s->head < s->tail) {
		uint32_t from = s->queue[s->head++];
		struct met m = s->met[from];

		if (s->met[target].distance <= m.distance)
			return;
		for (uint64_t e = g->first[from]; e < g->first[from + 1]; e++)
			if (KINDS_OWNING >> ref_kind(g->refs[e]) & 1)
				meet(s, g->refs[e].to,
				     (struct met){ m.distance + 1,
						   m.vague + !ref_kind_is_strong(ref_kind(g->refs[e])), from,
						   e });
	}
}

static void search_anew(struct search *s, uint32_t target)
{
	memset(s->met, 0xff, ((size_t)s->graph->heap->nblocks + 1) * sizeof *s->met); /* NOT_MET */
	s->head = s->tail = 0;
	meet_roots(s);
	search_until(s, target);
}

static int keep_path(struct path *p, const struct search *s, uint32_t block)
{
	const struct graph *g = s->graph;
	uint32_t last = s->met[block].distance;

	p->steps = malloc(((size_t)last + 1) * sizeof *p->steps);
	p->refs = malloc(((size_t)last + 1) * sizeof *p->refs);
	if (!p->steps || !p->refs)
		return -1;
	p->found = true;
	p->nsteps = last + 1;
	for (uint32_t i = last, at = block; i > 0; at = s->met[at].parent, i--) {
		p->steps[i] = at;
		p->refs[i - 1] = g->refs[s->met[at].via];
		p->steps[i - 1] = s->met[at].parent;
	}
	if (!last)
		p->steps[0] = block;
	p->root = g->root_refs[s->met[p->steps[0]].via];
	return 0;
}

int path_from_root(struct path *p, const struct graph *g, uint32_t block, struct err *err)
{
	size_t n = (size_t)g->heap->nblocks + 1;
	struct search s = { .graph = g,
			    .met = malloc(n * sizeof *s.met),
			    .queue = malloc(n * sizeof *s.queue) };
	int answer = s.met && s.queue ? 0 : -1;

	*p = (struct path){ 0 };
	if (!answer) {
		s.is_strict = true;
		search_anew(&s, block);
		s.is_strict = false;
		if (s.met[block].distance == NOT_MET)
			search_anew(&s, block);
		if (s.met[block].distance != NOT_MET)
			answer = keep_path(p, &s, block);
	}
	free(s.met);
	free(s.queue);
	if (!answer)
		return 0;
	path_free(p);
	return fail(err, "not enough memory to search a path through %u blocks", g->heap->nblocks);
}

void path_free(struct path *p)
{
	free(p->steps);
	free(p->refs);
	*p = (struct path){ 0 };
}

/* ---- referrers --------------------------------------------------------------------------------------- */

static void count_referrers(struct referrers *r, const struct graph *g, uint32_t block)
{
	for (uint64_t e = 0; e < g->first[g->heap->nblocks]; e++)
		r->nblocks += g->refs[e].to == block;
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		r->nroots += g->root_refs[i].to == block;
}

static uint64_t add_referrer(struct referrers *r, const struct graph *g, uint32_t from, uint32_t block,
			     uint64_t n)
{
	for (uint64_t e = g->first[from]; e < g->first[from + 1]; e++) {
		if (g->refs[e].to != block)
			continue;
		r->blocks[n] = (struct cycle_edge){ from, block, ref_offset(g->refs[e]) };
		r->kinds[n++] = ref_kind(g->refs[e]);
	}
	return n;
}

static bool points_at(const struct graph *g, uint32_t from, uint32_t block)
{
	for (uint64_t e = g->first[from]; e < g->first[from + 1]; e++)
		if (g->refs[e].to == block)
			return true;
	return false;
}

static int list_referrers(struct referrers *r, const struct graph *g, uint32_t block)
{
	struct sort_pair *from = malloc((r->nblocks + 1) * sizeof *from);
	uint64_t nfrom = 0, n = 0;

	if (!from)
		return -1;
	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		if (points_at(g, i, block))
			from[nfrom++] = (struct sort_pair){ g->heap->blocks[i].birth, i };
	int answer = sort_pairs(from, nfrom);
	for (uint64_t i = 0; !answer && i < nfrom; i++)
		n = add_referrer(r, g, from[i].value, block, n);
	free(from);
	return answer;
}

static int fill_referrers(struct referrers *r, const struct graph *g, uint32_t block)
{
	uint64_t n = 0;

	r->blocks = malloc((r->nblocks + 1) * sizeof *r->blocks);
	r->kinds = malloc(r->nblocks + 1);
	r->roots = malloc((r->nroots + 1) * sizeof *r->roots);
	if (!r->blocks || !r->kinds || !r->roots)
		return -1;
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		if (g->root_refs[i].to == block)
			r->roots[n++] = i;
	return list_referrers(r, g, block);
}

int find_referrers(struct referrers *r, const struct graph *g, uint32_t block, struct err *err)
{
	*r = (struct referrers){ 0 };
	count_referrers(r, g, block);
	if (!fill_referrers(r, g, block))
		return 0;
	referrers_free(r);
	return fail(err, "not enough memory for the references to a block");
}

void referrers_free(struct referrers *r)
{
	free(r->blocks);
	free(r->kinds);
	free(r->roots);
	*r = (struct referrers){ 0 };
}
