/* text.c: see text.h. Processes that say the same are told once; clean ones are only counted. */
#include "report/text.h"
#include "report/groups.h"
#include "report/lines.h"
#include "report/suppressions.h"

#include <stdlib.h>
#include <string.h>

#define LEAKS_SHOWN 10u
#define GROUPS_SHOWN 10u
#define GROUP_LINES_SHOWN 30u
#define PIDS_SHOWN 6u
#define NOTES_SHOWN 4u
#define HOLDERS_SHOWN 3u
#define HOLDER_BYTES_SHOWN (64u << 10) /* less is no suspect, unless reachable blocks are asked for */

/* One report being written. */
struct page {
	const struct term *term;
	const struct text_options *options;
	struct lines lines; /* for the process at hand */
	bool is_alone; /* there is one process */
};

/* Written with their first letter as it stands in a sentence. */
static const char *blocks_text(char text[64], uint64_t blocks)
{
	return human_things(text, 64, blocks, "block");
}

/* "288 B in 6 blocks" */
static const char *sum_text(char text[96], struct sum sum)
{
	char bytes[TERM_TEXT], blocks[64];

	snprintf(text, 96, "%s in %s", human_bytes(bytes, sum.bytes), blocks_text(blocks, sum.blocks));
	return text;
}

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

static void print_leaked(struct page *g, const struct report_process *p)
{
	uint32_t places = count_lost_leaks(p, false), cycles = count_lost_leaks(p, true);
	char sum[96], text[64];

	term_print(g->term, SHADE_BAD, "LEAKED %s", sum_text(sum, report_lost(p)));
	fprintf(g->term->out, ", %s", human_things(text, sizeof text, places, "place"));
	if (cycles && places == 1)
		fputs(", a cycle", g->term->out);
	else if (cycles)
		fprintf(g->term->out, ", %u of them %s", cycles, cycles == 1 ? "a cycle" : "cycles");
}

static void print_clean(struct page *g, const struct report_process *p)
{
	char sum[96];

	term_print(g->term, report_is_complete(p) ? SHADE_GOOD : SHADE_WARN, "%s",
		   report_is_complete(p) ? "no leaks" : "no leaks seen");
	if (p->sums[CLASS_POSSIBLE].blocks)
		fprintf(g->term->out, ", possibly %s", sum_text(sum, p->sums[CLASS_POSSIBLE]));
	if (p->sums[CLASS_REACHABLE].blocks)
		fprintf(g->term->out, " (%s still reachable)", sum_text(sum, p->sums[CLASS_REACHABLE]));
}

static void print_error_count(struct page *g, const struct report_process *p)
{
	char text[64];

	if (!p->nerrors)
		return;
	fputs(", ", g->term->out);
	term_print(g->term, SHADE_BAD, "%s", human_things(text, sizeof text, p->nerrors, "heap error"));
}

