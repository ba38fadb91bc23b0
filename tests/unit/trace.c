/* trace: what is written comes back, and no file, however damaged, does worse than say so. */
#include "put-events.h"
#include "trace/trace.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

/* ---- files -------------------------------------------------------------------------------------------- */

static char folder[256], path[300]; /* every test has its own, in its own process */

static void make_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%s/leakgraph-trace.XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/t.lgt", folder);
}

static void remove_folder(void)
{
	unlink(path);
	rmdir(folder);
}

static struct buf slurp(void)
{
	struct buf b = { 0 };
	uint8_t part[4096];
	int fd = open(path, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	for (ssize_t n; (n = read(fd, part, sizeof part)) > 0;)
		buf_put(&b, part, (size_t)n);
	close(fd);
	return b;
}

static void spill(const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

/* File offset of the n-th chunk. */
static size_t chunk_at(const struct buf *file, unsigned n)
{
	struct lg_chunk_header h;
	size_t at = sizeof(struct lg_file_header);

	for (; n; n--) {
		memcpy(&h, file->bytes + at, sizeof h);
		ck_assert_uint_eq(h.magic, LG_CHUNK_MAGIC);
		at += sizeof h + h.stored_bytes;
	}
	return at;
}

/* ---- writing ------------------------------------------------------------------------------------------ */

static struct trace_writer *start(void)
{
	struct trace_writer *w;
	struct err err = { 0 };

	unlink(path);
	ck_assert_msg(trace_writer_open(&w, path, &err) == 0, "%s", err.text);
	return w;
}

static void put(struct trace_writer *w, enum lg_chunk_kind kind, struct buf *b)
{
	struct err err = { 0 };

	ck_assert_msg(trace_put(w, kind, b, &err) == 0, "%s", err.text);
	buf_free(b);
}

static void finish(struct trace_writer *w)
{
	struct err err = { 0 };

	ck_assert_msg(trace_writer_close(w, &err) == 0, "%s", err.text);
}

#define TEXT(s) ((char[]){ s }) /* the tables own their strings, so they are not const */

static const struct trace_process process = {
	.pid = 4711,
	.parent_pid = 4710,
	.image = 2,
	.flags = LG_PROCESS_FORKED,
	.clock = LG_CLOCK_TSC,
	.ticks_per_second = 2400000000,
	.hello_key = 99,
	.start_unix_ns = 1700000000123456789,
	.page_bytes = 4096,
	.executable = TEXT("/bin/app"),
	.directory = TEXT("/home"),
	.allocator = TEXT("libc.so.6"),
	.recorder = TEXT("0.1.0"),
	.argv = (char *[]){ TEXT("app"), TEXT(""), TEXT("two words"), NULL },
	.argc = 3,
};
static const struct trace_module modules[] = {
	{ 2, 3, 0x7000, 0x9000, 0x7000, 12, { 0xde, 0xad, 0x01 }, TEXT("/lib/two.so") },
	{ 1, 0, 0x1000, 0x2000, 0, 11, { 0 }, TEXT("") },
};
/* Nodes 1..4; node 2's parent comes later. */
static const struct trace_node nodes[] = {
	{ 1ULL << 48 | 0x123, 0 }, { 2ULL << 48 | 0x456, 4 }, { LG_FRAME_TRUNCATED, 1 }, { 0x7fffdeadbeef, 1 }
};
static const struct trace_event events[] = {
	{ 100, 0x5000, 32, 1, 2, LG_EV_ALLOC, LG_ENTRY_MALLOC, 0 },
	{ 107, 0x6000, UINT64_MAX, 2, 4, LG_EV_ALLOC, LG_ENTRY_CALLOC, 0 },
	{ 108, 0x5000, 0, 1, 0, LG_EV_RELEASE, LG_ENTRY_REALLOC, 0 },
	{ 109, 0xffffffffffffff00, 64, 1, 1, LG_EV_RESIZE, LG_ENTRY_REALLOC, 0 },
	{ 109, 0x6000, 0, 1, 0, LG_EV_FREE, LG_ENTRY_FREE_ALIGNED_SIZED, 0 },
	{ 50, 0, 0, UINT32_MAX, 0, LG_EV_PAD, LG_ENTRY_UNKNOWN, 0 },
};
#define NEVENTS (sizeof events / sizeof *events)
static const struct trace_mapping mappings[] = {
	{ 0x20000, 0x22000, 0x1000, 3, LG_MAPPING_READ, TEXT("/bin/app") },
	{ 0x10000, 0x14000, 0, 3, LG_MAPPING_READ | LG_MAPPING_SHARED, TEXT("") },
	{ 0x30000, 0x31000, 0, 1, 0, TEXT("[vvar]") },
};
static const struct trace_unread unread[] = { { 0x13000, 0x14000, EFAULT } };
static const struct trace_end end = { .ending = LG_ENDED_SIGNALED,
				      .status = 139,
				      .signal = 11,
				      .key = 1000,
				      .duration_ns = 5,
				      .threads = 3,
				      .events = NEVENTS,
				      .lost_allocs = 6,
				      .lost_frees = 7,
				      .lost_bytes = 8,
				      .stackless = 9,
				      .truncated = 10,
				      .lost_stacks = 11,
				      .untraced = 12,
				      .reasons = (char *[]){ TEXT("events lost"), TEXT("no ptrace") },
				      .nreasons = 2,
				      .recorder_cpu_ns = 13 };

static void put_the_process(struct trace_writer *w)
{
	struct buf b = { 0 };

	put_process(&b, &process);
	put(w, LG_CHUNK_PROCESS, &b);
}

static void put_the_nodes(struct trace_writer *w)
{
	struct buf b = { 0 };

	put_stacks(&b, 1, nodes, sizeof nodes / sizeof *nodes);
	put(w, LG_CHUNK_STACKS, &b);
}

static void put_the_events(struct trace_writer *w)
{
	struct buf b = { 0 };

	put_events(&b, events, NEVENTS);
	put(w, LG_CHUNK_EVENTS, &b);
}

static void put_the_end(struct trace_writer *w)
{
	struct buf b = { 0 };

	put_end(&b, &end);
	put(w, LG_CHUNK_END, &b);
}

static void put_words(struct trace_writer *w, const struct trace_memory *ranges, size_t n,
		      const uint64_t *words)
{
	struct buf b = { 0 };

	put_memory(&b, ranges, n, words);
	put(w, LG_CHUNK_MEMORY, &b);
}

/* A snapshot in seven chunks; the second of its MEMORY chunks continues a range of the first. */
static void put_the_snapshot(struct trace_writer *w)
{
	struct buf b = { 0 };
	uint64_t vector[] = { 1, 0, UINT64_MAX };
	struct trace_thread threads[] = {
		{ .tid = 4711, .number = 1, .flags = LG_THREAD_STOPPED, .fs_base = 0x7f00, .nregs = LG_REGS },
		{ .tid = 4712, .nvector = 3, .vector = vector },
	};
	struct trace_snapshot s = {
		.id = 1, .key = 500, .reason = LG_SNAPSHOT_EXIT, .method = LG_METHOD_PTRACE
	};

	threads[0].regs[LG_REG_RSP] = 0x7ffe1000;
	s.events = NEVENTS;
	s.bytes_read = 48, s.bytes_unread = 4096, s.threads_seen = 2, s.threads_stopped = 1;
	put_snapshot(&b, &s), put(w, LG_CHUNK_SNAPSHOT, &b);
	put_threads(&b, threads, 2), put(w, LG_CHUNK_THREADS, &b);
	put_mappings(&b, mappings, 3), put(w, LG_CHUNK_MAPPINGS, &b);
	put_words(w, (struct trace_memory[]){ { 0x20000, 16, NULL }, { 0x10000, 16, NULL } }, 2,
		  (uint64_t[]){ 1, 2, 3, 4 });
	put_words(w, (struct trace_memory[]){ { 0x10010, 16, NULL } }, 1, (uint64_t[]){ 5, 6 });
	put_unread(&b, unread, 1), put(w, LG_CHUNK_UNREAD, &b);
	put_snapshot_end(&b, &s), put(w, LG_CHUNK_SNAPSHOT_END, &b);
}

/* Chunks: 0 process, 1 modules, 2 stacks, 3 events, 4-10 snapshot (7 and 8 its memory), 11 events, 12 end. */
static void write_sample(void)
{
	struct trace_writer *w = start();
	struct buf b = { 0 };

	put_the_process(w);
	put_modules(&b, modules, 2), put(w, LG_CHUNK_MODULES, &b);
	put_the_nodes(w);
	put_the_events(w);
	put_the_snapshot(w);
	put_the_events(w);
	put_the_end(w);
	finish(w);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static struct trace open_good(void)
{
	struct trace t;
	struct err err = { 0 };

	ck_assert_msg(trace_open(&t, path, &err) == 0, "%s", err.text);
	return t;
}

static struct trace open_whole(void)
{
	struct trace t = open_good();

	ck_assert_str_eq(t.damage, "");
	return t;
}

struct collected {
	struct trace_event *events;
	size_t n, calls, stop_after;
};

static int collect(void *context, const struct trace_event *e, size_t n)
{
	struct collected *c = context;

	c->events = realloc(c->events, (c->n + n) * sizeof *e);
	memcpy(c->events + c->n, e, n * sizeof *e);
	c->n += n;
	return ++c->calls == c->stop_after ? 42 : 0;
}

static struct collected collect_all(const struct trace *t)
{
	struct collected c = { 0 };
	struct err err = { 0 };

	ck_assert_msg(trace_events(t, collect, &c, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(c.n, t->nevents);
	return c;
}

static void assert_same_event(const struct trace_event *a, const struct trace_event *b)
{
	ck_assert_uint_eq(a->key, b->key);
	ck_assert_uint_eq(a->addr, b->addr);
	ck_assert_uint_eq(a->size, b->size);
	ck_assert_uint_eq(a->thread, b->thread);
	ck_assert_uint_eq(a->stack, b->stack);
	ck_assert_uint_eq(a->type, b->type);
	ck_assert_uint_eq(a->entry, b->entry);
}

/* Everything a consumer may do; for traces of which only survival is asked. */
static void use(const struct trace *t)
{
	struct collected c = collect_all(t);
	uint64_t word;

	for (uint32_t i = 0, steps = 0; i < t->nnodes; i++)
		for (uint32_t id = i; id; id = t->nodes[id].parent) {
			ck_assert_uint_lt(id, t->nnodes);
			ck_assert_uint_lt(steps++, 1u << 24);
		}
	for (size_t i = 0; i < c.n; i++)
		ck_assert_uint_lt(c.events[i].stack, t->nnodes);
	for (size_t i = 0; i < t->nsnapshots; i++)
		for (uint64_t addr = 0xfff8; addr < 0x30010; addr += 8)
			snapshot_word(&t->snapshots[i], addr, &word);
	free(c.events);
}

/* Opens what may be no trace: true when it could be opened. It must then be damaged, else have an error. */
static bool survives(void)
{
	struct trace t;
	struct err err = { 0 };

	if (trace_open(&t, path, &err) < 0) {
		ck_assert_str_ne(err.text, "");
		ck_assert_ptr_null(t.file);
		return false;
	}
	ck_assert_str_ne(t.damage, "");
	use(&t);
	trace_close(&t);
	return true;
}

/* Writes process, one chunk of hand-made bytes, and the footer. */
static void write_odd(enum lg_chunk_kind kind, struct buf *payload)
{
	struct trace_writer *w = start();

	put_the_process(w);
	put_the_nodes(w);
	if (kind >= LG_CHUNK_THREADS && kind <= LG_CHUNK_SNAPSHOT_END) {
		struct buf b = { 0 };
		put_snapshot(&b, &(struct trace_snapshot){ .id = 1 });
		put(w, LG_CHUNK_SNAPSHOT, &b);
	}
	put(w, kind, payload);
	if (kind != LG_CHUNK_END)
		put_the_end(w);
	finish(w);
}

static void assert_damage_says(const char *what)
{
	struct trace t = open_good();

	ck_assert_msg(strstr(t.damage, what), "damage is '%s', not '%s'", t.damage, what);
	use(&t);
	trace_close(&t);
}

/* ---- round trips -------------------------------------------------------------------------------------- */

START_TEST(process_comes_back)
{
	write_sample();
	struct trace t = open_whole();
	const struct trace_process *p = &t.process;

	ck_assert_uint_eq(p->pid, 4711);
	ck_assert_uint_eq(p->parent_pid, 4710);
	ck_assert_uint_eq(p->image, 2);
	ck_assert_uint_eq(p->flags, LG_PROCESS_FORKED);
	ck_assert_uint_eq(p->clock, LG_CLOCK_TSC);
	ck_assert_uint_eq(p->ticks_per_second, 2400000000);
	ck_assert_uint_eq(p->hello_key, 99);
	ck_assert_uint_eq(p->start_unix_ns, 1700000000123456789);
	ck_assert_uint_eq(p->page_bytes, 4096);
	ck_assert_str_eq(p->executable, "/bin/app");
	ck_assert_str_eq(p->directory, "/home");
	ck_assert_str_eq(p->allocator, "libc.so.6");
	ck_assert_str_eq(p->recorder, "0.1.0");
	ck_assert_uint_eq(p->argc, 3);
	ck_assert_str_eq(p->argv[1], "");
	ck_assert_str_eq(p->argv[2], "two words");
	ck_assert_ptr_null(p->argv[3]);
	trace_close(&t);
}
END_TEST

START_TEST(modules_come_back_in_order_of_their_numbers)
{
	write_sample();
	struct trace t = open_whole();

	ck_assert_uint_eq(t.nmodules, 2);
	ck_assert_uint_eq(t.modules[0].id, 1);
	ck_assert_str_eq(t.modules[0].path, "");
	const struct trace_module *m = &t.modules[1];
	ck_assert_uint_eq(m->id, 2);
	ck_assert_uint_eq(m->start, 0x7000);
	ck_assert_uint_eq(m->end, 0x9000);
	ck_assert_uint_eq(m->bias, 0x7000);
	ck_assert_uint_eq(m->key, 12);
	ck_assert_uint_eq(m->build_id_bytes, 3);
	ck_assert_mem_eq(m->build_id, "\xde\xad\x01", 3);
	ck_assert_str_eq(m->path, "/lib/two.so");
	trace_close(&t);
}
END_TEST

START_TEST(nodes_come_back_whatever_the_order_of_parents)
{
	write_sample();
	struct trace t = open_whole();

	ck_assert_uint_eq(t.nnodes, 5);
	ck_assert_uint_eq(t.nodes[0].frame, 0);
	ck_assert_uint_eq(t.nodes[0].parent, 0);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_uint_eq(t.nodes[i + 1].frame, nodes[i].frame);
		ck_assert_uint_eq(t.nodes[i + 1].parent, nodes[i].parent);
	}
	trace_close(&t);
}
END_TEST

START_TEST(events_come_back_in_file_order)
{
	write_sample();
	struct trace t = open_whole();
	struct collected c = collect_all(&t);

	ck_assert_uint_eq(c.n, 2 * NEVENTS);
	for (size_t i = 0; i < c.n; i++)
		assert_same_event(&c.events[i], &events[i % NEVENTS]);
	free(c.events);
	trace_close(&t);
}
END_TEST

START_TEST(a_snapshot_comes_back)
{
	write_sample();
	struct trace t = open_whole();

	ck_assert_uint_eq(t.nsnapshots, 1);
	const struct trace_snapshot *s = &t.snapshots[0];
	ck_assert(s->whole);
	ck_assert_uint_eq(s->id, 1);
	ck_assert_uint_eq(s->key, 500);
	ck_assert_uint_eq(s->reason, LG_SNAPSHOT_EXIT);
	ck_assert_uint_eq(s->method, LG_METHOD_PTRACE);
	ck_assert_uint_eq(s->events, NEVENTS);
	ck_assert_uint_eq(s->bytes_read, 48);
	ck_assert_uint_eq(s->bytes_unread, 4096);
	ck_assert_uint_eq(s->threads_seen, 2);
	ck_assert_uint_eq(s->threads_stopped, 1);
	ck_assert_uint_eq(s->nthreads, 2);
	ck_assert_uint_eq(s->threads[0].tid, 4711);
	ck_assert_uint_eq(s->threads[0].number, 1);
	ck_assert_uint_eq(s->threads[0].flags, LG_THREAD_STOPPED);
	ck_assert_uint_eq(s->threads[0].fs_base, 0x7f00);
	ck_assert_uint_eq(s->threads[0].nregs, LG_REGS);
	ck_assert_uint_eq(s->threads[0].regs[LG_REG_RSP], 0x7ffe1000);
	ck_assert_uint_eq(s->threads[1].nregs, 0);
	ck_assert_uint_eq(s->threads[1].nvector, 3);
	ck_assert_uint_eq(s->threads[1].vector[2], UINT64_MAX);
	ck_assert_uint_eq(s->nunread, 1);
	ck_assert_uint_eq(s->unread[0].start, 0x13000);
	ck_assert_uint_eq(s->unread[0].end, 0x14000);
	ck_assert_int_eq(s->unread[0].error, EFAULT);
	trace_close(&t);
}
END_TEST

START_TEST(mappings_and_memory_come_back_sorted)
{
	write_sample();
	struct trace t = open_whole();
	const struct trace_snapshot *s = &t.snapshots[0];

	ck_assert_uint_eq(s->nmappings, 3);
	ck_assert_uint_eq(s->mappings[0].start, 0x10000);
	ck_assert_uint_eq(s->mappings[0].flags, LG_MAPPING_READ | LG_MAPPING_SHARED);
	ck_assert_uint_eq(s->mappings[1].start, 0x20000);
	ck_assert_uint_eq(s->mappings[1].end, 0x22000);
	ck_assert_uint_eq(s->mappings[1].file_offset, 0x1000);
	ck_assert_uint_eq(s->mappings[1].prot, 3);
	ck_assert_str_eq(s->mappings[1].path, "/bin/app");
	ck_assert_str_eq(s->mappings[2].path, "[vvar]");
	ck_assert_uint_eq(s->nmemory, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq((uintptr_t)s->memory[i].words % 8, 0);
		ck_assert(!i || s->memory[i - 1].start + s->memory[i - 1].bytes <= s->memory[i].start);
	}
	trace_close(&t);
}
END_TEST

START_TEST(words_are_found)
{
	static const struct {
		uint64_t addr;
		bool found;
		uint64_t word;
	} rows[] = {
		{ 0x20000, true, 1 },	       { 0x20008, true, 2 },	     { 0x10000, true, 3 },
		{ 0x10008, true, 4 },	       { 0x10010, true, 5 },	     { 0x10018, true, 6 },
		{ 0x10020, true, 0 },	       { 0x12ff8, true, 0 },	     { 0x13000, false, 0 },
		{ 0x12ffc, false, 0 },	       { 0x14000, false, 0 },	     { 0x21ff8, true, 0 },
		{ 0x22000, false, 0 },	       { 0xfff8, false, 0 },	     { 0x30000, false, 0 },
		{ 0x20004, true, 2ULL << 32 }, { UINT64_MAX - 3, false, 0 }, { 0, false, 0 },
	};
	write_sample();
	struct trace t = open_whole();

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t word = 77;
		bool found = snapshot_word(&t.snapshots[0], rows[i].addr, &word);
		ck_assert_msg(found == rows[i].found, "0x%" PRIx64, rows[i].addr);
		if (found)
			ck_assert_uint_eq(word, rows[i].word);
	}
	trace_close(&t);
}
END_TEST

START_TEST(the_footer_comes_back)
{
	write_sample();
	struct trace t = open_whole();
	const struct trace_end *e = &t.end;

	ck_assert(e->present);
	ck_assert_uint_eq(e->ending, LG_ENDED_SIGNALED);
	ck_assert_uint_eq(e->status, 139);
	ck_assert_uint_eq(e->signal, 11);
	ck_assert_uint_eq(e->key, 1000);
	ck_assert_uint_eq(e->duration_ns, 5);
	ck_assert_uint_eq(e->threads, 3);
	ck_assert_uint_eq(e->events, NEVENTS);
	ck_assert_uint_eq(e->lost_allocs, 6);
	ck_assert_uint_eq(e->lost_frees, 7);
	ck_assert_uint_eq(e->lost_bytes, 8);
	ck_assert_uint_eq(e->stackless, 9);
	ck_assert_uint_eq(e->truncated, 10);
	ck_assert_uint_eq(e->lost_stacks, 11);
	ck_assert_uint_eq(e->untraced, 12);
	ck_assert_uint_eq(e->nreasons, 2);
	ck_assert_str_eq(e->reasons[0], "events lost");
	ck_assert_str_eq(e->reasons[1], "no ptrace");
	ck_assert_uint_eq(e->recorder_cpu_ns, 13);
	trace_close(&t);
}
END_TEST

START_TEST(a_footer_without_its_last_field_is_whole)
{
	struct buf b = { 0 };

	put_end(&b, &end);
	b.used--; /* recorder_cpu_ns takes one byte here */
	write_odd(LG_CHUNK_END, &b);
	struct trace t = open_whole();
	ck_assert(t.end.present);
	ck_assert_uint_eq(t.end.nreasons, 2);
	ck_assert_uint_eq(t.end.recorder_cpu_ns, 0);
	trace_close(&t);
}
END_TEST

/* ---- events ------------------------------------------------------------------------------------------- */

static uint64_t random_bits(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13, state ^= state >> 7, state ^= state << 17;
	return state >> (state % 64);
}

START_TEST(any_values_survive_the_columns)
{
	enum { N = LG_EVENTS_PER_CHUNK };
	struct trace_event *all = calloc(3 * N, sizeof *all);
	struct trace_writer *w = start();

	put_the_process(w);
	put_the_nodes(w);
	for (size_t i = 0; i < 3 * N; i++) {
		uint8_t type = (uint8_t)(1 + random_bits() % 5);
		bool full = type == LG_EV_ALLOC || type == LG_EV_RESIZE;
		bool pad = type == LG_EV_PAD;
		all[i] = (struct trace_event){ random_bits(),
					       pad ? 0 : random_bits(),
					       full ? random_bits() : 0,
					       (uint32_t)(random_bits() % 3),
					       full ? (uint32_t)(random_bits() % 5) : 0,
					       type,
					       (uint8_t)(pad ? 0 : random_bits() % 12),
					       0 };
	}
	for (size_t i = 0; i < 3; i++) {
		struct buf b = { 0 };
		put_events(&b, all + i * N, N);
		put(w, LG_CHUNK_EVENTS, &b);
	}
	put_the_end(w);
	finish(w);
	struct trace t = open_whole();
	struct collected c = collect_all(&t);
	ck_assert_uint_eq(c.n, 3 * N);
	for (size_t i = 0; i < c.n; i++)
		assert_same_event(&c.events[i], &all[i]);
	free(c.events);
	free(all);
	trace_close(&t);
}
END_TEST

/* An allocator that reuses what was freed last, by size; freed in no order, by several threads, over many chunks. */
struct toy {
	struct trace_event *events;
	size_t n;
	struct {
		uint64_t addr, size;
	} live[5000];
	size_t nlive, nfreed[8];
	uint64_t freed[8][300], top, key;
};

static struct trace_event *toy_event(struct toy *toy, uint8_t type, uint8_t entry)
{
	struct trace_event *e = &toy->events[toy->n++];

	toy->key += random_bits() % 16 ? 0 : random_bits() % 5000;
	*e = (struct trace_event){ .key = toy->key,
				   .thread = (uint32_t)(1 + toy->n / 100 % 3 + toy->n / 10000 % 20),
				   .type = type,
				   .entry = entry };
	return e;
}

static void toy_alloc(struct toy *toy, uint8_t type)
{
	struct trace_event *e =
	    toy_event(toy, type, type == LG_EV_ALLOC ? LG_ENTRY_MALLOC : LG_ENTRY_REALLOC);
	uint64_t class = random_bits() % 8;

	e->size = class * 200 + (random_bits() % 4 ? 8 : random_bits() % 8);
	e->stack = (uint32_t)(toy->n / 20000 + random_bits() % 3) % 5;
	e->addr = toy->top;
	if (toy->nfreed[class] && random_bits() % 8)
		e->addr = toy->freed[class][--toy->nfreed[class]];
	else
		toy->top += 16 * (2 + class * 13);
	toy->live[toy->nlive].addr = e->addr;
	toy->live[toy->nlive++].size = class;
}

static void toy_free(struct toy *toy, uint8_t type)
{
	struct trace_event *e = toy_event(toy, type, type == LG_EV_FREE ? LG_ENTRY_FREE : LG_ENTRY_REALLOC);
	size_t i = random_bits() % 4 ? toy->nlive - 1 : random_bits() % toy->nlive, class = toy->live[i].size;

	e->addr = toy->live[i].addr;
	toy->live[i] = toy->live[--toy->nlive];
	if (toy->nfreed[class] < 300)
		toy->freed[class][toy->nfreed[class]++] = e->addr;
}

static void toy_step(struct toy *toy)
{
	uint64_t what = random_bits() % 64;

	if (what == 0)
		toy_event(toy, LG_EV_RESIZE, LG_ENTRY_REALLOC); /* that failed */
	else if (what == 1)
		toy_event(toy, LG_EV_FREE, LG_ENTRY_FREE)->addr =
		    0x7000000 + random_bits(); /* of another's */
	else if (toy->nlive == 5000 || (toy->nlive && what % 2))
		toy_free(toy, what < 6 ? LG_EV_RELEASE : LG_EV_FREE);
	else
		toy_alloc(toy, what < 6 ? LG_EV_RESIZE : LG_EV_ALLOC);
}

START_TEST(a_heap_survives_the_columns)
{
	enum { N = 400000 };
	static struct toy toy = { .top = 0x555555559010 };
	struct trace_writer *w = start();
	struct encoder *e = encoder_new(10);
	struct buf b = { 0 };

	toy.events = calloc(N, sizeof *toy.events);
	put_the_process(w);
	put_the_nodes(w);
	while (toy.n < N)
		toy_step(&toy);
	for (size_t i = 0; i < N;) {
		size_t n = random_bits() % 5000;
		i += encoder_add(e, toy.events + i, n < N - i ? n : N - i);
		if (encoder_count(e) < LG_EVENTS_PER_CHUNK && i < N)
			continue;
		encoder_put(e, &b);
		put(w, LG_CHUNK_EVENTS, &b);
	}
	put_the_end(w);
	finish(w);
	struct trace t = open_whole();
	struct collected c = collect_all(&t);
	ck_assert_uint_eq(c.n, N);
	for (size_t i = 0; i < N; i++) {
		toy.events[i].key &= ~1023ULL;
		assert_same_event(&c.events[i], &toy.events[i]);
	}
	free(c.events);
	free(toy.events);
	encoder_free(e);
	trace_close(&t);
}
END_TEST

START_TEST(a_chunk_is_full_at_its_limit)
{
	struct trace_event *many = calloc(LG_EVENTS_PER_CHUNK, sizeof *many);
	struct encoder *e = encoder_new(0);
	struct buf b = { 0 };

	ck_assert_uint_eq(encoder_add(e, many, 1), 1);
	ck_assert_uint_eq(encoder_add(e, many, LG_EVENTS_PER_CHUNK), LG_EVENTS_PER_CHUNK - 1);
	ck_assert_uint_eq(encoder_add(e, many, 1), 0);
	encoder_put(e, &b);
	ck_assert_uint_eq(encoder_count(e), 0);
	ck_assert_uint_eq(encoder_add(e, many, 1), 1);
	buf_free(&b);
	encoder_free(e);
	free(many);
}
END_TEST

START_TEST(streaming_stops_at_the_first_answer)
{
	struct collected c = { .stop_after = 1 };

	write_sample();
	struct trace t = open_whole();
	ck_assert_int_eq(trace_events(&t, collect, &c, NULL), 42);
	ck_assert_uint_eq(c.calls, 1);
	free(c.events);
	trace_close(&t);
}
END_TEST

START_TEST(what_is_no_event_is_written_as_padding)
{
	static const struct trace_event odd[] = { { 1, 8, 9, 1, 1, 0, 0, 0 },
						  { 2, 8, 9, 1, 1, 77, 1, 0 },
						  { 3, 8, 9, 1, 1, LG_EV_ALLOC, 200, 0 } };
	struct buf b = { 0 };

	put_events(&b, odd, 3);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_whole();
	struct collected c = collect_all(&t);
	ck_assert_uint_eq(c.n, 3);
	ck_assert_uint_eq(c.events[0].type, LG_EV_PAD);
	ck_assert_uint_eq(c.events[1].type, LG_EV_PAD);
	ck_assert_uint_eq(c.events[2].type, LG_EV_ALLOC);
	ck_assert_uint_eq(c.events[2].entry, LG_ENTRY_UNKNOWN);
	ck_assert_uint_eq(c.events[2].size, 9);
	free(c.events);
	trace_close(&t);
}
END_TEST

START_TEST(no_events_are_fine)
{
	struct buf b = { 0 };

	put_events(&b, NULL, 0);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_whole();
	ck_assert_uint_eq(t.nevents, 0);
	use(&t);
	trace_close(&t);
}
END_TEST

/* One good ALLOC in its columns; a row replaces one of them. */
enum { TAGS, STACKS, SIZES, ENTRIES, PLACES, AGES, FREES, KEYS, THREADS, NCOLUMNS };
struct columns {
	uint64_t count;
	const char *column[NCOLUMNS];
	size_t bytes[NCOLUMNS];
};
#define COL(text) text, sizeof text - 1
static const struct {
	int which; /* NCOLUMNS: the count, from `bytes` */
	const char *with;
	size_t bytes;
} bad_columns[] = {
	{ NCOLUMNS, NULL, 0 },
	{ NCOLUMNS, NULL, 2 },
	{ NCOLUMNS, NULL, 1u << 30 },
	{ TAGS, COL("") },
	{ TAGS, COL("\x98\x98") },
	{ TAGS, COL("\x9c") /* no such stack mode */ },
	{ TAGS, COL("\x58") /* where a block began before: there was none */ },
	{ TAGS, COL("\xd8") /* no such place */ },
	{ TAGS, COL("\xf8") },
	{ TAGS, COL("\xfa") /* no event: values are left over */ },
	{ TAGS, COL("\x18") /* the newest of the freed: an address is left over */ },
	{ STACKS, COL("") },
	{ STACKS, COL("\x80\x80\x80\x80\x80\x80\x80\x80") },
	{ STACKS, COL("\x02\x02") },
	{ STACKS, COL("\x80\x80\x80\x80\x10") /* 2^32 */ },
	{ SIZES, COL("") },
	{ SIZES, COL("\x80") },
	{ SIZES, COL("\x00\x00") },
	{ SIZES, COL("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02") },
	{ SIZES, COL("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00") },
	{ ENTRIES, COL("") },
	{ ENTRIES, COL("\x01\x01") },
	{ PLACES, COL("") },
	{ PLACES, COL("\x80") },
	{ PLACES, COL("\x00\x00") },
	{ AGES, COL("\x00") },
	{ FREES, COL("\x00") },
	{ KEYS, COL("") },
	{ KEYS, COL("\x00") },
	{ KEYS, COL("\x00\x02") },
	{ KEYS, COL("\x00\x00\x00\x01") },
	{ KEYS, COL("\x00\x01\x00\x01") },
	{ KEYS, COL("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\x01") },
	{ THREADS, COL("") },
	{ THREADS, COL("\x01") },
	{ THREADS, COL("\x01\x02") },
	{ THREADS, COL("\x01\x00\x01\x01") },
	{ THREADS, COL("\x01\x01\x01\x01") },
	{ THREADS, COL("\xff\xff\xff\xff\x7f\x01") },
};

static struct buf columns(const struct columns *c)
{
	struct buf b = { 0 };

	buf_varint(&b, c->count);
	buf_varint(&b, 4); /* units of 16 */
	buf_varint(&b, 6);
	buf_varint(&b, 0);
	for (int i = 0; i < NCOLUMNS; i++)
		buf_blob(&b, c->column[i], c->bytes[i]);
	return b;
}

static const struct columns good_columns = { 1,
					     { "\x98", "\x02", "\x20", "\x01", "\x08", "", "", "\x00\x01",
					       "\x01\x01" },
					     { 1, 1, 1, 1, 1, 0, 0, 2, 2 } };

START_TEST(columns_by_hand)
{
	static const struct trace_event expected = { 96, 8, 32, 1, 2, LG_EV_ALLOC, LG_ENTRY_MALLOC, 0 };
	struct buf b = columns(&good_columns);

	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_whole();
	struct collected c = collect_all(&t);
	ck_assert_uint_eq(c.n, 1);
	assert_same_event(c.events, &expected);
	free(c.events);
	trace_close(&t);
}
END_TEST

/* Every way in which an event can be told, each once. */
START_TEST(tags_by_hand)
{
	static const struct {
		uint8_t tag;
		struct trace_event event;
	} rows[] = {
		{ 0x74,
		  { 96, 0x1000, 32, 1, 1, LG_EV_ALLOC, LG_ENTRY_MALLOC, 0 } }, /* new stack, 256 steps */
		{ 0x28, { 96, 0x1030, 32, 1, 1, LG_EV_ALLOC, LG_ENTRY_MALLOC, 0 } }, /* given stack, fresh */
		{ 0x0a, { 96, 0x1000, 0, 1, 0, LG_EV_FREE, LG_ENTRY_FREE, 0 } }, /* age 1 */
		{ 0xd2, { 96, 0x1030, 0, 1, 0, LG_EV_FREE, LG_ENTRY_FREE, 0 } }, /* the one after */
		{ 0x40,
		  { 96, 0x1000, 32, 1, 1, LG_EV_ALLOC, LG_ENTRY_MALLOC, 0 } }, /* where the first began */
		{ 0x01,
		  { 128, 0x1030, 32, 1, 1, LG_EV_RESIZE, LG_ENTRY_MALLOC, 0 } }, /* the newest of the freed */
		{ 0xdb, { 128, 0x1000, 0, 1, 0, LG_EV_RELEASE, LG_ENTRY_REALLOC, 0 } }, /* the one before */
		{ 0xe2, { 128, 0x1030, 0, 1, 0, LG_EV_FREE, LG_ENTRY_FREE, 0 } }, /* age 0, given */
		{ 0xef,
		  { 128, 0x1040, 0, 9, 0, LG_EV_RELEASE, LG_ENTRY_FREE, 0 } }, /* one step, entry given */
		{ 0xf2, { 128, 5, 0, 9, 0, LG_EV_FREE, LG_ENTRY_FREE, 0 } }, /* given */
		{ 0xfa, { 128, 0, 0, 9, 0, LG_EV_PAD, LG_ENTRY_UNKNOWN, 0 } },
		{ 0x91,
		  { 128, 0, 64, 9, 1, LG_EV_RESIZE, LG_ENTRY_REALLOC, 0 } }, /* a failed one: no address */
		{ 0xa0,
		  { 128, 5, 64, 9, 1, LG_EV_ALLOC, LG_ENTRY_REALLOC, 0 } }, /* freed, of no known size */
	};
	char tags[COUNT(rows)];
	struct columns c = { COUNT(rows),
			     { tags, "\x01", "\x20\x40", "\x01\x04\x03", "\x80\x04\x01\x00", "\x00",
			       "\x02\x05", "\x00\x05\x04\x08", "\x01\x08\x09\x05" },
			     { COUNT(rows), 1, 2, 3, 4, 1, 2, 4, 4 } };

	for (size_t i = 0; i < COUNT(rows); i++)
		tags[i] = (char)rows[i].tag;
	struct buf b = columns(&c);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_whole();
	struct collected all = collect_all(&t);
	ck_assert_uint_eq(all.n, COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_same_event(&all.events[i], &rows[i].event);
	free(all.events);
	trace_close(&t);
}
END_TEST

/* The good ALLOC, and an end that its tag and one value cannot tell. */
static const struct {
	const char *tags;
	int which;
	const char *with;
	size_t bytes;
} bad_ends[] = {
	{ "\x98\x0a", AGES, COL("") }, /* age 1 of one block */
	{ "\x98\xca", AGES, COL("") }, /* age 25 */
	{ "\x98\xd2", AGES, COL("") }, /* the one after the first */
	{ "\x98\xda", AGES, COL("") }, /* the one before the first */
	{ "\x98\xe2", AGES, COL("") },
	{ "\x98\xe2", AGES, COL("\x01") },
	{ "\x98\xe2", AGES, COL("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") },
	{ "\x98\xea", FREES, COL("") },
	{ "\x98\xf2", FREES, COL("") },
	{ "\x98\xf2", FREES, COL("\x80") },
	{ "\x98\xf2", FREES, COL("\x01\x01") },
	{ "\x98\x06", AGES, COL("") }, /* an entry that is not given */
};

START_TEST(a_bad_end_drops_its_chunk)
{
	struct columns c = good_columns;

	c.count = 2;
	c.column[TAGS] = bad_ends[_i].tags, c.bytes[TAGS] = 2;
	c.column[KEYS] = "\x00\x02", c.column[THREADS] = "\x01\x02";
	c.column[bad_ends[_i].which] = bad_ends[_i].with;
	c.bytes[bad_ends[_i].which] = bad_ends[_i].bytes;
	struct buf b = columns(&c);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nevents, 0);
	ck_assert_msg(strstr(t.damage, "chunk 2 at byte "), "%s", t.damage);
	trace_close(&t);
}
END_TEST

START_TEST(a_bad_column_drops_its_chunk)
{
	struct columns c = good_columns;

	if (bad_columns[_i].which == NCOLUMNS) {
		c.count = bad_columns[_i].bytes;
	} else {
		c.column[bad_columns[_i].which] = bad_columns[_i].with;
		c.bytes[bad_columns[_i].which] = bad_columns[_i].bytes;
	}
	struct buf b = columns(&c);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nevents, 0);
	ck_assert_msg(strstr(t.damage, "chunk 2 at byte "), "%s", t.damage);
	use(&t);
	trace_close(&t);
}
END_TEST

START_TEST(a_tag_that_is_none_drops_its_chunk)
{
	struct columns c = good_columns;

	c.column[TAGS] = (const char *[]){ "\x9c", "\xd8", "\xf8" }[_i]; /* no such stack, no such places */
	struct buf b = columns(&c);
	write_odd(LG_CHUNK_EVENTS, &b);
	assert_damage_says("no sound event");
}
END_TEST

START_TEST(a_snapshot_never_counts_more_events_than_there_are)
{
	struct buf b = { 0 };

	put_snapshot(&b, &(struct trace_snapshot){ .id = 1, .events = 99 });
	write_odd(LG_CHUNK_SNAPSHOT, &b);
	struct trace t = open_whole();
	ck_assert_uint_eq(t.snapshots[0].events, 0);
	trace_close(&t);
}
END_TEST

START_TEST(a_stack_without_a_node_becomes_none)
{
	struct columns c = good_columns;

	c.column[STACKS] = "\x05"; /* of nodes 0..4 */
	struct buf b = columns(&c);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_good();
	struct collected all = collect_all(&t);
	ck_assert_uint_eq(all.n, 1);
	ck_assert_uint_eq(all.events[0].stack, 0);
	ck_assert_str_eq(t.damage, "1 events have stacks that the trace does not hold");
	free(all.events);
	trace_close(&t);
}
END_TEST

START_TEST(an_entry_of_a_later_version_is_unknown)
{
	struct columns c = good_columns;

	c.column[ENTRIES] = "\x63";
	struct buf b = columns(&c);
	write_odd(LG_CHUNK_EVENTS, &b);
	struct trace t = open_whole();
	struct collected all = collect_all(&t);
	ck_assert_uint_eq(all.events[0].entry, LG_ENTRY_UNKNOWN);
	free(all.events);
	trace_close(&t);
}
END_TEST

/* ---- damage ------------------------------------------------------------------------------------------- */

START_TEST(a_cut_at_any_byte_is_noticed)
{
	write_sample();
	struct buf file = slurp();
	size_t opened = 0;

	for (size_t n = 0; n < file.used; n++) {
		spill(file.bytes, n);
		opened += survives();
	}
	ck_assert_uint_eq(opened, file.used - chunk_at(&file, 1));
	buf_free(&file);
}
END_TEST

START_TEST(a_cut_says_where)
{
	char expected[100];

	write_sample();
	struct buf file = slurp();
	spill(file.bytes, chunk_at(&file, 11) + 40);
	snprintf(expected, sizeof expected, "cut at byte %zu (chunk 11)", chunk_at(&file, 11) + 40);
	struct trace t = open_good();
	ck_assert_str_eq(t.damage, expected);
	ck_assert_uint_eq(t.nevents, NEVENTS);
	ck_assert(t.snapshots[0].whole);
	ck_assert(!t.end.present);
	trace_close(&t);
	buf_free(&file);
}
END_TEST

START_TEST(a_flip_of_any_bit_is_noticed)
{
	write_sample();
	struct buf file = slurp();

	for (size_t i = 0; i < file.used; i++) {
		if (i == offsetof(struct lg_file_header, reserved))
			i += 4; /* says nothing yet */
		for (unsigned bit = 1; bit < 256; bit <<= 1) {
			file.bytes[i] ^= (uint8_t)bit;
			spill(file.bytes, file.used);
			survives();
			file.bytes[i] ^= (uint8_t)bit;
		}
	}
	buf_free(&file);
}
END_TEST

START_TEST(one_bad_chunk_costs_only_itself)
{
	char expected[100];

	write_sample();
	struct buf file = slurp();
	size_t at = chunk_at(&file, 3);
	file.bytes[at + _i] ^= 0xff; /* in its header or its payload */
	spill(file.bytes, file.used);
	snprintf(expected, sizeof expected, "chunk 3 at byte %zu damaged, 1 chunks skipped", at);
	struct trace t = open_good();
	ck_assert_str_eq(t.damage, expected);
	ck_assert_uint_eq(t.nevents, NEVENTS);
	ck_assert(t.snapshots[0].whole);
	ck_assert(t.end.present);
	use(&t);
	trace_close(&t);
	buf_free(&file);
}
END_TEST

START_TEST(a_missing_chunk_is_noticed)
{
	char expected[100];

	write_sample();
	struct buf file = slurp();
	size_t from = chunk_at(&file, 2), to = chunk_at(&file, 4);
	memmove(file.bytes + from, file.bytes + to, file.used - to);
	spill(file.bytes, file.used - (to - from));
	snprintf(expected, sizeof expected, "2 chunks missing before byte %zu (chunk 4)", from);
	struct trace t = open_good();
	ck_assert(strncmp(t.damage, expected, strlen(expected)) == 0);
	ck_assert(t.snapshots[0].whole);
	trace_close(&t);
	buf_free(&file);
}
END_TEST

START_TEST(a_repeated_chunk_is_skipped)
{
	write_sample();
	struct buf file = slurp();
	struct buf twice = { 0 };
	size_t from = chunk_at(&file, 3), to = chunk_at(&file, 4);

	buf_put(&twice, file.bytes, to);
	buf_put(&twice, file.bytes + from, file.used - from);
	spill(twice.bytes, twice.used);
	struct trace t = open_good();
	ck_assert_ptr_nonnull(strstr(t.damage, "chunk 3 at byte"));
	ck_assert_ptr_nonnull(strstr(t.damage, "out of order"));
	ck_assert_uint_eq(t.nevents, 2 * NEVENTS);
	trace_close(&t);
	buf_free(&twice);
	buf_free(&file);
}
END_TEST

START_TEST(a_snapshot_that_lost_memory_is_not_whole)
{
	uint64_t word;

	write_sample();
	struct buf file = slurp();
	file.bytes[chunk_at(&file, 8) + 40] ^= 1;
	spill(file.bytes, file.used);
	struct trace t = open_good();
	const struct trace_snapshot *s = &t.snapshots[0];
	ck_assert_uint_eq(t.nsnapshots, 1);
	ck_assert(!s->whole);
	ck_assert_uint_eq(s->nmemory, 2);
	ck_assert(snapshot_word(s, 0x10008, &word));
	ck_assert(!snapshot_word(s, 0x10010, &word)); /* lost is not zero */
	trace_close(&t);
	buf_free(&file);
}
END_TEST

START_TEST(parts_without_a_snapshot_are_damage)
{
	write_sample();
	struct buf file = slurp();
	file.bytes[chunk_at(&file, 4) + 33] ^= 1; /* the chunk that begins it */
	spill(file.bytes, file.used);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nsnapshots, 0);
	ck_assert_ptr_nonnull(strstr(t.damage, "; 6 more"));
	trace_close(&t);
	buf_free(&file);
}
END_TEST

/* Memory of a traced program may hold chunks of its own, good ones even: of a traced leakgraph, say. */
START_TEST(a_chunk_inside_a_payload_is_not_taken)
{
	write_sample();
	struct buf sample = slurp();
	struct buf b = { 0 };
	size_t from = chunk_at(&sample, 11), to = chunk_at(&sample, 12), n = to - from;
	struct trace_writer *w = start();

	put_the_process(w);
	put_the_nodes(w);
	put_snapshot(&b, &(struct trace_snapshot){ .id = 1 }), put(w, LG_CHUNK_SNAPSHOT, &b);
	put_memory(&b, &(struct trace_memory){ 0x1000, 8, NULL }, 1, &(uint64_t){ 1 });
	buf_put(&b, sample.bytes + from, n); /* behind the last field: ignored */
	put(w, LG_CHUNK_MEMORY, &b);
	put_the_end(w);
	finish(w);
	struct buf file = slurp();
	ck_assert_ptr_nonnull(memmem(file.bytes, file.used, sample.bytes + from, n)); /* stored raw */
	file.bytes[chunk_at(&file, 3) + 8] ^= 1; /* a wrong length: the search must go byte by byte */
	spill(file.bytes, file.used);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nevents, 0);
	ck_assert(t.end.present);
	trace_close(&t);
	buf_free(&file);
	buf_free(&sample);
}
END_TEST

