/* dwarf.c: what debug information says of blocks: by the code that allocated each, and by what is known to point at it;
 * where it says nothing, the name of the library's function that did.
 *
 * Code comes first. From variables and typed blocks types then spread in rounds, through pointer members, into blocks
 * of which the code said nothing, or only how they begin; a type must fit the block's size. Of what one round offers a
 * block the best is taken, by fit, size and name, so that order never matters. Members of unions are believed last. */
#include "models/model.h"

#include "models/arrays.h"
#include "models/models.h"
#include "models/variable.h"
#include "names/sites.h"
#include "trace/items.h"

#include <stdlib.h>
#include <string.h>

#define CHOICES 8u /* members of a union that are tried */
#define ANSWERS 4096u /* of sites, the last ones; a power of two */
#define STACK_WORDS 65536u /* words of stacks that are looked up among locals */

/* What begins where in a block. */
struct placed {
	const struct type *type; /* NULL: not known */
	uint32_t at; /* more than 0: behind a count of items, or a header of the program's own allocator */
	bool is_counted;
};

struct dwarf {
	const struct model_world *world;
	struct arrays arrays;
	struct placed *of; /* nblocks */
};

/* While types are being found. */
struct spread {
	struct dwarf *d;
	uint8_t *fit; /* nblocks: how well of[] fits; enum type_fit */
	struct placed *offered; /* nblocks: the best offer of this round */
	uint32_t *front,
	    *next; /* blocks that got their type in the last round; that were offered one in this */
	uint32_t nfront, nnext;
	bool believes_unions;
	bool has_doubt; /* what is offered is one of several pointers of a union */
};

/* ---- by the code --------------------------------------------------------------------------------------- */

struct answer {
	uint32_t stack;
	uint64_t bytes;
	struct placed is;
};

/* posix_memalign stores the block where its first argument points. */
static bool is_returned(const struct block *b)
{
	return b->stack && b->entry != LG_ENTRY_POSIX_MEMALIGN;
}

static struct placed site_type(struct names *names, struct answer *answers, const struct block *b)
{
	uint64_t hash = (b->stack * 0x9e3779b97f4a7c15u) ^ (b->size * 0xc2b2ae3d27d4eb4fu);
	struct answer *a = &answers[hash >> 40 & (ANSWERS - 1)];

	if (a->stack != b->stack || a->bytes != b->size) {
		*a = (struct answer){ .stack = b->stack, .bytes = b->size };
		a->is.type = names_site_type(names, b->stack, is_returned(b) ? 0 : 1, b->size, &a->is.at);
	}
	return a->is;
}

static bool counts_its_items(const struct dwarf *d, uint32_t block, struct placed p)
{
	const struct heap *h = d->world->heap;
	const struct block *b = &h->blocks[block];
	uint64_t n = p.type ? items_counted(h->snapshot, b->addr, b->size, p.at) : 0;

	return n && n * type_bytes(p.type) == b->size - p.at;
}

static enum type_fit fit_of(const struct dwarf *d, uint32_t block, struct placed p)
{
	return p.type ? type_fit(p.type, d->world->heap->blocks[block].size - p.at) : FIT_NOT;
}

static void settle(struct spread *s, uint32_t block, struct placed p)
{
	s->d->of[block] = p;
	s->fit[block] = (uint8_t)fit_of(s->d, block, p);
}

/* What the code takes the items of a new T[n] for that counts them. */
static struct placed site_items(const struct dwarf *d, const struct block *b)
{
	struct placed p = { .is_counted = true };

	for (uint32_t at = 8; !p.type && at <= ITEMS_AT_MAX && at < b->size; at *= 2) {
		uint64_t n = items_counted(d->world->heap->snapshot, b->addr, b->size, at);

		p.at = at;
		p.type = n ? names_site_items(d->world->names, b->stack, at, (b->size - at) / n) : NULL;
	}
	return p;
}

static struct placed ask_site(const struct dwarf *d, const struct block *b, struct answer *answers)
{
	bool may_count = b->entry == LG_ENTRY_NEW_ARRAY || b->entry == LG_ENTRY_NEW_ARRAY_ALIGNED;
	struct placed items = may_count ? site_items(d, b) : (struct placed){ .type = NULL };

