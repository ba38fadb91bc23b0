/* file.h: private to trace/: an open file, its chunks, and what is being made of them.
 *
 * Everything read here is untrusted. Files are read with pread rather than mapped, because a file that somebody
 * cuts while it is mapped kills its reader with SIGBUS. */
#ifndef LG_TRACE_FILE_H
#define LG_TRACE_FILE_H

#include "trace/trace.h"

#include <zstd.h>

/* Payloads are followed by this many zero bytes, so that the event decoder may look past a column's end. */
#define CHUNK_SLACK 16u

/* ---- chunks.c: the frame around a payload ------------------------------------------------------------- */

/* Reads chunks at given places. Holds one chunk at a time; not shared between threads. */
struct chunk_source {
	int fd; /* the trace's */
	uint64_t size_bytes; /* of the file when it was opened */
	uint64_t search_budget; /* bytes that looking for good chunks may still touch */
	struct buf stored, raw; /* owned */
	ZSTD_DCtx *zstd; /* owned; made when first needed */
};

struct chunk {
	uint64_t at; /* file offset of its header */
	struct lg_chunk_header head;
};

void chunk_source_open(struct chunk_source *s, int fd, uint64_t size_bytes);
void chunk_source_close(struct chunk_source *s); /* leaves fd open */
/* Reads and verifies the chunk at `at`; its stored payload is then in s->stored. */
bool chunk_read(struct chunk_source *s, uint64_t at, struct chunk *c);
/* Looks for the next good chunk behind a bad one whose sequence number would have been `expected`. */
bool chunk_resync(struct chunk_source *s, uint64_t bad_at, uint64_t expected, struct chunk *c);
/* True when the file ends before the chunk at `at` does. */
bool chunk_is_cut(struct chunk_source *s, uint64_t at);
/* The payload of the chunk just read, decompressed; NULL when it cannot be. Valid until the next chunk_read. */
const uint8_t *chunk_payload(struct chunk_source *s, const struct chunk *c);
uint64_t chunk_next(const struct chunk *c); /* file offset behind it */
uint64_t chunk_checksum(const struct lg_chunk_header *head, const void *stored);

/* ---- the private side of struct trace ----------------------------------------------------------------- */

struct words { /* of one MEMORY chunk */
	struct words *next;
	uint64_t word[];
};

struct trace_file {
	int fd; /* owned */
	uint64_t size_bytes;
	uint64_t *event_chunks; /* file offsets, in order; all decode once it is sealed */
	size_t nevent_chunks;
	struct words *words; /* owned: the memory of all snapshots */
	uint8_t module_seen[65536 / 8];
	unsigned more_damage; /* findings that `damage` has no room for */
	bool has_process;
	bool is_sealed; /* the events have been checked */
	bool in_snapshot; /* the last snapshot has begun and not ended */
	bool snapshot_hurt; /* a chunk was lost since it began */
	uint64_t memory_room,
	    kept_room; /* bytes that its mappings have and its memory, or kept words, do not */
	bool starved; /* out of memory */
};

/* ---- tables.c: what all who fill the tables share ------------------------------------------------------ */

/* Makes room for `more` items past the n that are there; rooms are powers of two, so none needs to be kept. */
bool array_grow(struct trace *t, void *array_pointer, size_t n, size_t more, size_t item_bytes);
/* Notes damage: the first finding is kept in words, the others are counted. */
void trace_note(struct trace *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

size_t bytes_left(const struct cursor *c);
/* The number of items that follow, each of which takes at least `least_bytes`. */
size_t take_items(struct cursor *c, size_t least_bytes, const char *what);
uint32_t take_u32(struct cursor *c, const char *what);
void refuse(struct cursor *c, bool wrong, const char *what); /* breaks it if it is not broken yet */

/* ---- memory.c ------------------------------------------------------------------------------------------ */

/* The next n words of a MEMORY payload, which has CHUNK_SLACK behind it, into `words`, which are zeroed: memory of zeros alone
 * is never touched. False: broken. */
bool take_memory(struct cursor *cursor, uint64_t *words, size_t n);

/* ---- load.c, load_snapshot.c: one decoder a kind ------------------------------------------------------ */

/* Takes one payload into the trace's tables. On trouble c->broken says what; what came before it is kept. */
void load_chunk(struct trace *t, uint16_t kind, struct cursor *c);
bool load_event_chunk(struct trace *t, uint64_t at);
void load_snapshot(struct trace *t, struct cursor *c);
void load_threads(struct trace *t, struct cursor *c);
void load_mappings(struct trace *t, struct cursor *c);
void load_memory(struct trace *t, struct cursor *c);
void load_unread(struct trace *t, struct cursor *c);
void load_snapshot_end(struct trace *t, struct cursor *c);
void load_held(struct trace *t, struct cursor *c);
void load_kept(struct trace *t, struct cursor *c);
void process_free(struct trace_process *p);
void end_free(struct trace_end *e);

/* ---- stacks.c, snapshot.c, events.c: what holds for the finished tables ------------------------------- */

/* nodes[id] exists afterwards, and so do all below it. */
bool nodes_reach(struct trace *t, uint32_t id);
/* Every parent is in the table and no chain of parents loops: cuts what breaks that, noted as damage. */
void nodes_seal(struct trace *t);

/* Sorts and makes disjoint; overlaps are dropped and noted as damage. */
void snapshot_seal(struct trace *t, struct trace_snapshot *s);
void snapshot_free(struct trace_snapshot *s);

/* Decodes every event chunk: drops those that do not decode (damage) and counts the events, for trace_seal(). */
int events_seal(struct trace *t, trace_batch *each, void *context, struct err *err);

#endif
