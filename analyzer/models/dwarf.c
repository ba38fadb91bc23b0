/* dwarf.c: what debug information says of blocks: by the code that allocated each, and by what is known to point at it.
 *
 * Code comes first. From variables and typed blocks types then spread in rounds, through pointer members, into blocks
 * of which the code said nothing, or only how they begin; a type must fit the block's size. Of what one round offers a
 * block the best is taken, by fit, size and name, so that order never matters. Members of unions are believed last. */
#include "models/model.h"

#include "models/variable.h"
#include "names/sites.h"
#include "names/store.h"

#include <stdlib.h>
#include <string.h>

#define CHOICES 8u /* members of a union that are tried */
#define ANSWERS 4096u /* of sites, the last ones; a power of two */
#define STACK_WORDS 65536u /* words of stacks that are looked up among locals */

struct dwarf {
	const struct model_world *world;
	struct arena arena;
	struct map array_names; /* type -> "struct node[]" */
	const struct type **of; /* nblocks; NULL: not known */
};

/* While types are being found. */
struct spread {
	struct dwarf *d;
	uint8_t *fit; /* nblocks: how well of[] fits; enum type_fit */
	const struct type **offered; /* nblocks: the best offer of this round */
	uint32_t *front,
	    *next; /* blocks that got their type in the last round; that were offered one in this */
	uint32_t nfront, nnext;
	bool believes_unions;
};

/* ---- by the code --------------------------------------------------------------------------------------- */

struct answer {
	uint32_t stack;
	uint64_t bytes;
	const struct type *type;
};

static const struct type *site_type(struct names *names, struct answer *answers, const struct block *b)
{
	uint64_t hash = (b->stack * 0x9e3779b97f4a7c15u) ^ (b->size * 0xc2b2ae3d27d4eb4fu);
	struct answer *a = &answers[hash >> 40 & (ANSWERS - 1)];

	if (a->stack != b->stack || a->bytes != b->size)
		*a = (struct answer){ b->stack, b->size, names_site_type(names, b->stack, b->size) };
	return a->type;
}

/* posix_memalign does not return the block. */
static bool is_returned(const struct block *b)
{
	return b->stack && b->entry != LG_ENTRY_POSIX_MEMALIGN;
}

static bool ask_sites(struct spread *s)
{
	const struct model_world *w = s->d->world;
	struct answer *answers = calloc(ANSWERS, sizeof *answers);

	for (uint32_t i = 0; answers && i < w->heap->nblocks; i++) {
		const struct block *b = &w->heap->blocks[i];
		const char *told = heap_told_type(w->heap, i);
		const struct type *t = told ? names_type_named(w->names, told) : NULL;

		if (!t && is_returned(b))
			t = site_type(w->names, answers, b);
		s->d->of[i] = t;
		s->fit[i] = (uint8_t)(t ? type_fit(t, b->size) : FIT_NOT);
		if (t)
			s->front[s->nfront++] = i;
	}
	free(answers);
	return answers;
}

/* ---- spreading ----------------------------------------------------------------------------------------- */

static bool is_settled(const struct spread *s, uint32_t block)
{
	return s->fit[block] <= FIT_ARRAY;
}

static bool is_better(const struct type *a, const struct type *b, uint64_t bytes)
{
	enum type_fit fit_a = type_fit(a, bytes), fit_b = type_fit(b, bytes);

	if (fit_a != fit_b)
		return fit_a < fit_b;
	if (type_bytes(a) != type_bytes(b))
		return type_bytes(a) > type_bytes(b);
	return strcmp(type_name(a), type_name(b)) < 0;
}

/* A block may be what the type of a pointer to it says. */
static void offer(struct spread *s, uint32_t block, const struct type *t)
{
	uint64_t bytes = s->d->world->heap->blocks[block].size;
	enum type_fit fit = type_fit(t, bytes);

	if (is_settled(s, block) || fit == FIT_PREFIX || fit >= s->fit[block])
		return;
	if (!s->offered[block])
		s->next[s->nnext++] = block;
	else if (!is_better(t, s->offered[block], bytes))
		return;
	s->offered[block] = t;
}

/* What the word at an offset of something says of the block that it points at. */
static void offer_member(struct spread *s, const struct type *t, uint64_t bytes, uint64_t offset,
			 uint32_t block)
{
	struct type_member m;

	for (unsigned i = 0; i < CHOICES; i++) {
		if (!type_member_at(t, bytes, offset, i, &m, NULL, 0))
			return;
		if (!m.offset_within && (!m.is_union || s->believes_unions))
			offer(s, block, type_pointee(m.type));
		if (!m.is_union)
			return;
	}
}

