/* cpython_roots.c: the interpreter's own words: which of them own what they point at.
 *
 * The interpreter's state is found by the collector: whoever follows its lists meets their heads, the only links that
 * lie in no block. Frames of running functions lie on stacks of their own, where what was there before stays. */
#include "models/cpython.h"

#include <stdio.h>
#include <stdlib.h>

#define THREADS_MAX 100000u
#define STEPS_MAX 2000000u /* along frames and pieces of their stacks, of all threads */

/* ---- the interpreter --------------------------------------------------------------------------------- */

/* What may be the head of the list that an object with a link at `link` is on; 0: it is on none. */
static uint64_t head_of_list(struct py *p, uint64_t link)
{
	for (uint32_t i = 0; i < p->w->heap->nblocks && link; i++) {
		uint64_t next = py_get(p, link) & ~3ull;

		if (heap_find(p->w->heap, next) == NO_BLOCK)
			return next;
		if (next % 8 || (py_get(p, next + 8) & ~3ull) != link)
			return 0;
		link = next;
	}
	return 0;
}

/* Where the head of a generation's list lies in the collector's state. Of the others it points at the first: from 3.13.1
 * on they begin 4 bytes earlier. */
static uint64_t head_of_generation(struct py *p, uint64_t gc, int generation)
{
	return generation == GENERATION_PERMANENT
		   ? gc + GC_PERMANENT
		   : py_get(p, gc + GC_GENERATION0) + (unsigned)generation * GC_GENERATION_BYTES;
}

static const int generations[] = { 0, 1, 2, GENERATION_PERMANENT };
#define NGENERATIONS (sizeof generations / sizeof *generations)

/* The interpreter whose collector's state is at `gc`; 0: none is. */
static uint64_t interp_of_collector(struct py *p, uint64_t gc)
{
	uint64_t interp = gc - p->l->interp_gc, thread = py_get(p, interp + p->l->interp_threads);
	uint64_t begin = py_get(p, gc + GC_GENERATION0) - gc;
	bool is_one = begin == GC_GENERATIONS || begin == GC_GENERATIONS_PACKED;

	return is_one && thread && py_get(p, thread + THREAD_INTERP) == interp ? interp : 0;
}

static uint64_t interp_of_head(struct py *p, uint64_t head)
{
	uint64_t interp = interp_of_collector(p, head - GC_PERMANENT);

	for (unsigned k = 0; k < 3 && !interp; k++) {
		uint64_t first = head - k * GC_GENERATION_BYTES;

		interp = interp_of_collector(p, first - (first % 8 ? GC_GENERATIONS_PACKED : GC_GENERATIONS));
	}
	return interp;
}

int py_generation(struct py *p, uint32_t block)
{
	uint64_t head;

	if (!p->ninterps || p->of[block].what != PY_INSTANCE || p->of[block].from < 16)
		return NO_GENERATION;
	head = head_of_list(p, py_object_addr(p, block) - 16);
	for (uint32_t i = 0; i < p->ninterps; i++)
		for (size_t k = 0; k < NGENERATIONS; k++)
			if (head == head_of_generation(p, p->interps[i] + p->l->interp_gc, generations[k]))
				return generations[k];
	return NO_GENERATION;
}

/* Static types, modules and the like are on a list as long as the interpreter is there. A few tries are enough. */
static uint64_t find_interp(struct py *p)
{
	unsigned tries = 0;

	for (uint32_t i = 0; i < p->w->heap->nblocks && tries < 16; i++) {
		uint64_t link = py_object_addr(p, i) - 16, head;

		if (p->of[i].what != PY_INSTANCE || p->of[i].from < 16 || !py_get(p, link))
			continue;
		tries++;
		head = head_of_list(p, link);
		uint64_t interp = head ? interp_of_head(p, head) : 0;
		if (interp)
			return interp;
	}
	return 0;
}

/* All that the runtime has: the last that was made is the first. */
static void list_interps(struct py *p)
{
	uint64_t found = find_interp(p);
	uint64_t next =
	    found ? py_get(p, py_get(p, found + p->l->interp_runtime) + p->l->runtime_interps) : 0;
	bool has_found = false;

	for (; next && next % 8 == 0 && p->ninterps < INTERPS_MAX;
	     next = py_get(p, next + p->l->interp_next)) {
		p->interps[p->ninterps++] = next;
		has_found |= next == found;
	}
	if (found && !has_found) {
		p->interps[0] = found;
		p->ninterps = 1;
	}
}

