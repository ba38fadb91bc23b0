/* slack.c: see slack.h. */
#include "models/slack.h"

#include "models/models.h"
#include "models/variable.h"

#include <stdlib.h>

/* Who knows where a block starts. */
struct knower {
	uint64_t at; /* the word, the last that was met */
	uint32_t holder; /* a block; of a root: nblocks + its number in the graph's root_refs */
	uint8_t n, n_on_stacks; /* words in blocks and roots, those in stacks and registers; 2: or more */
	uint8_t is; /* enum known_as */
};
enum known_as { NOT_ASKED, A_CONTAINERS, NOBODYS };

struct slack {
	const struct model_world *world;
	struct knower *of; /* nblocks */
};

static void add(struct slack *s, uint32_t to, uint64_t at, uint32_t holder, bool is_on_stack)
{
	struct knower *k = &s->of[to];
	uint8_t *n = is_on_stack ? &k->n_on_stacks : &k->n;

	if (at == k->at + 8)
		return; /* the end of an empty vector, behind its start */
	*n += *n < 2;
	if (is_on_stack && k->n)
		return;
	k->at = at;
	k->holder = holder;
}

static void look_at_all(struct slack *s)
{
	const struct graph *g = s->world->graph;

	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		for (uint64_t e = g->first[i]; e < g->first[i + 1]; e++)
			if (ref_kind(g->refs[e]) == REF_START)
				add(s, g->refs[e].to, g->heap->blocks[i].addr + ref_offset(g->refs[e]), i,
				    false);
	for (uint64_t i = 0; i < g->nroot_refs && i < UINT32_MAX - g->heap->nblocks; i++) {
		const struct root_ref *r = &g->root_refs[i];

		if (r->kind == REF_START)
			add(s, r->to, r->at, g->heap->nblocks + (uint32_t)i,
			    models_doubt_root(s->world->models, r));
	}
}

struct slack *slack_new(const struct model_world *w)
{
	struct slack *s = calloc(1, sizeof *s);

	if (s)
		*s = (struct slack){ w, calloc((size_t)w->heap->nblocks + 1, sizeof *s->of) };
	if (!s || !s->of) {
		slack_free(s);
		return NULL;
	}
	look_at_all(s);
	return s;
}

void slack_free(struct slack *s)
{
	if (s)
		free(s->of);
	free(s);
}

/* ---- by its words -------------------------------------------------------------------------------------- */

/* Behind what is in use of a block that {start, end, end of the room} or {start, length, room} describe; 0: they do not. */
static uint64_t used_end(struct slack *s, const struct block *b, uint64_t at, bool *is_string)
{
	uint64_t second, third, end = b->addr + b->size;

	if (!memory_held(s->world->memory, at + 8, &second) ||
	    !memory_held(s->world->memory, at + 16, &third))
		return 0;
	*is_string = third + 1 == b->size && second <= third;
	if (*is_string)
		return b->addr + second + 1; /* and the 0 behind it */
	return third == end && second >= b->addr && second <= end ? second : 0;
}

/* ---- by its type --------------------------------------------------------------------------------------- */

static bool is_typed(const struct type *t, uint64_t bytes, uint64_t offset, bool is_string)
{
	static const char *const vectors[] = { "vector<", NULL };
	static const char *const strings[] = { "basic_string<", NULL };
	struct type_member m;

	return t && type_around(t, bytes, offset, is_string ? strings : vectors) == 0 &&
	       type_member_at(t, bytes, offset, 0, &m, NULL, 0) && !m.is_union;
}

static bool is_typed_root(const struct slack *s, const struct root_ref *r, bool is_string)
{
	const struct model_world *w = s->world;
	struct variable v;

	return root_kind_has_memory(w->graph->regions[r->region].kind) &&
	       root_variable(w->names, w->heap, &w->graph->regions[r->region], r->at, &v) && v.type &&
	       is_typed(v.type, type_bytes(v.type), v.offset, is_string);
}

static bool is_typed_block(const struct slack *s, uint32_t block, uint64_t at, bool is_string)
{
	const struct block *b = &s->world->heap->blocks[block];
	uint32_t begin = 0;
	const struct type *t = models_layout(s->world->models, block, &begin);

	return t && at >= b->addr + begin && is_typed(t, b->size - begin, at - b->addr - begin, is_string);
}

static bool is_containers(const struct slack *s, const struct knower *k, bool is_string)
{
	uint32_t nblocks = s->world->heap->nblocks;

	return k->holder < nblocks
		   ? is_typed_block(s, k->holder, k->at, is_string)
		   : is_typed_root(s, &s->world->graph->root_refs[k->holder - nblocks], is_string);
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

bool slack_has(struct slack *s, uint32_t block, uint64_t at)
{
	struct knower *k = &s->of[block];
	bool is_string;

	if (k->is == NOBODYS || (k->n ? k->n : k->n_on_stacks) != 1)
		return false;
	uint64_t end = used_end(s, &s->world->heap->blocks[block], k->at, &is_string);
	if (!end || at < end)
		return false;
	if (k->is == NOT_ASKED)
		k->is = is_containers(s, k, is_string) ? A_CONTAINERS : NOBODYS;
	return k->is == A_CONTAINERS;
}
