/* alike.c: see alike.h.
 *
 * As a rule blocks are alike that have the same stack. What lies in pools has none: there types tell. Nor do the stacks of
 * objects that were made anew out of others.
 * Python's objects of one type that one line has made are alike whatever the interpreter went through for it: it changes
 * its way when a line has run a few times.
 * And a line that a compiler has made several calls of is one place to who reads it. */
#include "models/alike.h"

#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

static uint32_t kind_of_type(const struct models *m, const struct heap *h, uint32_t block)
{
	return h->trace->nnodes + 1 + m->of[block].type;
}

/* A part that was made for it, and not anew as well. */
static uint32_t place_of(const struct models *m, uint32_t block)
{
	uint32_t part = models_part(m, block);

	return part == NO_BLOCK || m->of[part].is_reused ? block : part;
}

static int tell_reused(const struct models *m, struct graph *g)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		n += m->of[i].is_reused;
	if (!n)
		return 0;
	g->reused = calloc((size_t)g->heap->nblocks + 1, sizeof *g->reused);
	g->places = malloc(((size_t)g->heap->nblocks + 1) * sizeof *g->places);
	if (!g->reused || !g->places)
		return -1;
	for (uint32_t i = 0; i < g->heap->nblocks; i++) {
		g->places[i] = m->of[i].is_reused ? place_of(m, i) : i;
		if (m->of[i].is_reused)
			g->reused[i] = kind_of_type(m, g->heap, i);
	}
	return 0;
}

#define MIX 0x9e3779b97f4a7c15ULL

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * MIX;
	return hash ^ hash >> 29;
}

/* Blocks of one key are of the first one's kind. */
static int share_kinds(struct graph *g, struct sort_pair *pairs, uint32_t n)
{
	if (sort_pairs(pairs, n))
		return -1;
	for (uint32_t i = 1; i < n; i++)
		if (pairs[i].key == pairs[i - 1].key)
			g->kinds[pairs[i].value] = g->kinds[pairs[i - 1].value];
	return 0;
}

/* ---- lines of Python ---------------------------------------------------------------------------------- */

/* Stacks without the interpreter's own frames. */
struct lines {
	const struct trace *trace;
	bool *is_interpreter; /* by number of a module */
	uint64_t *hashes; /* by node, 0: not known yet */
};

#define NO_LINE 1u /* in place of a hash: no frame of the stack is a line */

static bool is_interpreter(const struct trace *t, const struct trace_module *module)
{
	const char *path = *module->path ? module->path : t->process.executable, *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return !strncmp(name, "python3", 7) || !strncmp(name, "libpython3", 10);
}

static uint64_t hash_lines(const struct lines *l, uint32_t stack)
{
	uint64_t hash = MIX;
	bool has_line = false;

	for (uint32_t node = stack, n = 0; node && n < LG_MAX_FRAMES;
	     node = l->trace->nodes[node].parent, n++) {
		uint64_t frame = l->trace->nodes[node].frame, module = frame >> LG_FRAME_MODULE_SHIFT;

		has_line |= module == LG_FRAME_PYTHON;
		if (!l->is_interpreter[module])
			hash = mix(hash, frame);
	}
	return has_line ? hash | 2 : NO_LINE;
}

static uint64_t lines_of(const struct lines *l, uint32_t stack)
{
	if (stack >= l->trace->nnodes)
		return NO_LINE;
	if (!l->hashes[stack])
		l->hashes[stack] = hash_lines(l, stack);
	return l->hashes[stack];
}

static int lines_open(struct lines *l, const struct trace *t)
{
	*l = (struct lines){ .trace = t,
			     .is_interpreter = calloc(UINT16_MAX + 1, sizeof *l->is_interpreter),
			     .hashes = calloc((size_t)t->nnodes + 1, sizeof *l->hashes) };
	for (size_t i = 0; l->is_interpreter && i < t->nmodules; i++)
		l->is_interpreter[t->modules[i].id % (UINT16_MAX + 1)] = is_interpreter(t, &t->modules[i]);
	return l->is_interpreter && l->hashes ? 0 : -1;
}

static void lines_close(struct lines *l)
{
	free(l->is_interpreter);
	free(l->hashes);
}

/* The blocks of known type that were allocated for a line, by both. Returns how many. */
static uint32_t list_of_lines(const struct models *m, const struct graph *g, const struct lines *l,
			      struct sort_pair *pairs)
{
	const struct heap *h = g->heap;
	uint32_t n = 0;

	for (uint32_t i = 0; i < h->nblocks; i++) {
		uint64_t line =
		    m->of[i].type == NO_TYPE ? NO_LINE : lines_of(l, h->blocks[graph_place(g, i)].stack);

		if (line != NO_LINE)
			pairs[n++] = (struct sort_pair){ mix(line, m->of[i].type), i };
	}
	return n;
}

static int tell_lines(const struct models *m, struct graph *g)
{
	struct sort_pair *pairs = malloc(((size_t)g->heap->nblocks + 1) * sizeof *pairs);
	struct lines lines;
	int answer = lines_open(&lines, g->heap->trace) || !pairs ? -1 : 0;
	uint32_t n = answer ? 0 : list_of_lines(m, g, &lines, pairs);

	lines_close(&lines);
	answer = answer || share_kinds(g, pairs, n) ? -1 : 0;
	free(pairs);
	return answer;
}

