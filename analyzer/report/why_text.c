/* why_text.c: the answer of leakgraph why for people. */
#include "report/lines.h"
#include "report/why.h"

#include <stdlib.h>
#include <string.h>

/* One answer being written. */
struct page {
	const struct term *term;
	struct lines lines;
	bool all; /* every reference */
};

static void print_block(struct page *g, const struct why_block *b)
{
	char what[PLACE_TEXT], place[PLACE_TEXT];

	fprintf(g->term->out, "0x%llx  ", (unsigned long long)b->addr);
	term_clean(g->term, lines_what(what, b->type, b->size));
	fprintf(g->term->out, " (%s", b->is_reused ? LINES_REUSED : "");
	term_clean(g->term, lines_place(place, &g->lines, b->stack));
	fputc(')', g->term->out);
}

static void print_title(struct page *g, const char *title)
{
	fputc('\n', g->term->out);
	term_print(g->term, SHADE_HEAD, "  %s\n", title);
}

/* What is more than a plain reference, or less. */
static void print_weakness(struct page *g, const char *kind)
{
	if (strcmp(kind, "start") && strcmp(kind, "recognised"))
		term_print(g->term, SHADE_DIM, "  %s", kind);
}

/* ---- a path -------------------------------------------------------------------------------------------- */

#define ALIKE_SHOWN 3u

/* Steps i of the path lead to steps[i].block, the last to the block that was asked for. */
static bool is_alike(const struct why_reference *a, const struct why_reference *b)
{
	return a->offset == b->offset && !strcmp(a->kind, b->kind) && a->block.size == b->block.size &&
	       a->block.stack == b->block.stack;
}

/* How many steps from the i-th on repeat the one before, short of the last two. */
static uint32_t count_alike(const struct why *w, uint32_t i)
{
	uint32_t n = 0;

	if (i < 2)
		return 0;
	while (i + n + 1 < w->nsteps && is_alike(&w->steps[i + n], &w->steps[i - 1]))
		n++;
	return n;
}

static void print_step(struct page *g, const struct why *w, uint32_t i)
{
	const struct term *t = g->term;
	char field[PLACE_TEXT];

	fprintf(t->out, "      %s", term_glyph(t, GLYPH_LINE));
	if (i > 1)
		term_clean(t, lines_field(field, w->steps[i - 1].field, w->steps[i - 1].offset));
	fprintf(t->out, "%s ", term_glyph(t, GLYPH_ARROW));
	if (i == w->nsteps && w->nsteps < w->nsteps_all)
		fprintf(t->out, "%s %u more blocks, then ", term_glyph(t, GLYPH_DOTS),
			w->nsteps_all - w->nsteps);
	print_block(g, i < w->nsteps ? &w->steps[i].block : &w->block);
	print_weakness(g, w->steps[i - 1].kind);
	fputc('\n', t->out);
}

static void print_path(struct page *g, const struct why *w)
{
	const struct term *t = g->term;

	print_title(g, "Held by");
	if (w->expression && w->nsteps > 1) {
		fputs("    ", t->out);
		term_clean(t, w->expression);
		fputc('\n', t->out);
	}
	fputs("    ", t->out);
	term_clean(t, w->steps[0].root);
	fprintf(t->out, "   [%s]\n", w->steps[0].root_kind);
	for (uint32_t i = 1; i <= w->nsteps; i++) {
		uint32_t alike = count_alike(w, i);

		if (alike > ALIKE_SHOWN) {
			fprintf(t->out, "      %s %u more like it\n", term_glyph(t, GLYPH_DOTS), alike);
			i += alike - 1;
		} else {
			print_step(g, w, i);
		}
	}
}

/* ---- references ---------------------------------------------------------------------------------------- */

static void print_reference(struct page *g, const struct why_reference *r, const char *direction)
{
	char field[PLACE_TEXT];

	fputs("    ", g->term->out);
	if (r->root) {
		term_clean(g->term, r->root);
		fprintf(g->term->out, "   [%s]", r->root_kind);
	} else if (*direction == 't') {
		term_clean(g->term, lines_field(field, r->field, r->offset));
		fprintf(g->term->out, "%s ", term_glyph(g->term, GLYPH_ARROW));
		print_block(g, &r->block);
	} else {
		print_block(g, &r->block);
		fputc(' ', g->term->out);
		term_clean(g->term, lines_field(field, r->field, r->offset));
	}
	if (r->block.class)
		fprintf(g->term->out, "  %s", r->block.class);
	print_weakness(g, r->kind);
	if (r->freed.blocks)
		fprintf(g->term->out, "  its only holder: cut, it frees %s",
			human_bytes(field, r->freed.bytes));
	fputc('\n', g->term->out);
}

