/* shared_kinds.c: which pairs are weak where no debug information tells, by the counts alone.
 *
 * All pairs at one place (see shared_ptr.h) are of one type. An object's use count is the number of strong pairs that
 * point at it, its weak count that of weak ones. So where the weak count is 0 all places are strong; where the use count
 * is 0 they are weak; more pairs at one place than one of the counts allows are of the other kind; and when one of the
 * counts is used up by places that are known, the rest is of the other kind. The last two hold only where pairs and
 * counts add up: a copy that is hidden, or a word that is left over, would be taken for what it is not. What is never
 * decided is strong, as is what was decided both ways. */
#include "models/shared_ptr.h"

#include <stdlib.h>

#define ROUNDS_MAX 64u /* each settles a place, or is the last */
#define PAIRS_SOLVED 256u /* of one object */

/* A pair that points at a control block. */
struct pair {
	uint32_t block;
	struct shared_place *place;
};

struct pairs {
	struct shared *s;
	bool *is_control; /* nblocks */
	struct pair *at; /* by block */
	size_t n, room;
	bool failed; /* no memory */
	bool has_changed;
};

/* ---- places -------------------------------------------------------------------------------------------- */

/* The same code, size and offset; of a root the word itself. */
static uint64_t place_key(const struct shared *s, uint32_t holder, uint64_t at)
{
	const struct heap *h = s->world->heap;

	if (holder == NO_BLOCK)
		return at;
	const struct block *b = &h->blocks[holder];
	uint64_t code = b->stack < h->trace->nnodes ? h->trace->nodes[b->stack].frame : 0;
	uint64_t key = (code ^ b->size * 0x9e3779b97f4a7c15u) * 0xc2b2ae3d27d4eb4fu + (at - b->addr);

	return key | 1ull << 63; /* no address */
}

static struct shared_place *place_of(struct shared *s, uint32_t holder, uint64_t at)
{
	uint64_t key = place_key(s, holder, at);
	struct shared_place *p = map_get(&s->places, key);

	if (p)
		return p;
	p = arena_take(&s->arena, sizeof *p);
	return p && map_put(&s->places, key, p) ? p : NULL;
}

enum place_kind shared_place_kind(const struct shared *s, uint32_t holder, uint64_t at)
{
	const struct shared_place *p = map_get(&s->places, place_key(s, holder, at));

	return p && !p->is_mixed ? p->is : PLACE_UNKNOWN;
}

/* ---- pairs --------------------------------------------------------------------------------------------- */

/* What is left of an object that was destroyed holds nothing. */
static bool is_dead(struct shared *s, uint32_t holder)
{
	struct control c;

	return holder != NO_BLOCK && control_at(s, holder, &c) && !c.use;
}

static void add_pair(struct pairs *p, uint32_t holder, uint64_t at, uint32_t to)
{
	struct control c;
	uint32_t block;

	if (!p->is_control[to] || is_dead(p->s, holder) || !shared_is_pair(p->s, at, &c, &block) ||
	    block != to)
		return;
	if (p->n == p->room) {
		size_t room = p->room ? 2 * p->room : 256;
		struct pair *grown = realloc(p->at, room * sizeof *grown);

		p->failed |= !grown;
		if (!grown)
			return;
		p->at = grown;
		p->room = room;
	}
	struct shared_place *place = place_of(p->s, holder, at);
	p->failed |= !place;
	if (place && shared_is_own(p->s, at, &c))
		place->is = PLACE_WEAK;
	if (place)
		p->at[p->n++] = (struct pair){ to, place };
}

/* Words of stacks may be left over; where they are not, pairs and counts do not add up. */
static bool is_steady(enum root_kind kind)
{
	return kind != ROOT_REGISTER && kind != ROOT_STACK && kind != ROOT_STALE;
}

static void find_pairs(struct pairs *p)
{
	const struct graph *g = p->s->world->graph;

	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		for (uint64_t e = g->first[i]; e < g->first[i + 1]; e++)
			if (ref_kind(g->refs[e]) == REF_START)
				add_pair(p, i, g->heap->blocks[i].addr + ref_offset(g->refs[e]),
					 g->refs[e].to);
	for (uint64_t i = 0; i < g->nroot_refs; i++) {
		const struct root_ref *r = &g->root_refs[i];

		if (r->kind == REF_START && is_steady(g->regions[r->region].kind))
			add_pair(p, NO_BLOCK, r->at, r->to);
	}
}

