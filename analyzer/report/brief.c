/* brief.c: see brief.h. Every part has a bound of its own; what they leave of the 20 lines goes to the findings. */
#include "report/brief.h"

#include "report/baseline.h"
#include "report/lines.h"
#include "report/text.h"

#include <string.h>

#define LINES_MAX 20u
#define LINES_AROUND                                                                                         \
	8u /* of recording; headline; "and more"; how to accept it, see more; three of the outcome */
#define FINDING_LINES 3u
#define FINDINGS_MAX ((LINES_MAX - LINES_AROUND) / FINDING_LINES)
#define REASONS_SHOWN 2u
#define SUPPRESSIONS_SHOWN 2u

struct brief {
	const struct term *term;
	const struct report *report;
	const struct brief_options *options;
	struct lines lines;
	unsigned left; /* lines for findings */
};

static void take_line(struct brief *b)
{
	b->left -= b->left > 0;
}

/* "  and 3 more reasons" */
static void print_more(struct brief *b, uint64_t n, const char *what)
{
	char text[64];

	if (!n)
		return;
	fprintf(b->term->out, "  and %s\n", human_things(text, sizeof text, n, what));
	take_line(b);
}

/* One line of text from outside, fitted. */
static void print_fitted(const struct brief *b, const char *before, const char *text)
{
	char fitted[PLACE_TEXT];
	size_t used = strlen(before);

	fputs(before, b->term->out);
	term_clean(b->term, lines_fit(fitted, text, LINE_COLUMNS - used));
	fputc('\n', b->term->out);
}

/* ---- why the verdict is degraded ----------------------------------------------------------------------- */

/* Before, or it will be as the outcome. */
static bool is_said(const struct brief *b, uint32_t process, const char *reason)
{
	const struct report *r = b->report;
	const struct gate_result *g = b->options->context->result;

	if (g->outcome == GATE_UNJUDGED && !strcmp(g->why, reason))
		return true;
	for (uint32_t i = 0; i < process; i++)
		for (uint32_t k = 0; k < r->processes[i].nreasons; k++)
			if (!strcmp(r->processes[i].reasons[k].text, reason))
				return true;
	return false;
}

static void print_reasons(struct brief *b)
{
	const struct report *r = b->report;
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->nprocesses; i++)
		for (uint32_t k = 0; k < r->processes[i].nreasons; k++) {
			const struct report_process *p = &r->processes[i];

			if (is_said(b, i, p->reasons[k].text) || n++ >= REASONS_SHOWN)
				continue;
			fprintf(b->term->out, "  degraded verdict of %s (pid %llu): ", p->name,
				(unsigned long long)p->pid);
			term_clean(b->term, p->reasons[k].text);
			fputc('\n', b->term->out);
			take_line(b);
		}
	print_more(b, n > REASONS_SHOWN ? n - REASONS_SHOWN : 0, "more reason");
}

/* ---- suppressions -------------------------------------------------------------------------------------- */

static void print_suppressions(struct brief *b)
{
	const struct suppressions *s = b->report->suppressions;
	uint32_t n = 0;

	for (uint32_t i = 0; s && i < s->n; i++)
		if (suppression_is_told(&s->at[i], false) && n++ < SUPPRESSIONS_SHOWN) {
			fputs("  ", b->term->out);
			suppression_text(b->term, &s->at[i]);
			take_line(b);
		}
	print_more(b, n > SUPPRESSIONS_SHOWN ? n - SUPPRESSIONS_SHOWN : 0, "more suppression");
}

static void print_unsteady(struct brief *b)
{
	uint64_t n = 0;
	struct finding f;
	char text[64];

	for (uint32_t i = 0; i < b->report->nprocesses; i++)
		for (uint32_t k = 0; finding_at(&f, &b->report->processes[i], k); k++)
			n += *f.is_unsteady;
	if (!n)
		return;
	fprintf(b->term->out, "  not counted: %s that did not show in every run\n",
		human_things(text, sizeof text, n, "place"));
	take_line(b);
}

