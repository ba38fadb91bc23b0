/* github.c: annotations, as commands of GitHub's workflows. */
#include "report/ci/outputs.h"

#include <stdio.h>
#include <string.h>

#define ANNOTATIONS_MAX 10u /* GitHub shows no more of a step */

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
	const struct report_frame *place = finding_place(f->stack, c);
	struct buf text = { 0 };

	buf_text(out, f->kind == CLASS_POSSIBLE || finding_is_accepted(f) ? "::warning " : "::error ");
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
	output_put_details(&text, f, c);
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
