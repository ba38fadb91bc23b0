/* dump.c: `leakgraph dump`: the records of a trace as text, one record a line.
 *
 * A line is the record's name and then field=value in a fixed order; fields are only ever added at the end.
 * Numbers are decimal, addresses 0x hexadecimal, texts quoted with what is not printable escaped, so that a record
 * never takes two lines. Output goes to stdout only; it is checked before the exit status says that all is well. */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "report/gate.h"
#include "trace/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct dump_options {
	bool stacks, memory, no_events;
};

static const char help[] =
    "usage: leakgraph dump [options] TRACE\n"
    "Print the records of a trace as text, one a line.\n"
    "\n"
    "  --stacks      the stack nodes too\n"
    "  --memory      the words of snapshots and the vector registers too (zero words are left out)\n"
    "  --no-events   leave out the events\n"
    "  --help, --version\n"
    "\n"
    "Examples:\n"
    "  leakgraph dump app.lgt | grep -w addr=0x55d0c2a0               what became of an address\n"
    "  leakgraph dump --no-events app.lgt                             what a trace holds\n"
    "  leakgraph dump --no-events app.lgt | grep '^chunks'            what takes its room\n"
    "  leakgraph dump --no-events --stacks app.lgt | grep '^node'     its stacks\n"
    "\n"
    "Exit status: 0; 2 for wrong usage or an unreadable trace; 125 when the output cannot be written.\n"
    "A trace that is damaged but readable is printed as far as it is good; its last line then begins with\n"
    "\"damage\". The records are described in leakgraph-trace(5).\n";

/* ---- values ------------------------------------------------------------------------------------------- */

struct value_name {
	uint64_t value;
	const char *name;
};

#define X(name, number, help) { LG_EV_##name, #name },
static const struct value_name event_types[] = { LG_EVENTS(X){ 0, NULL } };
#undef X
#define X(name, number, text) { LG_ENTRY_##name, text },
static const struct value_name entries[] = { LG_ENTRIES(X){ 0, NULL } };
#undef X
#define X(name, number, text) { LG_SNAPSHOT_##name, text },
static const struct value_name snapshot_reasons[] = { LG_SNAPSHOT_REASONS(X){ 0, NULL } };
#undef X
#define X(name, number, text) { LG_METHOD_##name, text },
static const struct value_name snapshot_methods[] = { LG_SNAPSHOT_METHODS(X){ 0, NULL } };
#undef X
#define X(name, number, help) { LG_CHUNK_##name, #name },
static const struct value_name chunk_kinds[] = { LG_CHUNKS(X){ 0, NULL } };
#undef X
#define X(name, number, text) { LG_ENDED_##name, text },
static const struct value_name endings[] = { LG_ENDINGS(X){ 0, NULL } };
#undef X
#define X(name, number, text) { LG_TOLD_##name, text },
static const struct value_name told_words[] = { LG_TOLD(X){ 0, NULL } };
#undef X
#define X(name, number, text) { LG_HOLDER_##name, text },
static const struct value_name holders[] = { LG_HOLDERS(X){ 0, NULL } };
#undef X
static const struct value_name clocks[] = { { LG_CLOCK_TSC, "tsc" },
					    { LG_CLOCK_SHARED, "shared" },
					    { 0, NULL } };

static const struct value_name process_flags[] = { { LG_PROCESS_FORKED, "forked" },
						   { LG_PROCESS_FOREIGN_MALLOC, "foreign-malloc" },
						   { LG_PROCESS_FULL_CONTENTS, "full-contents" },
						   { LG_PROCESS_LEFT_OUT, "left-out" },
						   { 0, NULL } };
static const struct value_name thread_flags[] = { { LG_THREAD_STOPPED, "stopped" },
						  { LG_THREAD_AT_EXIT, "at-exit" },
						  { LG_THREAD_IN_CALL, "in-call" },
						  { 0, NULL } };
static const struct value_name mapping_flags[] = {
	{ LG_MAPPING_SHARED, "shared" }, { LG_MAPPING_SHIM, "shim" }, { LG_MAPPING_READ, "read" }, { 0, NULL }
};

static void print_name(const char *field, const struct value_name *names, uint64_t value)
{
	for (; names->name; names++)
		if (names->value == value) {
			printf(" %s=%s", field, names->name);
			return;
		}
	printf(" %s=%" PRIu64, field, value);
}

/* " flags=a,b", with what has no name in hexadecimal; " flags=-" for none. */
static void print_flags(const struct value_name *names, uint64_t flags)
{
	const char *comma = "";

	printf(" flags=");
	if (!flags)
		putchar('-');
	for (; names->name; names++)
		if (flags & names->value) {
			printf("%s%s", comma, names->name);
			flags &= ~names->value;
			comma = ",";
		}
	if (flags)
		printf("%s0x%" PRIx64, comma, flags);
}