static void print_unsure(struct brief *b)
{
	for (uint32_t i = 0; i < b->report->nprocesses; i++) {
		const struct report_process *p = &b->report->processes[i];

		if (!p->unsure)
			continue;
		fprintf(b->term->out, "  %s (pid %llu): ", p->name, (unsigned long long)p->pid);
		term_clean(b->term, p->unsure);
		fputc('\n', b->term->out);
		take_line(b);
	}
}

/* ---- findings ------------------------------------------------------------------------------------------ */

/* "10 B in 1 block: struct node" */
static void print_size(const struct brief *b, const struct finding *f)
{
	char sum[SUM_TEXT], type[PLACE_TEXT];

	fputs(lines_sum(sum, f->sum), b->term->out);
	if (!f->leak->type)
		return;
	fputs(": ", b->term->out);
	term_clean(b->term, lines_type(type, f->leak->type, 32));
}

/* "  NEW    L1  direct    a41c90e2  10 B in 1 block: struct node, in app (pid 12)" */
static void print_head(const struct brief *b, const struct finding *f)
{
	char text[PLACE_TEXT];

	fputs(*f->baseline == BASELINE_NEW     ? "  NEW    "
	      : *f->baseline == BASELINE_GROWN ? "  GROWN  "
					       : "  ",
	      b->term->out);
	term_print(b->term, SHADE_HEAD, "%-3s ", f->id);
	term_print(b->term, SHADE_BAD, "%-8s ", f->name);
	fprintf(b->term->out, " %.8s  ", f->fingerprint->strict);
	if (f->error)
		fputs(lines_freed(text, f->error), b->term->out);
	else
		print_size(b, f);
	if (b->report->nprocesses > 1)
		print_fitted(b, ", in ", f->process->name);
	else
		fputc('\n', b->term->out);
}

/* "      allocated by malloc in lose_a, a.c:3 < load < main", as many callers as fit */
static void print_stack(const struct brief *b, const char *done, const char *call,
			const struct report_stack *s)
{
	char place[PLACE_TEXT], name[PLACE_TEXT];
	FILE *out = b->term->out;
	size_t used = 13 + strlen(done) + term_columns(lines_function(name, call, 30));

	fprintf(out, "      %s by ", done);
	term_clean(b->term, name);
	fputs(" in ", out);
	lines_place(place, &b->lines, s);
	term_clean(b->term, place);
	used += term_columns(place);
	for (uint32_t i = s->site + 1; i < s->shown; i++) {
		if (!s->frames[i].function)
			continue;
		lines_function(name, s->frames[i].function, 40);
		used += 3 + term_columns(name);
		if (used > LINE_COLUMNS - 4) {
			fputs(" ...", out);
			break;
		}
		fputs(" < ", out);
		term_clean(b->term, name);
	}
	fputc('\n', out);
}

/* "      lost: 3 blocks that only hold each other; break it at .parent of struct person" */
static void print_lost(const struct brief *b, const struct report_leak *leak)
{
	FILE *out = b->term->out;
	char sum[SUM_TEXT], text[PLACE_TEXT];

	if (leak->class == CLASS_POSSIBLE) {
		fputs("      only what may be no pointer holds it\n", out);
		return;
	}
	fputs("      lost: ", out);
	if (leak->class != CLASS_CYCLE)
		fputs("nothing refers to it", out);
	else if (leak->members == 1)
		fputs("it only refers to itself", out);
	else
		fprintf(out, "%u blocks that only hold each other", leak->members);
	if (leak->indirect.blocks)
		fprintf(out, "; %s behind", lines_sum(sum, leak->indirect));
	if (lines_break_short(text, leak)) {
		fputs("; break it at ", out);
		term_clean(b->term, text);
	}
	fputc('\n', out);
}

