/* page_findings.c: leaks, places and heap errors of one process; see page_findings.h. */
#include "report/page_findings.h"

bool page_shows_possible(const struct page *g, const struct report_process *p)
{
	return g->options->show_possible || p->sample_bytes;
}

bool page_shows_reachable(const struct page *g, const struct report_process *p)
{
	return g->options->show_reachable || p->sample_bytes;
}

static uint32_t most_shown(const struct page *g, uint32_t n)
{
	return g->options->all || n < PAGE_FINDINGS_SHOWN ? n : PAGE_FINDINGS_SHOWN;
}

static void print_rest(struct page *g, uint64_t n, const char *what)
{
	char text[64];

	if (n)
		fprintf(g->term->out, "\n  and %s (--all lists them)\n",
			human_things(text, sizeof text, n, what));
}

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
	char sum[SUM_TEXT], type[PLACE_TEXT];

	fputc('\n', t->out);
	term_print(t, SHADE_HEAD, "  %-4s", *leak->id ? leak->id : "");
	term_print(t, leak->class == CLASS_DIRECT || leak->class == CLASS_CYCLE ? SHADE_BAD : SHADE_WARN,
		   "%-10s", leak->kind);
	if (leak->class == CLASS_CYCLE)
		lines_cycle(&g->lines, leak);
	term_print(t, SHADE_HEAD, "%s", lines_sum(sum, leak->heads));
	print_sizes(g, leak);
	if (leak->type)
		fprintf(t->out, ": %s", lines_type(type, leak->type, 48));
	if (leak->indirect.blocks)
		fprintf(t->out, "   (+%s behind)", lines_sum(sum, leak->indirect));
	fputc('\n', t->out);
	if (leak->growth)
		lines_growth(&g->lines, 6, leak->growth);
	lines_ring(&g->lines, 6, leak);
	lines_break(&g->lines, 6, leak);
	lines_count(&g->lines, 6, leak);
	lines_origin(&g->lines, 6, leak->stack, leak->is_reused);
}

static void print_leaks(struct page *g, const struct report_process *p)
{
	uint32_t shown = 0, nrest = 0;
	struct sum rest = { 0, 0 };
	char sum[SUM_TEXT], text[64];

	for (uint32_t i = 0; i < p->nleaks; i++) {
		const struct report_leak *leak = &p->leaks[i];

		if (leak->class == CLASS_POSSIBLE && !page_shows_possible(g, p))
			continue;
		if (g->options->all || shown++ < PAGE_FINDINGS_SHOWN) {
			print_leak(g, leak);
			continue;
		}
		nrest++;
		rest.blocks += leak->heads.blocks + leak->indirect.blocks;
		rest.bytes += leak->heads.bytes + leak->indirect.bytes;
	}
	if (nrest)
		fprintf(g->term->out, "\n  and %s with %s (--all lists them)\n",
			human_things(text, sizeof text, nrest, "more place"), lines_sum(sum, rest));
}

static void print_places(struct page *g, const struct report_process *p)
{
	uint32_t most = most_shown(g, p->nplaces);

	if (p->is_judged && !page_shows_reachable(g, p))
		return;
	for (uint32_t i = 0; i < most; i++)
		print_leak(g, &p->places[i]);
	print_rest(g, p->nplaces_all - most, "more place");
}

/* ---- heap errors --------------------------------------------------------------------------------------- */

static void print_error(struct page *g, const struct report_error *e)
{
	const struct term *t = g->term;
	char text[PLACE_TEXT];

	fputc('\n', t->out);
	term_print(t, SHADE_HEAD, "  %-4s", e->id);
	term_print(t, SHADE_BAD, "%-10s ", heap_error_name(e->kind));
	fputs(lines_freed(text, e), t->out);
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
	uint32_t most = most_shown(g, p->nerrors);

	for (uint32_t i = 0; i < most; i++)
		print_error(g, &p->errors[i]);
	print_rest(g, p->nerrors - most, "more heap error");
}

static void print_growing(struct page *g, const struct report_process *p)
{
	uint32_t most = most_shown(g, p->ngrowing);

	for (uint32_t i = 0; i < most; i++)
		print_leak(g, &p->growing[i]);
	print_rest(g, p->ngrowing - most, "more growing place");
}

void page_findings(struct page *g, const struct report_process *p)
{
	print_errors(g, p);
	print_leaks(g, p);
	print_growing(g, p);
	print_places(g, p);
}
