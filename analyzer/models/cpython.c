/* cpython.c: CPython 3.11 to 3.13: finds the interpreter in the snapshot, and says what each block is.
 *
 * `type` is the one object whose type is itself and whose name is "type"; from there on an object is known by its
 * type, by what its type wants to lie before it in its block, and by a count of references that can be one. */
#include "models/cpython.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_MAX (1u << 31)
#define UNSEEN_COUNT (1u << 20) /* larger counts may be missing from a trace */

/* ---- the interpreter --------------------------------------------------------------------------------- */

static bool is_the_type(struct py *p, uint64_t addr)
{
	char name[8];

	return memory_text(p->memory, py_get(p, addr + TYPE_NAME), name, sizeof name) &&
	       !strcmp(name, "type");
}

static const struct py_layout *layout_of(uint64_t heap_type_bytes)
{
	for (size_t i = 0; i < sizeof py_layouts / sizeof *py_layouts; i++)
		if (py_layouts[i].heap_type == heap_type_bytes)
			return &py_layouts[i];
	return NULL;
}

/* In a module's data, an object that is its own type. */
static bool find_in_memory(struct py *p, const struct trace_memory *m)
{
	for (uint64_t i = 1; i < m->bytes / 8; i++) {
		uint64_t addr = m->start + 8 * (i - 1);

		if (m->words[i] != addr || !is_the_type(p, addr))
			continue;
		p->type = addr;
		p->l = layout_of(py_get(p, addr + TYPE_BASIC));
		return true;
	}
	return false;
}

static bool is_a_modules(const struct trace_snapshot *s, uint64_t addr)
{
	for (size_t i = 0; i < s->nmappings; i++)
		if (addr >= s->mappings[i].start && addr < s->mappings[i].end)
			return s->mappings[i].path[0] == '/';
	return false;
}

static bool find_type(struct py *p)
{
	const struct trace_snapshot *s = p->w->heap->snapshot;

	for (size_t i = 0; i < s->nmemory; i++)
		if (is_a_modules(s, s->memory[i].start) && find_in_memory(p, &s->memory[i]))
			return p->l != NULL;
	return false;
}

/* ---- objects ----------------------------------------------------------------------------------------- */

static bool is_immortal(const struct py *p, uint64_t count)
{
	return p->l->minor >= 12 && count <= UINT32_MAX && count >> 31;
}

bool py_is_immortal(struct py *p, uint32_t block)
{
	return py_is_instance(p, block) && is_immortal(p, py_get(p, py_object_addr(p, block) + OBJECT_COUNT));
}

/* A small number that is no address. */
static bool is_a_count(const struct py *p, uint64_t count)
{
	const struct trace_snapshot *s = p->w->heap->snapshot;

	if (count < UNSEEN_COUNT || is_immortal(p, count))
		return true;
	if (count >= COUNT_MAX)
		return false;
	for (size_t i = 0; i < s->nmappings; i++)
		if (count >= s->mappings[i].start && count < s->mappings[i].end)
			return false;
	return true;
}

/* Some types allocate less for an instance than they say. */
static bool may_be_short(const struct py_type *t)
{
	return !strncmp(t->name, "datetime.", 9);
}

uint64_t py_payload_end(struct py *p, uint64_t object, enum py_family family)
{
	uint64_t n = py_get(p, object + OBJECT_SIZE);

	switch (family) {
	case PY_INT:
		n = p->l->minor >= 12 ? n >> 3 : (uint64_t)llabs((int64_t)n);
		return 24 + 4 * n;
	case PY_BYTES:
		return 33 + n;
	case PY_TUPLE:
		return TUPLE_ITEMS + 8 * n;
	case PY_COMPLEX:
		return 32;
	default:
		return 24;
	}
}

/* Families whose instances say how many items follow, where others have a pointer. */
static bool says_its_size(enum py_family family)
{
	return family == PY_INT || family == PY_BYTES || family == PY_TUPLE;
}

/* Pools give out multiples of 16. An instance without items has no more bytes than its type says; a larger block begins as
 * an object that was freed there. */
#define SLACK 16u

