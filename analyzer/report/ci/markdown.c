/* markdown.c: a summary for step summaries and comments. */
#include "base/term.h"
#include "report/ci/outputs.h"

#include <string.h>

#define SUMMARY_LEAKS 20u

/* Inside a table or a line of text: what Markdown or HTML would take for markup. */
static void put_markdown(struct buf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '<')
			buf_text(out, "&lt;");
		else if (text[i] == '\n')
			buf_text(out, " ");
		else {
			if (strchr("\\`*_[]|", text[i]) && text[i])
				buf_text(out, "\\");
			buf_put(out, &text[i], 1);
		}
	}
}

static void put_row(struct buf *out, const struct report_process *p)
{
	struct sum lost = report_lost(p);
	char ending[64], bytes[TERM_TEXT];

	buf_text(out, "| ");
	put_markdown(out, p->name, strlen(p->name));
	buf_text(out, " | ");
	buf_text(out, report_ending(ending, sizeof ending, p));
	buf_text(out, " | ");
	buf_number(out, lost.blocks);
	buf_text(out, " | ");
	buf_text(out, human_bytes(bytes, lost.bytes));
	buf_text(out, report_is_complete(p) ? " | complete |\n" : " | **degraded** |\n");
}

static void put_section(struct buf *out, const struct finding *f, const struct output_context *c)
{
	struct buf text = { 0 };

	finding_title(&text, f);
	buf_text(out, "\n<details><summary>");
	if (*f->baseline == BASELINE_NEW)
		buf_text(out, "NEW: ");
	if (*f->baseline == BASELINE_GROWN)
		buf_text(out, "GROWN: ");
	output_put_xml_buf(out, &text);
	buf_text(out, "</summary>\n\n```\n");
	output_put_details(out, f, c);
	buf_text(out, "```\n\n</details>\n");
	buf_free(&text);
}

static const char *const outcomes[] = { [GATE_PASSED] = "passed",
					[GATE_FAILED] = "FAILED",
					[GATE_UNJUDGED] = "could not judge",
					[GATE_TARGET_FAILED] = "the program failed" };

void output_markdown(struct buf *out, const struct report *r, const struct output_context *c)
{
	uint64_t n = 0;

	buf_text(out, "### leakgraph");
	if (c->result) {
		buf_text(out, ": ");
		buf_text(out, outcomes[c->result->outcome]);
	}
	buf_text(out, "\n\n| program | ended | leaked blocks | bytes | verdict |\n|---|---|---:|---:|---|\n");
	for (uint32_t i = 0; i < r->nprocesses; i++)
		if (gate_covers(&r->processes[i], c->gate) &&
		    (!i || report_lost(&r->processes[i]).blocks || !report_is_complete(&r->processes[i])))
			put_row(out, &r->processes[i]);
	for (struct finding f = { 0 }; finding_next(&f, r, c);)
		if (!finding_is_accepted(&f) && n++ < SUMMARY_LEAKS)
			put_section(out, &f, c);
	if (n > SUMMARY_LEAKS) {
		buf_text(out, "\nand ");
		buf_number(out, n - SUMMARY_LEAKS);
		buf_text(out, " more\n");
	}
	buf_text(out, "\n"); /* the next step's begins a block of its own */
}
