/* sqlite.c: SQL text that the sqlite3 shell makes a database of. leakgraph-export(5) describes the tables; every
 * row names its process, so that many exports go into one database. All is one transaction.
 *
 * A program in Python has a hundred thousand stacks of a hundred frames, of a few thousand calls: each is written once. */
#include "base/escape.h"
#include "report/export/export.h"
#include "report/holders.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define ROWS_MAX 500u /* of one INSERT: SQLite bounds the length of a statement */

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS processes(process INTEGER PRIMARY KEY, name TEXT, command TEXT, executable "
    "TEXT,\n"
    "  trace TEXT, pid INTEGER, parent_pid INTEGER, image INTEGER, started_unix_ns INTEGER, duration_ns "
    "INTEGER,\n"
    "  ending TEXT, judged INTEGER, verdict TEXT, verdict_reasons TEXT, live_blocks INTEGER, live_bytes "
    "INTEGER,\n"
    "  peak_blocks INTEGER, peak_bytes INTEGER, allocations INTEGER, allocated_bytes INTEGER);\n"
    "CREATE TABLE IF NOT EXISTS stacks(process INTEGER, stack INTEGER, live_blocks INTEGER, live_bytes "
    "INTEGER,\n"
    "  leaked_blocks INTEGER, leaked_bytes INTEGER, allocated_blocks INTEGER, allocated_bytes INTEGER,\n"
    "  peak_blocks INTEGER, peak_bytes INTEGER, PRIMARY KEY(process, stack)) WITHOUT ROWID;\n"
    "CREATE TABLE IF NOT EXISTS calls(process INTEGER, call INTEGER, function TEXT, file TEXT, line INTEGER,\n"
    "  module TEXT, address INTEGER, offset INTEGER, inlined INTEGER, PRIMARY KEY(process, call)) WITHOUT "
    "ROWID;\n"
    "CREATE TABLE IF NOT EXISTS stack_calls(process INTEGER, stack INTEGER, depth INTEGER, call INTEGER,\n"
    "  site INTEGER, PRIMARY KEY(process, stack, depth)) WITHOUT ROWID;\n"
    "CREATE VIEW IF NOT EXISTS frames AS SELECT process, stack, depth, function, file, line, module, address,\n"
    "  offset, inlined, site FROM stack_calls JOIN calls USING (process, call);\n"
    "CREATE TABLE IF NOT EXISTS leaks(process INTEGER, leak INTEGER, kind TEXT, fingerprint TEXT,\n"
    "  fingerprint_loose TEXT, type TEXT, instances INTEGER, blocks INTEGER, bytes INTEGER,\n"
    "  indirect_blocks INTEGER, indirect_bytes INTEGER, stack INTEGER, PRIMARY KEY(process, leak)) WITHOUT "
    "ROWID;\n"
    "CREATE TABLE IF NOT EXISTS blocks(process INTEGER, block INTEGER, address INTEGER, size INTEGER, class "
    "TEXT,\n"
    "  leak INTEGER, type TEXT, allocator TEXT, stack INTEGER, thread INTEGER, retained_bytes INTEGER,\n"
    "  PRIMARY KEY(process, block)) WITHOUT ROWID;\n"
    "CREATE TABLE IF NOT EXISTS refs(process INTEGER, source INTEGER, target INTEGER, offset INTEGER, field "
    "TEXT,\n"
    "  kind TEXT);\n"
    "CREATE TABLE IF NOT EXISTS roots(process INTEGER, target INTEGER, root TEXT, root_kind TEXT, thread "
    "INTEGER,\n"
    "  address INTEGER, kind TEXT);\n";

static const char indices[] = "CREATE INDEX IF NOT EXISTS refs_by_source ON refs(process, source);\n"
			      "CREATE INDEX IF NOT EXISTS refs_by_target ON refs(process, target);\n"
			      "CREATE INDEX IF NOT EXISTS roots_by_target ON roots(process, target);\n";

struct tables {
	struct export *e;
	struct buf process; /* its number as text */
	struct holders holders;
	struct export_frames_book frames;
	unsigned nrows; /* of the INSERT under way; 0: none is */
};

/* ---- rows -------------------------------------------------------------------------------------------------- */

static void end_rows(struct tables *t)
{
	if (t->nrows)
		buf_text(&t->e->out, ");\n");
	t->nrows = 0;
}

/* Begins a row with the process's number. The table changes after end_rows() only. */
static void begin_row(struct tables *t, const char *table)
{
	struct buf *out = &t->e->out;

	export_flush(t->e);
	if (t->nrows == ROWS_MAX)
		end_rows(t);
	if (!t->nrows) {
		buf_text(out, "INSERT INTO ");
		buf_text(out, table);
		buf_text(out, " VALUES\n(");
	} else {
		buf_text(out, "),\n(");
	}
	t->nrows++;
	buf_put(out, t->process.bytes, t->process.used);
}

/* SQLite's integers are signed: what does not fit is its nearest. */
static void put_number(struct tables *t, uint64_t number)
{
	buf_text(&t->e->out, ",");
	buf_number(&t->e->out, number < INT64_MAX ? number : INT64_MAX);
}

static void put_text(struct tables *t, const char *text)
{
	struct buf *out = &t->e->out;

	if (!text) {
		buf_text(out, ",NULL");
		return;
	}
	buf_text(out, ",'");
	escape_put(out, text, escape_sql);
	buf_text(out, "'");
}

/* 0 is no number. */
static void put_known(struct tables *t, uint64_t number)
{
	if (number)
		put_number(t, number);
	else
		put_text(t, NULL);
}

static void put_sum(struct tables *t, struct sum sum)
{
	put_number(t, sum.blocks);
	put_number(t, sum.bytes);
}

/* ---- tables ------------------------------------------------------------------------------------------------ */

/* The same for every export of a trace, and another for any other trace; 53 bits, so that no reader rounds it. */
static uint64_t process_number(const struct export *e)
{
	const struct trace_process *p = &e->a.trace.process;
	const uint64_t facts[] = {
		p->pid,		  p->parent_pid,
		p->image,	  p->hello_key,
		p->start_unix_ns, XXH3_64bits(e->process->executable, strlen(e->process->executable))
	};

	return (XXH3_64bits(facts, sizeof facts) >> 11) | 1;
}

static const char *reasons_text(struct export *e)
{
	const char *text = "";

	for (uint32_t i = 0; text && i < e->process->nreasons; i++)
		text =
		    pool_print(&e->report.pool, "%s%s%s", text, i ? "; " : "", e->process->reasons[i].text);
	e->out.failed |= !text;
	return text;
}

static void put_process_row(struct tables *t)
{
	const struct report_process *p = t->e->process;
	char ending[64];

	begin_row(t, "processes");
	put_text(t, p->name);
	put_text(t, export_command(t->e));
	put_text(t, p->executable);
	put_text(t, p->trace);
	put_number(t, p->pid);
	put_number(t, p->parent_pid);
	put_number(t, p->image);
	put_number(t, t->e->a.trace.process.start_unix_ns);
	put_number(t, p->duration_ns);
	put_text(t, report_ending(ending, sizeof ending, p));
	put_number(t, p->is_judged);
	put_text(t, report_is_complete(p) ? "complete" : "degraded");
	put_text(t, reasons_text(t->e));
	put_number(t, p->totals.live_blocks);
	put_number(t, p->totals.live_bytes);
	put_number(t, p->totals.peak_blocks);
	put_number(t, p->totals.peak_bytes);
	put_number(t, p->totals.allocations);
	put_number(t, p->totals.allocated_bytes);
	end_rows(t);
}

static void put_stack_rows(struct tables *t)
{
	for (struct export_use u = { 0 }; export_next(&u, t->e);) {
		begin_row(t, "stacks");
		put_number(t, u.stack);
		for (unsigned i = 0; i < EXPORT_VALUE_COUNT; i++)
			put_sum(t, u.of[i]);
	}
	end_rows(t);
}

static void put_call(struct tables *t, uint32_t number, const struct report_frame *f)
{
	begin_row(t, "calls");
	put_number(t, number);
	put_text(t, f->function);
	put_text(t, f->file);
	put_known(t, f->line);
	put_text(t, f->module);
	put_number(t, f->address);
	put_number(t, f->offset);
	put_number(t, f->is_inlined);
}

/* What a stack's rows have in common is written once: there may be millions of them. */
static void put_stack_calls(struct tables *t, const struct export_use *u)
{
	struct buf *out = &t->e->out;

	if (!u->frames->nframes)
		return;
	export_flush(t->e);
	buf_text(out, "INSERT INTO stack_calls SELECT ");
	buf_put(out, t->process.bytes, t->process.used);
	put_number(t, u->stack);
	buf_text(out, ",* FROM (VALUES\n(");
	for (uint32_t i = 0; i < u->frames->nframes; i++) {
		buf_text(out, i ? "),(" : "");
		buf_number(out, i);
		put_number(t, t->frames.numbers[i]);
		put_number(t, i == u->frames->site);
	}
	buf_text(out, "));\n");
}

/* A call is written before the first stack that it is in. */
static void put_frame_rows(struct tables *t)
{
	for (struct export_use u = { 0 }; export_next(&u, t->e);) {
		uint32_t known = t->frames.texts.n;

		if (!export_number_frames(t->e, &t->frames, u.frames))
			return;
		for (uint32_t i = 0; i < u.frames->nframes; i++)
			if (t->frames.numbers[i] == known)
				put_call(t, known++, &u.frames->frames[i]);
		end_rows(t);
		put_stack_calls(t, &u);
	}
}

static void put_leak_rows(struct tables *t)
{
	for (uint32_t i = 0; i < t->e->process->nleaks; i++) {
		const struct report_leak *leak = &t->e->process->leaks[i];

		begin_row(t, "leaks");
		put_number(t, i + 1);
		put_text(t, leak->kind);
		put_text(t, leak->fingerprint.strict);
		put_text(t, leak->fingerprint.loose);
		put_text(t, leak->type);
		put_number(t, leak->instances);
		put_sum(t, leak->heads);
		put_sum(t, leak->indirect);
		put_number(t, t->e->a.leaks.leaks[i].stack);
	}
	end_rows(t);
}

static void put_block_rows(struct tables *t)
{
	struct export *e = t->e;

	for (uint32_t i = 0; i < e->a.heap.nblocks; i++) {
		const struct block *b = &e->a.heap.blocks[i];

		begin_row(t, "blocks");
		put_number(t, b->birth);
		put_number(t, b->addr);
		put_number(t, b->size);
		put_text(t, export_class(e, i));
		put_known(t, e->leak_of && e->leak_of[i] != NO_LEAK ? (uint64_t)e->leak_of[i] + 1 : 0);
		put_text(t, models_type(&e->a.models, i));
		put_text(t, report_entry_name(b->entry));
		put_number(t, export_stack_id(e, i));
		put_number(t, b->thread);
		if (e->a.is_judged)
			put_number(
			    t,
			    t->holders.dominators.retained[node_of_block(&t->holders.dominators, i)].bytes);
		else
			put_text(t, NULL);
	}
	end_rows(t);
}

static void put_reference_rows(struct tables *t)
{
	const struct graph *g = &t->e->a.graph;
	const struct block *blocks = t->e->a.heap.blocks;
	char field[REPORT_FIELD_MAX];

	for (uint32_t i = 0; g->first && i < t->e->a.heap.nblocks; i++)
		for (uint64_t k = g->first[i]; k < g->first[i + 1]; k++) {
			uint64_t offset = ref_offset(g->refs[k]);
			bool is_known = models_field(&t->e->a.models, i, offset, field, sizeof field);

			begin_row(t, "refs");
			put_number(t, blocks[i].birth);
			put_number(t, blocks[g->refs[k].to].birth);
			put_number(t, offset);
			put_text(t, is_known ? field : NULL);
			put_text(t, ref_kind_name(ref_kind(g->refs[k])));
		}
	end_rows(t);
}

static void put_root_rows(struct tables *t)
{
	struct export *e = t->e;

	for (uint64_t i = 0; i < e->a.graph.nroot_refs; i++) {
		const struct root_ref *r = &e->a.graph.root_refs[i];
		const struct root_region *region = &e->a.graph.regions[r->region];

		begin_row(t, "roots");
		put_number(t, e->a.heap.blocks[r->to].birth);
		put_text(t, export_root(e, r));
		put_text(t, root_kind_name(region->kind));
		put_known(t, region->thread);
		put_number(t, r->at);
		put_text(t, ref_kind_name((enum ref_kind)r->kind));
	}
	end_rows(t);
}

int export_sqlite(struct export *e, struct err *err)
{
	struct tables t = { .e = e };

	if (e->a.is_judged && holders_find(&t.holders, &e->a, err)) {
		holders_free(&t.holders);
		return -1;
	}
	buf_number(&t.process, process_number(e));
	buf_text(&e->out, ".bail on\nBEGIN;\n"); /* a trace that is there already changes nothing */
	buf_text(&e->out, schema);
	put_process_row(&t);
	put_stack_rows(&t);
	put_frame_rows(&t);
	put_leak_rows(&t);
	put_block_rows(&t);
	put_reference_rows(&t);
	put_root_rows(&t);
	buf_text(&e->out, indices);
	buf_text(&e->out, "COMMIT;\n");
	e->out.failed |= t.process.failed;
	buf_free(&t.process);
	export_frames_free(&t.frames);
	holders_free(&t.holders);
	return e->out.failed ? export_no_memory(e, err) : 0;
}