static bool fits(struct py *p, uint32_t block, const struct py_type *t)
{
	uint64_t size = py_size(p, block), object = py_start(p, block) + t->before;

	if (t->family == PY_STR)
		return size >= p->l->ascii;
	if (size < t->before + (may_be_short(t) ? 16 : t->basic))
		return false;
	if (!t->item && size >= t->before + t->basic + SLACK)
		return false;
	return !says_its_size(t->family) || py_payload_end(p, object, t->family) <= size - t->before;
}

/* Only types of C do; of these the commonest do not, and what is left of one may begin a block of another kind. */
static bool keeps_corpses(const struct py_type *t)
{
	return !(t->flags & FLAG_HEAP) && t->family != PY_STR && t->family != PY_BYTES && t->family != PY_INT;
}

static const struct py_type *object_at(struct py *p, uint32_t block, uint32_t before)
{
	uint64_t addr = py_start(p, block) + before, type, count;

	if (py_size(p, block) < before + 16 || !py_word(p, addr + OBJECT_TYPE, &type) || !type)
		return NULL;
	const struct py_type *t = py_type_at(p, type);
	if (!t || t->before != before || !fits(p, block, t))
		return NULL;
	if (!py_word(p, addr + OBJECT_COUNT, &count) || !is_a_count(p, count))
		return NULL;
	return count || keeps_corpses(t) ? t : NULL;
}

static void recognise(struct py *p, uint32_t block)
{
	for (uint32_t before = 0; before <= 32; before += 16) {
		const struct py_type *t = object_at(p, block, before);

		if (!t)
			continue;
		bool is_dead = !py_get(p, py_start(p, block) + before + OBJECT_COUNT);
		p->of[block] = (struct py_block){ .of = t->number,
						  .from = (uint16_t)before,
						  .what = is_dead ? PY_CORPSE : PY_INSTANCE };
		return;
	}
}

/* A count that is too large for the trace reads as 0: an object with that many referrers is no corpse. */
static int raise_the_living(struct py *p)
{
	const struct graph *g = p->w->graph;
	uint32_t nblocks = g->heap->nblocks, *referrers = calloc((size_t)nblocks + 1, sizeof *referrers);

	if (!referrers)
		return -1;
	for (uint64_t i = 0; i < g->first[nblocks]; i++)
		referrers[g->refs[i].to]++;
	for (uint32_t i = 0; i < nblocks; i++)
		if (p->of[i].what == PY_CORPSE && referrers[i] >= UNSEEN_COUNT / 2)
			p->of[i].what = PY_INSTANCE;
	free(referrers);
	return 0;
}

/* ---- the model --------------------------------------------------------------------------------------- */

static void py_close(void *state)
{
	struct py *p = state;

	if (!p)
		return;
	map_free(&p->by_addr);
	arena_free(&p->arena);
	free(p->types);
	free(p->of);
	ranges_free(&p->frames);
	ranges_free(&p->owned);
	ranges_free(&p->doubtful);
	free(p->running);
	free(p);
}

/* The bases of `type` are a tuple that is made when the interpreter starts: small, so in a pool if there are pools. */
static uint32_t find_bases(struct py *p, uint64_t *bases)
{
	*bases = py_get(p, p->type + TYPE_BASES);
	return *bases ? heap_find(p->w->heap, *bases) : NO_BLOCK;
}

/* PYTHONMALLOC=malloc_debug and its like put a size and a fence before what they give out, and a fence behind it. */
static void find_fences(struct py *p)
{
	uint64_t bases;
	uint32_t block = find_bases(p, &bases);

	p->fences = block != NO_BLOCK && bases - p->blocks[block].addr == DEBUG_HEAD + TUPLE_BEFORE;
}

static int take_stock(struct py *p)
{
	uint32_t nblocks = p->w->heap->nblocks;

	find_fences(p);
	p->of = calloc((size_t)nblocks + 1, sizeof *p->of);
	if (!p->of)
		return -1;
	for (uint32_t i = 0; i < nblocks; i++)
		recognise(p, i);
	if (raise_the_living(p))
		return -1;
	py_find_parts(p);
	return py_find_roots(p);
}

static int py_open(void **state, const struct model_world *w)
{
	struct py *p = calloc(1, sizeof *p);
	int found = -1;

	if (p) {
		*p = (struct py){ .w = w, .memory = w->memory, .blocks = w->heap->blocks };
		found = find_type(p) ? 1 : 0;
		if (found && take_stock(p))
			found = -1;
	}
	*state = found > 0 ? p : NULL;
	if (found <= 0)
		py_close(p);
	return found;
}

