/* sites.c: see sites.h. A stack's frames are asked from the inside out: the first of the program's own that takes the
 * pointer, and, as long as functions hand it on to their callers, those. */
#include "names/sites.h"

#include "names/demangle.h"
#include "names/follow.h"

#include <string.h>

#define FRAMES_ASKED 24u

/* What a return address tells. */
struct told {
	struct findings findings;
	/* There is no debug information: for all that is known it only hands the pointer on */
	bool is_foreign;
	bool is_sure; /* that it does */
	bool is_end; /* it returns nothing */
};

/* Functions of libraries that return the very block that they allocate. */
static bool hands_on(const char *symbol)
{
	static const char *const known[] = { "strdup",	  "__strdup", "strndup",
					     "__strndup", "realpath", "getcwd" };

	if (!strncmp(symbol, "_Znw", 4) || !strncmp(symbol, "_Zna", 4))
		return true;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(symbol, known[i]))
			return true;
	return false;
}

static bool has_function(struct object *o, uint64_t address)
{
	Dwarf_Die *function;

	return o && o->file && unit_at(o, address, &function) && function;
}

static void ask(struct names *n, uint64_t frame, struct told *told)
{
	const struct trace_module *module;
	uint64_t address = frame & LG_FRAME_OFFSET_MASK;
	struct object *o = object_with(n, frame >> LG_FRAME_MODULE_SHIFT, &module);

	const struct symbol *symbol = o ? symbol_of_code(o, address - 1) : NULL;
	told->is_sure = symbol && hands_on(symbol->name);
	told->is_foreign = told->is_sure || !has_function(o, address - 1);
	told->is_end = told->is_foreign && symbol && demangle_tells_void(symbol->name);
	if (!told->is_foreign && !call_returns_no_block(o, address))
		follow_value(n, o, address, &told->findings);
}

static const struct told *told_by(struct names *n, uint64_t frame)
{
	struct told *told = map_get(&n->sites, frame);

	if (told)
		return told;
	told = arena_take(&n->arena, sizeof *told);
	if (told) {
		ask(n, frame, told);
		map_put(&n->sites, frame, told);
	}
	return told;
}

/* What is asked of each frame that may know, and the best answer so far. */
struct question {
	uint64_t bytes; /* of the block, or of an item */
	uint64_t at; /* of items: where in the block they begin; 0: the block is asked about */
	const struct type *best;
	unsigned least; /* merit of `best` */
};

/* Lower is better; what was only near must fit exactly. */
static unsigned merit(const struct finding *f, bool is_weak, uint64_t bytes)
{
	enum type_fit fit = type_fit(f->type, bytes);

	if (is_weak || f->how == FOUND_NEAR)
		return fit == FIT_EXACT ? 1 : 2 * FIT_NOT;
	if (f->how == FOUND_SELF && fit == FIT_ARRAY)
		return 2 * FIT_NOT;
	return 2 * (unsigned)fit;
}

static unsigned merit_of_items(const struct finding *f, bool is_weak, uint64_t bytes)
{
	return !is_weak && f->how != FOUND_NEAR && type_bytes(f->type) == bytes ? 1 : 2 * FIT_NOT;
}

/* Takes what fits better; of what fits as well the whole rather than its part (a constructor's bases). `into`: how far
 * into the block the code was given a pointer. */
static void weigh(struct question *q, const struct told *told, bool is_weak, uint64_t into)
{
	for (unsigned i = 0; i < told->findings.n; i++) {
		const struct finding *f = &told->findings.at[i];
		unsigned m = q->at ? merit_of_items(f, is_weak, q->bytes) : merit(f, is_weak, q->bytes);

		if (into + f->into != q->at)
			continue;
		if (m < q->least || (q->best && m == q->least && type_wraps(f->type, q->best))) {
			q->least = m;
			q->best = f->type;
		}
	}
}

static const struct type *ask_stack(struct names *n, uint32_t stack, struct question q)
{
	const struct trace *t = n->trace;
	uint64_t into = 0;
	bool is_weak = false;

	q.least = 2 * FIT_NOT;
	for (unsigned asked = 0; stack && stack < t->nnodes && asked < FRAMES_ASKED && q.least; asked++) {
		uint64_t frame = t->nodes[stack].frame;
		const struct told *told = frame && frame != LG_FRAME_TRUNCATED ? told_by(n, frame) : NULL;
		if (!told)
			break;
		is_weak |= told->is_foreign && !told->is_sure;
		weigh(&q, told, is_weak, into);
		if (told->is_end || (!told->is_foreign && !told->findings.is_returned))
			break;
		into += told->findings.returned_into;
		stack = t->nodes[stack].parent;
	}
	return q.best;
}

const struct type *names_site_type(struct names *n, uint32_t stack, uint64_t bytes)
{
	return ask_stack(n, stack, (struct question){ .bytes = bytes });
}

const struct type *names_site_items(struct names *n, uint32_t stack, uint64_t at, uint64_t bytes)
{
	return ask_stack(n, stack, (struct question){ .bytes = bytes, .at = at });
}
