/* ci.c: GitHub's annotations, GitLab's code quality, JUnit's XML, and a summary in Markdown. */
#include "base/escape.h"
#include "report/json.h"
#include "report/lines.h"
#include "report/outputs.h"

#include <stdio.h>
#include <string.h>

#define ANNOTATIONS_MAX 10u /* GitHub shows no more of a step */
#define SUMMARY_LEAKS 20u

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

	for (uint32_t i = 0; i < leak->nedges; i++) {
		const struct report_edge *e = &leak->edges[i];

		buf_text(out, indent);
		buf_text(out, lines_what(what, e->from_type, e->from_bytes));
		buf_text(out, " -> by ");
		buf_text(out, lines_field(field, e->field, e->offset));
		buf_text(out, e->break_reason ? " (this one should not own)\n" : "\n");
	}
}

static void put_details(struct buf *out, const struct finding *f, const struct output_context *c)
{
	put_stack(out, f->leak->stack, c, "  ");
	if (f->leak->nedges) {
		buf_text(out, "cycle:\n");
		put_cycle(out, f->leak, "  ");
	}
	buf_text(out, "fingerprint ");
	buf_text(out, f->leak->fingerprint.strict);
	buf_text(out, "\n");
}

/* ---- GitHub -------------------------------------------------------------------------------------------- */

/* Workflow commands: data escapes % CR LF, properties : and , too. */
static void put_escaped(struct buf *out, const char *text, size_t n, bool is_property)
{
	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c == '%' || c == '\r' || c == '\n' || (is_property && (c == ':' || c == ','))) {
			char code[8];
			snprintf(code, sizeof code, "%%%02X", (unsigned)c);
			buf_text(out, code);
		} else {
			buf_put(out, &c, 1);
		}
	}
}

static void put_annotation(struct buf *out, const struct finding *f, const struct output_context *c)
{
	const struct report_frame *place = finding_place(f->leak->stack, c);
	struct buf text = { 0 };

	buf_text(out, f->leak->class == CLASS_POSSIBLE || finding_is_accepted(f) ? "::warning " : "::error ");
	if (place && place->file && place->line) {
		const char *file = finding_file(place, c);
		buf_text(out, "file=");
		put_escaped(out, file, strlen(file), true);
		buf_text(out, ",line=");
		buf_number(out, place->line);
		buf_text(out, ",");
	}
	finding_title(&text, f);
	buf_text(out, "title=");
	put_escaped(out, (char *)text.bytes, text.used, true);
	buf_text(out, "::");
	buf_clear(&text);
	put_details(&text, f, c);
	put_escaped(out, (char *)text.bytes, text.used, false);
	buf_text(out, "\n");
	buf_free(&text);
}

void output_github(struct buf *out, const struct report *r, const struct output_context *c)
{
	unsigned n = 0;

	for (struct finding f = { 0 }; n < ANNOTATIONS_MAX && finding_next(&f, r, c);)
		if (!finding_is_accepted(&f)) {
			put_annotation(out, &f, c);
			n++;
		}
	if (c->result && c->result->outcome == GATE_UNJUDGED) {
		buf_text(out, "::error title=leakgraph could not judge::");
		put_escaped(out, c->result->why, strlen(c->result->why), false);
		buf_text(out, "\n");
	}
}

/* ---- GitLab -------------------------------------------------------------------------------------------- */

/* Equal fingerprints are folded by GitLab, so leaks that share a stack are told apart by their kind. */
static void put_issue(struct json *j, const struct finding *f, const struct output_context *c)
{
	const struct report_frame *place = finding_place(f->leak->stack, c);
	struct buf text = { 0 };

	finding_title(&text, f);
	buf_put(&text, "", 1);
	json_open(j, '{');
	json_put_text(j, "description", text.failed ? "leaked" : (char *)text.bytes);
	json_put_text(j, "check_name", f->leak->kind);
	buf_clear(&text);
	buf_text(&text, f->leak->fingerprint.strict);
	buf_text(&text, "-");
	buf_put(&text, f->leak->kind, strlen(f->leak->kind) + 1);
	json_put_text(j, "fingerprint", text.failed ? "" : (char *)text.bytes);
	json_put_text(j, "severity",
		      finding_is_accepted(f)		 ? "info"
		      : f->leak->class == CLASS_POSSIBLE ? "minor"
							 : "major");
	json_key(j, "location");
	json_open_flat(j, '{');
	json_put_text(j, "path", place && place->file ? finding_file(place, c) : f->process->name);
	json_key(j, "lines");
	json_open_flat(j, '{');
	json_put_number(j, "begin", place && place->line ? place->line : 1);
	json_close(j, '}');
	json_close(j, '}');
	json_close(j, '}');
	buf_free(&text);
}

void output_gitlab(struct buf *out, const struct report *r, const struct output_context *c)
{
	struct json j;

	json_start(&j, out);
	json_open(&j, '[');
	for (struct finding f = { 0 }; finding_next(&f, r, c);)
		put_issue(&j, &f, c);
	json_close(&j, ']');
	json_end(&j);
}

/* ---- JUnit --------------------------------------------------------------------------------------------- */

static void put_xml(struct buf *out, const char *text)
{
	escape_put(out, text, escape_xml);
}

/* The same of a text that was put together, and may go on. */
static void put_xml_buf(struct buf *out, struct buf *text)
{
	buf_put(text, "", 1);
	out->failed |= text->failed;
	if (text->failed)
		return;
	put_xml(out, (char *)text->bytes);
	text->used--;
}

static void put_failure(struct buf *out, const struct finding *f, const struct output_context *c)
{
	struct buf text = { 0 };

	buf_text(out, "    <failure type=\"");
	buf_text(out, f->leak->kind);
	buf_text(out, "\" message=\"");
	finding_title(&text, f);
	put_xml_buf(out, &text);
	buf_text(out, "\">");
	buf_text(&text, "\n");
	put_details(&text, f, c);
	put_xml_buf(out, &text);
	buf_text(out, "</failure>\n");
	buf_free(&text);
}

static void put_case(struct buf *out, const struct finding *f, const struct output_context *c)
{
	const struct report_frame *site = stack_site(f->leak->stack);
	const char *name = site && site->function ? site->function : "?";

	buf_text(out, "  <testcase classname=\"");
	put_xml(out, f->process->name);
	buf_text(out, "\" name=\"leak ");
	buf_put(out, f->leak->fingerprint.strict, 8);
	buf_text(out, " ");
	put_xml(out, name);
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
		put_xml(out, c->result->why);
		buf_text(out, "\"/>\n  </testcase>\n");
	} else if (!cases) {
		buf_text(out, "  <testcase classname=\"leakgraph\" name=\"no new leaks\"/>\n");
	}
	buf_text(out, "</testsuite>\n");
}

/* ---- Markdown ------------------------------------------------------------------------------------------ */

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
	if (f->leak->baseline == BASELINE_NEW)
		buf_text(out, "NEW: ");
	if (f->leak->baseline == BASELINE_GROWN)
		buf_text(out, "GROWN: ");
	put_xml_buf(out, &text);
	buf_text(out, "</summary>\n\n```\n");
	put_details(out, f, c);
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
}
