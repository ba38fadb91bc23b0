/* growth_text.c: growth for people; see growth.h. */
#include "report/growth.h"

#include "report/lines.h"

#include <string.h>

#define ROWS_SHOWN 10u
#define MOMENTS_SHOWN 6u /* columns: the first, and the last few */

static bool is_shown(const struct growth_process *p, uint32_t moment)
{
	return !moment || moment + MOMENTS_SHOWN > p->nmoments;
}

static void print_moments(const struct term *t, const struct growth_process *p)
{
	char live[SUM_TEXT], time[TERM_TEXT];

	for (uint32_t i = 0; i < p->nmoments; i++) {
		const struct growth_moment *m = &p->moments[i];

		fprintf(t->out, "  %3llu  %-9s", (unsigned long long)m->number, m->what);
		fprintf(t->out, " %12s", i && m->since_ns ? human_time(time, m->since_ns) : i ? "-" : "0");
		fprintf(t->out, "  %s", lines_sum(live, m->live));
		if (m->name) {
			fputs("  ", t->out);
			term_clean(t, m->name);
		}
		fputc('\n', t->out);
	}
	fputc('\n', t->out);
}

/* "826 B/s", "3,600 B/h" */
static void print_rate(const struct term *t, const struct growth_process *p, const struct growth_row *row)
{
	char bytes[TERM_TEXT];
	double each_ns =
	    row->bytes_grown > 0 && p->duration_ns ? (double)row->bytes_grown / (double)p->duration_ns : 0;
	bool is_slow = each_ns < 10 / 1e9;

	if (each_ns > 0)
		fprintf(t->out, ", %s/%s", human_bytes(bytes, (uint64_t)(each_ns * (is_slow ? 3600e9 : 1e9))),
			is_slow ? "h" : "s");
}

/* "2,000 B -> 3,000 B -> 4,000 B" */
static void print_course(const struct term *t, const struct growth_process *p, const struct growth_row *row)
{
	char bytes[TERM_TEXT];
	bool is_cut = false;

	fputs("      ", t->out);
	for (uint32_t i = 0; i < p->nmoments; i++) {
		if (is_shown(p, i))
			fprintf(t->out, "%s%s%s", i ? " -> " : "", is_cut ? "... -> " : "",
				human_bytes(bytes, row->at[i].bytes));
		is_cut = !is_shown(p, i);
	}
	print_rate(t, p, row);
	if (row->fit)
		fprintf(t->out, "\n      %s: %s", fit_name(row->fit), fit_words(row->fit));
	fputc('\n', t->out);
}

/* After which moment those were made that live at the last: " from before 1", " from 1-2", " since 2". */
static void put_made(struct buf *text, const struct growth_process *p, uint32_t before)
{
	const struct growth_moment *m = &p->moments[before];
	char made[64];

	if (!before)
		snprintf(made, sizeof made, " from before %llu", (unsigned long long)m->number);
	else if (before + 1 < p->nmoments)
		snprintf(made, sizeof made, " from %llu-%llu", (unsigned long long)m[-1].number,
			 (unsigned long long)m->number);
	else
		snprintf(made, sizeof made, " since %llu", (unsigned long long)m[-1].number);
	buf_text(text, made);
}

/* "alive: 20 blocks from before 1, 10 from 1-2, 5 since 2" */
static void print_survivors(const struct term *t, const struct growth_process *p,
			    const struct growth_row *row)
{
	struct buf text = { 0 };
	char blocks[64];

	for (uint32_t i = 0; i < p->nmoments; i++) {
		uint64_t n = row->survived[p->nmoments - 1 - i].blocks;

		if (!n)
			continue;
		buf_text(&text, text.used ? ", " : "alive: ");
		if (text.used > sizeof "alive: ")
			buf_text(&text, human_count(blocks, n));
		else
			buf_text(&text, human_things(blocks, sizeof blocks, n, "block"));
		put_made(&text, p, i);
	}
	buf_text(&text, text.used ? "" : "alive: none");
	buf_put(&text, "", 1);
	fputs("      ", t->out);
	lines_wrap(t, 6, 13, text.failed ? "" : (const char *)text.bytes);
	buf_free(&text);
}

/* Than the root itself: "server+8" is none of "server+8 in redis-server". */
static bool is_more(const char *expression, const char *root)
{
	size_t n = strlen(expression);

	return strncmp(root, expression, n) != 0 || (root[n] && root[n] != ' ');
}

static void print_holder(const struct term *t, const struct growth_row *row)
{
	const struct why *w = &row->newest;

	if (!row->has_newest)
		return;
	fputs("      the newest is ", t->out);
	if (!w->has_path) {
		fprintf(t->out, "%s%s\n", strcmp(w->block.class, "live") ? "lost: " : "", w->block.class);
		return;
	}
	fputs("held by ", t->out);
	term_clean(t, w->steps[0].root);
	if (w->expression && is_more(w->expression, w->steps[0].root)) {
		fputs(": ", t->out);
		term_clean(t, w->expression);
	} else if (!w->expression && w->nsteps_all > 1) {
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
		term_clean(l->term, lines_type(name, row->type, 44));
		fputs(", ", l->term->out);
	}
	term_clean(l->term, row->stack ? lines_place(place, l, row->stack) : "unknown place");
	fputc('\n', l->term->out);
	print_course(l->term, p, row);
	print_survivors(l->term, p, row);
	print_holder(l->term, row);
}

/* What a runtime frees as it ends hides what grew before. */
static void print_nothing(const struct term *t, const struct growth_process *p)
{
	const struct growth_moment *last = &p->moments[p->nmoments - 1], *before = last - 1;

	if (last->number > p->nbefore && p->nmoments > 2 && before->live.bytes > p->moments->live.bytes &&
	    last->live.bytes < before->live.bytes)
		fprintf(t->out,
			"  nothing grew, but it freed much at its end; --until=%llu leaves that out\n",
			(unsigned long long)before->number);
	else
		fputs("  nothing grew\n", t->out);
}

static void print_process(const struct term *term, const struct growth_process *p, bool is_since, bool all,
			  const char *here)
{
	const struct report_process *facts = &p->report.processes[0];
	struct lines l = { .term = term, .here = here, .directory = facts->directory };
	uint32_t grown = 0, shown = 0;
	char text[64];

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
		print_nothing(term, p);
	if (p->nmoments < 3)
		fputs(
		    "  with fewer than three moments nothing is said of how it grows; leakgraph snapshot PID "
		    "takes more\n",
		    term->out);
	if (shown < p->nrows)
		fprintf(term->out, "  and %s (--all lists them)\n",
			human_things(text, sizeof text, p->nrows - shown, "more place"));
	lines_notes(&l, facts, NULL);
}

void growth_text(const struct term *term, const struct growth *g, bool all, const char *here)
{
	for (uint32_t i = 0; i < g->n; i++) {
		if (i)
			fputc('\n', term->out);
		print_process(term, &g->of[i], g->is_since, all, here);
	}
}
