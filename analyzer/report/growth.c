/* growth.c: see growth.h. The events are replayed up to each moment; the memory of one snapshot is read, that of the
 * last moment, for types and for what holds the survivors. */
#include "report/growth.h"

#include "base/sort.h"
#include "report/json.h"
#include "report/lines.h"
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
	uint64_t from_birth; /* blocks before it are not counted */
};

/* ---- rows ---------------------------------------------------------------------------------------------- */

static const char *key_of(struct counting *c, uint32_t stack)
{
	const struct report_stack *frames = stack_book_get(&c->book, stack, "");
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
static uint32_t row_at(struct counting *c, uint32_t stack)
{
	if (c->row_of[stack] != NO_TEXT)
		return c->row_of[stack];
	const char *key = key_of(c, stack);
	uint32_t row = key ? texts_number(&c->keys, key) : NO_TEXT;

	c->row_of[stack] = row != NO_TEXT && begin_row(c, row, stack) ? row : NO_TEXT;
	return c->row_of[stack];
}

static void add(struct sum *sum, uint64_t bytes)
{
	sum->blocks++;
	sum->bytes += bytes;
}

static int count_moment(struct counting *c, uint32_t moment, const struct heap *h)
{
	for (uint32_t i = 0; i < h->nblocks; i++) {
		const struct block *b = &h->blocks[i];
		uint32_t row = b->birth < c->from_birth ? 0 : row_at(c, b->stack);

		if (b->birth < c->from_birth)
			continue;
		if (row == NO_TEXT)
			return -1;
		add(&c->p->rows[row].at[moment], b->size);
		add(&c->p->moments[moment].live, b->size);
		if (b->birth < c->facts[row].first_birth)
			c->facts[row].first_birth = b->birth;
	}
	return 0;
}

static int count_before(struct counting *c, uint32_t moment, struct err *err)
{
	struct trace_snapshot upto = { .events = c->moments[moment].events };
	struct heap h;
	int failed = heap_build(&h, &c->a->trace, &upto, err);

	if (!failed && count_moment(c, moment, &h))
		failed = fail(err, "out of memory");
	heap_free(&h);
	return failed;
}

/* ---- survivors ----------------------------------------------------------------------------------------- */

/* Moments that a survivor lived through before the last. */
static uint32_t generation(const struct counting *c, uint64_t birth)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i + 1 < c->p->nmoments; i++)
		n += birth < c->moments[i].events;
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

	if (b->birth < c->from_birth)
		return;
	row = &c->p->rows[c->row_of[b->stack]];
	facts = &c->facts[c->row_of[b->stack]];
	add(&row->survived[generation(c, b->birth)], b->size);
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

	row->stack =
	    stack_book_get(&c->book, b ? b->stack : facts->stack, b ? report_entry_name(b->entry) : "");
	if (!row->stack)
		return fail(err, "out of memory");
	row->has_newest = survives && with_path && row->bytes_grown > 0;
	return row->has_newest ? why_held(&row->newest, c->a, facts->newest, &c->book, err) : 0;
}

/* ---- how it grows -------------------------------------------------------------------------------------- */

#define STRAIGHT 0.99 /* of the bytes' variance that a straight line explains */

/* How much of y a straight line over x explains, 0 to 1: the square of their correlation. */
static double straightness(const double *x, const struct sum *y, uint32_t n)
{
	double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;

	for (uint32_t i = 0; i < n; i++) {
		mx += x[i] / n;
		my += (double)y[i].bytes / n;
	}
	for (uint32_t i = 0; i < n; i++) {
		double dx = x[i] - mx, dy = (double)y[i].bytes - my;

		xx += dx * dx;
		xy += dx * dy;
		yy += dy * dy;
	}
	return xx > 0 && yy > 0 ? xy * xy / (xx * yy) : 0;
}

/* Over time, or over the work that the program did meanwhile, as its events tell. */
static bool is_straight(const struct growth_process *p, const struct sum *at)
{
	double *x = malloc(p->nmoments * sizeof *x);
	double best = 0;

	for (int over = 0; x && over < 2; over++) {
		for (uint32_t i = 0; i < p->nmoments; i++)
			x[i] = (double)(over ? p->moments[i].events : p->moments[i].since_ns);
		double found = straightness(x, at, p->nmoments);
		best = found > best ? found : best;
	}
	free(x);
	return best >= STRAIGHT;
}

