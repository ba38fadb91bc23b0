/* page.c: one process of the report for people; see page.h. */
#include "report/page.h"

#include <string.h>

#define PIDS_SHOWN 6u
#define HOLDERS_SHOWN 3u

/* ---- headlines ----------------------------------------------------------------------------------------- */

static void print_name(struct page *g, const struct report_group *group)
{
	const struct report_process *p = group->first;
	char ending[64];

	term_clean(g->term, p->name);
	if (group->n > 1)
		fprintf(g->term->out, " (%u processes) %s: ", group->n,
			report_ending(ending, sizeof ending, p));
	else
		fprintf(g->term->out, " (pid %llu) %s: ", (unsigned long long)p->pid,
			report_ending(ending, sizeof ending, p));
}

static uint32_t count_lost_leaks(const struct report_process *p, bool cycles_only)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->nleaks; i++)
		n += p->leaks[i].class == CLASS_CYCLE || (!cycles_only && p->leaks[i].class == CLASS_DIRECT);
	return n;
}

static void print_leaked(struct page *g, const struct report_group *group)
{
	const struct report_process *p = group->first;
	uint32_t places = count_lost_leaks(p, false), cycles = count_lost_leaks(p, true);
	char sum[SUM_TEXT], text[64];

	term_print(g->term, SHADE_BAD, "%sLEAKED %s", group->n > 1 ? "each " : "",
		   lines_sum(sum, report_lost(p)));
	fprintf(g->term->out, ", %s", human_things(text, sizeof text, places, "place"));
	if (cycles && places == 1)
		fputs(", a cycle", g->term->out);
	else if (cycles)
		fprintf(g->term->out, ", %u of them %s", cycles, cycles == 1 ? "a cycle" : "cycles");
}

static void print_clean(struct page *g, const struct report_process *p)
{
	char sum[SUM_TEXT];

	term_print(g->term, report_is_complete(p) ? SHADE_GOOD : SHADE_WARN, "%s",
		   report_is_complete(p) ? "no leaks"
		   : p->sample_bytes	 ? "SAMPLED, no leak is certain"
					 : "no leaks seen");
	if (p->sums[CLASS_POSSIBLE].blocks)
		fprintf(g->term->out, ", possibly %s", lines_sum(sum, p->sums[CLASS_POSSIBLE]));
	if (p->sums[CLASS_REACHABLE].blocks)
		fprintf(g->term->out, " (%s still reachable)", lines_sum(sum, p->sums[CLASS_REACHABLE]));
}

void page_also(const struct term *t, uint64_t n, const char *what)
{
	char text[64];

	if (!n)
		return;
	fputs(", ", t->out);
	term_print(t, SHADE_BAD, "%s", human_things(text, sizeof text, n, what));
}

void page_headline(struct page *g, const struct report_group *group)
{
	const struct report_process *p = group->first;
	char sum[SUM_TEXT];

	print_name(g, group);
	if (!p->is_judged && p->unjudged.blocks)
		term_print(g->term, SHADE_WARN, "NOT JUDGED, %s live at the end",
			   lines_sum(sum, p->unjudged));
	else if (!p->is_judged && !report_is_complete(p))
		term_print(g->term, SHADE_WARN, "NOT JUDGED");
	else if (report_lost(p).blocks)
		print_leaked(g, group);
	else
		print_clean(g, p);
	page_also(g->term, p->nerrors, "heap error");
	page_also(g->term, p->counts.deficit, OVER_RELEASED);
	page_also(g->term, p->ngrowing, "growing place");
	fputc('\n', g->term->out);
}

static void print_pids(struct page *g, const struct report_group *group)
{
	if (group->n == 1)
		return;
	fputs("  pids ", g->term->out);
	for (uint32_t i = 0; i < group->n && i < PIDS_SHOWN; i++)
		fprintf(g->term->out, "%s%llu", i ? ", " : "", (unsigned long long)group->members[i]->pid);
	if (group->n > PIDS_SHOWN)
		fprintf(g->term->out, " and %u more", group->n - PIDS_SHOWN);
	fputs("; details of the first\n", g->term->out);
}

/* ---- what it rests on ---------------------------------------------------------------------------------- */

static void print_row(struct page *g, const char *name, struct sum sum, const char *hint)
{
	char blocks[TERM_TEXT], bytes[TERM_TEXT];

	fprintf(g->term->out, "  %-10s %14s %18s", name, human_count(blocks, sum.blocks),
		human_count(bytes, sum.bytes));
	if (hint && sum.blocks)
		term_print(g->term, SHADE_DIM, "   %s", hint);
	fputc('\n', g->term->out);
}

static void print_summary(struct page *g, const struct report_process *p)
{
	const char *const hints[LEAK_CLASSES] = {
		[CLASS_POSSIBLE] = page_shows_possible(g, p) ? NULL : "--show=possible lists them",
		[CLASS_REACHABLE] = page_shows_reachable(g, p) ? NULL : "--show=reachable lists them",
	};

	fputc('\n', g->term->out);
	term_print(g->term, SHADE_HEAD, "  %-10s %14s %18s\n", "class", "blocks", "bytes");
	for (unsigned class = 0; class < LEAK_CLASSES && p->is_judged; class ++)
		print_row(g, leak_class_name((enum leak_class) class), p->sums[class], hints[class]);
	if (p->suppressed_sum.blocks)
		print_row(g, "suppressed", p->suppressed_sum, NULL);
	if (!p->is_judged)
		print_row(g, "not judged", p->unjudged, NULL);
	print_row(g, "total", (struct sum){ p->totals.live_blocks, p->totals.live_bytes }, NULL);
}

