/* diff.c: see diff.h. */
#include "report/diff.h"

#include "base/sort.h"
#include "report/json.h"
#include "report/lines.h"
#include "report/moments.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OLD, NEW };

struct comparing {
	struct diff *d;
	int side;
	struct analysis *a; /* of the side */
	struct stack_book book;
	struct texts keys; /* fingerprints of the rows */
	uint32_t *row_of; /* by stack id of the side; NO_TEXT: not met */
	uint32_t room;
};

/* ---- rows ---------------------------------------------------------------------------------------------- */

static bool begin_row(struct comparing *c, uint32_t row, const char *fingerprint)
{
	if (row < c->d->nrows)
		return true;
	if (row == c->room) {
		uint32_t room = c->room ? 2 * c->room : 64;
		struct diff_row *grown = realloc(c->d->rows, room * sizeof *grown);

		if (!grown)
			return false;
		c->d->rows = grown;
		c->room = room;
	}
	c->d->rows[c->d->nrows++] = (struct diff_row){ .fingerprint = fingerprint };
	return true;
}

/* The row of a block's stack; NO_TEXT: no memory. */
static uint32_t row_at(struct comparing *c, const struct block *b)
{
	struct fingerprint print;

	if (c->row_of[b->stack] != NO_TEXT)
		return c->row_of[b->stack];
	const struct report_stack *stack = stack_book_block(&c->book, b);
	const char *digits = stack && !fingerprint_stack(&print, stack, c->book.pool)
				 ? pool_text(c->book.pool, print.strict)
				 : NULL;
	uint32_t row = digits ? texts_number(&c->keys, digits) : NO_TEXT;

	if (row == NO_TEXT || !begin_row(c, row, digits))
		return NO_TEXT;
	if (!c->d->rows[row].stack)
		c->d->rows[row].stack = stack;
	c->row_of[b->stack] = row;
	return row;
}

static int count_block(struct comparing *c, uint32_t block)
{
	struct analysis *a = c->a;
	const struct block *b = &a->heap.blocks[block];
	bool is_lost = a->is_judged && a->classes.of[block] <= CLASS_INDIRECT;
	uint32_t number = row_at(c, b);

	if (number == NO_TEXT)
		return -1;
	struct diff_row *row = &c->d->rows[number];
	if (!row->type && a->is_judged)
		row->type = pool_text(c->book.pool, models_type(&a->models, block));
	heap_add(&row->live[c->side], &a->heap, block);
	heap_add(&c->d->live[c->side], &a->heap, block);
	if (is_lost) {
		heap_add(&row->lost[c->side], &a->heap, block);
		heap_add(&c->d->lost[c->side], &a->heap, block);
	}
	return 0;
}

/* Blocks in the order of their births, so that rows are made in an order that no address has a say in. */
static int count_side(struct comparing *c, struct err *err)
{
	const struct heap *h = &c->a->heap;
	struct sort_pair *pairs = malloc(((size_t)h->nblocks + 1) * sizeof *pairs);
	int failed = 0;

	c->row_of = malloc((size_t)c->a->trace.nnodes * sizeof *c->row_of);
	if (c->row_of)
		memset(c->row_of, 0xff, (size_t)c->a->trace.nnodes * sizeof *c->row_of);
	for (uint32_t i = 0; pairs && i < h->nblocks; i++)
		pairs[i] = (struct sort_pair){ h->blocks[i].birth, i };
	failed = !pairs || !c->row_of || sort_pairs(pairs, h->nblocks);
	for (uint32_t i = 0; !failed && i < h->nblocks; i++)
		failed = !h->blocks[pairs[i].value].pooled && count_block(c, pairs[i].value);
	free(pairs);
	free(c->row_of);
	c->row_of = NULL;
	return failed ? fail(err, "%s: not enough memory to compare it", c->a->trace.path) : 0;
}

/* ---- the sides ----------------------------------------------------------------------------------------- */

static int load_side(struct comparing *c, const char *word, const struct report_options *options,
		     struct err *err)
{
	struct report *r = &c->d->sides[c->side];
	struct analysis a = { 0 };
	struct ancestry ancestry = { 0 };

