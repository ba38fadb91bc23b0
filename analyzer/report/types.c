/* types.c: see types.h. */
#include "report/types.h"
#include "base/sort.h"
#include "passes/retained.h"
#include "report/holders.h"
#include "report/json.h"
#include "report/lines.h"
#include "report/moments.h"

#include <stdlib.h>

/* What making the table needs at every step. */
struct counting {
	struct types *t;
	struct analysis *a;
	struct stack_book book;
	struct texts keys; /* of the rows: the type, or function and size */
	uint32_t *row_of; /* nblocks */
	uint64_t *birth; /* by row, of its oldest block */
	uint32_t room;
};

/* ---- rows ---------------------------------------------------------------------------------------------- */

static const struct report_stack *stack_of(struct counting *c, uint32_t block)
{
	return stack_book_block(&c->book, &c->a->heap.blocks[graph_place(&c->a->graph, block)]);
}

/* The key of what has no type begins with a byte that no type's name has. */
static const char *key_of(struct counting *c, uint32_t block)
{
	const char *type = models_type(&c->a->models, block);
	const struct report_stack *stack = type ? NULL : stack_of(c, block);
	const struct report_frame *site = stack ? stack_site(stack) : NULL;

	if (type || !stack)
		return type;
	return pool_print(&c->t->report.pool, "\n%s!%s %llu", site ? site->module : "",
			  site && site->function ? site->function : "",
			  (unsigned long long)c->a->heap.blocks[block].size);
}

static bool rows_grow(struct counting *c)
{
	uint32_t room = c->room ? 2 * c->room : 64;
	struct types_row *rows = realloc(c->t->rows, room * sizeof *rows);

	if (rows)
		c->t->rows = rows;
	uint64_t *birth = realloc(c->birth, room * sizeof *birth);
	if (birth)
		c->birth = birth;
	if (!rows || !birth)
		return false;
	c->room = room;
	return true;
}

static bool begin_row(struct counting *c, uint32_t row, uint32_t block)
{
	if (row < c->t->nrows)
		return true;
	if (row == c->room && !rows_grow(c))
		return false;
	c->birth[row] = UINT64_MAX;
	c->t->rows[row] =
	    (struct types_row){ .type = pool_text(&c->t->report.pool, models_type(&c->a->models, block)),
				.model = models_who(&c->a->models, block),
				.size = c->a->heap.blocks[block].size };
	c->t->nrows++;
	return true;
}

static bool is_lost(const struct analysis *a, uint32_t block)
{
	return a->is_judged && a->classes.of[block] <= CLASS_INDIRECT;
}

static int count_block(struct counting *c, uint32_t block)
{
	const struct block *b = &c->a->heap.blocks[block];
	const char *key = key_of(c, block);
	uint32_t number = key ? texts_number(&c->keys, key) : NO_TEXT;

	if (number == NO_TEXT || !begin_row(c, number, block))
		return -1;
	struct types_row *row = &c->t->rows[number];
	c->row_of[block] = number;
	heap_add(&row->live, &c->a->heap, block);
	if (is_lost(c->a, block))
		heap_add(&row->lost, &c->a->heap, block);
	if (b->birth < c->birth[number]) {
		c->birth[number] = b->birth;
		row->stack = stack_of(c, block);
	}
	return row->stack ? 0 : -1;
}

static void add_up(struct types *t)
{
	for (uint32_t i = 0; i < t->nrows; i++) {
		struct sum live = t->rows[i].live;

		t->all.blocks += live.blocks;
		t->all.bytes += live.bytes;
		t->typed.blocks += t->rows[i].type ? live.blocks : 0;
		t->typed.bytes += t->rows[i].type ? live.bytes : 0;
	}
}

/* ---- what they retain ---------------------------------------------------------------------------------- */

