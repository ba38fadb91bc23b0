/* text.c: see text.h. Processes that say the same are told once; clean ones are only counted. */
#include "report/text.h"

#include "report/page.h"

#include <string.h>

#define GROUPS_SHOWN 10u
#define GROUP_LINES_SHOWN 30u
#define NOTES_SHOWN 4u

static void print_overview(struct page *g, const struct report *r)
{
	uint32_t leaking = 0, degraded = 0;
	uint64_t over_released = 0;
	struct sum lost = { 0, 0 };
	char sum[SUM_TEXT], count[64];

	for (uint32_t i = 0; i < r->nprocesses; i++) {
		struct sum one = report_lost(&r->processes[i]);

		lost.blocks += one.blocks;
		lost.bytes += one.bytes;
		leaking += one.blocks != 0;
		degraded += !report_is_complete(&r->processes[i]);
		over_released += r->processes[i].counts.deficit;
	}
	fprintf(g->term->out, "%s: ", human_things(count, sizeof count, r->nprocesses, "program run"));
	if (leaking)
		term_print(g->term, SHADE_BAD, "%u LEAKED %s", leaking, lines_sum(sum, lost));
	else
		term_print(g->term, degraded ? SHADE_WARN : SHADE_GOOD,
			   degraded ? "no leaks seen" : "no leaks");
	page_also(g->term, over_released, OVER_RELEASED);
	if (degraded)
		term_print(g->term, SHADE_WARN, ", %u with a degraded verdict", degraded);
	fputc('\n', g->term->out);
}

static bool has_suspect(const struct report_process *p)
{
	for (uint32_t i = 0; i < p->nholders && p->holders[i].retained.bytes >= PAGE_HOLDER_BYTES; i++)
		if (!p->holders[i].is_suppressed)
			return true;
	return false;
}

static bool wants_details(const struct page *g, const struct report_process *p)
{
	return group_has_findings(p) || (g->is_alone && has_suspect(p)) ||
	       (page_shows_possible(g, p) && p->sums[CLASS_POSSIBLE].blocks) ||
	       (page_shows_reachable(g, p) && p->nplaces);
}

/* The first process is always told of, if only by a line: it is the one that the user started. */
static void print_group(struct page *g, const struct report_group *group, bool is_alone, uint32_t *told)
{
	bool details = wants_details(g, group->first) && (g->options->all || *told < GROUPS_SHOWN);

	if (!is_alone && details)
		fputc('\n', g->term->out);
	page_headline(g, group);
	*told += details;
	if (details)
		page_details(g, group);
}

static void print_groups(struct page *g, const struct report *r, const struct report_groups *groups)
{
	uint32_t told = 0, hidden = 0, clean = 0;
	char text[64];

	for (uint32_t i = 0; i < groups->n; i++) {
		const struct report_group *group = &groups->at[i];
		bool is_first = group->first == &r->processes[0];

		if (!is_first && !wants_details(g, group->first))
			clean += group->n;
		else if (i < GROUP_LINES_SHOWN || g->options->all)
			print_group(g, group, r->nprocesses == 1, &told);
		else
			hidden += group->n;
	}
	if (clean || hidden)
		fputc('\n', g->term->out);
	if (hidden)
		fprintf(g->term->out, "and %s with findings (--all shows them)\n",
			human_things(text, sizeof text, hidden, "more program run"));
	if (clean)
		fprintf(g->term->out, "and %s, no leaks\n",
			human_things(text, sizeof text, clean, "more program run"));
}

/* Notes about names, each once, however many processes have it. */
static void print_notes(struct page *g, const struct report *r)
{
	uint32_t said = 0;
	char text[64];

	for (uint32_t i = 0; i < r->nprocesses; i++)
		for (uint32_t k = 0; k < r->processes[i].nnotes; k++) {
			const char *note = r->processes[i].notes[k];

			if (!note || groups_note_is_known(r, i, k) ||
			    (said++ >= NOTES_SHOWN && !g->options->all))
				continue;
			fputs(said == 1 ? "\nnote: " : "note: ", g->term->out);
			lines_wrap(g->term, 6, 6, note);
		}
	if (said > NOTES_SHOWN && !g->options->all)
		fprintf(g->term->out, "and %s like these (--all shows them)\n",
			human_things(text, sizeof text, said - NOTES_SHOWN, "more note"));
}

bool suppression_is_told(const struct suppression *p, bool all)
{
	return strcmp(p->file, SUPPRESSIONS_BUILT_IN) || (p->uses && all);
}

void suppression_text(const struct term *term, const struct suppression *p)
{
	const char *state = p->is_expired ? "expired" : p->is_over ? "over its bound" : "unused";
	char sum[SUM_TEXT], name[PLACE_TEXT];

	if (p->uses && p->kinds == 1u << FINDING_HEAP_ERROR)
		fprintf(term->out, "suppressed %s by ", human_things(sum, sizeof sum, p->uses, "wrong free"));
	else if (p->uses)
		fprintf(term->out, "suppressed %s by ", lines_sum(sum, p->used));
	if (p->is_expired || p->is_over || !p->uses)
		term_print(term, SHADE_WARN, "%s%s", state, p->uses ? ": " : " suppression ");
	term_clean(term, lines_fit(name, p->name, LINE_COLUMNS));
	fputs(" (", term->out);
	term_clean(term, p->file);
	fprintf(term->out, ":%u)\n", p->line);
}

static void print_suppressions(struct page *g, const struct suppressions *s)
{
	for (uint32_t i = 0; s && i < s->n; i++)
		if (suppression_is_told(&s->at[i], g->options->all))
			suppression_text(g->term, &s->at[i]);
}

void report_headline(const struct term *term, const struct report *r)
{
	struct page g = { .term = term };
	const struct report_process *first = r->processes;

	if (r->nprocesses == 1)
		page_headline(&g, &(struct report_group){ .first = first, .members = &first, .n = 1 });
	else
		print_overview(&g, r);
}

void report_text(const struct term *term, const struct report *r, const struct text_options *options)
{
	struct page g = {
		.term = term,
		.options = options,
		.lines = { .term = term, .here = options->here, .full_stacks = options->full_stacks },
		.is_alone = r->nprocesses == 1,
	};
	struct report_groups groups;

	if (groups_make(&groups, r)) {
		fputs("out of memory\n", term->out);
		return;
	}
	if (r->nprocesses > 1)
		print_overview(&g, r);
	print_groups(&g, r, &groups);
	print_notes(&g, r);
	print_suppressions(&g, r->suppressions);
	groups_free(&groups);
}