static const char *const part_names[PY_WHATS] = {
	[PY_ITEMS] = "list items",    [PY_KEYS] = "dict keys",	  [PY_INTERNED] = "dict keys",
	[PY_VALUES] = "dict values",  [PY_TABLE] = "set entries", [PY_DEQUE_BLOCK] = "deque items",
	[PY_FREE_KEYS] = "dict keys",
};

static int64_t count_of(struct py *p, uint32_t block)
{
	uint64_t count = py_get(p, py_object_addr(p, block) + OBJECT_COUNT);

	if (is_immortal(p, count) || (!count && p->of[block].what == PY_INSTANCE))
		return NO_COUNT;
	return (int64_t)count;
}

/* Objects all of whose owning words are known for certain. */
static bool owns_exactly(const struct py *p, uint32_t block)
{
	switch (p->of[block].what) {
	case PY_ITEMS:
	case PY_TABLE:
	case PY_KEYS:
		return true;
	case PY_VALUES:
		return !p->blocks[block].pooled; /* there one may follow that was there before */
	case PY_INSTANCE: {
		const struct py_type *t = py_type_of_block(p, block);

		return t->family == PY_CELL || py_is_tuple(t) ||
		       (t->family == PY_TUPLE && !p->blocks[block].pooled);
	}
	default:
		return false;
	}
}

static bool py_classify(void *state, uint32_t block, struct object *o)
{
	struct py *p = state;
	const struct py_block *b = &p->of[block];

	if (b->what == PY_UNKNOWN)
		return false;
	o->offset = py_head(p, block) + b->from;
	o->is_part = b->what == PY_ITEMS || b->what == PY_VALUES || b->what == PY_TABLE;
	o->owns_exactly = owns_exactly(p, block);
	o->type = part_names[b->what];
	o->is_dead = b->what == PY_CORPSE || b->what == PY_FREE_KEYS;
	if (!py_is_instance(p, block))
		return true;
	o->type = py_type_of_block(p, block)->name;
	o->count = count_of(p, block);
	o->is_immortal = py_is_immortal(p, block);
	o->is_collected = b->from >= 16 && py_get(p, py_object_addr(p, block) - 16);
	return true;
}

static enum ref_kind label(void *state, uint32_t block, struct ref r)
{
	return py_label(state, block, r);
}

static enum ref_kind label_any(void *state, uint32_t holder, uint64_t at, uint32_t to, enum ref_kind kind)
{
	(void)holder;
	return py_label_start(state, at, to, kind);
}

static enum ref_kind label_root(void *state, const struct root_ref *r)
{
	return py_label_root(state, r);
}

static bool doubt_root(void *state, const struct root_ref *r)
{
	return py_doubts_root(state, r);
}

static bool root(void *state, const struct root_ref *r, char *text, size_t room)
{
	return py_root_text(state, r, text, room);
}

static const char *note(void *state)
{
	const struct py *p = state;
	uint64_t bases;
	uint32_t block = find_bases((struct py *)state, &bases);

	if (!bases || (block != NO_BLOCK && !p->blocks[block].pooled))
		return NULL;
	if (block != NO_BLOCK)
		return "Python took its objects of up to 512 bytes from pools of its own: nobody has seen "
		       "them "
		       "allocated, so they have no stacks; run it with PYTHONMALLOC=malloc, and without -E "
		       "and -I";
	return "Python took its objects of up to 512 bytes from pools of its own, where leaks cannot be "
	       "seen; "
	       "run it with PYTHONMALLOC=malloc, and without -E and -I";
}

static bool field(void *state, uint32_t block, uint64_t offset, char *text, size_t room)
{
	return py_field(state, block, offset, text, room);
}

const struct model model_cpython = {
	.name = "cpython",
	.collector = "gc.collect()",
	.weak = "weakref.ref",
	.open = py_open,
	.close = py_close,
	.classify = py_classify,
	.label = label,
	.label_any = label_any,
	.label_root = label_root,
	.doubt_root = doubt_root,
	.root = root,
	.note = note,
	.field = field,
};
