/* valgrind.c: the leaks as Valgrind's XML of protocol 4, as Memcheck writes it with --leak-check=full
 * (docs/internals/xml-output-protocol4.txt). Readers know its four kinds of leaks only: a cycle is definitely lost, and
 * its text says that it is one. */
#include "base/escape.h"
#include "report/export/export.h"

#include <string.h>

/* NULL: there was no memory for the text. */
static void put_text(struct export *e, const char *tag, const char *text)
{
	struct buf *out = &e->out;

	out->failed |= !text;
	buf_text(out, "<");
	buf_text(out, tag);
	buf_text(out, ">");
	escape_put(out, text ? text : "", escape_xml);
	buf_text(out, "</");
	buf_text(out, tag);
	buf_text(out, ">\n");
}

static void put_number(struct export *e, const char *tag, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof text, "%llu", (unsigned long long)number);
	put_text(e, tag, text);
}

static void put_hex(struct export *e, const char *tag, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof text, "0x%llX", (unsigned long long)number);
	put_text(e, tag, text);
}

/* ---- a leak ------------------------------------------------------------------------------------------------ */

static void put_file(struct export *e, const struct report_frame *f)
{
	const char *slash = strrchr(f->file, '/');

	if (slash)
		put_text(e, "dir", pool_print(&e->report.pool, "%.*s", (int)(slash - f->file), f->file));
	put_text(e, "file", slash ? slash + 1 : f->file);
	if (f->line)
		put_number(e, "line", f->line);
}

static void put_frame(struct export *e, const struct report_frame *f)
{
	buf_text(&e->out, "<frame>\n");
	put_hex(e, "ip", f->address ? f->address - 1 : 0);
	put_text(e, "obj", f->module);
	if (f->function)
		put_text(e, "fn", f->function);
	if (f->file)
		put_file(e, f);
	buf_text(&e->out, "</frame>\n");
}

static void put_stack(struct export *e, const struct report_stack *s)
{
	buf_text(&e->out, "<stack>\n");
	for (uint32_t i = 0; i < s->shown; i++)
		put_frame(e, &s->frames[i]);
	buf_text(&e->out, "</stack>\n");
}

/* "152 (72 direct, 80 indirect) bytes in 3 blocks are definitely lost (cycle of 3 blocks) in loss record 1 of 1" */
static const char *leak_text(struct export *e, const struct report_leak *leak, uint32_t number)
{
	struct pool *pool = &e->report.pool;
	unsigned long long direct = leak->heads.bytes, indirect = leak->indirect.bytes;
	const char *bytes = indirect ? pool_print(pool, "%llu (%llu direct, %llu indirect)",
						  direct + indirect, direct, indirect)
				     : pool_print(pool, "%llu", direct);
	const char *cycle =
	    leak->class == CLASS_CYCLE
		? pool_print(pool, " (cycle of %u block%s)", leak->members, leak->members == 1 ? "" : "s")
		: "";

	return pool_print(pool, "%s bytes in %llu blocks are %s lost%s in loss record %u of %u",
			  bytes ? bytes : "?", (unsigned long long)leak->heads.blocks,
			  leak->class == CLASS_POSSIBLE ? "possibly" : "definitely", cycle ? cycle : "",
			  number, e->process->nleaks);
}

/* Where the second block of a ring comes from. */
static void put_ring(struct export *e, const struct report_leak *leak)
{
	if (leak->nedges < 2)
		return;
	put_text(e, "auxwhat", "It is held in a cycle by a block that was allocated");
	put_stack(e, leak->edges[1].from_stack);
}

static void put_leak(struct export *e, uint32_t i)
{
	const struct report_leak *leak = &e->process->leaks[i];

	buf_text(&e->out, "<error>\n");
	put_hex(e, "unique", i);
	put_number(e, "tid", 1);
	put_text(e, "kind", leak->class == CLASS_POSSIBLE ? "Leak_PossiblyLost" : "Leak_DefinitelyLost");
	buf_text(&e->out, "<xwhat>\n");
	put_text(e, "text", leak_text(e, leak, i + 1));
	put_number(e, "leakedbytes", leak->heads.bytes + leak->indirect.bytes);
	put_number(e, "leakedblocks", leak->heads.blocks);
	buf_text(&e->out, "</xwhat>\n");
	put_stack(e, leak->stack);
	put_ring(e, leak);
	buf_text(&e->out, "</error>\n\n");
	export_flush(e);
}

/* ---- the document ------------------------------------------------------------------------------------------ */

static void put_preamble(struct export *e)
{
	buf_text(&e->out, "<preamble>\n");
	put_text(e, "line", "leakgraph, in the form of Memcheck");
	for (uint32_t i = 0; i < e->process->nreasons; i++) {
		put_text(e, "line", pool_print(&e->report.pool, "degraded: %s", e->process->reasons[i].text));
	}
	buf_text(&e->out, "</preamble>\n\n");
}

static void put_command(struct export *e)
{
	char *const *argv = e->process->argv;

	buf_text(&e->out, "<args>\n<vargv>\n");
	put_text(e, "exe", "leakgraph");
	buf_text(&e->out, "</vargv>\n<argv>\n");
	put_text(e, "exe", argv[0] ? argv[0] : "");
	for (; argv[0] && argv[1]; argv++)
		put_text(e, "arg", argv[1]);
	buf_text(&e->out, "</argv>\n</args>\n\n");
}

/* Days, hours, minutes, seconds since the start. */
static void put_status(struct export *e, const char *state, uint64_t ns)
{
	uint64_t ms = ns / 1000000, minutes = ms / 60000;
	char time[64];

	snprintf(time, sizeof time, "%02u:%02u:%02u:%02u.%03u ", (unsigned)(minutes / 1440),
		 (unsigned)(minutes / 60 % 24), (unsigned)(minutes % 60), (unsigned)(ms / 1000 % 60),
		 (unsigned)(ms % 1000));
	buf_text(&e->out, "<status>\n");
	put_text(e, "state", state);
	put_text(e, "time", time);
	buf_text(&e->out, "</status>\n\n");
}

static void put_suppression_counts(struct export *e)
{
	buf_text(&e->out, "<suppcounts>\n</suppcounts>\n\n");
}

int export_valgrind(struct export *e, struct err *err)
{
	buf_text(&e->out, "<?xml version=\"1.0\"?>\n\n<valgrindoutput>\n\n");
	put_number(e, "protocolversion", 4);
	put_text(e, "protocoltool", "memcheck");
	put_preamble(e);
	put_number(e, "pid", e->process->pid);
	put_number(e, "ppid", e->process->parent_pid);
	put_text(e, "tool", "memcheck");
	put_command(e);
	put_status(e, "RUNNING", 0);
	put_status(e, "FINISHED", e->process->duration_ns);
	for (uint32_t i = 0; i < e->process->nleaks; i++)
		put_leak(e, i);
	put_suppression_counts(e);
	buf_text(&e->out, "</valgrindoutput>\n");
	return e->out.failed ? export_no_memory(e, err) : 0;
}