/* ---- stacks of frames -------------------------------------------------------------------------------- */

static void own(struct py *p, uint64_t addr, uint64_t words)
{
	ranges_add(&p->owned, addr, addr + 8 * words);
}

static void note_running(struct py *p, uint64_t frame, uint64_t end)
{
	if (p->nrunning == p->running_room) {
		size_t room = p->running_room ? 2 * p->running_room : 64;
		struct lg_range *more = realloc(p->running, room * sizeof *more);

		if (!more)
			return;
		p->running = more;
		p->running_room = room;
	}
	p->running[p->nrunning++] = (struct lg_range){ frame, end };
}

/* Its variables, and its stack behind them. Where the stack of a running frame ends nobody has written down. */
static void own_locals(struct py *p, uint64_t frame)
{
	uint64_t code = py_get(p, frame + p->l->frame_code), at = frame + FRAME_LOCALS_PLUS;
	int32_t top = (int32_t)py_get(p, frame + FRAME_TOP);
	uint32_t locals = 0, stack = 0;

	if (top > 0) {
		own(p, at, (uint32_t)top);
		note_running(p, frame, at + 8ull * (uint32_t)top);
		return;
	}
	memory_bytes(p->memory, code + p->l->code_nlocalsplus, &locals, sizeof locals);
	memory_bytes(p->memory, code + p->l->code_stacksize, &stack, sizeof stack);
	locals &= 0xffff;
	stack &= 0xffff;
	own(p, at, locals + stack);
	ranges_add(&p->doubtful, at + 8ull * locals, at + 8ull * (locals + stack));
	note_running(p, frame, at + 8ull * (locals + stack));
}

static void own_frame(struct py *p, uint64_t frame)
{
	own(p, frame + p->l->frame_code, 1);
	own(p, frame + p->l->frame_func, 1);
	own(p, frame + p->l->frame_locals, 1);
	own(p, frame + p->l->frame_object, 1);
	own_locals(p, frame);
}

/* The frames of a thread, the last first. Those of generators and of C lie elsewhere; that does no harm. */
static bool own_frames(struct py *p, uint64_t thread)
{
	uint64_t frame = py_get(p, thread + p->l->thread_frame);

	if (frame && p->l->cframe_frame != NO_CFRAME)
		frame = py_get(p, frame + p->l->cframe_frame);
	while (frame) {
		uint64_t code;

		if (p->steps++ == STEPS_MAX || !py_word(p, frame + p->l->frame_code, &code))
			return false;
		own_frame(p, frame);
		frame = py_get(p, frame + p->l->frame_previous);
	}
	return true;
}

/* Chunks of the thread's stack: previous, size, top, and the frames. */
static void add_chunks(struct py *p, uint64_t thread)
{
	uint64_t chunk = py_get(p, thread + p->l->thread_chunk);

	while (chunk && p->steps++ < STEPS_MAX) {
		uint64_t bytes = py_get(p, chunk + 8);

		if (!bytes || bytes > 1ull << 32 || chunk % 8)
			return;
		ranges_add(&p->frames, chunk + 24, chunk + bytes);
		chunk = py_get(p, chunk);
	}
}

/* A thread that is between two calls has frames that nothing tells apart: then all words of its stack own. */
static void look_at_thread(struct py *p, uint64_t thread)
{
	if (own_frames(p, thread))
		add_chunks(p, thread);
}

