/* findings.c: see findings.h. */
#include "report/findings.h"

#include "report/lines.h"

#include <string.h>

static bool counts(const struct report_leak *leak, unsigned kinds)
{
	return kinds >> leak->class & 1 ||
	       (leak->indirect.blocks && leak->class != CLASS_POSSIBLE && kinds >> CLASS_INDIRECT & 1);
}

bool finding_next(struct finding *f, const struct report *r, const struct output_context *c)
{
	while (f->next_process < r->nprocesses) {
		const struct report_process *p = &r->processes[f->next_process];

		if (f->next_leak >= p->nleaks || !gate_covers(p, c->gate)) {
			f->next_process++;
			f->next_leak = 0;
			continue;
		}
		f->process = p;
		f->leak = &p->leaks[f->next_leak++];
		if (counts(f->leak, c->gate->kinds) && !f->leak->is_unsteady)
			return true;
	}
	return false;
}

bool finding_is_accepted(const struct finding *f)
{
	return f->leak->baseline == BASELINE_KNOWN;
}

static const char *below(const char *file, const char *root)
{
	size_t n = root ? strlen(root) : 0;

	return n && !strncmp(file, root, n) && file[n] == '/' ? file + n + 1 : NULL;
}

bool finding_is_below_root(const struct report_frame *f, const struct output_context *c)
{
	return f->file && f->line && below(f->file, c->root);
}

const struct report_frame *finding_place(const struct report_stack *s, const struct output_context *c)
{
	for (uint32_t i = 0; i < s->shown; i++)
		if (finding_is_below_root(&s->frames[i], c))
			return &s->frames[i];
	return stack_site(s);
}

const char *finding_file(const struct report_frame *f, const struct output_context *c)
{
	const char *near = f->file ? below(f->file, c->root) : NULL;

	return near ? near : f->file;
}

void finding_title(struct buf *out, const struct finding *f)
{
	const struct report_leak *leak = f->leak;
	const struct report_frame *site = stack_site(leak->stack);
	char bytes[TERM_TEXT], blocks[64], function[PLACE_TEXT], type[PLACE_TEXT];

	buf_text(out, human_bytes(bytes, leak->heads.bytes + leak->indirect.bytes));
	buf_text(out, " in ");
	buf_text(out,
		 human_things(blocks, sizeof blocks, leak->heads.blocks + leak->indirect.blocks, "block"));
	if (leak->type) {
		buf_text(out, " of ");
		buf_text(out, lines_function(type, leak->type, 60));
	}
	buf_text(out, leak->class == CLASS_POSSIBLE ? " possibly leaked, allocated by "
		      : leak->class == CLASS_CYCLE  ? " leaked in a cycle, allocated by "
						    : " leaked, allocated by ");
	buf_text(out, site && site->function ? lines_function(function, site->function, 80) : "?");
}
