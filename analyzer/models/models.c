/* models.c: see models.h. */
#include "models/models.h"

#include "models/alike.h"
#include "models/headers.h"
#include "names/usual.h"

#include <stdlib.h>
#include <string.h>

#define OFFSET_MAX ((1u << 24) - 1) /* struct known has 24 bits for it */

const struct model *const models_all[] = { &model_declared, &model_cpython, &model_shared_ptr,
					   &model_gobject,  &model_rust,    &model_containers,
					   &model_rtti,	    &model_dwarf,   NULL };

static const struct model *model_of(const struct models *m, uint32_t block)
{
	unsigned number = m->of ? m->of[block].model : 0;

	return number ? models_all[number - 1] : NULL;
}

static void *state_of(const struct models *m, uint32_t block)
{
	return m->states[m->of[block].model - 1];
}

/* ---- blocks ------------------------------------------------------------------------------------------ */

static struct object blank(void)
{
	return (struct object){ .count = NO_COUNT, .weak_count = NO_COUNT };
}

/* Models say what debug information does. */
static const char *spell(struct models *m, const char *type)
{
	const char *spelled = map_get(&m->spelled, map_pointer_key(type));

	if (spelled)
		return spelled;
	char *usual = usual_name(type);
	spelled = usual ? arena_copy(&m->arena, usual, strlen(usual)) : NULL;
	free(usual);
	if (!spelled)
		return type;
	map_put(&m->spelled, map_pointer_key(type), (void *)(uintptr_t)spelled);
	return spelled;
}

static void classify_block(struct models *m, uint32_t block)
{
	m->of[block] = (struct known){ .type = NO_TYPE };
	for (unsigned i = 0; models_all[i]; i++) {
		struct object o = blank();

		if (!m->is_open[i] || !models_all[i]->classify(m->states[i], block, &o))
			continue;
		m->of[block] =
		    (struct known){ .type = o.type ? texts_number(&m->types, spell(m, o.type)) : NO_TYPE,
				    .offset = o.offset <= OFFSET_MAX ? o.offset : 0,
				    .is_kept = o.is_dead || o.is_immortal,
				    .is_reused = o.is_reused,
				    .model = i + 1 };
		return;
	}
}

/* ---- references -------------------------------------------------------------------------------------- */

/* An interior reference to where the object begins is as good as a start. */
static enum ref_kind recognise(struct models *m, uint64_t at, uint32_t to, enum ref_kind kind)
{
	uint64_t value, offset = m->of[to].offset;

	if (kind != REF_INTERIOR || !offset || !memory_word(&m->memory, at, &value))
		return kind;
	return value == m->world.heap->blocks[to].addr + offset ? REF_RECOGNISED : kind;
}

static enum ref_kind label_any(struct models *m, uint32_t block, struct ref r, enum ref_kind kind)
{
	uint64_t at = m->world.heap->blocks[block].addr + ref_offset(r);

	for (unsigned i = 0; models_all[i]; i++)
		if (m->is_open[i] && models_all[i]->label_any)
			kind = models_all[i]->label_any(m->states[i], block, at, r.to, kind);
	return recognise(m, at, r.to, kind);
}

static void label_block(struct models *m, struct graph *g, uint32_t block)
{
	const struct model *model = model_of(m, block);
	bool is_labelled = model && model->label;

	for (uint64_t e = g->first[block]; e < g->first[block + 1]; e++) {
		struct ref r = g->refs[e];

		if (ref_kind(r) == REF_WEAK)
			continue; /* the program says so */
		enum ref_kind kind = is_labelled ? model->label(state_of(m, block), block, r) : ref_kind(r);

		g->refs[e] = ref_of_kind(r, label_any(m, block, r, kind));
	}
}

static void label_root(struct models *m, const struct graph *g, struct root_ref *r)
{
	if (r->kind == REF_WEAK)
		return;
	for (unsigned i = 0; models_all[i]; i++)
		if (m->is_open[i] && models_all[i]->label_root)
			r->kind = (uint8_t)models_all[i]->label_root(m->states[i], r);
	if (g->regions[r->region].kind != ROOT_REGISTER)
		r->kind = (uint8_t)recognise(m, r->at, r->to, (enum ref_kind)r->kind);
}

/* ---- the whole --------------------------------------------------------------------------------------- */

/* Opens those that only describe, or the others. */
static int open_some(struct models *m, bool describing, bool *any)
{
	for (unsigned i = 0; models_all[i]; i++) {
		if (models_all[i]->only_describes != describing)
			continue;
		int found = models_all[i]->open(&m->states[i], &m->world);

		if (found < 0)
			return -1;
		m->is_open[i] = found;
		*any |= found;
	}
	return 0;
}

static int classify_unknown(struct models *m)
{
	uint32_t nblocks = m->world.heap->nblocks;

	if (!m->of)
		m->of = calloc((size_t)nblocks + 1, sizeof *m->of);
	for (uint32_t i = 0; m->of && i < nblocks; i++)
		if (!m->of[i].model)
			classify_block(m, i);
	return m->of ? 0 : -1;
}

