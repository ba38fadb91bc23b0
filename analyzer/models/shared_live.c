/* shared_live.c: pairs that are shared_ptrs beyond doubt: their source types them so, or all of a vector is such pairs, and
 * what they lie in lives.
 *
 * What is destroyed leaves its words behind: members of unions, elements that a vector has let go, a block that is
 * being made of one that was freed. So the holder has to be known to the last byte, and something other than a stack has
 * to own it; of a vector's elements only those before its end count. */
#include "models/shared_ptr.h"

#include "models/models.h"

#include <stdlib.h>

struct shared_live {
	uint8_t *is_owned; /* nblocks: a root or another block owns it */
	struct map ends; /* block + 1 -> behind the last element of the vector that has it */
	struct map pairs; /* block + 1 -> whether that vector's elements are pairs, all of them: &yes, &no */
};

/* {first, behind the last, behind the room}, as vectors of all libraries have it. */
static void look_for_vector(struct shared *s, struct shared_live *live, uint64_t at, uint32_t to)
{
	const struct block *b = &s->world->heap->blocks[to];
	uint64_t words[3];

	for (unsigned i = 0; i < 3; i++)
		if (!memory_word(s->world->memory, at + 8 * i, &words[i]))
			return;
	if (words[0] == b->addr && words[1] - b->addr <= b->size && words[2] == b->addr + b->size)
		map_put(&live->ends, to + 1ull, (void *)(uintptr_t)words[1]);
}

static void look_at_blocks(struct shared *s, struct shared_live *live)
{
	const struct graph *g = s->world->graph;

	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		for (uint64_t e = g->first[i]; e < g->first[i + 1]; e++) {
			uint32_t to = g->refs[e].to;

			live->is_owned[to] |= to != i && ref_kind_is_strong(ref_kind(g->refs[e]));
			if (e + 1 < g->first[i + 1] && g->refs[e + 1].to == to)
				look_for_vector(s, live, g->heap->blocks[i].addr + ref_offset(g->refs[e]),
						to);
		}
}

static void look_at_roots(struct shared *s, struct shared_live *live)
{
	const struct graph *g = s->world->graph;

	for (uint64_t i = 0; i < g->nroot_refs; i++) {
		const struct root_ref *r = &g->root_refs[i];

		live->is_owned[r->to] |=
		    ref_kind_is_strong((enum ref_kind)r->kind) && !models_doubt_root(s->world->models, r);
		if (i + 1 < g->nroot_refs && g->root_refs[i + 1].to == r->to)
			look_for_vector(s, live, r->at, r->to);
	}
}

static struct shared_live *live_new(struct shared *s)
{
	struct shared_live *live = calloc(1, sizeof *live);

	if (live)
		live->is_owned = calloc((size_t)s->world->heap->nblocks + 1, 1);
	if (!live || !live->is_owned) {
		shared_live_free(live);
		return NULL;
	}
	look_at_blocks(s, live);
	look_at_roots(s, live);
	return live;
}

void shared_live_free(struct shared_live *live)
{
	if (!live)
		return;
	free(live->is_owned);
	map_free(&live->ends);
	map_free(&live->pairs);
	free(live);
}

/* Whether the source says that a shared_ptr is there, whatever happens. */
static bool is_declared(const struct type *t, uint64_t bytes, uint64_t offset)
{
	static const char *const holders[] = { "shared_ptr<",	"__shared_ptr<", "__shared_count<",
					       "shared_count",	"weak_ptr<",	 "__weak_ptr<",
					       "__weak_count<", "weak_count",	 NULL };
	struct type_member m;
	int which = type_around(t, bytes, offset, holders);

	return which >= 0 && which < 4 && type_member_at(t, bytes, offset, 0, &m, NULL, 0) && !m.is_union;
}

/* Not what is left of a destroyed object, nor what a vector has let go. */
static bool is_alive(struct shared *s, uint32_t holder, uint64_t at)
{
	uint64_t end = (uintptr_t)map_get(&s->live->ends, holder + 1ull);
	struct control c;

	return s->live->is_owned[holder] && (!end || at < end) && !(control_at(s, holder, &c) && !c.use);
}

/* An array may have room that nobody uses, unless its vector says how much is in use, or new[] has counted its items. */
static bool is_in_use(const struct shared *s, uint32_t holder, uint32_t begin, const struct type *t)
{
	return begin || type_fit(t, s->world->heap->blocks[holder].size) == FIT_EXACT ||
	       map_get(&s->live->ends, holder + 1ull);
}

/* ---- without debug information ------------------------------------------------------------------------- */

#define PAIR_BYTES 16u

static bool is_pair_or_empty(struct shared *s, uint64_t at)
{
	struct control c;
	uint64_t object, control;
	uint32_t block;

	if (!memory_word(s->world->memory, at, &object) || !memory_word(s->world->memory, at + 8, &control))
		return false;
	return (!object && !control) || shared_is_pair(s, at + 8, &c, &block);
}

static bool are_pairs(struct shared *s, uint64_t at, uint64_t end)
{
	while (at < end && is_pair_or_empty(s, at))
		at += PAIR_BYTES;
	return at == end;
}

/* Whether the word is of an element of a vector of which nothing but pairs is known. */
static bool is_element(struct shared *s, uint32_t holder, uint64_t at)
{
	static const bool yes = true, no = false;
	uint64_t begin = s->world->heap->blocks[holder].addr;
	uint64_t end = (uintptr_t)map_get(&s->live->ends, holder + 1ull);
	const bool *are = map_get(&s->live->pairs, holder + 1ull);

	if (!are) {
		are = end > begin && are_pairs(s, begin, end) ? &yes : &no;
		map_put(&s->live->pairs, holder + 1ull, (void *)(uintptr_t)are);
	}
	return *are && (at - begin) % PAIR_BYTES == 8;
}

/* Where a count of weak pointers is 0 all pairs are strong. */
static bool has_weak(struct shared *s, uint64_t at)
{
	struct control c;
	uint32_t block;

	return !shared_is_pair(s, at, &c, &block) || c.weak;
}

bool shared_owns_surely(struct shared *s, uint32_t holder, uint64_t at)
{
	const struct block *b = &s->world->heap->blocks[holder];
	uint32_t begin = 0;

	s->live = s->live ? s->live : live_new(s);
	if (!s->live || !is_alive(s, holder, at))
		return false;
	const struct type *t = models_layout(s->world->models, holder, &begin);
	if (!t)
		return is_element(s, holder, at) && !has_weak(s, at);
	return at >= b->addr + begin && is_in_use(s, holder, begin, t) &&
	       is_declared(t, b->size - begin, at - b->addr - begin);
}
