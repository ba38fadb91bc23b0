/* sites.c: see sites.h. A stack's frames are asked from the inside out: the first of the program's own that takes the
 * pointer, and, as long as functions hand it on to their callers, those. */
#include "names/sites.h"

#include "names/demangle.h"
#include "names/follow.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES_ASKED 24u
#define HEADER_MAX 64u /* bytes of a header that allocators of programs put before what they hand out */

/* What a return address tells. */
struct told {
	struct findings findings;
	/* There is no debug information: for all that is known it only hands the pointer on */
	bool is_foreign;
	bool is_sure; /* that it does */
	bool is_end; /* it returns nothing */
	const char *named; /* what it allocates, by its own name; NULL: not known */
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

/* Members of strings allocate nothing but characters. */
static const char *chars_of(const char *symbol)
{
	static const char *const strings[] = { "_ZNSt7__cxx1112basic_stringI",
					       "_ZNKSt7__cxx1112basic_stringI", "_ZNSt3__112basic_stringI" };
	static const char *const kinds[][2] = { { "cS", "char[]" },	{ "cN", "char[]" },
						{ "wS", "wchar_t[]" },	{ "wN", "wchar_t[]" },
						{ "Ds", "char16_t[]" }, { "Di", "char32_t[]" } };

	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
		size_t n = strlen(strings[i]);

		for (size_t k = 0; !strncmp(symbol, strings[i], n) && k < sizeof kinds / sizeof *kinds; k++)
			if (!strncmp(symbol + n, kinds[k][0], 2))
				return kinds[k][1];
	}
	return NULL;
}

/* What an allocator of C++'s library allocates: one node of a container, or an array of whatever else. */
static const char *allocated_by(struct names *n, const char *symbol)
{
	static const char *const allocators[] = { "std::__new_allocator<", "__gnu_cxx::new_allocator<",
						  "std::__1::allocator<", "std::allocator<" };
	char *text = demangle(symbol);
	const char *name = NULL;

	for (size_t i = 0; text && !name && i < sizeof allocators / sizeof *allocators; i++) {
		size_t begin = strlen(allocators[i]);
		const char *end = strstr(text, ">::allocate");

		if (!end || strncmp(text, allocators[i], begin))
			continue;
		int length = (int)(end - text - (long)begin);
		while (length && text[begin + (size_t)length - 1] == ' ')
			length--;
		bool is_node = strstr(text, "_node<") && strstr(text, "_node<") < end;
		name = arena_format(&n->arena, "%.*s%s", length, text + begin, is_node ? "" : "[]");
	}
	free(text);
	return name;
}

static bool has_function(struct object *o, uint64_t address)
{
	Dwarf_Die *function;

	return o && o->file && unit_at(o, address, &function) && function;
}

static void ask(struct names *n, uint64_t frame, unsigned through, struct told *told)
{
	const struct trace_module *module;
	uint64_t address = frame & LG_FRAME_OFFSET_MASK;
	struct object *o = object_with(n, frame >> LG_FRAME_MODULE_SHIFT, &module);

	const struct symbol *symbol = o ? symbol_of_code(o, address - 1) : NULL;
	told->is_sure = symbol && hands_on(symbol->name);
	told->named = symbol ? chars_of(symbol->name) : NULL;
	if (symbol && !told->named && strstr(symbol->name, "allocator"))
		told->named = allocated_by(n, symbol->name);
	told->is_foreign = told->is_sure || !has_function(o, address - 1);
	told->is_end = told->is_foreign && symbol && demangle_tells_void(symbol->name);
	if (!told->is_foreign && (through || !call_returns_no_block(o, address)))
		follow_value(n, o, address, through, &told->findings);
}

