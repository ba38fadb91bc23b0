/* format.h: the trace file (.lgt) in plain data; leakgraph-trace(5) describes it byte by byte.
 *
 * A file is one header, then chunks. Each chunk is compressed and checksummed on its own, so that a file cut
 * short is read up to its last good chunk. Integers are little-endian. Inside payloads "varint" is unsigned
 * LEB128 (DWARF 5, 7.6), "zigzag" a varint of (v << 1) ^ (v >> 63) with differences modulo 2^64, "string" a varint
 * length and that many bytes, no terminator. Bytes behind the last field of a payload are ignored.
 * Order keys, addresses and sizes are as in ring.h. */
#ifndef LEAKGRAPH_FORMAT_H
#define LEAKGRAPH_FORMAT_H

#include <stdint.h>

#define LG_TRACE_MAGIC "LGTRACE\n" /* 8 bytes */
#define LG_TRACE_VERSION 2u
#define LG_CHUNK_MAGIC 0x4b43474cu /* "LGCK" */
#define LG_CHUNK_RAW_MAX (8u << 20) /* no payload is larger before compression */

struct lg_file_header {
	char magic[8];
	uint32_t version;
	uint32_t reserved; /* 0 */
};
_Static_assert(sizeof(struct lg_file_header) == 16, "wire size is frozen");

enum lg_codec { LG_CODEC_RAW = 0, LG_CODEC_ZSTD = 1 };

struct lg_chunk_header {
	uint32_t magic; /* LG_CHUNK_MAGIC */
	uint16_t kind; /* enum lg_chunk_kind; readers skip kinds they do not know */
	uint16_t codec; /* enum lg_codec */
	uint32_t stored_bytes; /* payload bytes that follow, at most LG_CHUNK_RAW_MAX */
	uint32_t raw_bytes; /* payload bytes once decompressed, at most LG_CHUNK_RAW_MAX */
	uint64_t sequence; /* 0, 1, 2 ... in file order; a gap counts chunks that could not be written */
	uint64_t checksum; /* XXH3-64 of the 24 bytes before and the stored payload */
};
_Static_assert(sizeof(struct lg_chunk_header) == 32, "wire size is frozen");

#define LG_CHUNKS(X)                                                                                         \
	X(PROCESS, 1, "the process image: pid, command, clock, allocator; the first chunk of a file")        \
	X(MODULES, 2, "modules with their build-ids, as first seen")                                         \
	X(STACKS, 3, "stack nodes: parent and frame")                                                        \
	X(EVENTS, 4, "allocations and frees in their true order")                                            \
	X(SNAPSHOT, 5, "a snapshot begins: moment, reason, method")                                          \
	X(THREADS, 6, "the snapshot's threads and their registers")                                          \
	X(MAPPINGS, 7, "the snapshot's address space")                                                       \
	X(MEMORY, 8, "the snapshot's memory, filtered")                                                      \
	X(UNREAD, 9, "ranges of the snapshot that could not be read")                                        \
	X(SNAPSHOT_END, 10, "the snapshot is whole")                                                         \
	X(END, 11, "the footer: how the image ended, totals, losses")                                        \
	X(KEPT, 12, "words of the snapshot's memory that the filter would have dropped")                     \
	X(SUSPECTS, 13, "frees that looked wrong when they were made, with their stacks")                    \
	X(HELD, 14, "addresses that only the kernel keeps for the snapshot's process")                       \
	X(MARKS, 15, "epochs that the program marked")                                                       \
	X(TOLD, 16, "what the program told of its memory")                                                   \
	X(PYTHON, 17, "names of Python code that stacks run")
enum lg_chunk_kind {
#define X(name, number, help) LG_CHUNK_##name = number,
	LG_CHUNKS(X)
#undef X
};
#define LG_CHUNK_KINDS 18 /* numbers below it may be known */
_Static_assert(LG_CHUNK_PYTHON == LG_CHUNK_KINDS - 1, "the last kind");