static void print_totals(struct page *g, const struct report_process *p)
{
	char allocations[64], frees[64], peak[TERM_TEXT], lost[64], threads[64], time[TERM_TEXT];

	fprintf(
	    g->term->out, "\n  %s, %s; peak %s; %s lost; %s; %s\n",
	    human_things(allocations, sizeof allocations, p->totals.allocations, "allocation"),
	    human_things(frees, sizeof frees, p->totals.frees, "free"),
	    human_bytes(peak, p->totals.peak_bytes), human_things(lost, sizeof lost, p->events_lost, "event"),
	    human_things(threads, sizeof threads, p->threads, "thread"), human_time(time, p->duration_ns));
}

/* "session_registry in app retains 5.1 MiB in 24,000 blocks, most of it 24,000 struct entry (add, server.c:41)" */
static void print_holder(struct page *g, const struct report_holder *h)
{
	const struct term *t = g->term;
	char sum[SUM_TEXT], count[64], name[PLACE_TEXT], place[PLACE_TEXT];

	fputs("  ", t->out);
	term_clean(t, lines_fit(name, h->text, 56));
	fprintf(t->out, " retains %s", lines_sum(sum, h->retained));
	if (h->retained.blocks > 1)
		fprintf(t->out, ",\n      %s ",
			h->main.blocks == h->retained.blocks ? "all of it" : "most of it");
	else
		fputs(",\n      ", t->out);
	if (h->main_type)
		fprintf(t->out, "%s %s ", human_count(count, h->main.blocks),
			lines_type(name, h->main_type, 40));
	else
		fprintf(t->out, "%s ", human_things(count, sizeof count, h->main.blocks, "block"));
	fputs("from ", t->out);
	term_clean(t, lines_place(place, &g->lines, h->main_stack));
	if (h->bytes_per_second)
		term_print(t, SHADE_WARN, ", +%s/s", human_bytes(count, h->bytes_per_second));
	fputc('\n', t->out);
}

static void print_holders(struct page *g, const struct report_process *p)
{
	uint32_t most = g->options->show_reachable ? p->nholders : HOLDERS_SHOWN, shown = 0;

	for (uint32_t i = 0; i < p->nholders && shown < most; i++) {
		if (!g->options->show_reachable && p->holders[i].retained.bytes < PAGE_HOLDER_BYTES)
			return;
		if (p->holders[i].is_suppressed && !g->options->show_reachable)
			continue;
		if (!shown++)
			term_print(g->term, SHADE_HEAD, "\n  still held\n");
		print_holder(g, &p->holders[i]);
	}
}

static void print_next(struct page *g, const struct report_process *p)
{
	if (!p->nleaks)
		return;
	fputs("  next: ", g->term->out);
	if (g->options->trace_is_gone)
		fputs("keep the trace with --keep, then ", g->term->out);
	term_print(g->term, SHADE_HEAD, "leakgraph why ");
	term_clean(g->term, g->options->trace_is_gone ? "TRACE" : p->trace);
	term_print(g->term, SHADE_HEAD, " %s\n", p->leaks[0].id);
}

/* "Node: 20 references too many in 20 objects, which retain 1.2 KiB" */
static void print_counted(struct page *g, const struct report_counted *c)
{
	const struct term *t = g->term;
	char references[64], objects[64], sum[96], type[PLACE_TEXT];

	term_print(t, SHADE_WARN, "  %-8s ", c->verdict);
	fprintf(t->out, "%s: ", c->type ? lines_type(type, c->type, 48) : "?");
	fprintf(t->out, "%s in %s",
		human_things(references, sizeof references, c->references,
			     *c->verdict == 's' ? "lost reference" : "uncounted reference"),
		human_things(objects, sizeof objects, c->objects, "object"));
	if (c->reachable)
		fprintf(t->out, ", %llu of them still reachable", (unsigned long long)c->reachable);
	fprintf(t->out, "; retained: %s\n", lines_sum(sum, c->retained));
	if (*c->verdict == 'd')
		fputs("      freed while still in use, once the references that it counts are gone\n",
		      t->out);
	lines_origin(&g->lines, 6, c->stack, c->is_reused);
}

static void print_counts(struct page *g, const struct report_process *p)
{
	const struct report_counts *c = &p->counts;
	uint32_t most = g->options->all || c->nfound < PAGE_FINDINGS_SHOWN ? c->nfound : PAGE_FINDINGS_SHOWN;
	char text[64], exact[TERM_TEXT];

	if (!c->objects)
		return;
	fprintf(g->term->out,
		"\n  %s with a count of references: %s as many as were found, %llu fewer, %llu more",
		human_things(text, sizeof text, c->objects, "object"),
		human_count(exact, c->exact + c->within), (unsigned long long)c->deficit,
		(unsigned long long)c->surplus);
	fputc('\n', g->term->out);
	for (uint32_t i = 0; i < most; i++)
		print_counted(g, &c->found[i]);
	if (c->nfound > most)
		fprintf(g->term->out, "  and %s (--all lists them)\n",
			human_things(text, sizeof text, c->nfound - most, "more place"));
}

void page_details(struct page *g, const struct report_group *group)
{
	const struct report_process *p = group->first;

	g->lines.directory = p->directory;
	print_pids(g, group);
	lines_verdict(&g->lines, p);
	page_findings(g, p);
	if (g->options->brief && p->is_judged && !report_lost(p).blocks && !p->counts.deficit)
		return;
	print_summary(g, p);
	print_holders(g, p);
	print_counts(g, p);
	print_totals(g, p);
	print_next(g, p);
}