START_TEST(false_starts_do_not_cost_for_ever)
{
	enum { N = 8 << 20 };
	uint32_t *words = malloc(N);
	struct buf file, b = { 0 };

	write_sample();
	file = slurp();
	for (size_t i = 0; i < N / 4; i += 8) /* each a header of a large payload that would fit in here */
		memcpy(words + i,
		       &(struct lg_chunk_header){ LG_CHUNK_MAGIC, 4, LG_CODEC_RAW, N / 2, N / 2, 4, 7 }, 32);
	buf_put(&b, file.bytes, chunk_at(&file, 3));
	buf_put(&b, words, N);
	spill(b.bytes, b.used);
	alarm(15); /* it takes a tenth of a second; without a bound, minutes */
	ck_assert(survives());
	alarm(0);
	free(words);
	buf_free(&b);
	buf_free(&file);
}
END_TEST

/* ---- hostile payloads --------------------------------------------------------------------------------- */

START_TEST(a_hostile_count_is_refused)
{
	static const enum lg_chunk_kind kinds[] = { LG_CHUNK_MODULES, LG_CHUNK_STACKS,	 LG_CHUNK_EVENTS,
						    LG_CHUNK_THREADS, LG_CHUNK_MAPPINGS, LG_CHUNK_MEMORY,
						    LG_CHUNK_UNREAD,  LG_CHUNK_HELD,	 LG_CHUNK_MARKS };
	struct buf b = { 0 };

	if (kinds[_i] == LG_CHUNK_STACKS)
		buf_varint(&b, 1);
	buf_varint(&b, 1ULL << 61);
	for (unsigned i = 0; i < 64; i++)
		buf_varint(&b, 1);
	write_odd(kinds[_i], &b);
	assert_damage_says("chunk ");
}
END_TEST

