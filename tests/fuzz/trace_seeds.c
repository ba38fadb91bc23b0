/* trace_seeds.c: makes the seeds of tests/fuzz/corpus/trace_read: trace_seeds FOLDER.
 *
 * Seeds come in two forms: as the writer makes them, and with every payload stored as it is, which mutations can
 * reach into. */
#include "../unit/put-events.h"
#include "trace/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT(s) ((char[]){ s })

struct seed {
	struct buf file; /* payloads as they are */
	struct trace_writer *packed;
	uint64_t sequence;
};

static void die(const char *what)
{
	fprintf(stderr, "trace_seeds: %s\n", what);
	exit(1);
}

static void put(struct seed *s, enum lg_chunk_kind kind, struct buf *payload)
{
	struct err err = { 0 };
	struct lg_chunk_header h = { LG_CHUNK_MAGIC,
				     (uint16_t)kind,
				     LG_CODEC_RAW,
				     (uint32_t)payload->used,
				     (uint32_t)payload->used,
				     s->sequence++,
				     0 };

	if (trace_put(s->packed, kind, payload, &err) < 0)
		die(err.text);
	h.checksum = chunk_checksum(&h, payload->bytes);
	buf_put(&s->file, &h, sizeof h);
	buf_put(&s->file, payload->bytes, payload->used);
	buf_free(payload);
}

static struct seed seed_open(const char *folder, const char *name)
{
	const struct lg_file_header head = { LG_TRACE_MAGIC, LG_TRACE_VERSION, 0 };
	struct trace_process p = { .pid = 7, .page_bytes = 4096, .executable = TEXT("/bin/a"), .argc = 1 };
	struct seed s = { 0 };
	struct buf b = { 0 };
	struct err err = { 0 };
	char path[4096];

	p.argv = (char *[]){ TEXT("a"), NULL };
	snprintf(path, sizeof path, "%s/%s.lgt", folder, name);
	unlink(path);
	if (trace_writer_open(&s.packed, path, &err) < 0)
		die(err.text);
	buf_put(&s.file, &head, sizeof head);
	put_process(&b, &p), put(&s, LG_CHUNK_PROCESS, &b);
	return s;
}

static void seed_close(struct seed *s, const char *folder, const char *name)
{
	struct trace_end end = { .ending = LG_ENDED_EXITED, .events = 4 };
	struct err err = { 0 };
	struct buf b = { 0 };
	char path[4096];

	end.reasons = (char *[]){ TEXT("why") }, end.nreasons = 1;
	put_end(&b, &end), put(s, LG_CHUNK_END, &b);
	if (trace_writer_close(s->packed, &err) < 0)
		die(err.text);
	snprintf(path, sizeof path, "%s/%s-raw.lgt", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, s->file.bytes, s->file.used) != (ssize_t)s->file.used || close(fd) < 0)
		die(path);
	buf_free(&s->file);
}

static void add_tables(struct seed *s)
{
	struct trace_module modules[] = {
		{ 1, 4, 0x1000, 0x3000, 0x1000, 5, { 1, 2, 3, 4 }, TEXT("/lib/b.so") },
		{ 2, 0, 0x4000, 0x5000, 0, 6, { 0 }, TEXT("") }
	};
	struct trace_node nodes[] = { { 1ULL << 48 | 16, 0 }, { 2ULL << 48 | 32, 3 }, { 99, 1 } };
	struct buf b = { 0 };

	put_modules(&b, modules, 2), put(s, LG_CHUNK_MODULES, &b);
	put_stacks(&b, 1, nodes, 3), put(s, LG_CHUNK_STACKS, &b);
}

static void add_events(struct seed *s, size_t n)
{
	struct trace_event *events = calloc(n, sizeof *events);
	struct buf b = { 0 };

	for (size_t i = 0; events && i < n; i++)
		events[i] = (struct trace_event){ 100 + 7 * i,
						  0x5000 + 32 * (i / 2),
						  i % 2 ? 0 : 24,
						  (uint32_t)(1 + i / 5),
						  i % 2 ? 0 : (uint32_t)(i % 4),
						  (uint8_t)(i % 2 ? LG_EV_FREE : LG_EV_ALLOC),
						  (uint8_t)(i % 2 ? LG_ENTRY_FREE : LG_ENTRY_MALLOC) };
	put_events(&b, events, n), put(s, LG_CHUNK_EVENTS, &b);
	free(events);
}