/* ---- kinds -------------------------------------------------------------------------------------------- */

static int tell_kinds(const struct models *m, struct graph *g)
{
	const struct heap *h = g->heap;

	if (!h->totals.pooled_blocks && !h->trace->npython_codes && !g->places)
		return 0;
	g->kinds = malloc(((size_t)h->nblocks + 1) * sizeof *g->kinds);
	for (uint32_t i = 0; g->kinds && i < h->nblocks; i++) {
		const struct block *place = &h->blocks[graph_place(g, i)];

		g->kinds[i] = place->pooled ? kind_of_type(m, h, i) : place->stack;
	}
	return !g->kinds || (h->trace->npython_codes && tell_lines(m, g)) ? -1 : 0;
}

int alike_tell(const struct models *m, struct graph *g)
{
	return tell_reused(m, g) || tell_kinds(m, g) ? -1 : 0;
}

/* ---- lines of source ---------------------------------------------------------------------------------- */

static uint64_t mix_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = mix(hash, (unsigned char)*text);
	return hash;
}

/* A frame that no line is known of is told by its address. */
static uint64_t hash_reading(struct names *names, uint32_t stack)
{
	const struct frame_name *frames = NULL;
	size_t n = names_stack(names, stack, &frames, NULL);
	uint64_t hash = mix(MIX, n);

	for (const struct frame_name *f = frames; f < frames + n; f++)
		if (f->function && f->file && f->line)
			hash = mix(mix_text(mix_text(hash, f->file), f->function), f->line);
		else
			hash = mix(mix_text(hash, f->module), f->offset);
	return hash;
}

/* The stacks of lost blocks, and how they read. */
struct readings {
	const uint8_t *classes;
	uint8_t reachable;
	uint32_t *stacks; /* in order of their numbers */
	uint64_t *hashes; /* of each */
	uint32_t n;
};

static bool is_lost(const struct readings *r, const struct graph *g, uint32_t block)
{
	return r->classes[block] != r->reachable && graph_kind(g, block) < g->heap->trace->nnodes;
}

static int list_stacks(struct readings *r, const struct graph *g)
{
	uint32_t n = 0;

	r->stacks = malloc(((size_t)g->heap->nblocks + 1) * sizeof *r->stacks);
	for (uint32_t i = 0; r->stacks && i < g->heap->nblocks; i++)
		if (is_lost(r, g, i))
			r->stacks[n++] = graph_kind(g, i);
	if (r->stacks)
		sort_numbers(r->stacks, n);
	for (uint32_t i = 0; i < n; i++)
		if (!r->n || r->stacks[i] != r->stacks[r->n - 1])
			r->stacks[r->n++] = r->stacks[i];
	return r->stacks ? 0 : -1;
}

static int read_stacks(struct readings *r, struct names *names)
{
	r->hashes = malloc(r->n * sizeof *r->hashes);
	for (uint32_t i = 0; r->hashes && i < r->n; i++)
		r->hashes[i] = hash_reading(names, r->stacks[i]);
	return r->hashes ? 0 : -1;
}

static uint64_t reading_of(const struct readings *r, uint32_t stack)
{
	uint32_t low = 0, end = r->n;

	while (end - low > 1) {
		uint32_t middle = low + (end - low) / 2;

		if (r->stacks[middle] <= stack)
			low = middle;
		else
			end = middle;
	}
	return r->hashes[low];
}

static int tell_kinds_of_stacks(struct graph *g)
{
	if (g->kinds)
		return 0;
	g->kinds = malloc(((size_t)g->heap->nblocks + 1) * sizeof *g->kinds);
	for (uint32_t i = 0; g->kinds && i < g->heap->nblocks; i++)
		g->kinds[i] = g->heap->blocks[graph_place(g, i)].stack;
	return g->kinds ? 0 : -1;
}

/* By how their stacks read, and by type. Returns how many. */
static uint32_t list_readings(struct models *m, const struct graph *g, const struct readings *r,
			      struct sort_pair *pairs)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->heap->nblocks; i++)
		if (is_lost(r, g, i)) {
			const char *type = models_type(m, i);
			uint64_t reading = reading_of(r, g->kinds[i]);
			pairs[n++] = (struct sort_pair){ type ? mix_text(reading, type) : reading, i };
		}
	return n;
}

static int tell_readings(struct models *m, struct graph *g, struct readings *r)
{
	struct sort_pair *pairs = malloc(((size_t)g->heap->nblocks + 1) * sizeof *pairs);
	int answer = !pairs || read_stacks(r, m->world.names) || tell_kinds_of_stacks(g) ? -1 : 0;
	uint32_t n = answer ? 0 : list_readings(m, g, r, pairs);

	answer = answer || share_kinds(g, pairs, n) ? -1 : 0;
	free(pairs);
	return answer;
}

int alike_tell_lost(struct models *m, struct graph *g, const uint8_t *classes, uint8_t reachable)
{
	struct readings r = { .classes = classes, .reachable = reachable };
	int answer = list_stacks(&r, g);

	if (!answer && r.n > 1 && r.n <= ALIKE_STACKS_MAX)
		answer = tell_readings(m, g, &r);
	free(r.stacks);
	free(r.hashes);
	return answer;
}