static void refuse(enum lg_chunk_kind kind, struct buf *b, const char *why)
{
	write_odd(kind, b);
	assert_damage_says(why);
}

START_TEST(hostile_fields_are_refused)
{
	struct buf b = { 0 };
	struct trace_module m = { .id = 0, .end = 1 };

	put_modules(&b, &m, 1), refuse(LG_CHUNK_MODULES, &b, "no sound module");
	m.id = 65536;
	put_modules(&b, &m, 1), refuse(LG_CHUNK_MODULES, &b, "no module number");
	m.id = 1, m.start = 2;
	put_modules(&b, &m, 1), refuse(LG_CHUNK_MODULES, &b, "no sound module");
	m.start = 0;
	put_modules(&b, (struct trace_module[]){ m, m }, 2);
	refuse(LG_CHUNK_MODULES, &b, "no module with a number of its own");
	buf_put(&b, "\1\1\0\1\0\0\41", 7), buf_put(&b, "0123456789012345678901234567890123456789", 40);
	refuse(LG_CHUNK_MODULES, &b, "no build-id of 32 bytes");
	put_stacks(&b, 0, nodes, 1), refuse(LG_CHUNK_STACKS, &b, "no stack node in range");
	put_stacks(&b, LG_NODES - 1, nodes, 2), refuse(LG_CHUNK_STACKS, &b, "no stack node in range");
	put_mappings(&b, &(struct trace_mapping){ .start = 8, .end = 8 }, 1);
	refuse(LG_CHUNK_MAPPINGS, &b, "no mapping that ends");
	put_unread(&b, &(struct trace_unread){ 9, 8, 1 }, 1), refuse(LG_CHUNK_UNREAD, &b, "no unread range");
	put_snapshot_end(&b, &(struct trace_snapshot){ .id = 2 });
	refuse(LG_CHUNK_SNAPSHOT_END, &b, "no snapshot of the number that ends here");
	put_process(&b, &process), refuse(LG_CHUNK_PROCESS, &b, "no place for a second process");
}
END_TEST

