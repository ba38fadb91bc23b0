/* trace.h: a trace file in memory, and the writer that makes one.
 *
 * Reading: trace_open() maps and checks a file; the tables (process, modules, nodes, threads, snapshots, end) are
 * then plain arrays, and events are streamed in their true order. A file that was cut or damaged is opened as far
 * as it is good and says so in `damage`; what is no trace at all is an error. */
#ifndef LG_TRACE_TRACE_H
#define LG_TRACE_TRACE_H

#include "base/buf.h"
#include "base/err.h"
#include "leakgraph/format.h"
#include "leakgraph/ring.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_process {
	uint64_t pid, parent_pid, image, flags, clock, ticks_per_second, hello_key, start_unix_ns, page_bytes;
	char *executable, *directory, *allocator, *recorder;
	char **argv; /* argc strings and a NULL */
	uint32_t argc;
	uint64_t sample_bytes; /* 0: all blocks are recorded; else at most LG_SAMPLE_MOST */
	uint64_t
	    run_unix_ns; /* when the run began: the same in all of its traces, and in no others; 0: not known */
};

struct trace_module {
	uint32_t id; /* 1 .. 65535 */
	uint32_t build_id_bytes;
	uint64_t start, end, bias, key;
	uint8_t build_id[LG_BUILD_ID_MAX];
	char *path;
};

struct trace_node {
	uint64_t frame; /* as in ring.h: module << 48 | offset */
	uint32_t parent; /* below; a parent's id is not always smaller than its child's */
};

struct trace_python_code {
	uint32_t id; /* as in nodes' frames */
	char *file, *name; /* the name is qualified: "Node.__init__" */
};

struct trace_thread {
	uint32_t tid, number, flags;
	uint64_t fs_base;
	uint64_t regs[LG_REGS]; /* enum lg_reg; valid when flags say so */
	uint32_t nregs, nvector;
	/* nvector words of vector registers; LG_THREAD_IN_CALL: of registers in libc's frames; LG_THREAD_AT_EXIT: of its
	 * alternate signal stack, if it has one */
	uint64_t *vector;
};

struct trace_mapping {
	uint64_t start, end, file_offset;
	uint32_t prot, flags;
	char *path;
};

struct trace_memory { /* one range of snapshot memory; words[(addr - start) / 8] */
	uint64_t start, bytes;
	const uint64_t *words; /* owned by the snapshot */
};

struct trace_unread {
	uint64_t start, end;
	int error;
};

struct trace_held {
	uint64_t value, holder, id; /* enum lg_holder, or one that is not known */
};

struct trace_snapshot {
	uint64_t id, key, reason, method, events; /* events of the trace before it */
	bool whole; /* SNAPSHOT_END was there */
	uint64_t bytes_read, bytes_unread, threads_seen, threads_stopped;
	struct trace_thread *threads;
	size_t nthreads;
	struct trace_mapping *mappings; /* sorted by start, disjoint */
	size_t nmappings;
	struct trace_memory *memory; /* sorted by start, disjoint */
	size_t nmemory;
	struct trace_unread *unread;
	size_t nunread;
	struct trace_memory *kept; /* while loading: what is to be put over the memory */
	size_t nkept;
	struct trace_held *held;
	size_t nheld;
};

struct trace_end {
	bool present; /* false: the trace was cut before its footer */
	uint64_t ending, status, signal, key, duration_ns, threads, events;
	uint64_t lost_allocs, lost_frees, lost_bytes, stackless, truncated, lost_stacks, untraced;
	char **reasons; /* why the verdict is degraded, as the recorder saw it */
#define TRACE_CROWDED "more than " /* begins the one of threads that were too many */
#define TRACE_UNSEEN_ALLOCATOR "allocator not visible: "
	size_t nreasons;
	uint64_t recorder_cpu_ns; /* what the recorder spent while the image lived; 0: not told */
	uint64_t left_out_allocs, left_out_bytes; /* not recorded, by the program's wish or the user's */
	uint64_t python_lost; /* stacks without the Python frames that they should have */
};

struct trace_event {
	uint64_t key, addr,
	    size; /* size of an end: as a sized delete claims; 0: it does not, or is a suspect */
	uint32_t thread, stack;
	uint8_t type, entry; /* enum lg_event_type, enum lg_entry */
	/* log2, modulo 16, of the alignment that operator new was given, or that operator delete claims; 0: none. While
	 * recording an end with a stack is a suspect: size and aligns are as in lg_event. */
	uint16_t aligns;
};

/* An epoch that the program marked. */
struct trace_mark {
	uint64_t events; /* of the trace before it */
	uint64_t key;
	uint32_t thread;
	char *name;
};

/* What the program told of its memory. */
struct trace_told {
	uint64_t events; /* of the trace before it */
	uint64_t key, addr, bytes;
	uint32_t thread;
	uint32_t what; /* enum lg_told, or one that is not known */
	uint32_t stack; /* LG_TOLD_MEMBER */
	char *name; /* "" for none */
	size_t snapshots; /* how many began before it */
};

/* A free that looked wrong. */
struct trace_suspect {
	uint64_t event; /* its number, from 0 */
	uint64_t addr;
	uint64_t size; /* as given, 0: none */
	uint32_t stack, before; /* of the call; of the earlier free of the address, 0: not known */
	uint8_t align, block_align; /* log2 of what it, and operator new, was given; 0: none */
};

struct trace_chunks { /* all good chunks of one kind */
	uint64_t count, file_bytes, raw_bytes; /* in the file with their headers; payloads decompressed */
};