static uint64_t highest(const struct sum *at, uint32_t from, uint32_t to)
{
	uint64_t high = 0;

	for (uint32_t i = from; i < to; i++)
		high = at[i].bytes > high ? at[i].bytes : high;
	return high;
}

static enum fit fit_of(const struct growth_process *p, const struct sum *at)
{
	uint32_t n = p->nmoments, rises = 0, falls = 0;

	if (n < 3)
		return FIT_NONE;
	for (uint32_t i = 1; i < n; i++) {
		rises += at[i].bytes > at[i - 1].bytes;
		falls += at[i].bytes < at[i - 1].bytes;
	}
	if (!rises && !falls)
		return FIT_STEADY;
	if (highest(at, n - n / 2, n) <= highest(at, 0, n - n / 2))
		return FIT_BOUNDED;
	if (falls)
		return FIT_UNEVEN;
	if (rises < n - 1)
		return FIT_STEPS;
	return is_straight(p, at) ? FIT_LINEAR : FIT_RISING;
}

static void judge_row(const struct growth_process *p, struct growth_row *row)
{
	uint64_t first = row->at[0].bytes, last = row->at[p->nmoments - 1].bytes;

	row->bytes_grown = (int64_t)(last - first);
	row->fit = fit_of(p, row->at);
	if (row->bytes_grown > 0 && p->duration_ns)
		row->bytes_per_second = (uint64_t)((double)row->bytes_grown * 1e9 / (double)p->duration_ns);
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
		failed = describe_row(c, order[i].value, i < PATHS_MAX, err);
		sorted[i] = p->rows[order[i].value];
	}
	free(order);
	free(failed ? sorted : p->rows);
	p->rows = failed ? p->rows : sorted;
	return failed;
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
	for (uint32_t i = 0; i < p->nrows; i++)
		judge_row(p, &p->rows[i]);
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
	*last = o->until ? moments_named(m, o->until) : m->n - 1;
	if (*first == NO_MOMENT || *last == NO_MOMENT)
		return fail(err, "%s: it has no moment %s; leakgraph growth lists its %u", path,
			    *first == NO_MOMENT ? o->since : o->until, m->n);
	if (*first > *last || (o->since && *first == *last))
		return fail(err, "%s: moment %s does not lie before %s", path, o->since ? o->since : "1",
			    o->until ? o->until : "the last");
	return 0;
}

static int load_one(struct growth_process *p, const char *path, const struct growth_options *o,
		    struct err *err)
{
	struct trace t = { 0 };
	struct analysis a = { 0 };
	struct ancestry ancestry = { 0 };
	struct moments moments = { 0 };
	struct counting c = { .p = p, .a = &a, .book = { .pool = &p->report.pool } };
	uint32_t first = 0, last = 0;
	int failed = trace_open(&t, path, err);