static void put_range(struct buf *b, const struct trace_memory *range)
{
	buf_varint(b, 1);
	buf_varint(b, range->start);
	buf_varint(b, range->bytes);
}

START_TEST(memory_comes_back_word_for_word)
{
	uint64_t seed = 1, words[1000];
	struct trace_memory range = { 0x1000, 8 * (uint64_t)(_i + 1), NULL };
	struct buf b = { 0 };

	for (int i = 0; i <= _i; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		words[i] = seed >> 60 < 6 ? 0 : seed >> (seed >> 58); /* of all widths */
	}
	put_memory(&b, &range, 1, words);
	write_odd(LG_CHUNK_MEMORY, &b);
	struct trace t = open_good();
	ck_assert_str_eq(t.damage, "");
	ck_assert_mem_eq(t.snapshots[0].memory[0].words, words, range.bytes);
	trace_close(&t);
}
END_TEST

/* Three words: their bits, and what follows. */
static const struct {
	unsigned char bytes[16];
	size_t n;
} bad_words[] = {
	{ { 8, 0, 1, 2, 3, 4 }, 6 }, /* a fourth word */
	{ { 1, 2, 1, 2, 3, 4, 5, 6, 7, 8 }, 10 }, /* an upper half of a word that is 0 */
	{ { 7, 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 10 }, /* a lower half too few */
	{ { 1, 1, 1, 2, 3, 4, 5, 6 }, 8 }, /* half an upper half */
	{ { 7 }, 1 },
	{ { 0 }, 0 },
};

START_TEST(hostile_words_are_refused)
{
	struct trace_memory range = { 0x1000, 24, NULL };
	struct buf b = { 0 };

	put_range(&b, &range);
	buf_put(&b, bad_words[_i].bytes, bad_words[_i].n);
	write_odd(LG_CHUNK_MEMORY, &b);
	struct trace t = open_good();
	ck_assert_ptr_nonnull(strstr(t.damage, "memory's"));
	ck_assert_uint_eq(t.snapshots[0].nmemory, 0);
	trace_close(&t);
}
END_TEST

START_TEST(hostile_memory_ranges_are_refused)
{
	static const struct trace_memory bad[] = {
		{ 4, 8, NULL },
		{ 8, 4, NULL },
		{ 8, 0, NULL },
		{ 8, 800, NULL },
		{ UINT64_MAX - 7, 16, NULL },
		{ 8, UINT64_MAX - 7, NULL },
	};
	struct buf b = { 0 };

	put_range(&b, &bad[_i]);
	buf_put(&b, (char[2]){ 0 }, 2);
	write_odd(LG_CHUNK_MEMORY, &b);
	struct trace t = open_good();
	ck_assert_ptr_nonnull(strstr(t.damage, "chunk 3 at byte"));
	ck_assert_uint_eq(t.snapshots[0].nmemory, 0);
	trace_close(&t);
}
END_TEST

START_TEST(a_payload_that_does_not_decompress_is_damage)
{
	struct buf b = { 0 };
	struct trace_writer *w = start();

	put_the_process(w);
	put_the_nodes(w);
	buf_put(&b, (char[4096]){ 1 }, 4096); /* compresses well, and is no snapshot of anybody */
	put(w, LG_CHUNK_MODULES, &b);
	put_the_end(w);
	finish(w);
	assert_damage_says("chunk 2 at byte");
}
END_TEST

START_TEST(loops_of_nodes_are_cut)
{
	/* 1 -> 1; 2 -> 3 -> 4 -> 2; 5 -> 4; 6 -> 0 */
	static const struct trace_node loops[] = {
		{ 1, 1 }, { 2, 3 }, { 3, 4 }, { 4, 2 }, { 5, 4 }, { 6, 0 }
	};
	struct buf b = { 0 };

	put_stacks(&b, 1, loops, 6);
	write_odd(LG_CHUNK_STACKS, &b);
	struct trace t = open_good();
	ck_assert_str_eq(t.damage, "2 chains of stack nodes loop");
	use(&t);
	ck_assert_uint_eq(t.nodes[1].parent, 0);
	ck_assert_uint_eq(t.nodes[2].parent, 3);
	ck_assert_uint_eq(t.nodes[3].parent, 4);
	ck_assert_uint_eq(t.nodes[4].parent, 0);
	ck_assert_uint_eq(t.nodes[5].parent, 4);
	trace_close(&t);
}
END_TEST

START_TEST(a_parent_beyond_the_table_is_cut)
{
	static const struct trace_node astray[] = {
		{ 5, 1000 }, { 6, LG_NODES }, { 7, UINT32_MAX }, { 8, 1 }
	};
	struct buf b = { 0 };

	put_stacks(&b, 5, astray, 4);
	write_odd(LG_CHUNK_STACKS, &b);
	struct trace t = open_good();
	ck_assert_str_eq(t.damage, "3 stack nodes have lost their parent");
	for (uint32_t i = 5; i < 8; i++)
		ck_assert_uint_eq(t.nodes[i].parent, 0);
	ck_assert_uint_eq(t.nodes[8].parent, 1);
	trace_close(&t);
}
END_TEST

START_TEST(long_chains_need_no_stack)
{
	enum { N = 1 << 19 };
	struct trace_node *chain = calloc(N, sizeof *chain);
	struct buf b = { 0 };

	for (uint32_t i = 0; i < N; i++) /* backwards, so that the first walk is as long as the chain */
		chain[i] = (struct trace_node){ i, i + 2 < N ? i + 2 : 0 };
	put_stacks(&b, 1, chain, N);
	write_odd(LG_CHUNK_STACKS, &b);
	struct trace t = open_whole();
	ck_assert_uint_eq(t.nnodes, N + 1);
	trace_close(&t);
	free(chain);
}
END_TEST

START_TEST(overlaps_are_dropped)
{
	struct buf b = { 0 };
	struct trace_mapping two[] = { { .start = 0x1000, .end = 0x3000 },
				       { .start = 0x2000, .end = 0x4000 } };
	struct trace_memory ranges[] = { { 0x1000, 16, NULL }, { 0x1008, 16, NULL } };

	put_mappings(&b, two, 2), write_odd(LG_CHUNK_MAPPINGS, &b);
	assert_damage_says("1 mappings overlap others");
	put_memory(&b, ranges, 2, (uint64_t[4]){ 0 }), write_odd(LG_CHUNK_MEMORY, &b);
	assert_damage_says("1 ranges of memory overlap others");
}
END_TEST

START_TEST(suspects_come_back_as_they_were)
{
	const struct trace_suspect suspects[] = { { 2, 0x7fff00001008, 40, 3, 0, 0, 0 },
						  { 5, 0x10, 0, 4, 2, 5, 6 } };
	struct buf b = { 0 };

	put_suspects(&b, suspects, 2);
	write_odd(LG_CHUNK_SUSPECTS, &b);
	struct trace t = open_whole();
	ck_assert_uint_eq(t.nsuspects, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_eq(t.suspects[i].event, suspects[i].event);
		ck_assert_uint_eq(t.suspects[i].addr, suspects[i].addr);
		ck_assert_uint_eq(t.suspects[i].size, suspects[i].size);
		ck_assert_uint_eq(t.suspects[i].stack, suspects[i].stack);
		ck_assert_uint_eq(t.suspects[i].before, suspects[i].before);
		ck_assert_uint_eq(t.suspects[i].align, suspects[i].align);
		ck_assert_uint_eq(t.suspects[i].block_align, suspects[i].block_align);
	}
	trace_close(&t);
}
END_TEST

START_TEST(suspects_out_of_order_are_damage)
{
	const struct trace_suspect suspects[] = { { 5, 16, 0, 1, 0, 0, 0 }, { 5, 32, 0, 1, 0, 0, 0 } };
	struct buf b = { 0 };

	put_suspects(&b, suspects, 2);
	write_odd(LG_CHUNK_SUSPECTS, &b);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nsuspects, 1);
	ck_assert_ptr_nonnull(strstr(t.damage, "suspect in order"));
	trace_close(&t);
}
END_TEST