static void print_text(const char *before, const char *text)
{
	printf("%s\"", before);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			printf("\\%c", *p);
		else if (*p < 0x20 || *p == 0x7f)
			printf("\\x%02x", *p);
		else
			putchar(*p);
	}
	putchar('"');
}

/* C++ operators have spaces in their names. */
static void print_entry(uint64_t entry)
{
	if (entry >= LG_ENTRY_NEW && entry < LG_ENTRY_KINDS)
		print_text(" entry=", entries[entry].name);
	else
		print_name("entry", entries, entry);
}

/* ---- records ------------------------------------------------------------------------------------------ */

static void dump_process(const struct trace_process *p)
{
	printf("process pid=%" PRIu64 " parent_pid=%" PRIu64 " image=%" PRIu64, p->pid, p->parent_pid,
	       p->image);
	print_flags(process_flags, p->flags);
	print_name("clock", clocks, p->clock);
	printf(" ticks_per_second=%" PRIu64 " hello_key=%" PRIu64 " start_unix_ns=%" PRIu64
	       " page_bytes=%" PRIu64,
	       p->ticks_per_second, p->hello_key, p->start_unix_ns, p->page_bytes);
	print_text(" executable=", p->executable);
	print_text(" directory=", p->directory);
	print_text(" allocator=", p->allocator);
	print_text(" recorder=", p->recorder);
	printf(" sample_bytes=%" PRIu64 " run_unix_ns=%" PRIu64 "\n", p->sample_bytes, p->run_unix_ns);
	for (uint32_t i = 0; i < p->argc; i++) {
		printf("argument number=%u", i);
		print_text(" text=", p->argv[i]);
		putchar('\n');
	}
}

static void dump_module(const struct trace_module *m)
{
	printf("module id=%u start=0x%" PRIx64 " end=0x%" PRIx64 " bias=0x%" PRIx64 " key=%" PRIu64
	       " build_id=",
	       m->id, m->start, m->end, m->bias, m->key);
	for (uint32_t i = 0; i < m->build_id_bytes; i++)
		printf("%02x", m->build_id[i]);
	if (!m->build_id_bytes)
		putchar('-');
	print_text(" path=", m->path);
	putchar('\n');
}

static void dump_python_code(const struct trace_python_code *p)
{
	printf("python id=%u", p->id);
	print_text(" file=", p->file);
	print_text(" name=", p->name);
	putchar('\n');
}

static void dump_nodes(const struct trace *t)
{
	for (uint32_t i = 1; i < t->nnodes; i++) {
		const struct trace_node *n = &t->nodes[i];
		if (n->frame == LG_FRAME_TRUNCATED)
			printf("node id=%u parent=%u truncated\n", i, n->parent);
		else if (n->frame >> LG_FRAME_MODULE_SHIFT == LG_FRAME_PYTHON)
			printf("node id=%u parent=%u python=%u line=%u\n", i, n->parent,
			       lg_python_code_of(n->frame), lg_python_line_of(n->frame));
		else
			printf("node id=%u parent=%u module=%u offset=0x%" PRIx64 "\n", i, n->parent,
			       (unsigned)(n->frame >> LG_FRAME_MODULE_SHIFT),
			       (uint64_t)(n->frame & LG_FRAME_OFFSET_MASK));
	}
}

/* Events are numbered from 0, as everywhere. */
static int dump_events(void *context, const struct trace_event *events, size_t n)
{
	uint64_t *number = context;

	for (const struct trace_event *e = events; e < events + n; e++) {
		printf("event number=%" PRIu64, (*number)++);
		print_name("type", event_types, e->type);
		print_entry(e->entry);
		printf(" key=%" PRIu64 " thread=%u addr=0x%" PRIx64, e->key, e->thread, e->addr);
		if (e->type == LG_EV_ALLOC || e->type == LG_EV_RESIZE)
			printf(" size=%" PRIu64 " stack=%u", e->size, e->stack);
		else if (e->size)
			printf(" claimed_size=%" PRIu64, e->size);
		if (e->aligns)
			printf(" align=%u", e->aligns);
		putchar('\n');
	}
	return ferror(stdout) ? 1 : 0;
}

static void dump_suspect(const struct trace_suspect *s)
{
	printf("suspect event=%" PRIu64 " addr=0x%" PRIx64 " stack=%u before=%u size=%" PRIu64
	       " align=%u block_align=%u\n",
	       s->event, s->addr, s->stack, s->before, s->size, s->align, s->block_align);
}