static int by_start(const void *left, const void *right)
{
	const struct lg_range *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

static void look_at_interp(struct py *p, uint64_t interp)
{
	uint64_t thread = py_get(p, interp + p->l->interp_threads);

	for (unsigned n = 0; thread && n < THREADS_MAX && p->steps < STEPS_MAX; n++) {
		look_at_thread(p, thread);
		thread = py_get(p, thread + THREAD_NEXT);
	}
	py_find_free_keys(p, interp);
}

int py_find_roots(struct py *p)
{
	list_interps(p);
	for (uint32_t i = 0; i < p->ninterps; i++)
		look_at_interp(p, p->interps[i]);
	if (p->nrunning)
		qsort(p->running, p->nrunning, sizeof *p->running, by_start);
	ranges_tidy(&p->frames);
	ranges_tidy(&p->owned);
	ranges_tidy(&p->doubtful);
	return p->frames.failed || p->owned.failed || p->doubtful.failed ? -1 : 0;
}

/* ---- labels ------------------------------------------------------------------------------------------ */

static bool is_within(const struct ranges *r, uint64_t addr)
{
	size_t i = ranges_after(r, addr);

	return i < r->n && r->at[i].start <= addr;
}

/* The interpreter that begins last at or before an address, which may lie in its state. 0: none does; no address is so small
 * that it could be an offset. */
static uint64_t interp_near(const struct py *p, uint64_t at)
{
	uint64_t near = 0;

	for (uint32_t i = 0; i < p->ninterps; i++)
		if (p->interps[i] <= at && p->interps[i] > near)
			near = p->interps[i];
	return near;
}

/* The caches borrow: of attributes of types the values, of functions all. */
static bool is_cached(const struct py *p, uint64_t at)
{
	uint64_t in = at - interp_near(p, at);

	if (in - p->l->type_cache < CACHE_ENTRIES * CACHE_ENTRY_BYTES)
		return (in - p->l->type_cache) % CACHE_ENTRY_BYTES == 16;
	return in >= p->l->func_cache && in < p->l->func_cache_end;
}

/* The first of the weak references to a static type: the type has it, or the interpreter in its stead, which keeps beside
 * it whose it is. */
static bool is_weaklist(struct py *p, uint64_t at, uint32_t to)
{
	if (p->of[to].what != PY_INSTANCE || py_type_of_block(p, to)->family != PY_WEAKREF)
		return false;
	uint64_t cache_end = p->l->type_cache + CACHE_ENTRIES * CACHE_ENTRY_BYTES;
	bool is_in_stead = p->l->minor >= 12 && at - interp_near(p, at) - cache_end < BUILTINS_BYTES;

	return py_type_at(p, is_in_stead ? py_get(p, at - p->l->builtin_weaklist) : at - TYPE_WEAKLIST) !=
	       NULL;
}

/* Free lists hold corpses. The living that they seem to hold have been taken off them. */
static bool is_taken_off(const struct py *p, uint64_t at, uint32_t to)
{
	uint64_t in = at - interp_near(p, at);

	return in >= p->l->free_lists && in < p->l->free_lists_end && p->of[to].what != PY_UNKNOWN &&
	       p->of[to].what != PY_CORPSE && p->of[to].what != PY_FREE_KEYS;
}

enum ref_kind py_label_root(struct py *p, const struct root_ref *r)
{
	const struct py_block *b = &p->of[r->to];
	enum ref_kind kind = (enum ref_kind)r->kind;
	uint64_t value;

	if (p->w->graph->regions[r->region].kind == ROOT_REGISTER)
		return kind;
	if (is_cached(p, r->at) || is_weaklist(p, r->at, r->to))
		return REF_BORROWED;
	if (is_taken_off(p, r->at, r->to))
		return REF_PAYLOAD;
	if (is_within(&p->frames, r->at) && !is_within(&p->owned, r->at))
		return REF_PAYLOAD;
	/* Only the collector points at the links before an object. */
	if (b->what == PY_INSTANCE && b->from >= 16 && py_word(p, r->at, &value) &&
	    value == py_object_addr(p, r->to) - 16)
		return REF_BORROWED;
	return py_label_start(p, r->at, r->to, kind);
}

bool py_doubts_root(const struct py *p, const struct root_ref *r)
{
	return is_within(&p->doubtful, r->at);
}

/* ---- names ------------------------------------------------------------------------------------------- */

#define NAME_MAX 128u

/* The frame of a running function that an address lies in; 0: none. */
static uint64_t frame_at(const struct py *p, uint64_t at)
{
	size_t low = 0, high = p->nrunning;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->running[middle].start <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low && at < p->running[low - 1].end ? p->running[low - 1].start : 0;
}

static void express(struct root_words *words, const char *expression)
{
	snprintf(words->expression, sizeof words->expression, "%s", expression);
	words->has_expression = true;
}

/* The code that the frame runs, its function's name and its file's. */
static bool frame_words(struct py *p, uint64_t frame, uint64_t *code, char function[NAME_MAX],
			char file[NAME_MAX])
{
	snprintf(file, NAME_MAX, "?");
	if (!frame || !py_word(p, frame + p->l->frame_code, code) ||
	    !py_text(p, py_get(p, *code + CODE_QUALIFIED_NAME), function, NAME_MAX))
		return false;
	py_text(p, py_get(p, *code + CODE_FILE), file, NAME_MAX);
	return true;
}

/* A type object of C's, in a module's data, that an address lies in; NULL: none. */
static const struct py_type *static_type_at(const struct py *p, uint64_t at)
{
	for (uint32_t i = 0; i < p->ntypes; i++)
		if (!(p->types[i]->flags & FLAG_HEAP) && at - p->types[i]->addr < p->l->static_type)
			return p->types[i];
	return NULL;
}

/* The keys of a dictionary; NO_BLOCK: it is none, or they are not known. */
static uint32_t keys_of(struct py *p, uint32_t block)
{
	if (p->of[block].what != PY_INSTANCE || py_type_of_block(p, block)->family != PY_DICT)
		return NO_BLOCK;
	return heap_find(p->w->heap, py_get(p, py_object_addr(p, block) + DICT_KEYS));
}

/* sys.modules begins with modules: sys itself is the first. */
static bool are_modules(struct py *p, uint32_t keys)
{
	uint64_t addr = py_start(p, keys);
	struct py_keys k;

	if (p->of[keys].what != PY_KEYS || !py_keys_at(p, addr, py_size(p, keys), &k) || k.nentries < 4)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		uint64_t value = py_get(p, addr + k.entries + (i + 1) * k.entry_bytes - 8);
		const struct py_type *t = py_type_at(p, py_get(p, value + OBJECT_TYPE));

		if (!t || t->family != PY_MODULE)
			return false;
	}
	return true;
}