static int add_retained(struct counting *c, struct err *err)
{
	struct holders holders;
	struct sum *retained = calloc((size_t)c->t->nrows + 1, sizeof *retained);
	int failed = holders_find(&holders, c->a, err);

	if (!failed && retained && !retained_by_kind(&holders.dominators, c->row_of, c->t->nrows, retained))
		for (uint32_t i = 0; i < c->t->nrows; i++)
			c->t->rows[i].retained = retained[i];
	else if (!failed)
		failed = fail(err, "out of memory");
	holders_free(&holders);
	free(retained);
	return failed;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static int sort_rows(struct counting *c)
{
	struct types *t = c->t;
	struct sort_pair *pairs = malloc(((size_t)t->nrows + 1) * sizeof *pairs);
	struct types_row *sorted = malloc(((size_t)t->nrows + 1) * sizeof *sorted);

	for (uint32_t i = 0; pairs && i < t->nrows; i++)
		pairs[i] = (struct sort_pair){ c->birth[i], i };
	int failed = !pairs || !sorted || sort_pairs(pairs, t->nrows);
	for (uint32_t i = 0; !failed && i < t->nrows; i++)
		pairs[i].key = ~t->rows[pairs[i].value].live.bytes;
	failed = failed || sort_pairs(pairs, t->nrows);
	for (uint32_t i = 0; !failed && i < t->nrows; i++)
		sorted[i] = t->rows[pairs[i].value];
	free(pairs);
	free(failed ? sorted : t->rows);
	t->rows = failed ? t->rows : sorted;
	return failed ? -1 : 0;
}

static int count_all(struct counting *c, struct err *err)
{
	const struct heap *h = &c->a->heap;
	int failed = 0;

	c->row_of = malloc(((size_t)h->nblocks + 1) * sizeof *c->row_of);
	failed = !c->row_of;
	for (uint32_t i = 0; !failed && i < h->nblocks; i++)
		failed = count_block(c, i);
	if (failed)
		return fail(err, "%s: not enough memory for its table of types", c->a->trace.path);
	add_up(c->t);
	if (c->a->is_judged && !c->a->trace.process.sample_bytes && add_retained(c, err))
		return -1;
	return sort_rows(c) ? fail(err, "out of memory") : 0;
}

int types_load(struct types *t, const char *path, const struct report_options *options, struct err *err)
{
	struct analysis a;
	struct ancestry ancestry = { 0 };
	struct counting c = { .t = t, .a = &a, .book = { .pool = &t->report.pool } };

	int failed = moment_open_named(&a, path, &ancestry, &options->analysis, err) ||
		     report_one(&t->report, &a, &c.book, options, err) || count_all(&c, err) ||
		     report_notes(&t->report, &a, err);
	stack_book_free(&c.book);
	texts_free(&c.keys);
	free(c.row_of);
	free(c.birth);
	analysis_close(&a);
	ancestry_close(&ancestry);
	return failed ? -1 : 0;
}

void types_free(struct types *t)
{
	free(t->rows);
	report_free(&t->report);
	*t = (struct types){ 0 };
}

/* ---- for people ---------------------------------------------------------------------------------------- */

#define ROWS_SHOWN 30u

static void print_sum(const struct term *t, struct sum sum, int blocks, int bytes)
{
	char text[TERM_TEXT];

	fprintf(t->out, " %*s", blocks, sum.blocks ? human_count(text, sum.blocks) : "-");
	fprintf(t->out, " %*s", bytes, sum.blocks ? human_bytes(text, sum.bytes) : "-");
}

static void print_row(const struct lines *l, const struct types_row *row)
{
	char name[PLACE_TEXT], bytes[TERM_TEXT];

	print_sum(l->term, row->live, 10, 10);
	fprintf(l->term->out, " %10s", row->retained.blocks ? human_bytes(bytes, row->retained.bytes) : "-");
	print_sum(l->term, row->lost, 8, 10);
	fputs("  ", l->term->out);
	if (row->type)
		term_clean(l->term, lines_type(name, row->type, 44));
	else
		fprintf(l->term->out, "? %s, ", human_bytes(bytes, row->size));
	if (!row->type)
		term_clean(l->term, lines_place(name, l, row->stack));
	fputc('\n', l->term->out);
}

void types_text(const struct term *term, const struct types *t, bool all, const char *here)
{
	struct lines l = { .term = term, .here = here, .directory = t->report.processes[0].directory };
	uint32_t shown = all || t->nrows < ROWS_SHOWN ? t->nrows : ROWS_SHOWN;
	char text[64], typed[TERM_TEXT], blocks[TERM_TEXT];

	lines_verdict(&l, &t->report.processes[0]);
	term_print(term, SHADE_HEAD, " %10s %10s %10s %8s %10s  %s\n", "blocks", "bytes", "retained", "lost",
		   "bytes", "type");
	for (uint32_t i = 0; i < shown; i++)
		print_row(&l, &t->rows[i]);
	if (shown < t->nrows)
		fprintf(term->out, "\n  and %s (--all lists them)\n",
			human_things(text, sizeof text, t->nrows - shown, "more row"));
	fprintf(term->out, "\n  the type is known of %s of %s blocks\n", human_count(typed, t->typed.blocks),
		human_count(blocks, t->all.blocks));
	lines_notes(&l, &t->report.processes[0], NULL);
}

/* ---- for programs -------------------------------------------------------------------------------------- */

static void put_row(struct json *j, const struct types_row *row)
{
	json_open(j, '{');
	json_put_text(j, "type", row->type);
	json_put_text(j, "model", row->model);
	json_put_pair(j, "blocks", "bytes", row->live);
	json_put_pair(j, "retained_blocks", "retained_bytes", row->retained);
	json_put_pair(j, "lost_blocks", "lost_bytes", row->lost);
	if (!row->type)
		json_put_number(j, "size", row->size);
	json_put_stack(j, "oldest_stack", row->stack);
	json_close(j, '}');
}

void types_json(struct buf *out, const struct types *t)
{
	struct json j;

	json_start(&j, out);
	json_open(&j, '{');
	json_put_text(&j, "schema", "leakgraph.types.v1");
	json_put_process_facts(&j, &t->report.processes[0]);
	json_put_verdict(&j, &t->report.processes[0]);
	json_put_notes(&j, &t->report.processes[0]);
	json_put_pair(&j, "blocks", "bytes", t->all);
	json_put_pair(&j, "typed_blocks", "typed_bytes", t->typed);
	json_key(&j, "types");
	json_open(&j, '[');
	for (uint32_t i = 0; i < t->nrows; i++)
		put_row(&j, &t->rows[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	json_end(&j);
}
