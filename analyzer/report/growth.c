/* growth.c: see growth.h. The events are replayed up to each moment; the memory of one snapshot is read, that of the
 * last moment, for types and for what holds the survivors. */
#include "report/growth.h"

#include "base/sort.h"
#include "heap/told.h"
#include "report/moments.h"

#include <stdlib.h>
#include <string.h>

struct counting {
	struct growth_process *p;
	struct analysis *a; /* at the last moment, if that has a snapshot */
	const struct moment *moments; /* nmoments */
	struct stack_book book;
	struct texts keys; /* of the rows: the site's function and line */
	uint32_t *row_of; /* by stack id; NO_TEXT: not met */
	struct row_facts {
		uint32_t stack; /* one of its blocks' */
		uint64_t first_birth;
		uint32_t newest; /* the survivor born last; NO_BLOCK: there is none */
		bool is_mixed; /* survivors of several types */
	} * facts; /* by row */
	uint32_t room;
	const struct moment *since; /* blocks from before it are not counted; NULL: all are */
	bool no_paths;
};

/* ---- rows ---------------------------------------------------------------------------------------------- */

static const char *key_of(struct counting *c, const struct block *b)
{
	const struct report_stack *frames = stack_book_block(&c->book, b);
	const struct report_frame *site = frames ? stack_site(frames) : NULL;

	if (!frames || !site)
		return frames ? "" : NULL;
	return pool_print(c->book.pool, "%s!%s:%s:%u", site->module, site->function ? site->function : "",
			  site->file ? site->file : "", site->line);
}

static bool rows_grow(struct counting *c)
{
	uint32_t room = c->room ? 2 * c->room : 64;
	struct growth_row *rows = realloc(c->p->rows, room * sizeof *rows);

	if (rows)
		c->p->rows = rows;
	struct row_facts *facts = realloc(c->facts, room * sizeof *facts);
	if (facts)
		c->facts = facts;
	if (!rows || !facts)
		return false;
	c->room = room;
	return true;
}

static bool begin_row(struct counting *c, uint32_t row, uint32_t stack)
{
	size_t bytes = c->p->nmoments * sizeof(struct sum);

	if (row < c->p->nrows)
		return true;
	if (row == c->room && !rows_grow(c))
		return false;
	struct growth_row *r = &c->p->rows[row];
	*r = (struct growth_row){ .at = pool_take(c->book.pool, bytes),
				  .survived = pool_take(c->book.pool, bytes) };
	c->facts[row] = (struct row_facts){ .stack = stack, .first_birth = UINT64_MAX, .newest = NO_BLOCK };
	c->p->nrows += r->at && r->survived;
	return r->at && r->survived;
}

/* NO_TEXT: no memory */
static uint32_t row_at(struct counting *c, const struct block *b)
{
	if (c->row_of[b->stack] != NO_TEXT)
		return c->row_of[b->stack];
	const char *key = key_of(c, b);
	uint32_t row = key ? texts_number(&c->keys, key) : NO_TEXT;

	c->row_of[b->stack] = row != NO_TEXT && begin_row(c, row, b->stack) ? row : NO_TEXT;
	return c->row_of[b->stack];
}

/* A member of the program's pools was born when it was told of, with no event of its own. */
static bool is_older(const struct block *b, const struct moment *m)
{
	uint64_t events = block_latest(b) + 1;

	if (b->entry != LG_ENTRY_POOL)
		return b->birth < m->events;
	return events < m->events || (events == m->events && b->key <= m->key);
}

/* When a pooled block came nobody has seen. */
static bool is_counted(const struct counting *c, const struct block *b)
{
	return !b->pooled && !(c->since && is_older(b, c->since));
}

static int count_moment(struct counting *c, uint32_t moment, const struct heap *h)
{
	for (uint32_t i = 0; i < h->nblocks; i++) {
		const struct block *b = &h->blocks[i];
		uint32_t row = is_counted(c, b) ? row_at(c, b) : 0;

		if (!is_counted(c, b))
			continue;
		if (row == NO_TEXT)
			return -1;
		heap_add(&c->p->rows[row].at[moment], h, i);
		heap_add(&c->p->moments[moment].live, h, i);
		if (b->birth < c->facts[row].first_birth)
			c->facts[row].first_birth = b->birth;
	}
	return 0;
}

static int count_before(struct counting *c, uint32_t moment, struct err *err)
{
	struct heap h;
	int failed = moment_heap(&h, c->a, &c->moments[moment], err);

	if (!failed && (told_find(&h) || count_moment(c, moment, &h)))
		failed = fail(err, "out of memory");
	heap_free(&h);
	return failed;
}

/* ---- survivors ----------------------------------------------------------------------------------------- */

/* Moments that a survivor lived through before the last. */
static uint32_t generation(const struct counting *c, const struct block *b)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i + 1 < c->p->nmoments; i++)
		n += is_older(b, &c->moments[i]);
	return n;
}

