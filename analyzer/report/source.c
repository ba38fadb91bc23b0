/* source.c: see source.h. A block belongs to the line of its stack's site: the innermost frame of the program's own. */
#include "report/source.h"
#include "heap/sites.h"
#include "report/json.h"
#include "report/lines.h"
#include "report/moments.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct counting {
	struct source *s;
	struct analysis *a;
	struct stack_book book;
	struct sites sites;
	struct texts keys; /* of the rows */
	uint32_t *row_of; /* by stack id; NO_TEXT: not met */
	uint32_t room;
};

/* ---- rows ---------------------------------------------------------------------------------------------- */

static const char *key_of(struct counting *c, const struct report_frame *site)
{
	struct pool *pool = &c->s->report.pool;

	if (!site)
		return "";
	if (site->file && site->line)
		return pool_print(pool, "%s:%u", site->file, site->line);
	return pool_print(pool, "%s!%s", site->module, site->function ? site->function : "");
}

static struct source_row row_of_site(const struct report_frame *site)
{
	if (!site)
		return (struct source_row){ .function = "", .module = "" };
	bool has_line = site->file && site->line;
	return (struct source_row){ .file = has_line ? site->file : NULL,
				    .line = has_line ? site->line : 0,
				    .function = site->function,
				    .module = site->module };
}

/* The row of a stack, made when it is first met; NULL: no memory. */
static struct source_row *row_at(struct counting *c, uint32_t stack)
{
	struct source *s = c->s;

	if (c->row_of[stack] != NO_TEXT)
		return &s->rows[c->row_of[stack]];
	const struct report_stack *frames = stack_book_get(&c->book, stack, "");
	const struct report_frame *site = frames ? stack_site(frames) : NULL;
	const char *key = frames ? key_of(c, site) : NULL;
	uint32_t row = key ? texts_number(&c->keys, key) : NO_TEXT;

	if (row == NO_TEXT)
		return NULL;
	if (row == c->room) {
		uint32_t room = c->room ? 2 * c->room : 64;
		struct source_row *rows = realloc(s->rows, room * sizeof *rows);
		if (!rows)
			return NULL;
		s->rows = rows;
		c->room = room;
	}
	if (row == s->nrows)
		s->rows[s->nrows++] = row_of_site(site);
	c->row_of[stack] = row;
	return &s->rows[row];
}

static void add(struct sum *sum, uint64_t blocks, uint64_t bytes)
{
	sum->blocks += blocks;
	sum->bytes += bytes;
}

static int count_sites(struct counting *c)
{
	for (uint32_t stack = 0; stack < c->a->trace.nnodes; stack++) {
		const struct site *site = &c->sites.at[stack];
		struct source_row *row = site->allocated_blocks ? row_at(c, stack) : NULL;

		if (!row && site->allocated_blocks)
			return -1;
		if (!row)
			continue;
		add(&row->allocated, site->allocated_blocks, site->allocated_bytes);
		add(&row->peak, site->peak_blocks, site->peak_bytes);
		row->temporary += site->temporary_blocks;
	}
	return 0;
}