static int by_block(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;

	return (a->block > b->block) - (a->block < b->block);
}

/* ---- deciding ------------------------------------------------------------------------------------------ */

/* What was decided otherwise before stays strong: there code, size and offset do not tell the type. */
static void decide(struct pairs *p, struct shared_place *place, bool is_weak)
{
	if (place->is == PLACE_UNKNOWN)
		place->is = is_weak ? PLACE_WEAK : PLACE_STRONG;
	else if (is_weak || place->is == PLACE_STRONG)
		return;
	else
		*place = (struct shared_place){ PLACE_STRONG, .is_mixed = true };
	p->has_changed = true;
}

static void decide_rest(struct pairs *p, const struct pair *pairs, size_t n, bool is_weak)
{
	for (size_t i = 0; i < n; i++)
		if (pairs[i].place->is == PLACE_UNKNOWN)
			decide(p, pairs[i].place, is_weak);
}

/* Nothing weak points at it. */
static void decide_strong(struct pairs *p, const struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		decide(p, pairs[i].place, false);
}

static size_t count(const struct pair *pairs, size_t n, const struct shared_place *place)
{
	size_t same = 0;

	for (size_t i = 0; i < n; i++)
		same += pairs[i].place == place;
	return same;
}

static size_t count_known(const struct pair *pairs, size_t n, unsigned is)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
		known += pairs[i].place->is == is;
	return known;
}

/* Pairs and counts add up. */
static void solve(struct pairs *p, const struct pair *pairs, size_t n, const struct control *c)
{
	size_t strong = count_known(pairs, n, PLACE_STRONG), weak = count_known(pairs, n, PLACE_WEAK);

	if (strong > c->use || weak > c->weak)
		return;
	for (size_t i = 0; i < n; i++) {
		size_t same = pairs[i].place->is == PLACE_UNKNOWN ? count(pairs, n, pairs[i].place) : 0;

		if (same && same > c->use - strong)
			decide(p, pairs[i].place, true);
		else if (same && same > c->weak - weak)
			decide(p, pairs[i].place, false);
	}
	strong = count_known(pairs, n, PLACE_STRONG);
	weak = count_known(pairs, n, PLACE_WEAK);
	if (strong == c->use || weak == c->weak)
		decide_rest(p, pairs, n, strong == c->use);
}

static void look_at(struct pairs *p, const struct pair *pairs, size_t n)
{
	struct control c;

	if (!control_at(p->s, pairs->block, &c))
		return;
	if (!c.weak)
		decide_strong(p, pairs, n);
	else if (!c.use)
		decide_rest(p, pairs, n, true);
	else if (n == c.use + c.weak && n <= PAIRS_SOLVED)
		solve(p, pairs, n, &c);
}

/* More weak pairs than an object counts: some place is not what it was taken for. */
static void verify(struct pairs *p, const struct pair *pairs, size_t n)
{
	struct control c;

	if (control_at(p->s, pairs->block, &c) && c.use && count_known(pairs, n, PLACE_WEAK) > c.weak)
		decide_strong(p, pairs, n);
}

static void look_at_all(struct pairs *p, void (*look)(struct pairs *, const struct pair *, size_t))
{
	size_t n;

	p->has_changed = p->n > 0;
	for (unsigned round = 0; p->has_changed && round < ROUNDS_MAX; round++) {
		p->has_changed = false;
		for (size_t i = 0; i < p->n; i += n) {
			for (n = 1; i + n < p->n && p->at[i + n].block == p->at[i].block;)
				n++;
			look(p, &p->at[i], n);
		}
	}
}

/* Whether any object has both kinds. */
static bool find_controls(struct pairs *p)
{
	bool any = false;

	for (uint32_t i = 0; i < p->s->world->heap->nblocks; i++) {
		struct control c;

		p->is_control[i] = control_at(p->s, i, &c);
		any |= p->is_control[i] && c.use && c.weak;
	}
	return any;
}

int shared_find_weak(struct shared *s)
{
	struct pairs p = { .s = s, .is_control = calloc((size_t)s->world->heap->nblocks + 1, 1) };

	if (!p.is_control)
		return -1;
	if (find_controls(&p))
		find_pairs(&p);
	if (p.n)
		qsort(p.at, p.n, sizeof *p.at, by_block);
	look_at_all(&p, look_at);
	look_at_all(&p, verify);
	free(p.is_control);
	free(p.at);
	return p.failed ? -1 : 0;
}