static void print_finding(const struct brief *b, const struct finding *f)
{
	const struct report_error *e = f->error;

	print_head(b, f);
	if (!e) {
		print_stack(b, "allocated", f->stack->allocator, f->stack);
		if (f->leak->growth)
			lines_growth(&b->lines, 6, f->leak->growth);
		else
			print_lost(b, f->leak);
		return;
	}
	print_stack(b, e->kind == HEAP_ERROR_DOUBLE_FREE ? "freed again" : "freed", e->call, f->stack);
	if (e->first_free)
		print_stack(b, "freed before", e->first_free->allocator, e->first_free);
	else if (e->allocation)
		print_stack(b, "allocated", e->allocation->allocator, e->allocation);
}

/* Told once for all processes; in one process they are two places. */
static bool is_same(const struct finding *a, const struct finding *b)
{
	return a->process != b->process && a->kind == b->kind &&
	       !strcmp(a->fingerprint->strict, b->fingerprint->strict);
}

/* Returns how many. */
static unsigned print_findings(struct brief *b)
{
	struct finding shown[FINDINGS_MAX];
	unsigned most = b->left / FINDING_LINES, n = 0;
	uint64_t more = 0;

	for (struct finding f = { 0 }; finding_next(&f, b->report, b->options->context);) {
		unsigned i = 0;

		if (finding_is_accepted(&f))
			continue;
		while (i < n && !is_same(&shown[i], &f))
			i++;
		if (i == n && n < most) {
			shown[n++] = f;
			print_finding(b, &f);
		} else {
			more += i == n;
		}
	}
	print_more(b, more, "more place");
	return n;
}

static void print_cure(const struct brief *b, bool has_findings)
{
	const struct baseline *known = b->report->baseline;
	FILE *out = b->term->out;

	if (known && has_findings)
		fprintf(out, "  to accept them: leakgraph baseline update %s TRACE\n", known->path);
	else if (has_findings)
		fputs("  to accept them: leakgraph baseline create FILE TRACE, or "
		      "--gen-suppressions=lsan:FILE\n",
		      out);
	fprintf(out, "  the whole report: --verbose%s\n",
		b->options->trace_is_gone ? "; the trace, for leakgraph why: --keep" : "");
}

void brief_text(const struct term *term, const struct report *r, const struct brief_options *options)
{
	struct brief b = {
		.term = term,
		.report = r,
		.options = options,
		.lines = { .term = term, .here = options->here },
		.left = LINES_MAX - LINES_AROUND,
	};

	report_headline(term, r);
	print_reasons(&b);
	print_suppressions(&b);
	print_unsteady(&b);
	print_unsure(&b);
	if (!options->context->result->is_over)
		return;
	print_cure(&b, print_findings(&b) > 0);
}

/* ---- the outcome --------------------------------------------------------------------------------------- */

static void print_limits(FILE *out, const struct gate_options *gate)
{
	char text[TERM_TEXT];
	bool has_own = false;

	for (unsigned kind = 0; kind < FINDING_KINDS; kind++)
		if (gate->max_of[kind] != NO_LIMIT) {
			fprintf(out, "%s %s, ", human_count(text, gate->max_of[kind]),
				finding_kind_name(kind));
			has_own = true;
		}
	if (has_own)
		fputs("of others ", out);
	if (gate->max_leaks == NO_LIMIT && gate->max_bytes == NO_LIMIT)
		fputs("none", out);
	if (gate->max_leaks != NO_LIMIT)
		fprintf(out, "%s leaks", human_count(text, gate->max_leaks));
	if (gate->max_leaks != NO_LIMIT && gate->max_bytes != NO_LIMIT)
		fputs(", ", out);
	if (gate->max_bytes != NO_LIMIT)
		fprintf(out, "%s", human_bytes(text, gate->max_bytes));
	fputs(" may pass", out);
	if (gate->max_growth)
		fprintf(out, "; a place may grow by %s", human_bytes(text, gate->max_growth));
	if (gate->max_growth_per_second)
		fprintf(out, "; a place may grow by %s/s", human_bytes(text, gate->max_growth_per_second));
}

