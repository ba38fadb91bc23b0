/* cpython.c: the model of CPython 3.11 to 3.13: finds the interpreter in the snapshot, and answers for its parts.
 *
 * `type` is the one object whose type is itself and whose name is "type"; from there on an object is known by its
 * type. */
#include "models/cpython.h"

#include "heap/owned.h"

#include <stdlib.h>
#include <string.h>

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
	find_fences(p);
	if (py_find_objects(p))
		return -1;
	py_find_parts(p);
	py_find_pybind11(p);
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
	[PY_FREE_KEYS] = "dict keys", [PY_ARENA] = "syntax tree",
};

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

/* Tuples, lists, dictionaries and numbers that are freed Python keeps for the next of their kind, but not those of subclasses;
 * so it does with the smallest keys. */
static bool is_reused(const struct py *p, uint32_t block)
{
	if (p->of[block].what == PY_KEYS)
		return py_size(p, block) == KEYS_SMALLEST;
	if (p->of[block].what != PY_INSTANCE)
		return false;
	const struct py_type *t = py_type_of_block(p, block);
	bool is_itself = !t->base || t->base->family != t->family;

	return py_is_tuple(t) ||
	       (is_itself && (t->family == PY_LIST || t->family == PY_DICT || t->family == PY_FLOAT));
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
	o->is_reused = is_reused(p, block);
	o->is_dead = b->what == PY_CORPSE || b->what == PY_FREE_KEYS;
	if (!py_is_instance(p, block))
		return true;
	o->type = py_type_of_block(p, block)->name;
	o->count = py_count(p, block);
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
	return py_label_start(state, at, to, py_label_borrowed(state, holder, at, kind));
}

static enum ref_kind label_root(void *state, const struct root_ref *r)
{
	return py_label_root(state, r);
}

static bool doubt_root(void *state, const struct root_ref *r)
{
	return py_doubts_root(state, r);
}

static bool root(void *state, const struct root_ref *r, struct root_words *words)
{
	return py_root_words(state, r, words);
}

/* A program of Python's has run, and no interpreter is there any more. */
static bool has_finished(const struct py *p)
{
	const struct trace *t = p->w->heap->trace;

	return t->npython_codes && !p->ninterps && path_is(t->process.executable, "python");
}

static const char *note(void *state)
{
	const struct py *p = state;
	uint64_t bases;
	uint32_t block = find_bases((struct py *)state, &bases);

	if (has_finished(p))
		return "Python had freed its objects and collected garbage, with gc.disable() too, before it "
		       "exited; to see the cycles that there were, end it by os._exit() or take a snapshot "
		       "while it runs";
	if (!bases || (block != NO_BLOCK && !p->blocks[block].pooled))
		return NULL;
	if (block != NO_BLOCK)
		return "Python took its objects of up to 512 bytes from pools of its own: nobody has seen "
		       "them allocated, so they have no stacks; run it with PYTHONMALLOC=malloc, and "
		       "without -E and -I";
	return "Python took its objects of up to 512 bytes from pools of its own, where leaks cannot be "
	       "seen; run it with PYTHONMALLOC=malloc, and without -E and -I";
}

static bool field(void *state, uint32_t block, uint64_t offset, char *text, size_t room)
{
	return py_field(state, block, offset, text, room);
}

static bool is_inner(void *state, uint32_t block, uint64_t offset)
{
	return py_is_inner(state, block, offset);
}

static uint32_t part(void *state, uint32_t block)
{
	struct py *p = state;
	enum py_family family =
	    p->of[block].what == PY_INSTANCE ? py_type_of_block(p, block)->family : PY_OBJECT;
	uint64_t at = family == PY_LIST ? LIST_ITEMS : family == PY_DICT ? DICT_KEYS : 0;
	uint32_t part = at ? heap_find(p->w->heap, py_get(p, py_object_addr(p, block) + at)) : NO_BLOCK;
	bool is_its = part != NO_BLOCK && (p->of[part].what == PY_ITEMS || p->of[part].what == PY_KEYS) &&
		      p->of[part].of == block;

	return is_its ? part : NO_BLOCK;
}

static bool takes_weak(void *state, uint32_t block)
{
	struct py *p = state;
	const struct py_type *t = p->of[block].what == PY_INSTANCE ? py_type_of_block(p, block) : NULL;

	return t && (t->weaklist || (p->l->minor >= 12 && t->flags & FLAG_MANAGED_WEAK));
}

static bool is_fixed(void *state, uint32_t block, uint64_t offset)
{
	return py_is_fixed(state, block, offset);
}

static bool global(void *state, uint32_t block, uint64_t offset, char *text, size_t room)
{
	return py_global(state, block, offset, text, room);
}

static int generation(void *state, uint32_t block)
{
	return py_generation(state, block);
}

const struct model model_cpython = {
	.name = "cpython",
	.collector = "gc.collect()",
	.weak = "weakref.ref",
	.access = ".",
	.has_heads = true,
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
	.is_inner = is_inner,
	.part = part,
	.is_fixed = is_fixed,
	.takes_weak = takes_weak,
	.global = global,
	.generation = generation,
};
