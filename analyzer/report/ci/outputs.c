/* outputs.c: see outputs.h. */
#include "report/ci/outputs.h"

#include "base/escape.h"
#include "report/json.h"
#include "report/lines.h"

#include <string.h>

static void output_json(struct buf *out, const struct report *r, const struct output_context *c)
{
	(void)c;
	report_json(out, r);
}

const struct output outputs[] = {
	{ "json", "the whole report (leakgraph.report.v1)", output_json },
	{ "sarif", "SARIF 2.1.0, for code scanning", output_sarif },
	{ "github", "GitHub's annotations", output_github },
	{ "gitlab", "GitLab's code quality", output_gitlab },
	{ "junit", "JUnit's XML", output_junit },
	{ "markdown", "a summary, for step summaries and comments", output_markdown },
	{ "memcheck", "the lines that Valgrind's Memcheck logs, for ctest -T memcheck", output_memcheck },
	{ NULL, NULL, NULL },
};

const struct output *output_named(const struct output *table, const char *name)
{
	for (const struct output *o = table; o->name; o++)
		if (!strcmp(o->name, name))
			return o;
	return NULL;
}

/* ---- what renderers share -------------------------------------------------------------------------------- */

/* One line a frame, down to main. */
static void put_stack(struct buf *out, const struct report_stack *s, const struct output_context *c,
		      const char *indent)
{
	char name[PLACE_TEXT];

	for (uint32_t i = 0; i < s->shown; i++) {
		const struct report_frame *f = &s->frames[i];

		buf_text(out, indent);
		buf_text(out, f->function ? lines_function(name, f->function, 80) : "?");
		buf_text(out, "  ");
		buf_text(out, f->file ? finding_file(f, c) : f->module);
		if (f->file && f->line) {
			buf_text(out, ":");
			buf_number(out, f->line);
		}
		buf_text(out, "\n");
	}
}

static void put_cycle(struct buf *out, const struct report_leak *leak, const char *indent)
{
	char what[PLACE_TEXT], field[PLACE_TEXT];

	for (uint32_t i = 0; i < leak->nring; i++) {
		const struct report_edge *e = &leak->ring[i];

		buf_text(out, indent);
		buf_text(out, lines_what(what, e->from_type, e->from_bytes));
		buf_text(out, " -> by ");
		buf_text(out, lines_field(field, e->field, e->offset));
		buf_text(out, e->break_reason ? " (this one should not own)\n" : "\n");
	}
}

void output_put_details(struct buf *out, const struct finding *f, const struct output_context *c)
{
	put_stack(out, f->stack, c, "  ");
	if (f->error && f->error->first_free) {
		buf_text(out, "freed before by:\n");
		put_stack(out, f->error->first_free, c, "  ");
	}
	if (f->error && f->error->allocation) {
		buf_text(out, "allocated by:\n");
		put_stack(out, f->error->allocation, c, "  ");
	}
	if (f->leak && f->leak->nedges) {
		buf_text(out, "cycle:\n");
		put_cycle(out, f->leak, "  ");
	}
	buf_text(out, "fingerprint ");
	buf_text(out, f->fingerprint->strict);
	buf_text(out, "\n");
}

void output_put_xml(struct buf *out, const char *text)
{
	escape_put(out, text, escape_xml);
}

void output_put_xml_buf(struct buf *out, struct buf *text)
{
	buf_put(text, "", 1);
	out->failed |= text->failed;
	if (text->failed)
		return;
	output_put_xml(out, (char *)text->bytes);
	text->used--;
}