START_TEST(marks_come_back_as_they_were)
{
	const struct trace_mark marks[] = { { 0, 7, 1, (char[]){ "warmed up" } },
					    { 3, 9, 2, (char[]){ "" } } };
	struct buf b = { 0 };

	put_marks(&b, marks, 2);
	write_odd(LG_CHUNK_MARKS, &b);
	struct trace t = open_whole();
	ck_assert_uint_eq(t.nmarks, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_eq(t.marks[i].events, marks[i].events);
		ck_assert_uint_eq(t.marks[i].key, marks[i].key);
		ck_assert_uint_eq(t.marks[i].thread, marks[i].thread);
		ck_assert_str_eq(t.marks[i].name, marks[i].name);
	}
	trace_close(&t);
}
END_TEST

START_TEST(marks_out_of_order_are_damage)
{
	const struct trace_mark marks[] = { { 5, 7, 1, (char[]){ "later" } },
					    { 4, 9, 2, (char[]){ "earlier" } } };
	struct buf b = { 0 };

	put_marks(&b, marks, 2);
	write_odd(LG_CHUNK_MARKS, &b);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nmarks, 1);
	ck_assert_ptr_nonnull(strstr(t.damage, "mark in order"));
	trace_close(&t);
}
END_TEST

START_TEST(an_unknown_kind_is_skipped)
{
	struct buf b = { 0 };

	buf_put(&b, "from the future", 15);
	write_odd((enum lg_chunk_kind)(_i ? 4711 : LG_CHUNK_KINDS), &b);
	struct trace t = open_whole();
	ck_assert(t.end.present);
	ck_assert_uint_eq(t.nnodes, 5);
	trace_close(&t);
}
END_TEST