static void take_type(struct growth_row *row, struct row_facts *facts, const char *type)
{
	bool is_first = facts->newest == NO_BLOCK;

	if (!is_first && (!row->type || !type || strcmp(row->type, type)))
		facts->is_mixed = true;
	row->type = facts->is_mixed ? NULL : type;
}

static void count_survivor(struct counting *c, uint32_t block)
{
	const struct block *b = &c->a->heap.blocks[block];
	struct growth_row *row;
	struct row_facts *facts;

	if (!is_counted(c, b))
		return;
	row = &c->p->rows[c->row_of[b->stack]];
	facts = &c->facts[c->row_of[b->stack]];
	heap_add(&row->survived[generation(c, b)], &c->a->heap, block);
	take_type(row, facts,
		  c->a->is_judged ? pool_text(c->book.pool, models_type(&c->a->models, block)) : NULL);
	if (facts->newest == NO_BLOCK || b->birth > c->a->heap.blocks[facts->newest].birth)
		facts->newest = block;
}

#define PATHS_MAX 40u /* each takes a walk over the whole graph */

static int describe_row(struct counting *c, uint32_t number, bool with_path, struct err *err)
{
	struct growth_row *row = &c->p->rows[number];
	const struct row_facts *facts = &c->facts[number];
	bool survives = facts->newest != NO_BLOCK;
	const struct block *b = survives ? &c->a->heap.blocks[facts->newest] : NULL;

	row->stack = b ? stack_book_block(&c->book, b) : stack_book_get(&c->book, facts->stack, "");
	if (!row->stack)
		return fail(err, "out of memory");
	row->has_newest = survives && with_path && row->bytes_grown > 0;
	return row->has_newest ? why_held(&row->newest, c->a, facts->newest, &c->book, err) : 0;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

/* The largest growth first: as a key that rises. */
static uint64_t falling(int64_t number)
{
	return ~((uint64_t)number + (UINT64_C(1) << 63));
}

static struct sort_pair *order_rows(struct counting *c)
{
	const struct growth_process *p = c->p;
	struct sort_pair *pairs = malloc(((size_t)p->nrows + 1) * sizeof *pairs);
	int failed = !pairs;

	for (int by = 0; !failed && by < 3; by++) {
		for (uint32_t i = 0; i < p->nrows; i++) {
			uint32_t row = by ? pairs[i].value : i;
			const struct growth_row *r = &p->rows[row];

			pairs[i] = (struct sort_pair){ by == 0	 ? c->facts[row].first_birth
						       : by == 1 ? ~r->at[p->nmoments - 1].bytes
								 : falling(r->bytes_grown),
						       row };
		}
		failed = sort_pairs(pairs, p->nrows);
	}
	if (failed)
		free(pairs);
	return failed ? NULL : pairs;
}

static int sort_rows(struct counting *c, struct err *err)
{
	struct growth_process *p = c->p;
	struct sort_pair *order = order_rows(c);
	struct growth_row *sorted = malloc(((size_t)p->nrows + 1) * sizeof *sorted);
	int failed = order && sorted ? 0 : fail(err, "out of memory");

	for (uint32_t i = 0; !failed && i < p->nrows; i++) {
		failed = describe_row(c, order[i].value, !c->no_paths && i < PATHS_MAX, err);
		sorted[i] = p->rows[order[i].value];
	}
	free(order);
	free(failed ? sorted : p->rows);
	p->rows = failed ? p->rows : sorted;
	return failed;
}

void growth_judge(const struct growth_process *p, struct growth_row *row)
{
	uint64_t first = row->at[0].bytes, last = row->at[p->nmoments - 1].bytes;

	row->bytes_grown = (int64_t)(last - first);
	row->fit = growth_fit(p->moments, p->nmoments, row->at);
	if (row->bytes_grown > 0 && p->duration_ns)
		row->bytes_per_second = (uint64_t)((double)row->bytes_grown * 1e9 / (double)p->duration_ns);
}

static int count_all(struct counting *c, struct err *err)
{
	struct growth_process *p = c->p;
	uint32_t last = p->nmoments - 1;

	c->row_of = malloc((size_t)c->a->trace.nnodes * sizeof *c->row_of);
	if (!c->row_of)
		return fail(err, "out of memory");
	memset(c->row_of, 0xff, (size_t)c->a->trace.nnodes * sizeof *c->row_of);
	for (uint32_t i = 0; i < last; i++)
		if (count_before(c, i, err))
			return -1;
	if (count_moment(c, last, &c->a->heap))
		return fail(err, "out of memory");
	for (uint32_t i = 0; i < c->a->heap.nblocks; i++)
		count_survivor(c, i);
	growth_space(p->moments, p->nmoments);
	for (uint32_t i = 0; i < p->nrows; i++)
		growth_judge(p, &p->rows[i]);
	return sort_rows(c, err);
}

static bool list_moments(struct growth_process *p, const struct trace *t, const struct moment *from,
			 uint64_t number, uint32_t n)
{
	p->moments = pool_take(&p->report.pool, n * sizeof *p->moments);
	p->nmoments = p->moments ? n : 0;
	for (uint32_t i = 0; i < p->nmoments; i++)
		p->moments[i] =
		    (struct growth_moment){ .what = from[i].what,
					    .name = pool_text(&p->report.pool, from[i].name),
					    .number = number + i,
					    .snapshot = from[i].snapshot ? from[i].snapshot->id : 0,
					    .events = from[i].events,
					    .since_ns = moments_between(t, from, &from[i]) };
	p->duration_ns = p->nmoments ? p->moments[n - 1].since_ns : 0;
	return p->nmoments != 0;
}

/* From which moment to which; -1 with err. */
static int choose(const struct moments *m, const struct growth_options *o, const char *path, uint32_t *first,
		  uint32_t *last, struct err *err)
{
	*first = o->since ? moments_named(m, o->since) : 0;
	*last = o->until ? moments_named(m, o->until) : m->n - 1 - (o->before_end && m->n > 1);
	if (*first == NO_MOMENT || *last == NO_MOMENT)
		return fail(err, "%s: it has no moment %s; leakgraph growth lists its %u", path,
			    *first == NO_MOMENT ? o->since : o->until, m->n);
	if (*first > *last || (o->since && *first == *last))
		return fail(err, "%s: moment %s does not lie before %s", path, o->since ? o->since : "1",
			    o->until ? o->until : "the last");
	return 0;
}

static uint64_t sum_of(const struct lg_range *blocks, size_t n)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += blocks[i].end - blocks[i].start;
	return bytes;
}

