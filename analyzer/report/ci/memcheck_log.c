/* memcheck_log.c: the findings as the lines that Memcheck logs. CTest's memcheck step knows those of leaks and of wrong
 * frees by "==PID==" and by their words (cmCTestMemCheckHandler); a cycle is definitely lost, too. */
#include "report/ci/outputs.h"

#include "heap/errors.h"

#include <stdio.h>

struct memcheck_log {
	struct buf *out;
	const struct report_process *process;
	uint64_t number, count; /* loss records */
};

static void put_start(const struct memcheck_log *l)
{
	buf_text(l->out, "==");
	buf_number(l->out, l->process->pid);
	buf_text(l->out, "== ");
}

/* Text from outside, on one line. */
static void put_clean(const struct memcheck_log *l, const char *text)
{
	for (; *text; text++)
		buf_put(l->out, (unsigned char)*text < ' ' ? "?" : text, 1);
}

static void put_line(const struct memcheck_log *l, const char *text)
{
	put_start(l);
	put_clean(l, text);
	buf_text(l->out, "\n");
}

static void put_frame(const struct memcheck_log *l, bool is_first, const struct report_frame *f)
{
	char address[32];

	snprintf(address, sizeof address, "   %s 0x%llX: ", is_first ? "at" : "by",
		 (unsigned long long)(f->address ? f->address - 1 : 0));
	put_start(l);
	buf_text(l->out, address);
	put_clean(l, f->function ? f->function : "???");
	buf_text(l->out, f->file ? " (" : " (in ");
	put_clean(l, f->file ? f->file : f->module);
	if (f->file) {
		buf_text(l->out, ":");
		buf_number(l->out, f->line);
	}
	buf_text(l->out, ")\n");
}

static void put_stack(const struct memcheck_log *l, const struct report_stack *s)
{
	put_frame(l, true, &(struct report_frame){ .function = s->allocator, .module = "the allocator" });
	for (uint32_t i = 0; i < s->shown; i++)
		put_frame(l, false, &s->frames[i]);
	put_line(l, "");
}

/* "152 (72 direct, 80 indirect) bytes in 3 blocks are definitely lost in loss record 1 of 2" */
static void put_leak(struct memcheck_log *l, const struct report_leak *leak)
{
	struct buf *out = l->out;

	put_start(l);
	buf_number(out, leak->heads.bytes + leak->indirect.bytes);
	if (leak->indirect.blocks) {
		buf_text(out, " (");
		buf_number(out, leak->heads.bytes);
		buf_text(out, " direct, ");
		buf_number(out, leak->indirect.bytes);
		buf_text(out, " indirect)");
	}
	buf_text(out, " bytes in ");
	buf_number(out, leak->heads.blocks);
	buf_text(out,
		 leak->class == CLASS_POSSIBLE ? " blocks are possibly lost" : " blocks are definitely lost");
	buf_text(out, " in loss record ");
	buf_number(out, ++l->number);
	buf_text(out, " of ");
	buf_number(out, l->count);
	buf_text(out, "\n");
	if (leak->class == CLASS_CYCLE)
		put_line(l, " They hold each other in a cycle.");
	put_stack(l, leak->stack);
}

static void put_error(const struct memcheck_log *l, const struct report_error *e)
{
	bool is_mismatch =
	    e->kind == HEAP_ERROR_FAMILY || e->kind == HEAP_ERROR_SIZE || e->kind == HEAP_ERROR_ALIGNMENT;

	put_line(l, is_mismatch ? "Mismatched free() / delete / delete []"
				: "Invalid free() / delete / delete [] / realloc()");
	put_stack(l, e->stack);
	if (e->allocation) {
		put_line(l, " The block was alloc'd");
		put_stack(l, e->allocation);
	}
}

/* Of a wrong free Memcheck tells whether or not anything is gated; what a baseline knows is left out. */
static void put_errors(const struct memcheck_log *l)
{
	for (uint32_t i = 0; i < l->process->nerrors; i++)
		if (l->process->errors[i].baseline != BASELINE_KNOWN)
			put_error(l, &l->process->errors[i]);
}

static void put_sum(const struct memcheck_log *l, const char *name, struct sum sum)
{
	char text[128];

	snprintf(text, sizeof text, "%19s: %llu bytes in %llu blocks", name, (unsigned long long)sum.bytes,
		 (unsigned long long)sum.blocks);
	put_line(l, text);
}

static void put_summary(const struct memcheck_log *l)
{
	const struct report_process *p = l->process;
	struct sum definite = p->sums[CLASS_DIRECT];

	definite.blocks += p->sums[CLASS_CYCLE].blocks;
	definite.bytes += p->sums[CLASS_CYCLE].bytes;
	put_line(l, "LEAK SUMMARY:");
	put_sum(l, "definitely lost", definite);
	put_sum(l, "indirectly lost", p->sums[CLASS_INDIRECT]);
	put_sum(l, "possibly lost", p->sums[CLASS_POSSIBLE]);
	put_sum(l, "still reachable", p->sums[CLASS_REACHABLE]);
	put_sum(l, "suppressed", p->suppressed_sum);
	put_line(l, "");
}

static bool is_loss(const struct finding *f)
{
	return f->kind < LEAK_CLASSES && !finding_is_accepted(f);
}

static void put_log(struct buf *out, const struct report *r, const struct report_process *p,
		    const struct output_context *c)
{
	struct memcheck_log l = { .out = out, .process = p };

	for (struct finding f = { 0 }; finding_next(&f, r, c);)
		l.count += f.process == p && is_loss(&f);
	put_start(&l);
	buf_text(out, "leakgraph, in the form of Memcheck, of ");
	put_clean(&l, p->executable);
	buf_text(out, "\n");
	for (uint32_t i = 0; i < p->nreasons; i++)
		put_line(&l, p->reasons[i].text);
	put_line(&l, "");
	put_errors(&l);
	for (struct finding f = { 0 }; finding_next(&f, r, c);)
		if (f.process == p && is_loss(&f))
			put_leak(&l, f.leak);
	put_summary(&l);
}

void output_memcheck(struct buf *out, const struct report *r, const struct output_context *c)
{
	for (uint32_t i = 0; i < r->nprocesses; i++)
		if (gate_covers(&r->processes[i], c->gate))
			put_log(out, r, &r->processes[i], c);
}