/* `through`: the argument by which the block comes; 0: it is returned. */
static const struct told *told_by(struct names *n, uint64_t frame, unsigned through)
{
	uint64_t key = frame ^ (uint64_t)through << (LG_FRAME_MODULE_SHIFT - 3);
	struct told *told = map_get(&n->sites, key);

	if (told)
		return told;
	told = arena_take(&n->arena, sizeof *told);
	if (told) {
		ask(n, frame, through, told);
		map_put(&n->sites, key, told);
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

/* The same of what lies behind a header. */
struct behind {
	uint64_t into; /* so far into the block points what the asked frame was handed */
	const struct type *best;
	unsigned least;
	uint64_t at; /* where `best` begins */
};

/* Lower is better; what was only near must fit exactly. */
static unsigned merit(const struct finding *f, bool is_weak, uint64_t bytes)
{
	enum type_fit fit = type_fit(f->type, bytes);

	if (is_weak || f->how >= FOUND_NEAR)
		return fit != FIT_EXACT ? 2 * FIT_NOT : f->how == FOUND_RESULT ? 2 * FIT_ARRAY + 1 : 1;
	if (type_is_link(f->type)) /* an allocator's own list of what is free may go through anything */
		return fit == FIT_NOT ? 2 * FIT_NOT : 2 * FIT_BYTES + 1;
	if (f->how == FOUND_SELF && fit == FIT_ARRAY)
		return 2 * FIT_NOT;
	return 2 * (unsigned)fit;
}

static unsigned merit_of_items(const struct finding *f, bool is_weak, uint64_t bytes)
{
	return !is_weak && f->how < FOUND_NEAR && type_bytes(f->type) == bytes ? 1 : 2 * FIT_NOT;
}

/* What fits as well is better if it is the whole rather than its part (a constructor's bases). What was taken for text, or
 * for a record with a tail, is nothing else that is near. */
static bool is_better(const struct finding *f, unsigned its, const struct type *best, unsigned least)
{
	if (best && f->how >= FOUND_NEAR && (least == 2 * FIT_TAIL || !strcmp(type_name(best), "char")))
		return false;
	return its < least || (best && its == least && type_wraps(f->type, best));
}

/* `into`: how far into the block the code was given a pointer. */
static void weigh(struct question *q, const struct told *told, bool is_weak, uint64_t into)
{
	for (unsigned i = 0; i < told->findings.n; i++) {
		const struct finding *f = &told->findings.at[i];
		unsigned m = q->at ? merit_of_items(f, is_weak, q->bytes) : merit(f, is_weak, q->bytes);

		if (into + f->into == q->at && is_better(f, m, q->best, q->least)) {
			q->least = m;
			q->best = f->type;
		}
	}
}

/* Where the allocator was inlined, what goes on behind its header is told from a member only if it fills the block. */
static void weigh_behind(struct behind *b, const struct told *told, bool is_weak, uint64_t bytes)
{
	for (unsigned i = 0; i < told->findings.n; i++) {
		const struct finding *f = &told->findings.at[i];
		uint64_t at = b->into + f->into;
		unsigned m = at < bytes ? merit(f, is_weak, bytes - at) : 2 * FIT_NOT;

		if (!at || at > HEADER_MAX || (b->into ? f->into : m || !type_is_record(f->type)))
			continue;
		if (is_better(f, m, b->best, b->least)) {
			b->least = m;
			b->best = f->type;
			b->at = at;
		}
	}
}

static void ask_stack(struct names *n, uint32_t stack, unsigned through, struct question *q, struct behind *b)
{
	const struct trace *t = n->trace;
	bool is_weak = false;

	q->least = b->least = 2 * FIT_NOT;
	for (unsigned asked = 0; stack && stack < t->nnodes && asked < FRAMES_ASKED && q->least && b->least;
	     asked++) {
		uint64_t frame = t->nodes[stack].frame;
		const struct told *told =
		    frame && frame != LG_FRAME_TRUNCATED ? told_by(n, frame, through) : NULL;
		if (!told)
			break;
		is_weak |= told->is_foreign && !told->is_sure;
		weigh(q, told, is_weak, b->into);
		weigh_behind(b, told, is_weak, q->bytes);
		through = told->findings.is_returned ? 0 : told->findings.stored_through;
		if (told->is_end || (!told->is_foreign && !told->findings.is_returned && !through))
			break;
		b->into += told->findings.returned_into;
		stack = t->nodes[stack].parent;
	}
}

/* An allocator takes its own header for all of the block: `long *p = malloc(n + 8); *p++ = n; return p;`. */
static bool is_header(const struct question *q, const struct behind *b)
{
	if (!b->into && !b->best)
		return false;
	if (!q->best || !type_is_record(q->best))
		return b->into || q->best;
	return b->into && b->best && q->least > 2 * FIT_TAIL + 1 && b->least < q->least;
}

const struct type *names_site_type(struct names *n, uint32_t stack, unsigned through, uint64_t bytes,
				   uint32_t *at)
{
	struct question q = { .bytes = bytes };
	struct behind b = { .into = 0 };

	ask_stack(n, stack, through, &q, &b);
	bool has_header = q.least && is_header(&q, &b);
	*at = has_header ? (uint32_t)(b.best ? b.at : b.into) : 0;
	return has_header ? b.best : q.best;
}

const struct type *names_site_items(struct names *n, uint32_t stack, uint64_t at, uint64_t bytes)
{
	struct question q = { .bytes = bytes, .at = at };
	struct behind b = { .into = 0 };

	ask_stack(n, stack, 0, &q, &b);
	return q.best;
}

/* By who calls operator new. */
const char *names_site_name(struct names *n, uint32_t stack)
{
	const struct trace *t = n->trace;

	for (unsigned asked = 0; stack && stack < t->nnodes && asked < FRAMES_ASKED; asked++) {
		uint64_t frame = t->nodes[stack].frame;
		const struct told *told = frame && frame != LG_FRAME_TRUNCATED ? told_by(n, frame, 0) : NULL;

		if (!told || told->named || !told->is_sure)
			return told ? told->named : NULL;
		stack = t->nodes[stack].parent;
	}
	return NULL;
}