/* The static type whose dictionary, subclasses or weak references the interpreter has at an address in its stead. */
static const struct py_type *type_in_stead(struct py *p, uint64_t at)
{
	const struct py_type *t = NULL;

	for (uint32_t back = 0; back <= 16 && !t; back += 8)
		t = py_type_at(p, py_get(p, at - (p->l->builtin_weaklist - back)));
	return t;
}

/* Words of the interpreter's state. */
static bool state_words(struct py *p, uint64_t at, struct root_words *words)
{
	uint64_t near = interp_near(p, at), in = at - near, cache = in - p->l->type_cache;
	const struct py_type *t;

	if (!near)
		return false;
	if (in >= p->l->free_lists && in < p->l->free_lists_end)
		return snprintf(words->text, sizeof words->text, "Python's free lists") > 0;
	if (cache < CACHE_ENTRIES * CACHE_ENTRY_BYTES)
		return snprintf(words->text, sizeof words->text, "Python's cache of attributes") > 0;
	if (p->l->minor < 12 || cache - CACHE_ENTRIES * CACHE_ENTRY_BYTES >= BUILTINS_BYTES)
		return false;
	t = type_in_stead(p, at);
	return t && snprintf(words->text, sizeof words->text, "the type %s", t->name) > 0;
}

/* What only the interpreter's own source has a name for. */
static bool own_words(struct py *p, const struct root_ref *r, struct root_words *words)
{
	const struct py_type *t = static_type_at(p, r->at);
	uint32_t keys = keys_of(p, r->to);

	if (t)
		return snprintf(words->text, sizeof words->text, "the type %s", t->name) > 0;
	if (state_words(p, r->at, words))
		return true;
	if (keys == NO_BLOCK || p->w->graph->regions[r->region].kind != ROOT_GLOBAL)
		return false;
	if (p->of[keys].what == PY_INTERNED)
		return snprintf(words->text, sizeof words->text, "Python's table of interned strings") > 0;
	if (!are_modules(p, keys))
		return false;
	express(words, "sys.modules");
	return snprintf(words->text, sizeof words->text, "sys.modules") > 0;
}

bool py_root_words(struct py *p, const struct root_ref *r, struct root_words *words)
{
	uint64_t frame = frame_at(p, r->at), in = r->at - frame, code;
	char *text = words->text, function[NAME_MAX], file[NAME_MAX], name[NAME_MAX];
	size_t room = sizeof words->text;

	if (p->w->graph->regions[r->region].kind == ROOT_REGISTER)
		return false; /* `at` is no address */
	if (!frame_words(p, frame, &code, function, file))
		return own_words(p, r, words);
	if (in >= FRAME_LOCALS_PLUS &&
	    py_variable_name(p, code, (in - FRAME_LOCALS_PLUS) / 8, name, sizeof name)) {
		express(words, name);
		return snprintf(text, room, "local `%s` in %s() (%s)", name, function, file) > 0;
	}
	if (in == p->l->frame_locals) {
		express(words,
			py_is_namespace(p, r->to) ? "" : "locals()"); /* a module's stand for themselves */
		return snprintf(text, room, "the variables of %s (%s)", function, file) > 0;
	}
	return snprintf(text, room, "the frame of %s (%s)", function, file) > 0;
}