	if (!failed && moments_find(&moments, &t))
		failed = fail(err, "out of memory");
	failed = failed || choose(&moments, o, path, &first, &last, err) ||
		 moment_open(&a, path, &moments.at[last], &ancestry, &o->report->analysis, err) ||
		 report_one(&p->report, &a, &c.book, o->report, err);
	if (!failed) {
		c.moments = moments.at + first;
		c.from_birth = o->since ? moments.at[first].events : 0;
		failed = list_moments(p, &t, c.moments, first + 1, last - first + 1)
			     ? count_all(&c, err)
			     : fail(err, "out of memory");
	}
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

/* ---- for people ---------------------------------------------------------------------------------------- */

#define ROWS_SHOWN 10u
#define MOMENTS_SHOWN 6u /* columns: the first, and the last few */

static const char *const fit_names[] = {
#define X(name, text, words) text,
	LG_FITS(X)
#undef X
};
static const char *const fit_words[] = {
#define X(name, text, words) words,
	LG_FITS(X)
#undef X
};

static bool is_shown(const struct growth_process *p, uint32_t moment)
{
	return !moment || moment + MOMENTS_SHOWN > p->nmoments;
}

static void print_moments(const struct term *t, const struct growth_process *p)
{
	char live[TERM_TEXT], blocks[64], time[TERM_TEXT];

	for (uint32_t i = 0; i < p->nmoments; i++) {
		const struct growth_moment *m = &p->moments[i];

		fprintf(t->out, "  %3llu  %-9s", (unsigned long long)m->number, m->what);
		fprintf(t->out, " %12s", i && m->since_ns ? human_time(time, m->since_ns) : i ? "-" : "0");
		fprintf(t->out, "  %s in %s", human_bytes(live, m->live.bytes),
			human_things(blocks, sizeof blocks, m->live.blocks, "block"));
		if (m->name) {
			fputs("  ", t->out);
			term_clean(t, m->name);
		}
		fputc('\n', t->out);
	}
	fputc('\n', t->out);
}

/* "2,000 B -> 3,000 B -> 4,000 B" */
static void print_course(const struct term *t, const struct growth_process *p, const struct growth_row *row)
{
	char bytes[TERM_TEXT];
	bool is_cut = false;

	fputs("      ", t->out);
	for (uint32_t i = 0; i < p->nmoments; i++) {
		if (is_shown(p, i))
			fprintf(t->out, "%s%s%s", i ? " -> " : "", is_cut ? "... " : "",
				human_bytes(bytes, row->at[i].bytes));
		is_cut = !is_shown(p, i);
	}
	if (row->bytes_per_second)
		fprintf(t->out, ", %s/s", human_bytes(bytes, row->bytes_per_second));
	if (row->fit)
		fprintf(t->out, "; %s: %s", fit_names[row->fit], fit_words[row->fit]);
	fputc('\n', t->out);
}

static void print_survivors(const struct term *t, const struct growth_process *p,
			    const struct growth_row *row)
{
	char blocks[64];
	const char *gap = "";

	fputs("      alive: ", t->out);
	for (uint32_t i = p->nmoments; i-- > 0;)
		if (row->survived[i].blocks) {
			fprintf(t->out, "%s%s", gap,
				human_things(blocks, sizeof blocks, row->survived[i].blocks, "block"));
			if (i)
				fprintf(t->out, " through %u earlier", i);
			else
				fputs(" new", t->out);
			gap = ", ";
		}
	fputc('\n', t->out);
}

static void print_holder(const struct term *t, const struct growth_row *row)
{
	const struct why *w = &row->newest;

	if (!row->has_newest)
		return;
	fputs("      the newest is ", t->out);
	if (!w->has_path) {
		fprintf(t->out, "%s\n", w->block.class);
		return;
	}
	fputs("held by ", t->out);
	term_clean(t, w->steps[0].root);
	if (w->expression) {
		fputs(": ", t->out);
		term_clean(t, w->expression);
	} else if (w->nsteps_all > 1) {
		fprintf(t->out, ", %u references away", w->nsteps_all);
	}
	fputc('\n', t->out);
}

static void print_row(const struct lines *l, const struct growth_process *p, const struct growth_row *row)
{
	char place[PLACE_TEXT], name[PLACE_TEXT], bytes[TERM_TEXT];
	bool is_less = row->bytes_grown < 0;

	term_print(l->term, SHADE_HEAD, "  %c%-10s ", is_less ? '-' : '+',
		   human_bytes(bytes, is_less ? -(uint64_t)row->bytes_grown : (uint64_t)row->bytes_grown));
	if (row->type) {
		term_clean(l->term, lines_function(name, row->type, 44));
		fputs(", ", l->term->out);
	}
	term_clean(l->term, row->stack ? lines_place(place, l, row->stack) : "unknown place");
	fputc('\n', l->term->out);
	print_course(l->term, p, row);
	print_survivors(l->term, p, row);
	print_holder(l->term, row);
}

static void print_process(const struct term *term, const struct growth_process *p, bool is_since, bool all,
			  const char *here)
{
	const struct report_process *facts = &p->report.processes[0];
	struct lines l = { .term = term, .here = here, .directory = facts->directory };
	uint32_t grown = 0, shown = 0;

	term_clean(term, facts->name);
	fprintf(term->out, " (pid %llu)%s\n", (unsigned long long)facts->pid,
		is_since ? ": only what was allocated after the first of these moments" : "");
	lines_verdict(&l, facts);
	print_moments(term, p);
	for (uint32_t i = 0; i < p->nrows; i++)
		grown += p->rows[i].bytes_grown > 0;
	for (; shown < (all ? p->nrows : grown < ROWS_SHOWN ? grown : ROWS_SHOWN); shown++)
		print_row(&l, p, &p->rows[shown]);
	if (!grown)
		fputs("  nothing grew\n", term->out);
	if (p->nmoments < 3)
		fputs(
		    "  with fewer than three moments nothing is said of how it grows; leakgraph snapshot PID "
		    "takes more\n",
		    term->out);
	if (shown < p->nrows)
		fprintf(term->out, "  and %u places more (--all lists them)\n", p->nrows - shown);
}

void growth_text(const struct term *term, const struct growth *g, bool all, const char *here)
{
	for (uint32_t i = 0; i < g->n; i++) {
		if (i)
			fputc('\n', term->out);
		print_process(term, &g->of[i], g->is_since, all, here);
	}
}

/* ---- for programs -------------------------------------------------------------------------------------- */

static void put_sum(struct json *j, struct sum sum)
{
	json_open_flat(j, '{');
	json_put_number(j, "blocks", sum.blocks);
	json_put_number(j, "bytes", sum.bytes);
	json_close(j, '}');
}

static void put_sums(struct json *j, const char *key, const struct sum *sums, uint32_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (uint32_t i = 0; i < n; i++)
		put_sum(j, sums[i]);
	json_close(j, ']');
}

static void put_moment(struct json *j, const struct growth_moment *m)
{
	json_open_flat(j, '{');
	json_put_number(j, "number", m->number);
	json_put_text(j, "what", m->what);
	json_put_text(j, "name", m->name);
	json_key(j, "snapshot");
	if (m->snapshot)
		json_number(j, m->snapshot);
	else
		json_null(j);
	json_put_number(j, "events", m->events);
	json_put_number(j, "since_ns", m->since_ns);
	json_put_number(j, "live_blocks", m->live.blocks);
	json_put_number(j, "live_bytes", m->live.bytes);
	json_close(j, '}');
}

static void put_newest(struct json *j, const struct growth_row *row)
{
	const struct why *w = &row->newest;

	json_key(j, "newest");
	if (!row->has_newest) {
		json_null(j);
		return;
	}
	json_open(j, '{');
	json_put_address(j, "address", w->block.addr);
	json_put_number(j, "bytes", w->block.size);
	json_put_text(j, "class", w->block.class);
	json_put_text(j, "root", w->has_path ? w->steps[0].root : NULL);
	json_put_text(j, "root_kind", w->has_path ? w->steps[0].root_kind : NULL);
	json_put_text(j, "path_expression", w->expression);
	json_put_number(j, "path_length", w->nsteps_all);
	json_close(j, '}');
}

static void put_row(struct json *j, const struct growth_process *p, const struct growth_row *row)
{
	uint64_t grown = (uint64_t)row->bytes_grown;

	json_open(j, '{');
	json_put_text(j, "type", row->type);
	json_put_number(j, "grown_bytes", row->bytes_grown > 0 ? grown : 0);
	json_put_number(j, "shrunk_bytes", row->bytes_grown < 0 ? -grown : 0);
	json_put_number(j, "bytes_per_second", row->bytes_per_second);
	json_put_text(j, "fit", fit_names[row->fit]);
	put_sums(j, "at", row->at, p->nmoments);
	put_sums(j, "survivors", row->survived, p->nmoments);
	put_newest(j, row);
	json_put_stack(j, "stack", row->stack);
	json_close(j, '}');
}

static void put_growth(struct json *j, const struct growth_process *p)
{
	json_open(j, '{');
	json_put_process_facts(j, &p->report.processes[0]);
	json_put_verdict(j, &p->report.processes[0]);
	json_put_number(j, "duration_ns", p->duration_ns);
	json_key(j, "moments");
	json_open(j, '[');
	for (uint32_t i = 0; i < p->nmoments; i++)
		put_moment(j, &p->moments[i]);
	json_close(j, ']');
	json_key(j, "places");
	json_open(j, '[');
	for (uint32_t i = 0; i < p->nrows; i++)
		put_row(j, p, &p->rows[i]);
	json_close(j, ']');
	json_close(j, '}');
}

void growth_json(struct buf *out, const struct growth *g)
{
	struct json j;

	json_start(&j, out);
	json_open(&j, '{');
	json_put_text(&j, "schema", "leakgraph.growth.v1");
	json_key(&j, "processes");
	json_open(&j, '[');
	for (uint32_t i = 0; i < g->n; i++)
		put_growth(&j, &g->of[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	json_end(&j);
}
