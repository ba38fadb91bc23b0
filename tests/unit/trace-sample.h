/* trace-sample.h: a small trace with something of everything, how tests write and read it, and files that are odd in one
 * place. Each test has a folder of its own. */
#ifndef LG_TESTS_TRACE_SAMPLE_H
#define LG_TESTS_TRACE_SAMPLE_H

#include "put-events.h"
#include "trace/trace.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

/* ---- files -------------------------------------------------------------------------------------------- */

static char folder[256], path[300]; /* every test has its own, in its own process */

static inline void make_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, sizeof folder, "%s/leakgraph-trace.XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/t.lgt", folder);
}

static inline void remove_folder(void)
{
	unlink(path);
	rmdir(folder);
}

static inline struct buf slurp(void)
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

static inline void spill(const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

/* File offset of the n-th chunk. */
static inline size_t chunk_at(const struct buf *file, unsigned n)
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

static inline struct trace_writer *start(void)
{
	struct trace_writer *w;
	struct err err = { 0 };

	unlink(path);
	ck_assert_msg(trace_writer_open(&w, path, &err) == 0, "%s", err.text);
	return w;
}

static inline void put(struct trace_writer *w, enum lg_chunk_kind kind, struct buf *b)
{
	struct err err = { 0 };

	ck_assert_msg(trace_put(w, kind, b, &err) == 0, "%s", err.text);
	buf_free(b);
}

static inline void finish(struct trace_writer *w)
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
	.sample_bytes = 4096,
	.run_unix_ns = 1700000000000000001,
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
				      .recorder_cpu_ns = 13,
				      .left_out_allocs = 14,
				      .left_out_bytes = 15,
				      .python_lost = 16 };

static inline void put_the_process(struct trace_writer *w)
{
	struct buf b = { 0 };

	put_process(&b, &process);
	put(w, LG_CHUNK_PROCESS, &b);
}

static inline void put_the_nodes(struct trace_writer *w)
{
	struct buf b = { 0 };

	put_stacks(&b, 1, nodes, sizeof nodes / sizeof *nodes);
	put(w, LG_CHUNK_STACKS, &b);
}

static inline void put_the_events(struct trace_writer *w)
{
	struct buf b = { 0 };

	put_events(&b, events, NEVENTS);
	put(w, LG_CHUNK_EVENTS, &b);
}

static inline void put_the_end(struct trace_writer *w)
{
	struct buf b = { 0 };

	put_end(&b, &end);
	put(w, LG_CHUNK_END, &b);
}

static inline void put_words(struct trace_writer *w, const struct trace_memory *ranges, size_t n,
			     const uint64_t *words)
{
	struct buf b = { 0 };

	put_memory(&b, ranges, n, words);
	put(w, LG_CHUNK_MEMORY, &b);
}

/* A snapshot in seven chunks; the second of its MEMORY chunks continues a range of the first. */
static inline void put_the_snapshot(struct trace_writer *w)
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
static inline void write_sample(void)
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

static inline struct trace open_good(void)
{
	struct trace t;
	struct err err = { 0 };

	ck_assert_msg(trace_open(&t, path, &err) == 0, "%s", err.text);
	return t;
}

static inline struct trace open_whole(void)
{
	struct trace t = open_good();

	ck_assert_str_eq(t.damage, "");
	return t;
}

struct collected {
	struct trace_event *events;
	size_t n, calls, stop_after;
};

static inline int collect(void *context, const struct trace_event *e, size_t n)
{
	struct collected *c = context;

	c->events = realloc(c->events, (c->n + n) * sizeof *e);
	memcpy(c->events + c->n, e, n * sizeof *e);
	c->n += n;
	return ++c->calls == c->stop_after ? 42 : 0;
}

static inline struct collected collect_all(const struct trace *t)
{
	struct collected c = { 0 };
	struct err err = { 0 };

	ck_assert_msg(trace_events(t, collect, &c, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(c.n, t->nevents);
	return c;
}

static inline void assert_same_event(const struct trace_event *a, const struct trace_event *b)
{
	ck_assert_uint_eq(a->key, b->key);
	ck_assert_uint_eq(a->addr, b->addr);
	ck_assert_uint_eq(a->size, b->size);
	ck_assert_uint_eq(a->thread, b->thread);
	ck_assert_uint_eq(a->stack, b->stack);
	ck_assert_uint_eq(a->type, b->type);
	ck_assert_uint_eq(a->entry, b->entry);
	ck_assert_uint_eq(a->aligns, b->aligns);
}

/* Everything a consumer may do; for traces of which only survival is asked. */
static inline void use(const struct trace *t)
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
static inline bool survives(void)
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
static inline void write_odd(enum lg_chunk_kind kind, struct buf *payload)
{
	struct trace_writer *w = start();

	put_the_process(w);
	put_the_nodes(w);
	if (kind >= LG_CHUNK_THREADS && kind <= LG_CHUNK_SNAPSHOT_END) {
		struct buf b = { 0 };
		put_snapshot(&b, &(struct trace_snapshot){ .id = 1 });
		put(w, LG_CHUNK_SNAPSHOT, &b);
		if (kind == LG_CHUNK_MEMORY)
			put_mappings(&b, mappings, 3), put(w, LG_CHUNK_MAPPINGS, &b);
	}
	put(w, kind, payload);
	if (kind != LG_CHUNK_END)
		put_the_end(w);
	finish(w);
}

static inline void assert_damage_says(const char *what)
{
	struct trace t = open_good();

	ck_assert_msg(strstr(t.damage, what), "damage is '%s', not '%s'", t.damage, what);
	use(&t);
	trace_close(&t);
}

static inline uint64_t random_bits(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state << 13, state ^= state >> 7, state ^= state << 17;
	return state >> (state % 64);
}

/* ---- running ------------------------------------------------------------------------------------------ */

/* The main of a suite whose tests `add` adds. */
static inline int sample_suite_run(const char *name, void (*add)(TCase *tc))
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, make_folder, remove_folder);
	tcase_set_timeout(tc, 600);
	add(tc);
	suite_add_tcase(suite, tc);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