/* ---- what is no trace --------------------------------------------------------------------------------- */

static void assert_refused(const char *why)
{
	struct trace t;
	struct err err = { 0 };

	ck_assert_int_eq(trace_open(&t, path, &err), -1);
	ck_assert_msg(strstr(err.text, why), "error is '%s', not '%s'", err.text, why);
	ck_assert(strncmp(err.text, path, strlen(path)) == 0);
	trace_close(&t); /* safe on what was not opened */
}

START_TEST(what_is_no_trace_is_refused)
{
	struct lg_file_header h = { LG_TRACE_MAGIC, LG_TRACE_VERSION, 0 };

	assert_refused("cannot open: No such file");
	spill("", 0);
	assert_refused("not a leakgraph trace (no LGTRACE header)");
	spill("\177ELF, say, and more of it", 24);
	assert_refused("not a leakgraph trace (no LGTRACE header)");
	spill(&h, sizeof h);
	assert_refused("no process is described");
	h.version = LG_TRACE_VERSION + 1;
	spill(&h, sizeof h);
	assert_refused("use a newer leakgraph");
	h.version = 1;
	spill(&h, sizeof h);
	assert_refused("use the leakgraph that wrote it");
	h.version = 0;
	spill(&h, sizeof h);
	assert_refused("header is damaged");
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	assert_refused("not a regular file");
	rmdir(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	assert_refused("not a regular file"); /* and does not wait for a writer */
}
END_TEST

/* ---- the writer in trouble ---------------------------------------------------------------------------- */

START_TEST(nothing_is_overwritten)
{
	struct trace_writer *w;
	struct err err = { 0 };

	spill("precious", 8);
	ck_assert_int_eq(trace_writer_open(&w, path, &err), -1);
	ck_assert_ptr_null(w);
	ck_assert_ptr_nonnull(strstr(err.text, "exists already"));
	struct buf file = slurp();
	ck_assert_uint_eq(file.used, 8);
	buf_free(&file);
	ck_assert_int_eq(trace_writer_close(NULL, &err), 0);
}
END_TEST

static struct buf noise(size_t n)
{
	struct buf words = { 0 }, b = { 0 };
	struct trace_memory range = { 0x10000, n, NULL };

	for (size_t i = 0; i < n; i += 8) {
		uint64_t word = random_bits() * 0x9e3779b97f4a7c15;
		buf_put(&words, &word, 8);
	}
	put_memory(&b, &range, 1, (const uint64_t *)words.bytes);
	buf_free(&words);
	return b;
}

static void limit_files_to(rlim_t bytes)
{
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ bytes, RLIM_INFINITY });
}