	return items.type ? items : site_type(d->world->names, answers, b);
}

static bool ask_sites(struct spread *s)
{
	const struct model_world *w = s->d->world;
	struct answer *answers = calloc(ANSWERS, sizeof *answers);

	for (uint32_t i = 0; answers && i < w->heap->nblocks; i++) {
		const struct block *b = &w->heap->blocks[i];
		const char *told = heap_told_type(w->heap, i);
		struct placed p = { .type = told ? names_type_named(w->names, told) : NULL };

		if (!p.type)
			p.type = models_layout(w->models, i, &p.at);
		if (!p.type && b->stack)
			p = ask_site(s->d, b, answers);
		settle(s, i, p);
		if (p.type)
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

static bool is_better(const struct dwarf *d, uint32_t block, struct placed a, struct placed b)
{
	enum type_fit fit_a = fit_of(d, block, a), fit_b = fit_of(d, block, b);

	if (fit_a != fit_b)
		return fit_a < fit_b;
	if (type_bytes(a.type) != type_bytes(b.type))
		return type_bytes(a.type) > type_bytes(b.type);
	return strcmp(type_name(a.type), type_name(b.type)) < 0;
}

/* Behind the header that the code has put there, if any, or behind a count of items. */
static bool may_begin(const struct dwarf *d, uint32_t block, struct placed *p)
{
	const struct placed *known = &d->of[block];

	p->is_counted = p->at && counts_its_items(d, block, *p);
	return p->is_counted || (!known->is_counted && p->at == known->at);
}

/* A union's numbers fit what is anything else; a word may be left over from something else: what the code said is left for
 * what begins with it and explains the whole block only. */
static bool may_improve(const struct spread *s, uint32_t block, const struct type *t, enum type_fit fit)
{
	enum type_fit known = (enum type_fit)s->fit[block];

	if (s->believes_unions && known != FIT_NOT)
		return false;
	if (s->has_doubt)
		return fit <= FIT_TAIL && type_is_record(t);
	if (known == FIT_NOT)
		return fit != FIT_PREFIX;
	return known == FIT_PREFIX && fit <= FIT_TAIL && type_begins(t, s->d->of[block].type);
}

/* A block may be what the type of a pointer to it says. */
static void offer(struct spread *s, uint32_t block, struct placed p)
{
	enum type_fit fit = fit_of(s->d, block, p);

	if (fit == FIT_NOT || is_settled(s, block) || !may_improve(s, block, p.type, fit) ||
	    !may_begin(s->d, block, &p))
		return;
	if (!s->offered[block].type)
		s->next[s->nnext++] = block;
	else if (!is_better(s->d, block, p, s->offered[block]))
		return;
	s->offered[block] = p;
}

/* A word that points at a block, `into` bytes behind its start. */
struct pointer {
	uint32_t block;
	uint32_t into;
};

/* What a reference points at; false: nothing that a type could begin at. */
static bool points(const struct dwarf *d, uint64_t at, uint32_t to, enum ref_kind kind, struct pointer *p)
{
	uint64_t value, into;

	*p = (struct pointer){ to, 0 };
	if (kind == REF_START)
		return true;
	if ((kind != REF_RECOGNISED && kind != REF_INTERIOR) || !memory_word(d->world->memory, at, &value))
		return false;
	into = value - d->world->heap->blocks[to].addr;
	p->into = (uint32_t)into;
	return (kind == REF_RECOGNISED && items_may_begin(into)) || (into && into == d->of[to].at);
}

static bool is_only_pointer(const struct type *t, uint64_t bytes, uint64_t offset)
{
	struct type_member m;
	unsigned n = 0;

	for (unsigned i = 0; i < CHOICES && type_member_at(t, bytes, offset, i, &m, NULL, 0); i++)
		n += type_pointee(m.type) && !m.offset_within;
	return n == 1;
}

/* What the word at an offset of something says of the block that it points at. */
static void offer_member(struct spread *s, const struct type *t, uint64_t bytes, uint64_t offset,
			 struct pointer to)
{
	struct type_member m;

	s->has_doubt = s->believes_unions && !is_only_pointer(t, bytes, offset);

	for (unsigned i = 0; i < CHOICES; i++) {
		if (!type_member_at(t, bytes, offset, i, &m, NULL, 0))
			return;
		if (!m.offset_within && (!m.is_union || s->believes_unions))
			offer(s, to.block,
			      (struct placed){ .type = m.items ? m.items : type_pointee(m.type),
					       .at = to.into });
		if (!m.is_union)
			return;
	}
}

static void spread_from_block(struct spread *s, uint32_t block)
{
	const struct graph *g = s->d->world->graph;
	const struct block *b = &g->heap->blocks[block];
	struct placed from = s->d->of[block];
	struct pointer p;

	for (uint64_t i = g->first[block]; i < g->first[block + 1]; i++) {
		struct ref r = g->refs[i];

		if (ref_offset(r) >= from.at && !is_settled(s, r.to) &&
		    points(s->d, b->addr + ref_offset(r), r.to, ref_kind(r), &p))
			offer_member(s, from.type, b->size - from.at, ref_offset(r) - from.at, p);
	}
}

static void spread_from_roots(struct spread *s)
{
	const struct model_world *w = s->d->world;
	uint32_t stack_words = 0;
	struct variable v;
	struct pointer p;

	for (uint64_t i = 0; i < w->graph->nroot_refs; i++) {
		const struct root_ref *r = &w->graph->root_refs[i];
		const struct root_region *region = &w->graph->regions[r->region];
		bool is_stack = region->kind == ROOT_STACK;
		if (is_settled(s, r->to) || region->kind == ROOT_REGISTER ||
		    !points(s->d, r->at, r->to, (enum ref_kind)r->kind, &p) ||
		    (is_stack && stack_words++ >= STACK_WORDS))
			continue;
		if (root_variable(w->names, w->heap, region, r->at, &v) && type_bytes(v.type))
			offer_member(s, v.type, type_bytes(v.type), v.offset, p);
	}
}

/* The offers of a round are taken all at once; who got a type is the next front. */
static void end_round(struct spread *s)
{
	uint32_t *taken = s->next;

	for (uint32_t i = 0; i < s->nnext; i++) {
		uint32_t block = taken[i];
		settle(s, block, s->offered[block]);
		s->offered[block] = (struct placed){ 0 };
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
		if (s->d->of[i].type)
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

	arrays_free(&d->arrays);
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

static bool dwarf_classify(void *state, uint32_t block, struct object *o)
{
	struct dwarf *d = state;
	struct placed p = d->of[block];

	if (!p.type) {
		const struct block *b = &d->world->heap->blocks[block];
		o->type = is_returned(b) ? names_site_name(d->world->names, b->stack) : NULL;
		return o->type;
	}
	enum type_fit fit = fit_of(d, block, p);
	bool is_array = p.is_counted || fit == FIT_ARRAY || fit == FIT_BYTES;
	o->type = is_array ? arrays_name(&d->arrays, type_name(p.type)) : type_name(p.type);
	o->offset = p.at;
	return true;
}

static const struct type *dwarf_layout(void *state, uint32_t block, uint32_t *offset)
{
	struct dwarf *d = state;

	*offset = d->of[block].at;
	return d->of[block].type;
}

static bool dwarf_field(void *state, uint32_t block, uint64_t offset, char *text, size_t room)
{
	struct dwarf *d = state;
	struct type_member m;

	struct placed p = d->of[block];

	return p.type && offset >= p.at &&
	       type_word_at(p.type, d->world->heap->blocks[block].size - p.at, offset - p.at, &m, text,
			    room) &&
	       !m.offset_within && *text;
}

const struct model model_dwarf = { .only_describes = true,
				   .name = "dwarf",
				   .open = dwarf_open,
				   .close = dwarf_close,
				   .classify = dwarf_classify,
				   .layout = dwarf_layout,
				   .field = dwarf_field };
