/* gated.c: see gated.h. */
#include "report/gated.h"

#include "report/lines.h"

#include <string.h>

bool finding_next(struct finding *f, const struct report *r, const struct output_context *c)
{
	uint32_t process = f->next_process, next = f->next;

	for (; process < r->nprocesses; process++, next = 0) {
		const struct report_process *p = &r->processes[process];

		while (gate_covers(p, c->gate) && finding_at(f, p, next++))
			if (gate_counts(f, c->gate)) {
				f->next_process = process;
				f->next = next;
				return true;
			}
	}
	return false;
}

bool finding_is_accepted(const struct finding *f)
{
	return *f->baseline == BASELINE_KNOWN;
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

/* "of 24 B by free in drop, 3 times" */
static void put_error_title(struct buf *out, const struct report_error *e, const char *function)
{
	static const char *const words[HEAP_ERROR_KINDS] = {
		[HEAP_ERROR_DOUBLE_FREE] = "double free",
		[HEAP_ERROR_INSIDE] = "free of an address inside a block",
		[HEAP_ERROR_NO_BLOCK] = "free of what is no block",
		[HEAP_ERROR_FAMILY] = "block of another allocator freed",
		[HEAP_ERROR_SIZE] = "block freed with another size",
		[HEAP_ERROR_ALIGNMENT] = "block freed with another alignment",
	};
	char call[PLACE_TEXT];

	buf_text(out, words[e->kind]);
	buf_text(out, " by ");
	buf_text(out, lines_function(call, e->call, 40));
	buf_text(out, " in ");
	buf_text(out, function);
	if (e->instances > 1) {
		buf_text(out, ", ");
		buf_number(out, e->instances);
		buf_text(out, " times");
	}
}

static void put_leak_title(struct buf *out, const struct finding *f, const char *function)
{
	const struct report_leak *leak = f->leak;
	char sum[SUM_TEXT], type[PLACE_TEXT];

	buf_text(out, lines_sum(sum, f->sum));
	if (leak->type) {
		buf_text(out, " of ");
		buf_text(out, lines_type(type, leak->type, 60));
	}
	buf_text(out, leak->growth		      ? " came on while the program ran, allocated by "
		      : leak->class == CLASS_POSSIBLE ? " possibly leaked, allocated by "
		      : leak->class == CLASS_CYCLE    ? " leaked in a cycle, allocated by "
						      : " leaked, allocated by ");
	buf_text(out, function);
}

void finding_title(struct buf *out, const struct finding *f)
{
	const struct report_frame *site = stack_site(f->stack);
	char function[PLACE_TEXT] = "?";

	if (site && site->function)
		lines_function(function, site->function, 80);
	if (f->error)
		put_error_title(out, f->error, function);
	else
		put_leak_title(out, f, function);
}