/* A full disk in the middle of a chunk: everything before it stays, the footer still fits. */
START_TEST(a_full_disk_keeps_what_was_written)
{
	struct err first = { 0 }, later = { 0 };
	struct buf big = noise(100000), small = { 0 }, footer = { 0 };
	struct trace_writer *w = start();

	put_the_process(w);
	put_the_nodes(w);
	put_the_events(w);
	struct buf good = slurp();
	limit_files_to(20000);
	ck_assert_int_eq(trace_put(w, LG_CHUNK_MEMORY, &big, &first), -1);
	ck_assert_ptr_nonnull(strstr(first.text, "cannot write: File too large"));
	struct buf file = slurp();
	ck_assert_uint_eq(file.used, good.used); /* half a chunk is gone again */
	put_events(&small, events, NEVENTS);
	ck_assert_int_eq(trace_put(w, LG_CHUNK_EVENTS, &small, &later), -1);
	ck_assert_str_eq(later.text, first.text);
	put_end(&footer, &end);
	ck_assert_int_eq(trace_put(w, LG_CHUNK_END, &footer, &later), -1);
	ck_assert_int_eq(trace_writer_close(w, &later), -1);
	ck_assert_str_eq(later.text, first.text);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nevents, NEVENTS);
	ck_assert(t.end.present);
	ck_assert_ptr_nonnull(strstr(t.damage, "2 chunks missing"));
	trace_close(&t);
	buf_free(&big), buf_free(&small), buf_free(&footer), buf_free(&file), buf_free(&good);
}
END_TEST