static void spread_from_block(struct spread *s, uint32_t block)
{
	const struct graph *g = s->d->world->graph;

	for (uint64_t i = g->first[block]; i < g->first[block + 1]; i++)
		if (ref_kind(g->refs[i]) == REF_START && !is_settled(s, g->refs[i].to))
			offer_member(s, s->d->of[block], g->heap->blocks[block].size, ref_offset(g->refs[i]),
				     g->refs[i].to);
}

static void spread_from_roots(struct spread *s)
{
	const struct model_world *w = s->d->world;
	uint32_t stack_words = 0;
	struct variable v;

	for (uint64_t i = 0; i < w->graph->nroot_refs; i++) {
		const struct root_ref *r = &w->graph->root_refs[i];
		const struct root_region *region = &w->graph->regions[r->region];
		bool is_stack = region->kind == ROOT_STACK;
		if (r->kind != REF_START || is_settled(s, r->to) ||
		    (is_stack && stack_words++ >= STACK_WORDS))
			continue;
		if (root_variable(w->names, w->heap, region, r->at, &v) && type_bytes(v.type))
			offer_member(s, v.type, type_bytes(v.type), v.offset, r->to);
	}
}

/* The offers of a round are taken all at once; who got a type is the next front. */
static void end_round(struct spread *s)
{
	uint32_t *taken = s->next;

	for (uint32_t i = 0; i < s->nnext; i++) {
		uint32_t block = taken[i];
		s->d->of[block] = s->offered[block];
		s->fit[block] = (uint8_t)type_fit(s->offered[block], s->d->world->heap->blocks[block].size);
		s->offered[block] = NULL;
	}
	s->next = s->front;
	s->front = taken;
	s->nfront = s->nnext;
	s->nnext = 0;
}

/* Each block is settled once at most, and improved once before: this ends. */
static void spread_all(struct spread *s)
{
	spread_from_roots(s);
	do {
		for (uint32_t i = 0; i < s->nfront; i++)
			spread_from_block(s, s->front[i]);
		end_round(s);
	} while (s->nfront);
}

static void believe_unions(struct spread *s)
{
	s->believes_unions = true;
	for (uint32_t i = 0; i < s->d->world->heap->nblocks; i++)
		if (s->d->of[i])
			s->front[s->nfront++] = i;
}

static bool find_types(struct dwarf *d)
{
	size_t n = (size_t)d->world->heap->nblocks + 1;
	struct spread s = { .d = d,
			    .fit = malloc(n),
			    .offered = calloc(n, sizeof *s.offered),
			    .front = malloc(n * sizeof *s.front),
			    .next = malloc(n * sizeof *s.next) };
	bool is_good = s.fit && s.offered && s.front && s.next && ask_sites(&s);

	if (is_good) {
		spread_all(&s);
		believe_unions(&s);
		spread_all(&s);
	}
	free(s.fit);
	free(s.offered);
	free(s.front);
	free(s.next);
	return is_good;
}

/* ---- the model ----------------------------------------------------------------------------------------- */

static void dwarf_close(void *state)
{
	struct dwarf *d = state;

	arena_free(&d->arena);
	map_free(&d->array_names);
	free(d->of);
	free(d);
}

static int dwarf_open(void **state, const struct model_world *w)
{
	struct dwarf *d = calloc(1, sizeof *d);

	*state = d;
	if (!d)
		return -1;
	d->world = w;
	d->of = calloc((size_t)w->heap->nblocks + 1, sizeof *d->of);
	if (d->of && find_types(d))
		return 1;
	dwarf_close(d);
	return -1;
}

/* "struct node[]" */
static const char *array_name(struct dwarf *d, const struct type *t)
{
	const char *name = map_get(&d->array_names, map_pointer_key(t));

	if (!name) {
		name = arena_format(&d->arena, "%s[]", type_name(t));
		map_put(&d->array_names, map_pointer_key(t), (void *)(uintptr_t)name);
	}
	return name;
}

static bool dwarf_classify(void *state, uint32_t block, struct object *o)
{
	struct dwarf *d = state;
	const struct type *t = d->of[block];

	if (!t)
		return false;
	enum type_fit fit = type_fit(t, d->world->heap->blocks[block].size);
	o->type = fit == FIT_ARRAY || fit == FIT_BYTES ? array_name(d, t) : type_name(t);
	return true;
}

static const struct type *dwarf_layout(void *state, uint32_t block, uint32_t *offset)
{
	struct dwarf *d = state;

	*offset = 0;
	return d->of[block];
}

static bool dwarf_field(void *state, uint32_t block, uint64_t offset, char *text, size_t room)
{
	struct dwarf *d = state;
	struct type_member m;

	return type_word_at(d->of[block], d->world->heap->blocks[block].size, offset, &m, text, room) &&
	       !m.offset_within && *text;
}

const struct model model_dwarf = { .only_describes = true,
				   .name = "dwarf",
				   .open = dwarf_open,
				   .close = dwarf_close,
				   .classify = dwarf_classify,
				   .layout = dwarf_layout,
				   .field = dwarf_field };