/* Is it the first word of a smart pointer, of which the next one tells? */
static bool is_half(const struct why_reference *r, const struct why_reference *next)
{
	bool is_together =
	    !r->root && !next->root && r->block.addr == next->block.addr && r->offset + 8 == next->offset;

	if (!is_together || !r->field != !next->field || (r->field && strcmp(r->field, next->field) != 0))
		return false;
	return !strcmp(r->kind, ref_kind_name(REF_BORROWED)) ||
	       (r->field && !strcmp(r->kind, ref_kind_name(REF_WEAK)) && !strcmp(next->kind, r->kind));
}

static void print_references(struct page *g, const char *title, const char *direction,
			     const struct why_reference *list, uint64_t kept, uint64_t all)
{
	uint64_t most = g->all ? kept : WHY_REFERENCES_SHOWN, told = 0;
	char text[64];

	print_title(g, title);
	for (uint64_t shown = 0; told < kept && shown < most; told++) {
		if (!g->all && told + 1 < kept && is_half(&list[told], &list[told + 1]))
			continue;
		print_reference(g, &list[told], direction);
		shown++;
	}
	if (!all)
		fputs("    nothing\n", g->term->out);
	if (all > told)
		fprintf(g->term->out, "    and %s (--all lists them)\n",
			human_things(text, sizeof text, all - told, "more reference"));
}

/* ---- a leak -------------------------------------------------------------------------------------------- */

static void print_sums(struct page *g, const struct report_leak *leak)
{
	char sum[SUM_TEXT];

	fputs(lines_sum(sum, leak->heads), g->term->out);
	if (leak->indirect.blocks)
		fprintf(g->term->out, "   (+%s behind)", lines_sum(sum, leak->indirect));
	fputc('\n', g->term->out);
}

static void print_leak_line(struct page *g, const struct report_leak *leak)
{
	term_print(g->term, SHADE_HEAD, "%s", leak->id);
	term_print(g->term, SHADE_BAD, "  %s", leak->kind);
	fputs("  ", g->term->out);
	if (leak->class == CLASS_CYCLE)
		lines_cycle(&g->lines, leak);
	print_sums(g, leak);
}

/* The ring with addresses: here the reader may go on to ask about one block. */
static void print_edges(struct page *g, const struct report_leak *leak)
{
	const struct term *t = g->term;
	const char *line = term_glyph(t, GLYPH_LINE);
	char what[PLACE_TEXT], place[PLACE_TEXT], field[PLACE_TEXT];

	print_title(g, leak->members > leak->cycle_length ? "A shortest ring through its oldest block"
		       : leak->instances > 1		  ? "The oldest ring, edge by edge"
							  : "The ring, edge by edge");
	for (uint32_t i = 0; i < leak->nring; i++) {
		const struct report_edge *e = &leak->ring[i];

		if (!i)
			fputs("    ", t->out);
		fprintf(t->out, "0x%llx  ", (unsigned long long)e->from);
		term_clean(t, lines_what(what, e->from_type, e->from_bytes));
		fprintf(t->out, " (%s", e->from_is_reused ? LINES_REUSED : "");
		term_clean(t, lines_place(place, &g->lines, e->from_stack));
		fprintf(t->out, ")\n      %s", line);
		term_clean(t, lines_field(field, e->field, e->offset));
		fprintf(t->out, "%s ", term_glyph(t, GLYPH_ARROW));
	}
	if (lines_unshown(leak))
		fprintf(t->out, "%s %u more blocks, ", term_glyph(t, GLYPH_DOTS), lines_unshown(leak));
	fprintf(t->out, "back to %s\n", leak->nring == 1 && !lines_unshown(leak) ? "itself" : "the first");
}

static void print_behind(struct page *g, const struct why *w)
{
	char title[160], sum[SUM_TEXT];

	if (!w->nbehind)
		return;
	snprintf(title, sizeof title, "Lost behind it: %s%s", lines_sum(sum, w->leak->indirect),
		 w->leak->indirect.blocks > w->nbehind ? "; the largest:" : "");
	print_title(g, title);
	for (uint32_t i = 0; i < w->nbehind; i++) {
		fputs("    ", g->term->out);
		print_block(g, &w->behind[i]);
		fputc('\n', g->term->out);
	}
}