static void add_snapshot(struct seed *s, uint64_t id)
{
	uint64_t vector[] = { 1, UINT64_MAX };
	struct trace_thread thread = { .tid = 7, .number = 1, .flags = 1, .nregs = LG_REGS, .nvector = 2 };
	struct trace_mapping mappings[] = {
		{ 0x5000, 0x9000, 0, 3, LG_MAPPING_READ, TEXT("[heap]") },
		{ 0x1000, 0x3000, 0, 5, 0, TEXT("/lib/b.so") },
	};
	struct trace_memory ranges[] = { { 0x5000, 16, NULL }, { 0x6000, 8, NULL } };
	struct trace_unread unread = { 0x8000, 0x9000, 14 };
	struct trace_snapshot snapshot = { .id = id, .reason = 1, .method = 1, .events = 4 };
	struct buf b = { 0 };

	thread.vector = vector;
	put_snapshot(&b, &snapshot), put(s, LG_CHUNK_SNAPSHOT, &b);
	put_threads(&b, &thread, 1), put(s, LG_CHUNK_THREADS, &b);
	put_mappings(&b, mappings, 2), put(s, LG_CHUNK_MAPPINGS, &b);
	put_memory(&b, ranges, 2, (uint64_t[]){ 1, 0x5000, 3ULL << 40 }), put(s, LG_CHUNK_MEMORY, &b);
	put_unread(&b, &unread, 1), put(s, LG_CHUNK_UNREAD, &b);
	put_snapshot_end(&b, &snapshot), put(s, LG_CHUNK_SNAPSHOT_END, &b);
}

static void all_of_it(struct seed *s)
{
	add_tables(s);
	add_events(s, 4);
	add_snapshot(s, 1);
	add_events(s, 40);
}

static void only_events(struct seed *s)
{
	add_events(s, 3);
	add_events(s, 300);
}

/* Every way of telling an event: blocks that come back by size, end in either order, late, and unaligned. */
static void busy_heap(struct seed *s)
{
	enum { N = 400 };
	struct trace_event *events = calloc(N, sizeof *events);
	struct buf b = { 0 };

	for (uint64_t i = 0; events && i < N; i++) {
		uint64_t round = i / 40, at = i % 40, block = at < 20 ? at : round % 2 ? at - 20 : 39 - at;
		bool ends = at >= 20;
		uint8_t type = ends	? (at % 9 ? LG_EV_FREE : LG_EV_RELEASE)
			       : at % 9 ? LG_EV_ALLOC
					: LG_EV_RESIZE;
		events[i] =
		    (struct trace_event){ .key = i * 300,
					  .addr = 0x5000 + 64 * block + (block == 13 ? round : 0),
					  .size = ends ? 0 : 40 + block % 3 * 8 + (round == 7),
					  .thread = (uint32_t)(1 + round % 3),
					  .stack = ends ? 0 : (uint32_t)((round + block) % 4),
					  .type = type,
					  .entry = (uint8_t)(ends ? LG_ENTRY_FREE : LG_ENTRY_CALLOC) };
	}
	put_events(&b, events, N), put(s, LG_CHUNK_EVENTS, &b);
	free(events);
}

static void only_busy(struct seed *s)
{
	add_tables(s);
	busy_heap(s);
	busy_heap(s);
}

static void two_snapshots(struct seed *s)
{
	add_snapshot(s, 1);
	add_snapshot(s, 2);
}

static void looping_nodes(struct seed *s)
{
	struct trace_node nodes[] = { { 1, 2 }, { 2, 3 }, { 3, 1 }, { 4, 4 }, { 5, 400 } };
	struct buf b = { 0 };

	put_stacks(&b, 1, nodes, 5), put(s, LG_CHUNK_STACKS, &b);
}

static void an_unknown_kind(struct seed *s)
{
	struct buf b = { 0 };

	buf_put(&b, "later", 5), put(s, (enum lg_chunk_kind)77, &b);
	add_tables(s);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fill)(struct seed *s);
	} rows[] = { { "all", all_of_it },	 { "events", only_events },
		     { "busy", only_busy },	 { "snapshots", two_snapshots },
		     { "loops", looping_nodes }, { "unknown", an_unknown_kind } };

	if (argc != 2)
		die("name the folder that the seeds go to");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct seed s = seed_open(argv[1], rows[i].name);
		rows[i].fill(&s);
		seed_close(&s, argv[1], rows[i].name);
	}
	return 0;
}
