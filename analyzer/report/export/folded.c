/* folded.c: "main;work;make 4096": frames outermost first, and what the stack weighs. Stacks that read the same
 * are one line. */
#include "base/escape.h"
#include "names/store.h"
#include "report/export/export.h"

#include <stdlib.h>

static const char *fold(struct export *e, const struct report_stack *s, struct buf *line)
{
	buf_clear(line);
	for (uint32_t i = s->shown; i-- > 0;) {
		const char *function = export_function(e, &s->frames[i]);

		escape_put(line, function ? function : "", escape_folded);
		buf_text(line, i ? ";" : "");
	}
	buf_text(line, s->shown ? "" : "[unknown]");
	buf_put(line, "", 1);
	return line->failed || e->out.failed ? NULL : pool_text(&e->report.pool, (char *)line->bytes);
}

int export_folded(struct export *e, struct err *err)
{
	uint64_t *weights = calloc((size_t)e->a.trace.nnodes + 1, sizeof *weights);
	struct texts lines = { 0 };
	struct buf line = { 0 };
	bool is_good = weights;

	for (struct export_use u = { 0 }; is_good && export_next(&u, e);) {
		struct sum sum = u.of[e->options->value];
		uint64_t weight = e->options->is_count ? sum.blocks : sum.bytes;

		if (!weight)
			continue;
		const char *text = fold(e, u.frames, &line);
		uint32_t number = text ? texts_number(&lines, text) : NO_TEXT;
		is_good = number != NO_TEXT;
		if (is_good)
			weights[number] += weight;
	}
	for (uint32_t i = 0; is_good && i < lines.n; i++) {
		buf_text(&e->out, lines.at[i]);
		buf_text(&e->out, " ");
		buf_number(&e->out, weights[i]);
		buf_text(&e->out, "\n");
		export_flush(e);
	}
	free(weights);
	texts_free(&lines);
	buf_free(&line);
	return is_good ? 0 : export_no_memory(e, err);
}
