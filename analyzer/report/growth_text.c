/* growth_text.c: growth for people; see growth.h. */
#include "report/growth.h"

#include "report/lines.h"

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
		fprintf(t->out, "; %s: %s", fit_name(row->fit), fit_words(row->fit));
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
}

void growth_text(const struct term *term, const struct growth *g, bool all, const char *here)
{
	for (uint32_t i = 0; i < g->n; i++) {
		if (i)
			fputc('\n', term->out);
		print_process(term, &g->of[i], g->is_since, all, here);
	}
}