/* PROCESS: varint pid, parent_pid, image (0 for the first program of a pid, 1 after its first exec, ...),
 * flags (LG_PROCESS_*), clock (enum lg_clock), ticks_per_second (0: keys are not times), hello_key,
 * start_unix_ns, page_bytes; string executable, directory, allocator (file of the traced malloc),
 * recorder version; varint argc; argc strings; varint sample_bytes (files that end before are older: 0), at most
 * LG_SAMPLE_MOST: 0, or each byte that was allocated had its block recorded with a chance of one in so many; varint
 * run_unix_ns (files that end before are older: 0), when the run began that the image is of: all traces of a run have
 * the same, and no others. */
#define LG_SAMPLE_MOST (1ULL << 40)
enum {
	LG_PROCESS_FORKED = 1,
	LG_PROCESS_FOREIGN_MALLOC = 2,
	LG_PROCESS_FULL_CONTENTS = 4,
	LG_PROCESS_LEFT_OUT = 8
};

/* MODULES: varint count; each: varint id, start, end, bias, key; string build_id (raw bytes), path. */
/* STACKS: varint first node id (from 1), count; each: varint (id - parent) modulo 2^32, module, offset. A node that
 * is given again holds as it was given last. Of module LG_FRAME_PYTHON (ring.h) it is a line of Python source. */
/* PYTHON: varint count; each: varint id (of the code, as in nodes); string file, qualified name. */
/* EVENTS: varint count (at most 65536), key shift (at most 63), first key >> key shift, highest stack so far; then
 * nine columns, each a varint byte length and its bytes:
 *   tags     one byte an event: what it is, and which of its values are as guessed
 *   stacks, sizes, entries, places, ages, frees    the values that are not, in the order of events
 *   keys     pairs of varints: zigzag difference to the run's key before (the first: to the first key), run length
 *   threads  pairs of varints: thread number, run length
 * Keys are rounded down to multiples of 1 << key shift: the order of events is the file's. leakgraph-trace(5) tells the
 * tags and the guesses. */

/* SUSPECTS: varint count; each: varint number of a FREE or RELEASE among the trace's events, less that of the suspect
 * before it in the chunk (the first: as it is); address; stack of the call; stack of the earlier free of that address (0:
 * not known); size that the call was given (0: none); log2 of the alignment that it was given, and of that of the block
 * (0: none). Whether it was wrong, the events tell. */

#define LG_SNAPSHOT_REASONS(X)                                                                               \
	X(EXIT, 1, "exit")                                                                                   \
	X(EXEC, 2, "exec")                                                                                   \
	X(SIGNAL, 3, "signal")                                                                               \
	X(DEMAND, 4, "demand")                                                                               \
	X(CHECK, 5, "check") /* by the program: to be judged rather than that of the end */
enum lg_snapshot_reason {
#define X(name, number, text) LG_SNAPSHOT_##name = number,
	LG_SNAPSHOT_REASONS(X)
#undef X
};

#define LG_SNAPSHOT_METHODS(X)                                                                               \
	X(PTRACE, 1, "ptrace") /* all threads stopped */                                                     \
	X(READ, 2, "read") /* memory read from outside, threads not stopped */                               \
	X(COOPERATIVE, 3, "cooperative") /* the target copied its own memory */
enum lg_snapshot_method {
#define X(name, number, text) LG_METHOD_##name = number,
	LG_SNAPSHOT_METHODS(X)
#undef X
};

/* SNAPSHOT: varint id (from 1), key, reason, method, events (of this trace that lie before it). */
/* THREADS: varint count; each: varint tid, thread number (0: never allocated), flags (LG_THREAD_*), fs_base;
 * varint nregs, nregs varints in the order of enum lg_reg; varint nvector, nvector varints. */
