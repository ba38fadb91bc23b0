/* shared_ptr.c: the control blocks of std::shared_ptr (libstdc++, libc++) and boost::shared_ptr, by their RTTI.
 *
 * A shared_ptr and a weak_ptr are the same pair {T *, control block *}. The second word is the owner; the first only
 * says where the object is. Which of the two it is, the control block tells where all are alike, else the type of the
 * member that holds it, else all counts together; what nobody tells is taken for an owner, which can hide a leak but
 * not invent one. The memory of an expired object (use count 0) belongs to the weak_ptrs that are left. */
#include "models/shared_ptr.h"

#include "models/models.h"
#include "models/variable.h"

#include <stdlib.h>

static bool is_inside(const struct shared *s, uint32_t block, uint64_t object)
{
	const struct block *b = &s->world->heap->blocks[block];

	return object - b->addr < b->size;
}

static bool shared_classify(void *state, uint32_t block, struct object *o)
{
	struct shared *s = state;
	struct control c;

	if (!control_at(s, block, &c))
		return false;
	bool holds_it = is_inside(s, block, c.object);
	o->type = !c.use ? c.class->expired : holds_it ? c.class->inside : c.class->apart;
	o->offset = holds_it ? (uint32_t)(c.object - s->world->heap->blocks[block].addr) : 0;
	o->is_link = !holds_it;
	o->count = (int64_t)c.use;
	o->weak_count = (int64_t)c.weak;
	return true;
}

/* ---- pairs ------------------------------------------------------------------------------------------- */

/* What the source says of the member that holds the pair; `otherwise`, where it says neither. */
static enum place_kind declared_kind(const struct type *t, uint64_t bytes, uint64_t offset,
				     enum place_kind otherwise)
{
	static const char *const holders[] = { "weak_ptr<",	  "__weak_ptr<",  "__weak_count<",
					       "weak_count",	  "shared_ptr<",  "__shared_ptr<",
					       "__shared_count<", "shared_count", NULL };
	int which = t ? type_around(t, bytes, offset, holders) : -1;

	return which < 0 ? otherwise : which < 4 ? PLACE_WEAK : PLACE_STRONG;
}

/* Of its own pairs an object knows itself by the weak one of enable_shared_from_this; a shared_ptr is a member like any. */
static enum place_kind kind_in_block(const struct shared *s, const struct control *c, uint32_t holder,
				     uint64_t at)
{
	enum place_kind otherwise = shared_is_own(s, at, c) ? PLACE_WEAK : PLACE_STRONG;
	const struct block *b = &s->world->heap->blocks[holder];
	uint32_t begin;
	const struct type *t = models_layout(s->world->models, holder, &begin);

	if (!t || begin > at - b->addr)
		return shared_place_kind(s, holder, at);
	return declared_kind(t, b->size - begin, at - b->addr - begin, otherwise);
}

/* The owning word of a pair in a block; holder NO_BLOCK: in the variable `v`; v NULL: nothing is known of it. */
static enum place_kind place_kind(const struct shared *s, const struct control *c, uint32_t holder,
				  uint64_t at, const struct variable *v)
{
	if (!c->weak || !c->use)
		return PLACE_STRONG;
	if (holder == NO_BLOCK)
		return v && v->type ? declared_kind(v->type, type_bytes(v->type), v->offset, PLACE_STRONG)
				    : shared_place_kind(s, NO_BLOCK, at);
	return kind_in_block(s, c, holder, at);
}

static enum ref_kind pair_kind(const struct shared *s, const struct control *c, uint32_t holder, uint64_t at,
			       const struct variable *v)
{
	return place_kind(s, c, holder, at, v) == PLACE_WEAK ? REF_WEAK : REF_START;
}

static enum ref_kind shared_label_any(void *state, uint32_t holder, uint64_t at, uint32_t to,
				      enum ref_kind kind)
{
	struct shared *s = state;
	struct control c;
	uint32_t block;

	if (!(KINDS_OWNING >> kind & 1))
		return kind;
	if (shared_is_pair(s, at, &c, &block) && block == to)
		return pair_kind(s, &c, holder, at, NULL);
	if (shared_is_pair(s, at + 8, &c, &block))
		return pair_kind(s, &c, holder, at + 8, NULL) == REF_WEAK ? REF_WEAK : REF_BORROWED;
	return kind;
}

static bool variable_at(const struct shared *s, uint32_t region, uint64_t at, struct variable *v)
{
	return root_variable(s->world->names, s->world->heap, &s->world->graph->regions[region], at, v);
}