struct trace {
	char *path;
	struct trace_process process;
	struct trace_module *modules; /* in order of id */
	size_t nmodules;
	struct trace_node *nodes; /* nodes[0] is the empty stack; a node never seen has frame 0, parent 0 */
	uint32_t nnodes;
	struct trace_python_code *python_codes;
	size_t npython_codes;
	struct trace_mark *marks; /* in order of events */
	size_t nmarks;
	struct trace_told *told; /* in order */
	size_t ntold;
	struct trace_suspect *suspects; /* in order of events */
	size_t nsuspects;
	struct trace_snapshot *snapshots;
	size_t nsnapshots;
	struct trace_end end;
	struct trace_chunks chunks[LG_CHUNK_KINDS]; /* by enum lg_chunk_kind */
	char damage[256]; /* empty, or what is wrong with the file: "cut at byte 1234 (chunk 17)" */
	uint64_t nevents; /* readable ones, once it is sealed */
	struct trace_file *file; /* private: the mapping and the index of event chunks */
};

int trace_open(struct trace *t, const char *path, struct err *err);
/* All but its events, for who then seals it. */
int trace_open_unsealed(struct trace *t, const char *path, struct err *err);
/* Only `process`, for finding one's way among many traces: everything else is empty. */
int trace_peek(struct trace *t, const char *path, struct err *err);
void trace_close(struct trace *t); /* safe on a zeroed or half-open trace */

/* Streams every readable event in file order. Stops at the first non-zero answer of `each` and returns it.
 * Events in batches: nothing is called more often than needed. Returns -1 with err on trouble. */
typedef int trace_batch(void *context, const struct trace_event *events, size_t n);
int trace_events(const struct trace *t, trace_batch *each, void *context, struct err *err);
/* The same, and makes known what is damaged of them and how many there are, if that is not yet. */
int trace_seal(struct trace *t, trace_batch *each, void *context, struct err *err);

/* Reads a word of a snapshot's memory; false where the snapshot holds none. Absent pages of a mapping that was
 * read are zero. */
bool snapshot_word(const struct trace_snapshot *s, uint64_t addr, uint64_t *word);
/* Of n that are sorted and disjoint the first that ends behind addr; n: none does. */
size_t mappings_after(const struct trace_mapping *mappings, size_t n, uint64_t addr);
size_t memory_after(const struct trace_memory *memory, size_t n, uint64_t addr);

/* ---- writing ----------------------------------------------------------------------------------------- */

/* Chunks are compressed with zstd and written with write(2); the first failure (full disk, ...) sticks in
 * `broken`, later puts are dropped, and trace_writer_close() still tries to put the footer that it is given. */
struct trace_writer;

int trace_writer_open(struct trace_writer **w, const char *path,
		      struct err *err); /* O_EXCL; writes the header */
/* A writer that makes its file, and writes, only when much has been put, when it is flushed, and with the footer. */
int trace_writer_gather(struct trace_writer **w, const char *path, struct err *err);
int trace_flush(struct trace_writer *w, struct err *err); /* as trace_put() */
/* Compresses and appends one chunk; several threads may, at the same time. Returns 0, or -1 with err (also filled when an
 * earlier put failed). */
int trace_put(struct trace_writer *w, enum lg_chunk_kind kind, const struct buf *payload, struct err *err);
int trace_writer_close(struct trace_writer *w, struct err *err); /* NULL is fine */

/* Payload encoders for the chunks above; each appends to `out`. */
void put_process(struct buf *out, const struct trace_process *p);
void put_modules(struct buf *out, const struct trace_module *modules, size_t n);
void put_stacks(struct buf *out, uint32_t first, const struct trace_node *nodes, size_t n);
void put_python_codes(struct buf *out, const struct trace_python_code *codes, size_t n);
void put_marks(struct buf *out, const struct trace_mark *marks, size_t n);
void put_told(struct buf *out, const struct trace_told *told, size_t n);
void put_suspects(struct buf *out, const struct trace_suspect *suspects, size_t n);
void put_snapshot(struct buf *out, const struct trace_snapshot *s);
void put_threads(struct buf *out, const struct trace_thread *threads, size_t n);
void put_mappings(struct buf *out, const struct trace_mapping *mappings, size_t n);
void put_unread(struct buf *out, const struct trace_unread *unread, size_t n);
void put_held(struct buf *out, const struct trace_held *held, size_t n);
void put_snapshot_end(struct buf *out, const struct trace_snapshot *s);
void put_end(struct buf *out, const struct trace_end *end);
/* `words` are those of all ranges, one after the other. */
void put_memory(struct buf *out, const struct trace_memory *ranges, size_t n, const uint64_t *words);

/* Events become the payloads of EVENTS chunks. Each chunk can be read without the others, and packs the better the
 * fuller it is. */
struct encoder;
#define LG_EVENTS_PER_CHUNK 65536u

struct encoder *
encoder_new(unsigned key_shift); /* keys are kept in units of 1 << key_shift; NULL: no memory */
/* Takes events into the chunk under way and returns how many: all, unless the chunk is full. */
size_t encoder_add(struct encoder *e, const struct trace_event *events, size_t n);
size_t encoder_count(const struct encoder *e); /* events in the chunk under way */
void encoder_put(struct encoder *e,
		 struct buf *out); /* appends the chunk's payload and begins the next chunk */
void encoder_free(struct encoder *e); /* NULL is fine */

#endif