static void print_headline(struct page *g, const struct report_group *group)
{
	const struct report_process *p = group->first;
	char sum[96];

	print_name(g, group);
	if (!p->is_judged && p->unjudged.blocks)
		term_print(g->term, SHADE_WARN, "NOT JUDGED, %s live at the end", sum_text(sum, p->unjudged));
	else if (!p->is_judged && !report_is_complete(p))
		term_print(g->term, SHADE_WARN, "NOT JUDGED");
	else if (report_lost(p).blocks)
		print_leaked(g, p);
	else
		print_clean(g, p);
	print_error_count(g, p);
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

/* ---- leaks --------------------------------------------------------------------------------------------- */

/* " of 24 B each", " of 16 B to 4,096 B" */
static void print_sizes(struct page *g, const struct report_leak *leak)
{
	char low[TERM_TEXT], high[TERM_TEXT];

	if (leak->heads.blocks < 2 || !leak->nsizes || leak->class == CLASS_CYCLE)
		return;
	human_bytes(low, leak->sizes[0]);
	if (leak->nsizes == 1)
		fprintf(g->term->out, " of %s each", low);
	else if (leak->nsizes == REPORT_SIZES_MAX)
		fprintf(g->term->out, " of %s and more", low);
	else
		fprintf(g->term->out, " of %s to %s", low, human_bytes(high, leak->sizes[leak->nsizes - 1]));
}

static void print_leak(struct page *g, const struct report_leak *leak)
{
	const struct term *t = g->term;
	char sum[96], type[PLACE_TEXT];

	fputc('\n', t->out);
	term_print(t, SHADE_HEAD, "  %-4s", *leak->id ? leak->id : "");
	term_print(t, leak->class == CLASS_DIRECT || leak->class == CLASS_CYCLE ? SHADE_BAD : SHADE_WARN,
		   "%-10s", leak->kind);
	if (leak->class == CLASS_CYCLE)
		lines_cycle(&g->lines, leak);
	term_print(t, SHADE_HEAD, "%s", sum_text(sum, leak->heads));
	print_sizes(g, leak);
	if (leak->type)
		fprintf(t->out, ": %s", lines_function(type, leak->type, 48));
	if (leak->indirect.blocks)
		fprintf(t->out, "   (+%s behind)", sum_text(sum, leak->indirect));
	fputc('\n', t->out);
	lines_ring(&g->lines, 6, leak);
	lines_break(&g->lines, 6, leak);
	lines_count(&g->lines, 6, leak);
	lines_stack(&g->lines, 6, leak->stack);
}

static bool is_listed(const struct page *g, const struct report_leak *leak)
{
	return leak->class != CLASS_POSSIBLE || g->options->show_possible;
}

static void print_leaks(struct page *g, const struct report_process *p)
{
	uint32_t shown = 0;
	struct sum rest = { 0, 0 };
	uint32_t nrest = 0;
	char sum[96], text[64];

	for (uint32_t i = 0; i < p->nleaks; i++) {
		const struct report_leak *leak = &p->leaks[i];

		if (!is_listed(g, leak))
			continue;
		if (g->options->all || shown++ < LEAKS_SHOWN) {
			print_leak(g, leak);
			continue;
		}
		nrest++;
		rest.blocks += leak->heads.blocks + leak->indirect.blocks;
		rest.bytes += leak->heads.bytes + leak->indirect.bytes;
	}
	if (nrest)
		fprintf(g->term->out, "\n  and %s with %s (--all lists them)\n",
			human_things(text, sizeof text, nrest, "more place"), sum_text(sum, rest));
}

static void print_places(struct page *g, const struct report_process *p)
{
	uint32_t most = g->options->all ? p->nplaces : LEAKS_SHOWN;
	char text[64];

	if (p->is_judged && !g->options->show_reachable)
		return;
	for (uint32_t i = 0; i < p->nplaces && i < most; i++)
		print_leak(g, &p->places[i]);
	if (p->nplaces_all > most)
		fprintf(g->term->out, "\n  and %s (--all lists them)\n",
			human_things(text, sizeof text, p->nplaces_all - most, "more place"));
}

/* ---- heap errors --------------------------------------------------------------------------------------- */

/* "of 24 B", "at 8 B into 24 B" */
static void print_freed(struct page *g, const struct report_error *e)
{
	char bytes[TERM_TEXT], at[TERM_TEXT];

	if (!e->has_block)
		fprintf(g->term->out, "of 0x%llx, which no allocator gave out",
			(unsigned long long)e->address);
	else if (e->address != e->block)
		fprintf(g->term->out, "%s into a block of %s", human_bytes(at, e->address - e->block),
			human_bytes(bytes, e->block_size));
	else
		fprintf(g->term->out, "of %s", human_bytes(bytes, e->block_size));
	if (e->kind == HEAP_ERROR_SIZE)
		fprintf(g->term->out, " as %s", human_bytes(bytes, e->size));
	if (e->kind == HEAP_ERROR_ALIGNMENT)
		fprintf(g->term->out, " aligned to %llu as to %llu", (unsigned long long)e->block_alignment,
			(unsigned long long)e->alignment);
	if (e->instances > 1)
		fprintf(g->term->out, ", %s times", human_count(bytes, e->instances));
}

static void print_error(struct page *g, const struct report_error *e)
{
	const struct term *t = g->term;

	fputc('\n', t->out);
	term_print(t, SHADE_HEAD, "  %-4s", e->id);
	term_print(t, SHADE_BAD, "%-10s ", heap_error_name(e->kind));
	print_freed(g, e);
	fputc('\n', t->out);
	lines_call(&g->lines, 6, e->kind == HEAP_ERROR_DOUBLE_FREE ? "freed again" : "freed", e->call,
		   e->stack);
	if (e->first_free)
		lines_call(&g->lines, 6, "freed before", e->first_free->allocator, e->first_free);
	else if (e->kind == HEAP_ERROR_DOUBLE_FREE)
		term_print(t, SHADE_DIM, "      freed before (record with --free-stacks to see where)\n");
	if (e->allocation)
		lines_stack(&g->lines, 6, e->allocation);
}

static void print_errors(struct page *g, const struct report_process *p)
{
	uint32_t most = g->options->all || p->nerrors < LEAKS_SHOWN ? p->nerrors : LEAKS_SHOWN;
	char text[64];

	for (uint32_t i = 0; i < most; i++)
		print_error(g, &p->errors[i]);
	if (p->nerrors > most)
		fprintf(g->term->out, "\n  and %s (--all lists them)\n",
			human_things(text, sizeof text, p->nerrors - most, "more heap error"));
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
		[CLASS_POSSIBLE] = g->options->show_possible ? NULL : "--show=possible lists them",
		[CLASS_REACHABLE] = g->options->show_reachable ? NULL : "--show=reachable lists them",
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
	char sum[96], count[64], name[PLACE_TEXT], place[PLACE_TEXT];

	fputs("  ", t->out);
	term_clean(t, lines_fit(name, h->text, 56));
	fprintf(t->out, " retains %s", sum_text(sum, h->retained));
	if (h->retained.blocks > 1)
		fprintf(t->out, ",\n      %s ",
			h->main.blocks == h->retained.blocks ? "all of it" : "most of it");
	else
		fputs(",\n      ", t->out);
	if (h->main_type)
		fprintf(t->out, "%s %s ", human_count(count, h->main.blocks),
			lines_function(name, h->main_type, 40));
	else
		fprintf(t->out, "%s ", blocks_text(count, h->main.blocks));
	fputs("from ", t->out);
	term_clean(t, lines_place(place, &g->lines, h->main_stack));
	fputc('\n', t->out);
}

static void print_holders(struct page *g, const struct report_process *p)
{
	uint32_t most = g->options->show_reachable ? p->nholders : HOLDERS_SHOWN;

	for (uint32_t i = 0; i < p->nholders && i < most; i++) {
		if (!g->options->show_reachable && p->holders[i].retained.bytes < HOLDER_BYTES_SHOWN)
			return;
		if (!i)
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
	fprintf(t->out, "%s: ", c->type ? lines_function(type, c->type, 48) : "?");
	fprintf(t->out, "%s in %s",
		human_things(references, sizeof references, c->references,
			     *c->verdict == 's' ? "lost reference" : "missing reference"),
		human_things(objects, sizeof objects, c->objects, "object"));
	if (c->reachable)
		fprintf(t->out, ", %llu of them still reachable", (unsigned long long)c->reachable);
	fprintf(t->out, "; retained: %s\n", sum_text(sum, c->retained));
	lines_stack(&g->lines, 6, c->stack);
}

static void print_counts(struct page *g, const struct report_process *p)
{
	const struct report_counts *c = &p->counts;
	uint32_t most = g->options->all || c->nfound < LEAKS_SHOWN ? c->nfound : LEAKS_SHOWN;
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

static void print_details(struct page *g, const struct report_group *group)
{
	const struct report_process *p = group->first;

	g->lines.directory = p->directory;
	print_pids(g, group);
	lines_verdict(&g->lines, p);
	print_errors(g, p);
	print_leaks(g, p);
	print_places(g, p);
	if (g->options->brief && p->is_judged && !report_lost(p).blocks)
		return;
	print_summary(g, p);
	print_holders(g, p);
	print_counts(g, p);
	print_totals(g, p);
	print_next(g, p);
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static void print_overview(struct page *g, const struct report *r)
{
	uint32_t leaking = 0, degraded = 0;
	struct sum lost = { 0, 0 };
	char sum[96], count[64];

	for (uint32_t i = 0; i < r->nprocesses; i++) {
		struct sum one = report_lost(&r->processes[i]);

		lost.blocks += one.blocks;
		lost.bytes += one.bytes;
		leaking += one.blocks != 0;
		degraded += !report_is_complete(&r->processes[i]);
	}
	fprintf(g->term->out, "%s: ", human_things(count, sizeof count, r->nprocesses, "program run"));
	if (leaking)
		term_print(g->term, SHADE_BAD, "%u LEAKED %s", leaking, sum_text(sum, lost));
	else
		term_print(g->term, degraded ? SHADE_WARN : SHADE_GOOD,
			   degraded ? "no leaks seen" : "no leaks");
	if (degraded)
		term_print(g->term, SHADE_WARN, ", %u with a degraded verdict", degraded);
	fputc('\n', g->term->out);
}

static bool has_suspect(const struct report_process *p)
{
	return p->nholders && p->holders[0].retained.bytes >= HOLDER_BYTES_SHOWN;
}

static bool wants_details(const struct page *g, const struct report_process *p)
{
	return group_has_findings(p) || (g->is_alone && has_suspect(p)) ||
	       (g->options->show_possible && p->sums[CLASS_POSSIBLE].blocks) ||
	       (g->options->show_reachable && p->nplaces);
}

/* The first process is always told of, if only by a line: it is the one that the user started. */
static void print_group(struct page *g, const struct report_group *group, bool is_alone, uint32_t *told)
{
	bool details = wants_details(g, group->first) && (g->options->all || *told < GROUPS_SHOWN);

	if (!is_alone && details)
		fputc('\n', g->term->out);
	print_headline(g, group);
	*told += details;
	if (details)
		print_details(g, group);
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
	char sum[96];

	if (p->uses)
		fprintf(term->out, "suppressed %s by ", sum_text(sum, p->used));
	if (p->is_expired || p->is_over || !p->uses)
		term_print(term, SHADE_WARN, "%s%s", state, p->uses ? ": " : " suppression ");
	term_clean(term, p->name);
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
		print_headline(&g, &(struct report_group){ .first = first, .members = &first, .n = 1 });
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