/* Without memory for it nothing is described. Those that only describe may ask what the others know. */
static void ask_describing(struct models *m)
{
	bool any = false, is_first = !m->is_asked;

	m->is_asked = true;
	if (is_first)
		open_some(m, true, &any);
}

static void describe(struct models *m)
{
	if (m->is_described || !m->world.heap)
		return;
	m->is_described = true;
	ask_describing(m);
	classify_unknown(m);
}

/* What is kept whatever points at it is held by definition. */
static int keep_kept(const struct models *m, struct graph *g)
{
	uint32_t *kept = malloc(((size_t)g->heap->nblocks + 1) * sizeof *kept), n = 0;

	for (uint32_t i = 0; kept && i < g->heap->nblocks; i++)
		if (m->of[i].is_kept)
			kept[n++] = i;
	int failed = !kept || (n && graph_keep(g, ROOT_KEPT, kept, n));
	free(kept);
	return failed ? -1 : 0;
}

static int apply_all(struct models *m, struct graph *g)
{
	if (classify_unknown(m))
		return -1;
	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		label_block(m, g, i);
	for (uint64_t i = 0; i < g->nroot_refs; i++)
		label_root(m, g, &g->root_refs[i]);
	return keep_kept(m, g) || alike_tell(m, g) ? -1 : 0;
}

static int apply(struct models *m, struct graph *g)
{
	bool any = false;

	if (open_some(m, false, &any) || (any && apply_all(m, g)))
		return -1;
	return headers_recognise(m, g);
}

/* Fields by name are of the type that the process has; one without it needs none. */
static int resolve(struct declarations *declared, struct names *names, struct err *err)
{
	for (struct declaration *d = declared ? declared->first : NULL; d; d = d->next) {
		const struct type *t = d->type ? names_type_named(names, d->type) : NULL;
		if (t && declaration_resolve(d, t, err))
			return -1;
	}
	return 0;
}

int models_apply(struct models *m, struct graph *g, struct names *names, struct declarations *declared,
		 struct err *err)
{
	*m = (struct models){ .memory = { .snapshot = g->heap->snapshot, .names = names } };
	m->vtables.memory = &m->memory;
	m->world = (struct model_world){ .heap = g->heap,
					 .graph = g,
					 .memory = &m->memory,
					 .names = names,
					 .vtables = &m->vtables,
					 .declared = declared,
					 .models = m };
	*err->text = 0;
	if (!resolve(declared, names, err) && !apply(m, g))
		return 0;
	models_close(m);
	return *err->text ? -1
			  : fail(err, "%s: not enough memory to tell the types of %u blocks",
				 g->heap->trace->path, g->heap->nblocks);
}

void models_close(struct models *m)
{
	for (unsigned i = 0; models_all[i]; i++)
		if (m->is_open[i] && models_all[i]->close)
			models_all[i]->close(m->states[i]);
	vtables_free(&m->vtables);
	free(m->of);
	texts_free(&m->types);
	map_free(&m->spelled);
	arena_free(&m->arena);
	*m = (struct models){ 0 };
}

/* ---- answers ----------------------------------------------------------------------------------------- */

const char *models_type(struct models *m, uint32_t block)
{
	const char *told = m->world.heap ? heap_told_type(m->world.heap, block) : NULL;
	uint32_t type = NO_TYPE;

	if (told) {
		type = texts_number(&m->types, told); /* equal names are compared by address */
	} else {
		describe(m);
		type = m->of ? m->of[block].type : NO_TYPE;
	}
	return type != NO_TYPE ? m->types.at[type] : NULL;
}

const char *models_who(struct models *m, uint32_t block)
{
	describe(m);
	const struct model *model = model_of(m, block);

	return model ? model->name : NULL;
}

bool models_says_owners(const struct models *m, uint32_t block)
{
	const struct model *model = model_of(m, block);

	return model && (model->label || model->share);
}

const char *models_collector(const struct models *m, uint32_t block)
{
	const struct model *model = model_of(m, block);

	return model ? model->collector : NULL;
}

const char *models_weak(const struct models *m, uint32_t block)
{
	const struct model *model = model_of(m, block);

	return model ? model->weak : NULL;
}

const char *models_access(const struct models *m, uint32_t block)
{
	const struct model *model = model_of(m, block);

	return model && model->access ? model->access : "->";
}

bool models_is_inner(const struct models *m, uint32_t block, uint64_t offset)
{
	const struct model *model = model_of(m, block);

	return model && model->is_inner && model->is_inner(state_of(m, block), block, offset);
}

uint32_t models_part(const struct models *m, uint32_t block)
{
	const struct model *model = model_of(m, block);

	return model && model->part ? model->part(state_of(m, block), block) : NO_BLOCK;
}