static int count_blocks(struct counting *c)
{
	const struct heap *h = &c->a->heap;

	for (uint32_t i = 0; i < h->nblocks; i++) {
		struct source_row *row =
		    h->blocks[i].stack < c->a->trace.nnodes ? row_at(c, h->blocks[i].stack) : NULL;

		if (!row)
			return -1;
		heap_add(&row->live, h, i);
		if (c->a->is_judged && c->a->classes.of[i] <= CLASS_INDIRECT)
			heap_add(&row->lost, h, i);
	}
	return 0;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static int falling(uint64_t a, uint64_t b)
{
	return (a < b) - (a > b);
}

/* Rows of equal weight stay as they were: by file and line, then by name. */
static int by_weight(const void *x, const void *y)
{
	const struct source_row *a = x, *b = y;
	int order = falling(a->live.bytes, b->live.bytes);

	order = order ? order : falling(a->peak.bytes, b->peak.bytes);
	order = order ? order : falling(a->allocated.bytes, b->allocated.bytes);
	order = order ? order : strcmp(a->file ? a->file : "", b->file ? b->file : "");
	order = order ? order : falling(b->line, a->line);
	return order ? order : strcmp(a->function ? a->function : "", b->function ? b->function : "");
}

static int count_all(struct counting *c, struct err *err)
{
	size_t bytes = ((size_t)c->a->trace.nnodes + 1) * sizeof *c->row_of;

	if (sites_find(&c->sites, &c->a->heap, err))
		return -1;
	c->row_of = malloc(bytes);
	if (c->row_of)
		memset(c->row_of, 0xff, bytes); /* NO_TEXT */
	if (!c->row_of || count_sites(c) || count_blocks(c))
		return fail(err, "%s: not enough memory for its table of lines", c->a->trace.path);
	if (c->s->nrows)
		qsort(c->s->rows, c->s->nrows, sizeof *c->s->rows, by_weight);
	return 0;
}

int source_load(struct source *s, const char *path, const struct report_options *options, struct err *err)
{
	struct analysis a;
	struct ancestry ancestry = { 0 };
	struct counting c = { .s = s, .a = &a, .book = { .pool = &s->report.pool } };

	int failed = moment_open_named(&a, path, &ancestry, &options->analysis, err) ||
		     report_one(&s->report, &a, &c.book, options, err) || count_all(&c, err) ||
		     report_notes(&s->report, &a, err);
	stack_book_free(&c.book);
	sites_free(&c.sites);
	texts_free(&c.keys);
	free(c.row_of);
	analysis_close(&a);
	ancestry_close(&ancestry);
	return failed ? -1 : 0;
}

void source_free(struct source *s)
{
	free(s->rows);
	report_free(&s->report);
	*s = (struct source){ 0 };
}

/* ---- for people ---------------------------------------------------------------------------------------- */

#define ROWS_SHOWN 25u
#define LINE_MAX_BYTES 512u

/* The text of a line, without what indents it; "" when the file is not at hand. */
static const char *line_text(char text[LINE_MAX_BYTES], const struct source_row *row)
{
	struct stat st;
	FILE *file =
	    row->file && !stat(row->file, &st) && S_ISREG(st.st_mode) ? fopen(row->file, "re") : NULL;
	uint32_t line = 0;

	*text = 0;
	while (file && line < row->line && fgets(text, LINE_MAX_BYTES, file))
		line += strchr(text, '\n') != NULL;
	if (!file || line < row->line)
		*text = 0;
	if (file)
		fclose(file);
	text[strcspn(text, "\r\n")] = 0;
	return text + strspn(text, " \t");
}

static void print_bytes(const struct term *t, struct sum sum)
{
	char text[TERM_TEXT];

	fprintf(t->out, " %10s", sum.blocks ? human_bytes(text, sum.bytes) : "-");
}

static void print_row(const struct lines *l, const struct source_row *row)
{
	char text[LINE_MAX_BYTES], place[PLACE_TEXT], count[TERM_TEXT];

	print_bytes(l->term, row->live);
	print_bytes(l->term, row->lost);
	print_bytes(l->term, row->peak);
	print_bytes(l->term, row->allocated);
	fprintf(l->term->out, " %10s", human_count(count, row->allocated.blocks));
	fprintf(l->term->out, " %4u%%  ",
		row->allocated.blocks ? (unsigned)(100 * row->temporary / row->allocated.blocks) : 0);
	if (row->file) {
		term_clean(l->term, lines_path(place, l, row->file, 40));
		fprintf(l->term->out, ":%u", row->line);
	} else {
		term_clean(l->term, row->function ? lines_function(place, row->function, 30) : "?");
		fputs(", ", l->term->out);
		term_clean(l->term, row->module);
	}
	fputc('\n', l->term->out);
	const char *line = line_text(text, row);
	if (*line) {
		fputs("            | ", l->term->out);
		term_clean(l->term, lines_fit(place, line, LINE_COLUMNS - 14));
		fputc('\n', l->term->out);
	}
}

void source_text(const struct term *t, const struct source *s, bool all, const char *here)
{
	struct lines l = { .term = t, .here = here, .directory = s->report.processes[0].directory };
	uint32_t shown = all || s->nrows < ROWS_SHOWN ? s->nrows : ROWS_SHOWN;
	char text[64];

	lines_verdict(&l, &s->report.processes[0]);
	term_print(t, SHADE_HEAD, " %10s %10s %10s %10s %10s %5s  %s\n", "live", "leaked", "at peak",
		   "allocated", "calls", "temp.", "line");
	for (uint32_t i = 0; i < shown; i++)
		print_row(&l, &s->rows[i]);
	if (shown < s->nrows)
		fprintf(t->out, "\n  and %s (--all lists them)\n",
			human_things(text, sizeof text, s->nrows - shown, "more line"));
	lines_notes(&l, &s->report.processes[0], NULL);
}

/* ---- for programs -------------------------------------------------------------------------------------- */

static void put_row(struct json *j, const struct source_row *row)
{
	json_open_flat(j, '{');
	json_put_text(j, "file", row->file);
	json_put_known(j, "line", row->line);
	json_put_text(j, "function", row->function);
	json_put_text(j, "module", row->module);
	json_put_pair(j, "live_blocks", "live_bytes", row->live);
	json_put_pair(j, "lost_blocks", "lost_bytes", row->lost);
	json_put_pair(j, "peak_blocks", "peak_bytes", row->peak);
	json_put_pair(j, "allocated_blocks", "allocated_bytes", row->allocated);
	json_put_number(j, "temporary_blocks", row->temporary);
	json_close(j, '}');
}

void source_json(struct buf *out, const struct source *s)
{
	struct json j;

	json_start(&j, out);
	json_open(&j, '{');
	json_put_text(&j, "schema", "leakgraph.lines.v1");
	json_put_process_facts(&j, &s->report.processes[0]);
	json_put_verdict(&j, &s->report.processes[0]);
	json_put_notes(&j, &s->report.processes[0]);
	json_key(&j, "lines");
	json_open(&j, '[');
	for (uint32_t i = 0; i < s->nrows; i++)
		put_row(&j, &s->rows[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	json_end(&j);
}