static void dump_mark(const struct trace_mark *m)
{
	printf("mark events=%" PRIu64 " key=%" PRIu64 " thread=%u", m->events, m->key, m->thread);
	print_text(" name=", m->name);
	putchar('\n');
}

static void dump_told(const struct trace_told *told)
{
	printf("told events=%" PRIu64 " key=%" PRIu64 " thread=%u", told->events, told->key, told->thread);
	print_name("what", told_words, told->what);
	printf(" addr=0x%" PRIx64 " bytes=%" PRIu64 " stack=%u", told->addr, told->bytes, told->stack);
	print_text(" name=", told->name);
	putchar('\n');
}

static void dump_end(const struct trace_end *e)
{
	if (!e->present)
		return;
	printf("end");
	print_name("ending", endings, e->ending);
	printf(" status=%" PRIu64 " signal=%" PRIu64 " key=%" PRIu64 " duration_ns=%" PRIu64
	       " threads=%" PRIu64 " events=%" PRIu64 " lost_allocs=%" PRIu64 " lost_frees=%" PRIu64
	       " lost_bytes=%" PRIu64 " stackless=%" PRIu64 " truncated=%" PRIu64 " lost_stacks=%" PRIu64
	       " untraced=%" PRIu64 " recorder_cpu_ns=%" PRIu64 " left_out_allocs=%" PRIu64
	       " left_out_bytes=%" PRIu64 " python_lost=%" PRIu64 "\n",
	       e->status, e->signal, e->key, e->duration_ns, e->threads, e->events, e->lost_allocs,
	       e->lost_frees, e->lost_bytes, e->stackless, e->truncated, e->lost_stacks, e->untraced,
	       e->recorder_cpu_ns, e->left_out_allocs, e->left_out_bytes, e->python_lost);
	for (size_t i = 0; i < e->nreasons; i++) {
		printf("degraded");
		print_text(" reason=", e->reasons[i]);
		putchar('\n');
	}
}

/* ---- snapshots ---------------------------------------------------------------------------------------- */

static void dump_thread(const struct trace_thread *t, const struct dump_options *o)
{
	static const char *const names[LG_REGS] = { "rax", "rdx", "rcx", "rbx", "rsi", "rdi",
						    "rbp", "rsp", "r8",	 "r9",	"r10", "r11",
						    "r12", "r13", "r14", "r15", "rip" };

	printf("thread tid=%u number=%u", t->tid, t->number);
	print_flags(thread_flags, t->flags);
	printf(" fs_base=0x%" PRIx64 " vector_words=%u", t->fs_base, t->nvector);
	for (uint32_t i = 0; i < t->nregs; i++)
		printf(" %s=0x%" PRIx64, names[i], t->regs[i]);
	putchar('\n');
	for (uint32_t i = 0; o->memory && i < t->nvector; i++)
		if (t->vector[i])
			printf("vector tid=%u index=%u value=0x%" PRIx64 "\n", t->tid, i, t->vector[i]);
}

static void dump_mapping(const struct trace_mapping *m)
{
	printf("mapping start=0x%" PRIx64 " end=0x%" PRIx64 " prot=%c%c%c", m->start, m->end,
	       m->prot & PROT_READ ? 'r' : '-', m->prot & PROT_WRITE ? 'w' : '-',
	       m->prot & PROT_EXEC ? 'x' : '-');
	print_flags(mapping_flags, m->flags);
	printf(" offset=0x%" PRIx64, m->file_offset);
	print_text(" path=", m->path);
	putchar('\n');
}

static void dump_memory(const struct trace_memory *m, const struct dump_options *o)
{
	printf("memory start=0x%" PRIx64 " bytes=%" PRIu64 "\n", m->start, m->bytes);
	for (uint64_t i = 0; o->memory && i < m->bytes / 8; i++)
		if (m->words[i])
			printf("word addr=0x%" PRIx64 " value=0x%" PRIx64 "\n", m->start + 8 * i,
			       m->words[i]);
}

static void dump_unread(const struct trace_unread *u)
{
	const char *name = strerrorname_np(u->error);

	printf("unread start=0x%" PRIx64 " end=0x%" PRIx64, u->start, u->end);
	if (name && u->error)
		printf(" error=%s\n", name);
	else
		printf(" error=%d\n", u->error);
}

static void dump_held(const struct trace_held *h)
{
	printf("held value=0x%" PRIx64, h->value);
	print_name("holder", holders, h->holder);
	printf(" id=%" PRIu64 "\n", h->id);
}