enum {
	LG_THREAD_STOPPED = 1, /* registers are of the moment of the snapshot */
	/* Registers are those of the caller of exit, of main at its return. */
	LG_THREAD_AT_EXIT = 2,
	/* In a system call that libc made: registers are those of the code that called libc, and of the others the system
	 * call's arguments, all else zero; what stands for vector registers is what libc's frames have in such registers as
	 * callees preserve. */
	LG_THREAD_IN_CALL = 4,
};
/* MAPPINGS: varint count; each: varint start, end, prot (PROT_*), flags (LG_MAPPING_*), file offset; string path. */
enum {
	LG_MAPPING_SHARED = 1, /* MAP_SHARED */
	LG_MAPPING_SHIM = 2, /* the tool's own memory: never a root */
	LG_MAPPING_READ = 4, /* its memory is in the MEMORY chunks (absent pages read as zero) */
};
/* MEMORY: varint count; each: varint start, bytes (both multiples of 8, bytes not 0). Then the words of all, in
 * order, as four columns: a bit each (from bit 0 of a byte) that says that the word is not 0; a bit each that says
 * that its upper half is not 0; the lower halves of words that are not 0; the upper halves that are not 0.
 * Ranges of a snapshot are disjoint; chunks and ranges may come in any order.
 * Unless the process is LG_PROCESS_FULL_CONTENTS, words that are neither addresses of mapped memory (the shim's own
 * is none), whatever their upper 17 bits, nor small integers are zero. Small is a word whose halves both lie in
 * -LG_SMALL_INTEGER .. LG_SMALL_INTEGER - 1 as signed numbers: counts that objects keep of their references are often
 * half a word. */
#define LG_SMALL_INTEGER (1u << 20)
static inline int lg_is_small(uint64_t word)
{
	uint32_t low = (uint32_t)word + LG_SMALL_INTEGER, high = (uint32_t)(word >> 32) + LG_SMALL_INTEGER;

	return low < 2 * LG_SMALL_INTEGER && high < 2 * LG_SMALL_INTEGER;
}
/* KEPT: laid out as MEMORY, and put over it: where both hold a word, this one is as it was. It may also hold words of
 * mappings without LG_MAPPING_READ (names in read-only data), and the same word more than once. */
#define LG_ADDRESS_BITS 0x7fffffffffffu /* of user memory; programs keep tags of their own above */
/* UNREAD: varint count; each: varint start, end, errno. */
#define LG_HOLDERS(X)                                                                                        \
	X(EPOLL, 1, "epoll") /* the data of a registration; id: the epoll's descriptor */                    \
	X(TIMER, 2, "timer") /* the value that a POSIX timer signals; id: the timer */                       \
	X(SIGNAL_STACK, 3, "signal-stack") /* where a thread's alternate one begins; id: the thread */
enum lg_holder {
#define X(name, number, text) LG_HOLDER_##name = number,
	LG_HOLDERS(X)
#undef X
};
/* MARKS: varint count; each: varint events (of this trace that lie before it), key, thread number; string name. */
/* TOLD: varint count; each: varint events (of this trace that lie before it), less those of the one before it in the
 * chunk (the first: as they are), key, thread number, what (enum lg_told), address, bytes, stack (of a
 * MEMBER; else 0); string name. What is told of a
 * block holds if its latest event lies before, and of a snapshot if the snapshot lies behind in the file. */
/* HELD: varint count; each: varint value, holder (enum lg_holder), id. */
/* SNAPSHOT_END: varint id, bytes read, bytes unread, threads seen, threads stopped. */

#define LG_ENDINGS(X)                                                                                        \
	X(UNKNOWN, 0, "unknown")                                                                             \
	X(EXITED, 1, "exited")                                                                               \
	X(SIGNALED, 2, "signaled")                                                                           \
	X(EXEC, 3, "exec")                                                                                   \
	X(RUNNING, 4, "running")
enum lg_ending {
#define X(name, number, text) LG_ENDED_##name = number,
	LG_ENDINGS(X)
#undef X
};

/* END: varint ending, status, signal, key, duration_ns, threads, events, lost_allocs, lost_frees, lost_bytes,
 * stackless, truncated, lost_stacks, untraced; varint count, count strings: why the verdict is degraded;
 * varint recorder_cpu_ns, left_out_allocs, left_out_bytes, python_lost (files that end before one are older: 0). */

#endif
