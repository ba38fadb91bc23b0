/* rust.c: what Rc and Arc of Rust share: RcInner (RcBox before 1.81) and ArcInner, { strong, weak, value }, by debug
 * information; without it they look like any two small integers, and are not told.
 *
 * All Rcs together hold one weak reference. A value without Rcs is dropped, but its memory belongs to the Weaks that are
 * left. A Weak is told from an Rc by the member that holds it; what is not known is taken for an owner. */
#include "models/models.h"
#include "models/variable.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_MAX (1u << 30)

/* A type that blocks have. */
struct shape {
	bool is_shared;
	uint64_t strong, weak; /* where its counts lie */
	const char *dropped; /* how a block is called whose value is gone */
};

struct rust {
	const struct model_world *world;
	struct arena arena;
	struct map shapes; /* struct type -> struct shape */
};

struct shared {
	const struct type *type;
	const struct shape *shape;
	uint64_t strong, weak; /* Rcs, Weaks */
};

/* ---- blocks ------------------------------------------------------------------------------------------ */

static bool is_shared_name(const char *name)
{
	static const char *const names[] = { "alloc::rc::RcInner<", "alloc::rc::RcBox<",
					     "alloc::sync::ArcInner<" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return false;
}

static const struct shape *shape_of(struct rust *r, const struct type *t)
{
	struct shape *s = map_get(&r->shapes, map_pointer_key(t));
	uint64_t bytes;

	if (s)
		return s;
	s = arena_take(&r->arena, sizeof *s);
	if (!s)
		return NULL;
	s->is_shared = is_shared_name(type_name(t)) && type_field(t, "strong", &s->strong, &bytes) &&
		       bytes == 8 && type_field(t, "weak", &s->weak, &bytes) && bytes == 8;
	s->dropped = s->is_shared ? arena_format(&r->arena, "dropped %s", type_name(t)) : NULL;
	map_put(&r->shapes, map_pointer_key(t), s);
	return s;
}

static bool shared_at(struct rust *r, uint32_t block, struct shared *s)
{
	const struct block *b = &r->world->heap->blocks[block];
	uint32_t begin;

	s->type = models_layout(r->world->models, block, &begin);
	s->shape = s->type && !begin && type_fit(s->type, b->size) == FIT_EXACT ? shape_of(r, s->type) : NULL;
	if (!s->shape || !s->shape->is_shared ||
	    !memory_word(r->world->memory, b->addr + s->shape->strong, &s->strong) ||
	    !memory_word(r->world->memory, b->addr + s->shape->weak, &s->weak) || s->strong > COUNT_MAX ||
	    !s->weak || s->weak > COUNT_MAX)
		return false;
	s->weak -= s->strong > 0;
	return true;
}

static bool rust_classify(void *state, uint32_t block, struct object *o)
{
	struct shared s;

	if (!shared_at(state, block, &s))
		return false;
	o->type = s.strong || !s.shape->dropped ? type_name(s.type) : s.shape->dropped;
	o->count = (int64_t)s.strong;
	o->weak_count = (int64_t)s.weak;
	return true;
}

/* ---- references -------------------------------------------------------------------------------------- */

static enum ref_kind declared_kind(const struct type *t, uint64_t bytes, uint64_t offset, enum ref_kind kind)
{
	static const char *const weak[] = { "Weak<", NULL };

	return t && type_around(t, bytes, offset, weak) >= 0 ? REF_WEAK : kind;
}

/* Of Rcs there is nothing to tell. */
static bool may_be_weak(struct rust *r, uint32_t to, enum ref_kind kind)
{
	struct shared s;

	return kind == REF_START && shared_at(r, to, &s) && s.strong && s.weak;
}

static enum ref_kind rust_label_any(void *state, uint32_t holder, uint64_t at, uint32_t to,
				    enum ref_kind kind)
{
	struct rust *r = state;
	const struct block *b = &r->world->heap->blocks[holder];
	uint32_t begin;

	if (!may_be_weak(r, to, kind))
		return kind;
	const struct type *t = models_layout(r->world->models, holder, &begin);
	return t && at - b->addr >= begin ? declared_kind(t, b->size - begin, at - b->addr - begin, kind)
					  : kind;
}

static enum ref_kind rust_label_root(void *state, const struct root_ref *ref)
{
	struct rust *r = state;
	const struct root_region *region = &r->world->graph->regions[ref->region];
	struct variable v;

	if (region->kind == ROOT_REGISTER || !may_be_weak(r, ref->to, (enum ref_kind)ref->kind) ||
	    !root_variable(r->world->names, r->world->heap, region, ref->at, &v))
		return (enum ref_kind)ref->kind;
	return declared_kind(v.type, type_bytes(v.type), v.offset, (enum ref_kind)ref->kind);
}

/* What is left of a value that was dropped owns nothing. */
static enum ref_kind rust_label(void *state, uint32_t block, struct ref r)
{
	struct shared s;

	return shared_at(state, block, &s) && !s.strong ? REF_BORROWED : ref_kind(r);
}

static enum share rust_share(void *state, uint32_t block, const struct owner_word *w)
{
	(void)state, (void)block;
	return w->kind == REF_START || w->kind == REF_WEAK ? SHARE_SURE : SHARE_NOT;
}

/* ---- the model --------------------------------------------------------------------------------------- */

static void rust_close(void *state)
{
	struct rust *r = state;

	arena_free(&r->arena);
	map_free(&r->shapes);
	free(r);
}

static int rust_open(void **state, const struct model_world *w)
{
	bool is_rust = names_program_is_by(w->names, "rustc version");
	struct rust *r = is_rust ? calloc(1, sizeof *r) : NULL;

	*state = r;
	if (!r)
		return is_rust ? -1 : 0;
	r->world = w;
	return 1;
}

const struct model model_rust = { .name = "rust",
				  .weak = "Weak",
				  .open = rust_open,
				  .close = rust_close,
				  .classify = rust_classify,
				  .label = rust_label,
				  .label_any = rust_label_any,
				  .label_root = rust_label_root,
				  .share = rust_share };