static void dump_snapshot(const struct trace_snapshot *s, const struct dump_options *o)
{
	printf("snapshot id=%" PRIu64 " key=%" PRIu64, s->id, s->key);
	print_name("reason", snapshot_reasons, s->reason);
	print_name("method", snapshot_methods, s->method);
	printf(" events=%" PRIu64 " whole=%s bytes_read=%" PRIu64 " bytes_unread=%" PRIu64
	       " threads_seen=%" PRIu64 " threads_stopped=%" PRIu64 "\n",
	       s->events, s->whole ? "yes" : "no", s->bytes_read, s->bytes_unread, s->threads_seen,
	       s->threads_stopped);
	for (size_t i = 0; i < s->nthreads; i++)
		dump_thread(&s->threads[i], o);
	for (size_t i = 0; i < s->nmappings; i++)
		dump_mapping(&s->mappings[i]);
	for (size_t i = 0; i < s->nmemory; i++)
		dump_memory(&s->memory[i], o);
	for (size_t i = 0; i < s->nunread; i++)
		dump_unread(&s->unread[i]);
	for (size_t i = 0; i < s->nheld; i++)
		dump_held(&s->held[i]);
}

/* ---- the file itself ---------------------------------------------------------------------------------- */

static void dump_chunks(const struct trace *t)
{
	for (uint64_t kind = 0; kind < LG_CHUNK_KINDS; kind++) {
		const struct trace_chunks *c = &t->chunks[kind];

		if (!c->count)
			continue;
		printf("chunks");
		print_name("kind", chunk_kinds, kind);
		printf(" count=%" PRIu64 " file_bytes=%" PRIu64 " raw_bytes=%" PRIu64 "\n", c->count,
		       c->file_bytes, c->raw_bytes);
	}
}

/* ---- the command -------------------------------------------------------------------------------------- */

static int dump_trace(const struct trace *t, const struct dump_options *o, struct err *err)
{
	uint64_t number = 0;

	dump_process(&t->process);
	for (size_t i = 0; i < t->nmodules; i++)
		dump_module(&t->modules[i]);
	for (size_t i = 0; o->stacks && i < t->npython_codes; i++)
		dump_python_code(&t->python_codes[i]);
	if (o->stacks)
		dump_nodes(t);
	if (!o->no_events && trace_events(t, dump_events, &number, err) < 0)
		return -1;
	for (size_t i = 0; i < t->nsuspects; i++)
		dump_suspect(&t->suspects[i]);
	for (size_t i = 0; i < t->nmarks; i++)
		dump_mark(&t->marks[i]);
	for (size_t i = 0; i < t->ntold; i++)
		dump_told(&t->told[i]);
	for (size_t i = 0; i < t->nsnapshots; i++)
		dump_snapshot(&t->snapshots[i], o);
	dump_end(&t->end);
	dump_chunks(t);
	if (t->damage[0]) {
		print_text("damage what=", t->damage);
		putchar('\n');
	}
	return 0;
}

static int finish_output(void)
{
	struct err err = { "" };

	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	fail(&err, "cannot write to the standard output: %s", strerror(errno));
	return trouble(STATUS_TOOL, &err);
}

static int dump_file(const char *path, const struct dump_options *o)
{
	struct trace t;
	struct err err = { "" };

	if (trace_open(&t, path, &err) < 0)
		return trouble(STATUS_USAGE, &err);
	int answer = dump_trace(&t, o, &err);
	trace_close(&t);
	int status = finish_output();
	return answer == 0 || status ? status : trouble(STATUS_USAGE, &err);
}

enum { DUMP_STACKS = 256, DUMP_MEMORY, DUMP_NO_EVENTS };
const struct option dump_longs[] = { COMMON_OPTIONS,
				     { "stacks", no_argument, NULL, DUMP_STACKS },
				     { "memory", no_argument, NULL, DUMP_MEMORY },
				     { "no-events", no_argument, NULL, DUMP_NO_EVENTS },
				     { 0 } };

int cmd_dump(int argc, char **argv)
{
	struct dump_options o = { 0 };
	struct err err = { "" };

	options_start();
	for (int c; (c = option_next(argc, argv, ":hV", dump_longs, &err)) != -1;) {
		if (c == OPT_HELP) {
			fputs(help, stdout);
			return finish_output();
		}
		if (c == OPT_VERSION)
			return show_version();
		if (c == '?')
			return wrong_usage("dump", &err);
		o.stacks |= c == DUMP_STACKS;
		o.memory |= c == DUMP_MEMORY;
		o.no_events |= c == DUMP_NO_EVENTS;
	}
	if (optind + 1 == argc)
		return dump_file(argv[optind], &o);
	fail(&err, "it takes one TRACE; try: leakgraph dump app.lgt");
	return wrong_usage("dump", &err);
}