	c->a = &a;
	c->book = (struct stack_book){ .pool = &r->pool };
	int failed = moment_open_named(&a, word, &ancestry, &options->analysis, err);
	c->d->moments[c->side] = a.moment;
	failed = failed || report_one(r, &a, &c->book, options, err) || count_side(c, err) ||
		 report_notes(r, &a, err);
	stack_book_free(&c->book);
	analysis_close(&a);
	ancestry_close(&ancestry);
	return failed ? -1 : 0;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static enum change change_of(const struct diff_row *row)
{
	if (!row->live[OLD].blocks)
		return CHANGE_NEW;
	if (!row->live[NEW].blocks)
		return CHANGE_GONE;
	if (row->live[OLD].bytes == row->live[NEW].bytes)
		return CHANGE_SAME;
	return row->live[OLD].bytes < row->live[NEW].bytes ? CHANGE_GROWN : CHANGE_SHRUNK;
}

static int64_t growth_of(const struct diff_row *row)
{
	return (int64_t)(row->live[NEW].bytes - row->live[OLD].bytes);
}

static int sort_rows(struct diff *d)
{
	struct sort_pair *pairs = malloc(((size_t)d->nrows + 1) * sizeof *pairs);
	struct diff_row *sorted = malloc(((size_t)d->nrows + 1) * sizeof *sorted);

	for (uint32_t i = 0; pairs && i < d->nrows; i++) {
		d->rows[i].change = change_of(&d->rows[i]);
		pairs[i] = (struct sort_pair){ ~((uint64_t)growth_of(&d->rows[i]) + (UINT64_C(1) << 63)), i };
	}
	int failed = !pairs || !sorted || sort_pairs(pairs, d->nrows);
	for (uint32_t i = 0; !failed && i < d->nrows; i++)
		sorted[i] = d->rows[pairs[i].value];
	free(pairs);
	free(failed ? sorted : d->rows);
	d->rows = failed ? d->rows : sorted;
	return failed;
}

/* The newer side first: where both have a row, its words are the newer one's. */
int diff_load(struct diff *d, const char *older, const char *newer, const struct report_options *options,
	      struct err *err)
{
	struct comparing c = { .d = d, .side = NEW };

