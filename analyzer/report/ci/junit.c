/* junit.c: JUnit's XML: a case for each finding, failed unless a baseline knows it. */
#include "report/ci/outputs.h"

static void put_failure(struct buf *out, const struct finding *f, const struct output_context *c)
{
	struct buf text = { 0 };

	buf_text(out, "    <failure type=\"");
	buf_text(out, f->name);
	buf_text(out, "\" message=\"");
	finding_title(&text, f);
	output_put_xml_buf(out, &text);
	buf_text(out, "\">");
	buf_text(&text, "\n");
	output_put_details(&text, f, c);
	output_put_xml_buf(out, &text);
	buf_text(out, "</failure>\n");
	buf_free(&text);
}

static void put_case(struct buf *out, const struct finding *f, const struct output_context *c)
{
	const struct report_frame *site = stack_site(f->stack);
	const char *name = site && site->function ? site->function : "?";

	buf_text(out, "  <testcase classname=\"");
	output_put_xml(out, f->process->name);
	buf_text(out, f->kind < LEAK_CLASSES ? "\" name=\"leak " : "\" name=\"");
	buf_text(out, f->kind < LEAK_CLASSES ? "" : f->name);
	buf_text(out, f->kind < LEAK_CLASSES ? "" : " ");
	buf_put(out, f->fingerprint->strict, 8);
	buf_text(out, " ");
	output_put_xml(out, name);
	buf_text(out, "\">\n");
	if (!finding_is_accepted(f))
		put_failure(out, f, c);
	buf_text(out, "  </testcase>\n");
}

void output_junit(struct buf *out, const struct report *r, const struct output_context *c)
{
	bool is_unjudged = c->result && c->result->outcome == GATE_UNJUDGED;
	uint64_t cases = is_unjudged, failures = 0;

	for (struct finding f = { 0 }; finding_next(&f, r, c); cases++)
		failures += !finding_is_accepted(&f);
	buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"leakgraph\" tests=\"");
	buf_number(out, cases ? cases : 1);
	buf_text(out, "\" failures=\"");
	buf_number(out, failures);
	buf_text(out, "\" errors=\"");
	buf_number(out, is_unjudged);
	buf_text(out, "\">\n");
	for (struct finding f = { 0 }; finding_next(&f, r, c);)
		put_case(out, &f, c);
	if (is_unjudged) {
		buf_text(out, "  <testcase classname=\"leakgraph\" name=\"verdict\">\n    <error message=\"");
		output_put_xml(out, c->result->why);
		buf_text(out, "\"/>\n  </testcase>\n");
	} else if (!cases) {
		buf_text(out, "  <testcase classname=\"leakgraph\" name=\"no new leaks\"/>\n");
	}
	buf_text(out, "</testsuite>\n");
}
