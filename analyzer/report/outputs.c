/* outputs.c: see outputs.h. */
#include "report/outputs.h"

#include "base/term.h"
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

/* ---- findings ------------------------------------------------------------------------------------------ */

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