/* What a forked process has of its parent's is nobody's growth, though it may let it go. */
static int note_inherited(struct growth_process *p, const struct analysis *a, struct err *err)
{
	const struct heap *h = &a->heap;
	const struct inherited *from = &a->inherited;
	char then[TERM_TEXT], now[TERM_TEXT], of_then[TERM_TEXT], of_now[TERM_TEXT];

	if (!h->knows_inherited || !from->n)
		return 0;
	const char *note =
	    pool_print(&p->report.pool,
		       "what was its parent's when it was forked is not counted: %s of %s, now %s of %s",
		       human_things(then, sizeof then, from->n, "block"),
		       human_bytes(of_then, sum_of(from->at, from->n)),
		       human_things(now, sizeof now, h->ninherited, "block"),
		       human_bytes(of_now, sum_of(h->inherited, h->ninherited)));
	return report_add_note(&p->report.processes[0], &p->report.pool, note) ? fail(err, "out of memory")
									       : 0;
}

/* The report of the last moment, and what lived at each. */
static int count_moments(struct counting *c, const char *path, const struct moment *from, uint32_t number,
			 uint32_t n, struct ancestry *ancestry, const struct growth_options *o,
			 struct err *err)
{
	if (moment_open(c->a, path, &from[n - 1], ancestry, &o->report->analysis, err) ||
	    report_one(&c->p->report, c->a, &c->book, o->report, err))
		return -1;
	c->moments = from;
	c->since = o->since ? from : NULL;
	if (!list_moments(c->p, &c->a->trace, from, number, n))
		return fail(err, "out of memory");
	return count_all(c, err) || report_notes(&c->p->report, c->a, err) || note_inherited(c->p, c->a, err)
		   ? -1
		   : 0;
}

static int load_one(struct growth_process *p, const char *path, const struct growth_options *o,
		    struct err *err)
{
	struct trace t = { 0 };
	struct analysis a = { 0 };
	struct ancestry ancestry = { 0 };
	struct moments moments = { 0 };
	struct counting c = { .p = p, .a = &a, .book = { .pool = &p->report.pool }, .no_paths = o->no_paths };
	uint32_t first = 0, last = 0;
	int failed = trace_open(&t, path, err);

	if (!failed && moments_find(&moments, &t))
		failed = fail(err, "out of memory");
	failed = failed || choose(&moments, o, path, &first, &last, err);
	p->nbefore = moments.n ? moments.n - 1 : 0;
	if (!failed && p->nbefore >= o->needs)
		failed = count_moments(&c, path, moments.at + first, first + 1, last - first + 1, &ancestry,
				       o, err);
	stack_book_free(&c.book);
	texts_free(&c.keys);
	free(c.row_of);
	free(c.facts);
	moments_free(&moments);
	analysis_close(&a);
	ancestry_close(&ancestry);
	trace_close(&t);
	return failed ? -1 : 0;
}

int growth_load(struct growth *g, char *const *paths, const struct growth_options *options, struct err *err)
{
	uint32_t n = 0;

	while (paths[n])
		n++;
	*g = (struct growth){ .of = calloc(n, sizeof *g->of), .is_since = options->since != NULL };
	if (!g->of)
		return fail(err, "out of memory");
	while (g->n < n) {
		struct growth_process *p = &g->of[g->n++];

		if (load_one(p, paths[p - g->of], options, err))
			return -1;
	}
	return 0;
}

void growth_free(struct growth *g)
{
	for (uint32_t i = 0; i < g->n; i++) {
		free(g->of[i].rows);
		report_free(&g->of[i].report);
	}
	free(g->of);
	*g = (struct growth){ 0 };
}