static void print_kinds(FILE *out, unsigned kinds)
{
	const char *gap = "";

	for (unsigned kind = 0; kind < FINDING_KINDS; kind++)
		if (kinds >> kind & 1) {
			fprintf(out, "%s%s", gap, finding_kind_name(kind));
			gap = ",";
		}
}

static void print_found(FILE *out, const struct gate_result *g, const struct gate_options *gate)
{
	char text[64], bytes[TERM_TEXT];

	if (g->peak > gate->max_peak) {
		fprintf(out, "a peak of %s, ", human_bytes(bytes, g->peak));
		fprintf(out, "%s may be; ", human_bytes(bytes, gate->max_peak));
	}
	if (gate->kinds >> FINDING_HEAP_ERROR & 1)
		fprintf(out, "%s, ",
			human_things(text, sizeof text, g->of[FINDING_HEAP_ERROR], "heap error"));
	if (gate->kinds >> FINDING_GROWTH & 1)
		fprintf(out, "%s, ", human_things(text, sizeof text, g->of[FINDING_GROWTH], "growing place"));
	fprintf(out, "%s, %s (", human_things(text, sizeof text, g->leaks, "leak"),
		human_bytes(bytes, g->found.bytes));
	print_kinds(out, gate->kinds);
	fputs("; ", out);
	print_limits(out, gate);
	fputs(")\n", out);
}

static void print_doubt(const struct term *t, const struct gate_result *g)
{
	fputs("leakgraph: check could not judge: ", t->out);
	if (g->blamed) {
		term_clean(t, g->blamed->name);
		fprintf(t->out, " (pid %llu): ", (unsigned long long)g->blamed->pid);
	}
	term_clean(t, g->why);
	fprintf(t->out, "; %s%s--allow-degraded accepts it\n", g->cure ? g->cure : "", g->cure ? "; " : "");
}

/* "leakgraph: ci/leaks.base: 3 findings known, 114 B; 1 known finding gone: leakgraph baseline prune takes it off". What
 * could not be judged tells of none that it is gone. */
static void print_ratchet(const struct term *t, const struct baseline *b, const struct gate_result *g)
{
	bool is_judged = g->outcome == GATE_PASSED || g->outcome == GATE_FAILED;
	uint64_t gone = is_judged ? g->stale : 0;
	char text[64], bytes[TERM_TEXT];

	if (!b || (!g->known && !gone))
		return;
	fputs("leakgraph: ", t->out);
	term_clean(t, b->path);
	if (g->known)
		fprintf(t->out, ": %s known, %s", human_things(text, sizeof text, g->known, "finding"),
			human_bytes(bytes, g->known_bytes));
	if (gone)
		fprintf(t->out, "%s %s gone: leakgraph baseline prune takes %s off", g->known ? ";" : ":",
			human_things(text, sizeof text, gone, "known finding"), gone == 1 ? "it" : "them");
	fputc('\n', t->out);
}

void brief_outcome(const struct term *term, const struct report *r, const struct output_context *c)
{
	const struct gate_result *g = c->result;
	bool is_within_limits = g->outcome == GATE_PASSED && (g->leaks || g->found.blocks);

	if (g->outcome == GATE_UNJUDGED)
		print_doubt(term, g);
	if (g->outcome == GATE_TARGET_FAILED)
		fprintf(term->out, "leakgraph: the program failed; exit status %d is its own\n", g->status);
	print_ratchet(term, r->baseline, g);
	if (!g->is_over && !is_within_limits)
		return;
	fprintf(term->out, "leakgraph: check %s: ",
		g->outcome == GATE_FAILED ? "FAILED"
		: is_within_limits	  ? "passed"
					  : "found");
	print_found(term->out, g, c->gate);
}