static void print_fingerprint(struct page *g, const struct report_leak *leak)
{
	fputc('\n', g->term->out);
	term_print(g->term, SHADE_HEAD, "  Fingerprint %s", leak->fingerprint.strict);
	fprintf(g->term->out, ", %s of\n", FINGERPRINT_ALGORITHM);
	for (const char *line = leak->fingerprint.strict_text; *line;) {
		size_t n = strcspn(line, "\n");
		char *copy = strndup(line, n);

		fputs("    ", g->term->out);
		term_clean(g->term, copy ? copy : "");
		fputc('\n', g->term->out);
		free(copy);
		line += n + (line[n] == '\n');
	}
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static void print_verdict(struct page *g, const struct report_process *p)
{
	for (uint32_t i = 0; i < p->nreasons; i++) {
		term_print(g->term, SHADE_WARN, "  degraded: ");
		term_clean(g->term, p->reasons[i].text);
		fputc('\n', g->term->out);
	}
}

static void print_leak(struct page *g, const struct why *w)
{
	print_leak_line(g, w->leak);
	print_verdict(g, &w->report.processes[0]);
	if (w->leak->class == CLASS_CYCLE) {
		print_edges(g, w->leak);
		fputc('\n', g->term->out);
		lines_break(&g->lines, 2, w->leak);
	}
	lines_count(&g->lines, 2, w->leak);
	fputc('\n', g->term->out);
	lines_origin(&g->lines, 2, w->leak->stack, w->leak->is_reused);
	print_behind(g, w);
	if (w->has_path)
		print_path(g, w);
	print_references(g, w->leak->class == CLASS_CYCLE ? "Referrers of the oldest block" : "Referrers",
			 "from", w->referrers, w->nreferrers, w->nreferrers_all);
	print_fingerprint(g, w->leak);
}

static void print_belonging(struct page *g, const struct why *w)
{
	if (!w->leak)
		return;
	fprintf(g->term->out, "  %s %s %s", strcmp(w->block.class, "indirect") ? "part of" : "lost behind",
		w->leak->kind, w->leak->class == CLASS_CYCLE ? "" : "leak ");
	term_print(g->term, SHADE_HEAD, "%s", w->leak->id);
	fprintf(g->term->out, "%s\n", w->is_shared ? ", and behind others too" : "");
}

static void print_retained(struct page *g, const struct why *w)
{
	char sum[SUM_TEXT];

	if (w->retained.blocks > 1)
		fprintf(g->term->out, "\n  It keeps %s alive, itself included.\n",
			lines_sum(sum, w->retained));
}

/* "It counts 2 references; 1 was found, and 1 that may be left over: surplus" */
static void print_counted(struct page *g, const struct counted *c)
{
	char counts[64], vague[64];

	if (c->verdict == COUNT_NONE)
		return;
	if (!c->stored && c->stored_weak > 0) {
		fprintf(g->term->out, "\n  Its object is gone: its memory is kept by %s alone.\n",
			human_things(counts, sizeof counts, (uint64_t)c->stored_weak, "weak reference"));
		return;
	}
	fprintf(g->term->out, "\n  It counts %s; found: %u",
		human_things(counts, sizeof counts, (uint64_t)c->stored, "reference"), c->strong);
	if (c->maybe)
		fprintf(g->term->out, ", and %s", human_things(vague, sizeof vague, c->maybe, "vague one"));
	if (c->verdict == COUNT_SURPLUS)
		term_print(g->term, SHADE_BAD, ": references to it were leaked");
	if (c->verdict == COUNT_DEFICIT)
		term_print(g->term, SHADE_BAD, ": it will be freed while it is in use");
	fputs(".\n", g->term->out);
}

static void print_generation(struct page *g, int generation)
{
	if (generation == GENERATION_PERMANENT)
		fputs("  Its collector has put it aside for good.\n", g->term->out);
	else if (generation != NO_GENERATION)
		fprintf(g->term->out, "  It is in generation %d of its collector.\n", generation);
}

static void print_asked_block(struct page *g, const struct why *w)
{
	const struct report_process *p = &w->report.processes[0];
	char what[PLACE_TEXT];

	term_print(g->term, SHADE_HEAD, "0x%llx", (unsigned long long)w->block.addr);
	fputs("  ", g->term->out);
	term_clean(g->term, lines_what(what, w->block.type, w->block.size));
	fprintf(g->term->out, "  %s", w->block.class);
	if (w->block.thread) /* of what lies in a pool it is not known */
		fprintf(g->term->out, ", thread %llu", (unsigned long long)w->block.thread);
	if (w->inside)
		fprintf(g->term->out, "   (the address is %llu bytes into it)",
			(unsigned long long)w->inside);
	fputc('\n', g->term->out);
	print_verdict(g, p);
	print_belonging(g, w);
	lines_origin(&g->lines, 2, w->block.stack, w->block.is_reused);
	if (!p->is_judged)
		return;
	if (w->has_path)
		print_path(g, w);
	else
		print_title(g, "No path from any root leads to it");
	print_retained(g, w);
	print_counted(g, &w->counted);
	print_generation(g, w->generation);
	print_references(g, "Referrers", "from", w->referrers, w->nreferrers, w->nreferrers_all);
	print_references(g, "Refers to", "to", w->referents, w->nreferents, w->nreferents_all);
}

void why_text(const struct term *t, const struct why *w, bool all, bool full_stacks, const char *here)
{
	struct page g = {
		.term = t,
		.all = all,
		.lines = { .term = t,
			   .here = here,
			   .directory = w->report.processes[0].directory,
			   .full_stacks = full_stacks },
	};

	if (w->is_about_leak)
		print_leak(&g, w);
	else
		print_asked_block(&g, w);
	lines_notes(&g.lines, &w->report.processes[0], NULL);
}