	*d = (struct diff){ .nrows = 0 };
	int failed = load_side(&c, newer, options, err);
	c.side = OLD;
	failed = failed || load_side(&c, older, options, err);
	if (!failed && sort_rows(d))
		failed = fail(err, "out of memory");
	texts_free(&c.keys);
	return failed;
}

void diff_free(struct diff *d)
{
	free(d->rows);
	report_free(&d->sides[OLD]);
	report_free(&d->sides[NEW]);
	*d = (struct diff){ .nrows = 0 };
}

/* ---- for people ---------------------------------------------------------------------------------------- */

#define ROWS_SHOWN 20u

static const char *const change_names[] = {
#define X(name, text) text,
	LG_CHANGES(X)
#undef X
};

/* "1,040 B in 10 blocks -> 2,080 B in 20 blocks" */
static void print_change(const struct term *t, const struct sum sums[2])
{
	char from[SUM_TEXT], to[SUM_TEXT];

	fprintf(t->out, "%s -> %s\n", lines_sum(from, sums[OLD]), lines_sum(to, sums[NEW]));
}

static void print_row(const struct lines *l, const struct diff_row *row)
{
	char place[PLACE_TEXT], name[PLACE_TEXT], bytes[TERM_TEXT];
	int64_t grown = growth_of(row);

	term_print(l->term, SHADE_HEAD, "  %-6s %c%-10s ", change_names[row->change], grown < 0 ? '-' : '+',
		   human_bytes(bytes, grown < 0 ? -(uint64_t)grown : (uint64_t)grown));
	if (row->type) {
		term_clean(l->term, lines_type(name, row->type, 44));
		fputs(", ", l->term->out);
	}
	term_clean(l->term, lines_place(place, l, row->stack));
	fputs("\n      live ", l->term->out);
	print_change(l->term, row->live);
	if (row->lost[OLD].blocks | row->lost[NEW].blocks) {
		fputs("      lost ", l->term->out);
		print_change(l->term, row->lost);
	}
}

static void print_side(const struct lines *l, const struct diff *d, int side)
{
	const struct report_process *p = &d->sides[side].processes[0];

	fputs(side ? "new: " : "old: ", l->term->out);
	term_clean(l->term, p->trace);
	if (d->moments[side])
		fprintf(l->term->out, ", moment %llu", (unsigned long long)d->moments[side]);
	fputc('\n', l->term->out);
	lines_verdict(l, p);
}

static bool has_changed(const struct diff_row *row)
{
	return row->change != CHANGE_SAME || row->lost[OLD].bytes != row->lost[NEW].bytes ||
	       row->live[OLD].blocks != row->live[NEW].blocks;
}

void diff_text(const struct term *term, const struct diff *d, bool all, const char *here)
{
	char text[64];
	struct lines l = { .term = term, .here = here, .directory = d->sides[NEW].processes[0].directory };
	uint32_t changed = 0, shown = 0;

	print_side(&l, d, OLD);
	print_side(&l, d, NEW);
	fputs("  live ", term->out);
	print_change(term, d->live);
	fputs("  lost ", term->out);
	print_change(term, d->lost);
	fputc('\n', term->out);
	for (uint32_t i = 0; i < d->nrows; i++) {
		bool is_wanted = all || (has_changed(&d->rows[i]) && changed < ROWS_SHOWN);

		changed += has_changed(&d->rows[i]);
		shown += is_wanted;
		if (is_wanted)
			print_row(&l, &d->rows[i]);
	}
	if (!changed)
		fputs("  nothing changed\n", term->out);
	if (shown < changed)
		fprintf(term->out, "  and %s (--all lists them)\n",
			human_things(text, sizeof text, changed - shown, "more place"));
	lines_notes(&l, &d->sides[OLD].processes[0], NULL);
	lines_notes(&l, &d->sides[NEW].processes[0], &d->sides[OLD].processes[0]);
}

/* ---- for programs -------------------------------------------------------------------------------------- */

static void put_side(struct json *j, const char *key, const struct diff *d, int side)
{
	const struct report_process *p = &d->sides[side].processes[0];

	json_key(j, key);
	json_open(j, '{');
	json_put_process_facts(j, p);
	json_put_verdict(j, p);
	json_put_notes(j, p);
	if (d->moments[side])
		json_put_number(j, "moment", d->moments[side]);
	json_put_pair(j, "live_blocks", "live_bytes", d->live[side]);
	json_put_pair(j, "lost_blocks", "lost_bytes", d->lost[side]);
	json_close(j, '}');
}

static void put_sums(struct json *j, const char *key, const struct diff_row *row, int side)
{
	json_key(j, key);
	json_open_flat(j, '{');
	json_put_pair(j, "live_blocks", "live_bytes", row->live[side]);
	json_put_pair(j, "lost_blocks", "lost_bytes", row->lost[side]);
	json_close(j, '}');
}

static void put_row(struct json *j, const struct diff_row *row)
{
	json_open(j, '{');
	json_put_text(j, "change", change_names[row->change]);
	json_put_text(j, "fingerprint", row->fingerprint);
	json_put_text(j, "type", row->type);
	put_sums(j, "old", row, OLD);
	put_sums(j, "new", row, NEW);
	json_put_stack(j, "stack", row->stack);
	json_close(j, '}');
}

void diff_json(struct buf *out, const struct diff *d)
{
	struct json j;

	json_start(&j, out);
	json_open(&j, '{');
	json_put_text(&j, "schema", "leakgraph.diff.v1");
	put_side(&j, "old", d, OLD);
	put_side(&j, "new", d, NEW);
	json_key(&j, "places");
	json_open(&j, '[');
	for (uint32_t i = 0; i < d->nrows; i++)
		put_row(&j, &d->rows[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	json_end(&j);
}