bool models_takes_weak(const struct models *m, uint32_t block)
{
	const struct model *model = model_of(m, block);

	return !model || !model->takes_weak || model->takes_weak(state_of(m, block), block);
}

bool models_is_fixed(const struct models *m, uint32_t block, uint64_t offset)
{
	const struct model *model = model_of(m, block);

	return model && model->is_fixed && model->is_fixed(state_of(m, block), block, offset);
}

bool models_global(const struct models *m, uint32_t block, uint64_t offset, char *text, size_t room)
{
	const struct model *model = model_of(m, block);

	return model && model->global && model->global(state_of(m, block), block, offset, text, room);
}

int models_generation(const struct models *m, uint32_t block)
{
	const struct model *model = model_of(m, block);

	return model && model->generation ? model->generation(state_of(m, block), block) : NO_GENERATION;
}

bool models_object(const struct models *m, uint32_t block, struct object *o)
{
	const struct model *model = model_of(m, block);

	*o = blank();
	return model && model->classify(state_of(m, block), block, o);
}

enum ref_kind models_label(const struct models *m, uint32_t block, uint64_t offset, uint32_t to)
{
	const struct model *model = model_of(m, block);
	struct ref r = { to, (uint32_t)(offset / 8) << REF_KIND_BITS | REF_INTERIOR };

	return model && model->label ? model->label(state_of(m, block), block, r) : REF_INTERIOR;
}

const struct type *models_layout(struct models *m, uint32_t block, uint32_t *offset)
{
	const struct type *t = NULL;

	ask_describing(m);
	for (unsigned i = 0; models_all[i] && !t; i++)
		if (m->is_open[i] && models_all[i]->layout)
			t = models_all[i]->layout(m->states[i], block, offset);
	return t;
}

uint64_t models_counted_addr(const struct models *m, uint32_t block)
{
	const struct model *model = model_of(m, block);

	return m->world.heap->blocks[block].addr + (model && model->share ? 0 : m->of[block].offset);
}

enum share models_share(const struct models *m, uint32_t block, const struct owner_word *w)
{
	const struct model *model = model_of(m, block);

	if (model && model->share)
		return model->share(state_of(m, block), block, w);
	if (w->kind == (m->of[block].offset ? REF_RECOGNISED : REF_START))
		return SHARE_SURE;
	/* registers are no memory: which byte they point at is not looked up */
	return w->is_register && w->kind == REF_INTERIOR ? SHARE_MAYBE : SHARE_NOT;
}

bool models_owns_surely(const struct models *m, uint32_t block, uint32_t holder, uint64_t at)
{
	const struct model *model = model_of(m, block);

	return model && model->owns_surely && model->owns_surely(state_of(m, block), block, holder, at);
}

bool models_doubt_root(const struct models *m, const struct root_ref *r)
{
	enum root_kind kind = m->world.graph->regions[r->region].kind;

	if (kind == ROOT_STACK || kind == ROOT_REGISTER || kind == ROOT_STALE)
		return true;
	for (unsigned i = 0; models_all[i]; i++)
		if (m->is_open[i] && models_all[i]->doubt_root && models_all[i]->doubt_root(m->states[i], r))
			return true;
	return false;
}

bool models_doubt_kinds(const struct models *m)
{
	for (unsigned i = 0; models_all[i]; i++)
		if (m->is_open[i] && models_all[i]->may_be_weak)
			return true;
	return false;
}

bool models_may_be_weak(const struct models *m, uint32_t holder, uint64_t at, uint32_t to)
{
	const struct model *model = model_of(m, to);

	return model && model->may_be_weak && model->may_be_weak(state_of(m, to), holder, at, to);
}

bool models_root(const struct models *m, const struct root_ref *r, struct root_words *words)
{
	for (unsigned i = 0; models_all[i]; i++) {
		if (!m->is_open[i] || !models_all[i]->root)
			continue;
		*words = (struct root_words){ 0 };
		if (models_all[i]->root(m->states[i], r, words))
			return true;
	}
	return false;
}

size_t models_notes(const struct models *m, const char *notes[MODELS_MAX])
{
	size_t n = 0;

	for (unsigned i = 0; models_all[i]; i++) {
		const char *note =
		    m->is_open[i] && models_all[i]->note ? models_all[i]->note(m->states[i]) : NULL;

		if (note)
			notes[n++] = note;
	}
	return n;
}

/* Who knows a block may not know its words: those behind are asked too. */
bool models_field(struct models *m, uint32_t block, uint64_t offset, char *text, size_t room)
{
	describe(m);
	unsigned first = m->of ? m->of[block].model : 0;
	bool is_moved = first && models_all[first - 1]->has_heads && m->of[block].offset;

	for (unsigned i = first ? first - 1 : MODELS_MAX; i < MODELS_MAX && models_all[i]; i++)
		if (m->is_open[i] && models_all[i]->field && !(is_moved && models_all[i]->only_describes) &&
		    models_all[i]->field(m->states[i], block, offset, text, room))
			return true;
	return false;
}