static enum ref_kind shared_label_root(void *state, const struct root_ref *r)
{
	struct shared *s = state;
	struct variable v;
	struct control c;
	uint32_t block;

	if (s->world->graph->regions[r->region].kind == ROOT_REGISTER)
		return (enum ref_kind)r->kind;
	bool is_owner = shared_is_pair(s, r->at, &c, &block);
	if (!is_owner && !shared_is_pair(s, r->at + 8, &c, &block))
		return (enum ref_kind)r->kind;
	bool is_named = c.weak && c.use && variable_at(s, r->region, r->at, &v);
	enum ref_kind kind = pair_kind(s, &c, NO_BLOCK, r->at, is_named ? &v : NULL);
	return is_owner || kind == REF_WEAK ? kind : REF_BORROWED;
}

static bool shared_may_be_weak(void *state, uint32_t holder, uint64_t at, uint32_t to)
{
	struct shared *s = state;
	struct control c;
	struct variable v;
	uint32_t block, region;

	if (!control_at(s, to, &c) || !c.weak || !c.use || !shared_is_pair(s, at, &c, &block) || block != to)
		return false;
	region = holder == NO_BLOCK ? graph_region(s->world->graph, at) : NO_REGION;
	bool is_named = region != NO_REGION && variable_at(s, region, at, &v);
	return place_kind(s, &c, holder, at, is_named ? &v : NULL) == PLACE_UNKNOWN;
}

/* A control block that nothing vouches for may be a dead word, or what is left of a pair in registers. */
static enum share shared_share(void *state, uint32_t block, const struct owner_word *w)
{
	struct shared *s = state;
	struct control c;
	uint32_t pointed;

	if (w->kind != REF_START && w->kind != REF_WEAK)
		return SHARE_NOT;
	if (!w->is_register && shared_is_pair(s, w->at, &c, &pointed) && pointed == block)
		return SHARE_SURE;
	return w->kind == REF_START ? SHARE_MAYBE : SHARE_NOT;
}

static bool shared_surely(void *state, uint32_t block, uint32_t holder, uint64_t at)
{
	struct control c;
	uint32_t pointed;

	return shared_is_pair(state, at, &c, &pointed) && pointed == block &&
	       shared_owns_surely(state, holder, at);
}

/* What is left of an object that was destroyed owns nothing. */
static enum ref_kind shared_label(void *state, uint32_t block, struct ref r)
{
	struct control c;

	return control_at(state, block, &c) && !c.use ? REF_BORROWED : ref_kind(r);
}

/* ---- the model --------------------------------------------------------------------------------------- */

static const struct type *shared_layout(void *state, uint32_t block, uint32_t *offset)
{
	struct shared *s = state;
	struct control c;

	if (!control_at(s, block, &c) || !is_inside(s, block, c.object))
		return NULL;
	*offset = (uint32_t)(c.object - s->world->heap->blocks[block].addr);
	return c.class->type;
}

static bool shared_field(void *state, uint32_t block, uint64_t offset, char *text, size_t room)
{
	struct shared *s = state;
	struct type_member m;
	uint32_t begin;
	const struct type *t = shared_layout(s, block, &begin);

	return t && offset >= begin &&
	       type_word_at(t, s->world->heap->blocks[block].size - begin, offset - begin, &m, text, room) &&
	       !m.offset_within && *text;
}

static void shared_close(void *state)
{
	struct shared *s = state;

	arena_free(&s->arena);
	map_free(&s->classes);
	map_free(&s->places);
	shared_live_free(s->live);
	free(s);
}

static bool has_controls(struct shared *s)
{
	struct control c;

	for (uint32_t i = 0; i < s->world->heap->nblocks; i++)
		if (control_at(s, i, &c))
			return true;
	return false;
}

static int shared_open(void **state, const struct model_world *w)
{
	struct shared *s = vtables_are_there(w->heap) ? calloc(1, sizeof *s) : NULL;
	int found;

	if (!s)
		return 0;
	s->world = w;
	found = has_controls(s) ? shared_find_weak(s) ? -1 : 1 : 0;
	*state = found > 0 ? s : NULL;
	if (found <= 0)
		shared_close(s);
	return found;
}

const struct model model_shared_ptr = { .name = "shared_ptr",
					.weak = "weak_ptr",
					.open = shared_open,
					.close = shared_close,
					.classify = shared_classify,
					.label = shared_label,
					.label_any = shared_label_any,
					.label_root = shared_label_root,
					.may_be_weak = shared_may_be_weak,
					.share = shared_share,
					.owns_surely = shared_surely,
					.layout = shared_layout,
					.field = shared_field };