static struct trace_writer *start_gathering(void)
{
	struct trace_writer *w;
	struct err err = { 0 };

	unlink(path);
	ck_assert_msg(trace_writer_gather(&w, path, &err) == 0, "%s", err.text);
	return w;
}

START_TEST(what_is_gathered_is_written_when_it_is_flushed)
{
	struct trace_writer *w = start_gathering();
	struct err err = { 0 };

	put_the_process(w);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(trace_flush(w, &err), 0);
	struct buf file = slurp();
	ck_assert_uint_eq(file.used, chunk_at(&file, 1));
	put_the_nodes(w);
	struct buf same = slurp();
	ck_assert_uint_eq(same.used, file.used);
	finish(w);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nnodes, 5);
	trace_close(&t);
	buf_free(&file), buf_free(&same);
}
END_TEST

START_TEST(a_full_disk_keeps_what_there_was_room_for_of_what_was_gathered)
{
	struct err err = { 0 };
	struct buf big = noise(100000), footer = { 0 };
	struct trace_writer *w = start_gathering();

	put_the_process(w);
	put_the_nodes(w);
	put_the_events(w);
	limit_files_to(20000);
	put(w, LG_CHUNK_MEMORY, &big);
	put_end(&footer, &end);
	ck_assert_int_eq(trace_put(w, LG_CHUNK_END, &footer, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot write: File too large"));
	ck_assert_int_eq(trace_writer_close(w, NULL), -1);
	struct trace t = open_good();
	ck_assert_uint_eq(t.nevents, NEVENTS);
	ck_assert(t.end.present);
	ck_assert_ptr_nonnull(strstr(t.damage, "1 chunks missing"));
	trace_close(&t);
	buf_free(&footer);
}
END_TEST

START_TEST(a_file_that_cannot_be_made_is_told_of_when_it_is_flushed)
{
	struct trace_writer *w = start_gathering();
	struct err err = { 0 };
	struct buf footer = { 0 };

	spill("precious", 8);
	put_the_process(w);
	put_end(&footer, &end);
	ck_assert_int_eq(trace_put(w, LG_CHUNK_END, &footer, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "exists already"));
	ck_assert_int_eq(trace_writer_close(w, NULL), -1);
	struct buf file = slurp();
	ck_assert_uint_eq(file.used, 8);
	buf_free(&file), buf_free(&footer);
}
END_TEST

START_TEST(no_room_for_a_header_leaves_no_file)
{
	struct trace_writer *w;
	struct err err = { 0 };

	limit_files_to(8);
	ck_assert_int_eq(trace_writer_open(&w, path, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot write"));
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(payloads_may_be_as_large_as_the_limit_and_no_larger)
{
	struct buf b = noise(LG_CHUNK_RAW_MAX - 8);
	struct err err = { 0 };
	struct trace_writer *w = start();

	put_the_process(w);
	b.used = LG_CHUNK_RAW_MAX;
	ck_assert_int_eq(trace_put(w, (enum lg_chunk_kind)99, &b, &err), 0);
	buf_put(&b, "x", 1);
	ck_assert_int_eq(trace_put(w, (enum lg_chunk_kind)99, &b, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "too large"));
	ck_assert_int_eq(trace_writer_close(w, &err), -1);
	assert_damage_says("no footer");
	buf_free(&b);
}
END_TEST

START_TEST(an_incomplete_payload_is_not_written)
{
	struct buf b = { .failed = true };
	struct err err = { 0 };
	struct trace_writer *w = start();

	put_the_process(w);
	ck_assert_int_eq(trace_put(w, LG_CHUNK_EVENTS, &b, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "out of memory"));
	ck_assert_int_eq(trace_writer_close(w, NULL), -1);
}
END_TEST

static void add_round_trips(TCase *tc)
{
	tcase_add_test(tc, process_comes_back);
	tcase_add_test(tc, modules_come_back_in_order_of_their_numbers);
	tcase_add_test(tc, nodes_come_back_whatever_the_order_of_parents);
	tcase_add_test(tc, events_come_back_in_file_order);
	tcase_add_test(tc, a_snapshot_comes_back);
	tcase_add_test(tc, mappings_and_memory_come_back_sorted);
	tcase_add_test(tc, words_are_found);
	tcase_add_test(tc, the_footer_comes_back);
	tcase_add_test(tc, a_footer_without_its_last_field_is_whole);
}

static void add_events(TCase *tc)
{
	tcase_add_test(tc, any_values_survive_the_columns);
	tcase_add_test(tc, streaming_stops_at_the_first_answer);
	tcase_add_test(tc, what_is_no_event_is_written_as_padding);
	tcase_add_test(tc, no_events_are_fine);
	tcase_add_test(tc, columns_by_hand);
	tcase_add_test(tc, tags_by_hand);
	tcase_add_test(tc, a_heap_survives_the_columns);
	tcase_add_test(tc, a_chunk_is_full_at_its_limit);
	tcase_add_loop_test(tc, a_bad_end_drops_its_chunk, 0, COUNT(bad_ends));
	tcase_add_loop_test(tc, a_bad_column_drops_its_chunk, 0, COUNT(bad_columns));
	tcase_add_loop_test(tc, a_tag_that_is_none_drops_its_chunk, 0, 3);
	tcase_add_test(tc, a_snapshot_never_counts_more_events_than_there_are);
	tcase_add_test(tc, a_stack_without_a_node_becomes_none);
	tcase_add_test(tc, an_entry_of_a_later_version_is_unknown);
}

static void add_damage(TCase *tc)
{
	tcase_add_test(tc, a_cut_at_any_byte_is_noticed);
	tcase_add_test(tc, a_cut_says_where);
	tcase_add_test(tc, a_flip_of_any_bit_is_noticed);
	tcase_add_loop_test(tc, one_bad_chunk_costs_only_itself, 0, 40);
	tcase_add_test(tc, a_missing_chunk_is_noticed);
	tcase_add_test(tc, a_repeated_chunk_is_skipped);
	tcase_add_test(tc, a_snapshot_that_lost_memory_is_not_whole);
	tcase_add_test(tc, parts_without_a_snapshot_are_damage);
	tcase_add_test(tc, a_chunk_inside_a_payload_is_not_taken);
	tcase_add_test(tc, false_starts_do_not_cost_for_ever);
}

static void add_hostile(TCase *tc)
{
	tcase_add_loop_test(tc, a_hostile_count_is_refused, 0, 9);
	tcase_add_test(tc, hostile_fields_are_refused);
	tcase_add_loop_test(tc, hostile_memory_ranges_are_refused, 0, 6);
	tcase_add_loop_test(tc, memory_comes_back_word_for_word, 0, 40);
	tcase_add_loop_test(tc, hostile_words_are_refused, 0, COUNT(bad_words));
	tcase_add_test(tc, a_payload_that_does_not_decompress_is_damage);
	tcase_add_test(tc, loops_of_nodes_are_cut);
	tcase_add_test(tc, a_parent_beyond_the_table_is_cut);
	tcase_add_test(tc, long_chains_need_no_stack);
	tcase_add_test(tc, overlaps_are_dropped);
	tcase_add_test(tc, suspects_come_back_as_they_were);
	tcase_add_test(tc, suspects_out_of_order_are_damage);
	tcase_add_test(tc, marks_come_back_as_they_were);
	tcase_add_test(tc, marks_out_of_order_are_damage);
	tcase_add_loop_test(tc, an_unknown_kind_is_skipped, 0, 2);
	tcase_add_test(tc, what_is_no_trace_is_refused);
}

static void add_writer(TCase *tc)
{
	tcase_add_test(tc, nothing_is_overwritten);
	tcase_add_test(tc, a_full_disk_keeps_what_was_written);
	tcase_add_test(tc, what_is_gathered_is_written_when_it_is_flushed);
	tcase_add_test(tc, a_full_disk_keeps_what_there_was_room_for_of_what_was_gathered);
	tcase_add_test(tc, a_file_that_cannot_be_made_is_told_of_when_it_is_flushed);
	tcase_add_test(tc, no_room_for_a_header_leaves_no_file);
	tcase_add_test(tc, payloads_may_be_as_large_as_the_limit_and_no_larger);
	tcase_add_test(tc, an_incomplete_payload_is_not_written);
}

int main(void)
{
	static const struct {
		const char *name;
		void (*add)(TCase *tc);
	} rows[] = {
		{ "round trips", add_round_trips }, { "events", add_events }, { "damage", add_damage },
		{ "hostile", add_hostile },	    { "writer", add_writer },
	};
	Suite *suite = suite_create("trace");

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		TCase *tc = tcase_create(rows[i].name);
		tcase_add_checked_fixture(tc, make_folder, remove_folder);
		tcase_set_timeout(tc, 60);
		rows[i].add(tc);
		suite_add_tcase(suite, tc);
	}
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
