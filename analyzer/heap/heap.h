/* heap.h: the live blocks, and the graph of the references that roots, blocks and the snapshot's memory make of them.
 *
 * heap_build() (build.h) makes blocks of events, graph_build() scans roots and blocks for references. Both only
 * compute: they never print, and they never judge (passes do). */
#ifndef LG_HEAP_HEAP_H
#define LG_HEAP_HEAP_H

#include "base/err.h"
#include "base/ranges.h"
#include "trace/trace.h"

#include <stdbool.h>
#include <stdint.h>

struct sum {
	uint64_t blocks, bytes;
};

struct block {
	uint64_t addr; /* first byte */
	uint64_t size; /* requested bytes; scanned up to here only */
	uint64_t birth; /* number of its first event in the trace, from 0: the stable order of blocks */
	uint64_t key; /* order key of its birth */
	uint32_t stack; /* where it was allocated (for a resized block: last resized) */
	uint32_t thread; /* thread number */
	uint8_t entry; /* enum lg_entry; ENTRY_POOL */
	uint8_t resized : 1; /* has been through realloc */
	uint8_t inherited : 1; /* while replaying only: was there before this image was forked */
	uint8_t ended : 1; /* while replaying only: its address may come again */
	uint8_t pooled : 1; /* part of a larger piece of memory, by what lies there: see pools.h */
	uint8_t single : 1; /* stands for itself alone, even where blocks were sampled */
	uint16_t align : 4; /* log2, modulo 16, of what an aligned operator new was given */
	uint16_t
	    latest_high : 12; /* number of its latest event, birth or resize (44 bits): where blocks that */
	uint32_t latest_low; /* cannot both be alive overlap, the later one is believed */
};
_Static_assert(sizeof(struct block) == 48, "there are tens of millions of them");
static inline uint64_t block_latest(const struct block *b)
{
	return (uint64_t)b->latest_high << 32 | b->latest_low;
}

#define ADDRESS_END                                                                                          \
	(1ULL << 48) /* no block lies beyond: the kernel gives more to those who ask for it by name */

#define ENTRY_POOL 255u /* no call was traced */

/* How many blocks one stands for that was recorded where each byte has a chance of one in `sample_bytes` to have its block
 * recorded: the inverse of the block's chance, as a whole number. The fraction is by chance one more, told by the number of
 * the event, so that sums come out right and add up. */
uint64_t sampled_blocks(uint64_t sample_bytes, uint64_t size, uint64_t event);
static inline struct sum block_sum(uint64_t sample_bytes, const struct block *b)
{
	uint64_t n = sample_bytes && !b->single ? sampled_blocks(sample_bytes, b->size, block_latest(b)) : 1;

	return (struct sum){ n, n * b->size };
}

struct heap_totals {
	uint64_t events;
	uint64_t allocations, frees; /* successful calls that began and ended a block; a realloc is both */
	uint64_t allocated_bytes;
	uint64_t recorded; /* of the allocations, those in the trace: all, unless it is sampled */
	uint64_t live_blocks, live_bytes;
	uint64_t pooled_blocks, pooled_bytes; /* of the live ones, those that no call was traced of */
	uint64_t peak_blocks, peak_bytes; /* at the moment of peak_bytes */
	uint64_t peak_key, peak_events; /* the key of the event that made it; events up to and with it */
	uint64_t threads;
	uint64_t unknown_frees; /* of no live block: inherited, from before the trace, or an error */
	uint64_t implied_frees; /* blocks whose address was handed out again without a free in the trace */
};

/* What the program told of a block. */
struct told_block {
	uint32_t block;
	const char *name; /* the trace's */
	uint64_t order; /* among all that it told */
};
struct told_pool {
	struct lg_range range;
	uint64_t order; /* among all that it told */
};
struct told {
	struct told_pool *pools; /* sorted, disjoint: the words in them that are no member's hold nothing */
	size_t npools;
	struct sum members; /* of pools, among the live blocks */
	struct ranges roots, weak;
	struct told_block *ignored, *typed, *watched; /* by block, each once */
	uint32_t nignored, ntyped, nwatched;
	/* Some blocks were not recorded: memory of the heap that is no block's may be theirs */
	bool has_left_out;
};

/* A free of no live block, or of one that does not go with the call. */
struct stray_free {
	uint64_t event; /* its number, from 0 */
	uint64_t addr;
	bool is_mismatch;
};
#define STRAYS_MOST                                                                                          \
	4096u /* of each; a heap with more of no block has blocks that the trace does not tell of */

struct heap {
	const struct trace *trace; /* outlives the heap */
	const struct trace_snapshot *snapshot; /* NULL: events only */
	struct block *blocks; /* sorted by addr, disjoint */
	uint32_t nblocks;
	struct heap_totals totals;
	struct lg_range *inherited; /* sorted, disjoint: blocks of the parent that a forked child still has */
	size_t ninherited;
	bool knows_inherited; /* else a forked child's parent was not at hand */
	struct lg_range *touched; /* sorted, disjoint: pages that ever held a block, so the allocator's */
	size_t ntouched;
	struct told told;
	/* Sorted, disjoint: memory of pools, whose live blocks are among the blocks */
	struct lg_range *pools;
	size_t npools;
	struct stray_free *strays; /* in order of events */
	size_t nstrays, nmismatches; /* of which so many are mismatches */
};

/* Adds what block i stands for. */
static inline void heap_add(struct sum *sum, const struct heap *h, uint32_t i)
{
	struct sum more = block_sum(h->trace->process.sample_bytes, &h->blocks[i]);

	sum->blocks += more.blocks;
	sum->bytes += more.bytes;
}

void heap_free(struct heap *h);
/* It was told before the moment of the heap. */
bool heap_was_told(const struct heap *h, const struct trace_told *told);
/* The type that the program gave the block; NULL: none. */
const char *heap_told_type(const struct heap *h, uint32_t block);
/* The block that holds addr (start <= addr < start + max(size, 1)), or UINT32_MAX. */
uint32_t heap_find(const struct heap *h, uint64_t addr);
#define NO_BLOCK UINT32_MAX
/* The first block that starts after addr, or nblocks. */
uint32_t heap_after(const struct heap *h, uint64_t addr);

/* ---- roots ------------------------------------------------------------------------------------------- */

#define LG_ROOT_KINDS(X)                                                                                     \
	X(GLOBAL, "global") /* .data, .bss of a module */                                                    \
	X(RELRO, "relro") /* read-only after relocation */                                                   \
	X(STACK, "stack") /* a thread's live stack */                                                        \
	X(REGISTER, "register") /* a thread's registers */                                                   \
	X(TLS, "tls") /* static thread-local storage */                                                      \
	X(TSD, "tsd") /* the thread control block: pthread_setspecific and libc's own */                     \
	X(MAPPING, "mapping") /* anonymous memory that no allocator owns */                                  \
	X(SHARED, "shared") /* a shared mapping */                                                           \
	X(LOADER, "loader") /* a block that the dynamic loader allocated for itself */                       \
	X(INHERITED, "inherited") /* heap memory that a forked child has from its parent */                  \
	X(KERNEL, "kernel") /* what only the kernel keeps: epoll's data, a timer's value */                  \
	X(SIGNAL_STACK, "signal-stack") /* and where threads' alternate signal stacks begin */               \
	X(KEPT, "kept") /* an object that its runtime never frees, or keeps for reuse */                     \
	X(STALE, "stale") /* a stack whose thread was not stopped: dead words count as references */         \
	X(REGION, "region") /* a root region of the program's own */                                         \
	X(IGNORED, "ignored") /* a block that the program wants ignored */                                   \
	X(UNRECORDED, "unrecorded") /* heap memory of no block, where not all were recorded */
enum root_kind {
#define X(name, text) ROOT_##name,
	LG_ROOT_KINDS(X)
#undef X
	    ROOT_KINDS
};
const char *root_kind_name(enum root_kind kind);

/* Roots whose references make a block no more than possibly reachable. */
static inline bool root_kind_is_weak(enum root_kind kind)
{
	return kind == ROOT_STALE || kind == ROOT_KERNEL;
}

struct root_region {
	enum root_kind kind;
	uint32_t thread; /* thread number, or tid when it never allocated: STACK, REGISTER, TLS, TSD, STALE */
	uint32_t module; /* trace module id, 0: none */
	uint32_t thread_at; /* where that thread is among the snapshot's */
	uint64_t start,
	    end; /* REGISTER: 0 .. 8 * words, an index into the thread's registers; KERNEL, SIGNAL_STACK: 0 .. 8 * held
		  * words; LOADER, KEPT, IGNORED: 0, 0 */
	/* The module's or mapping's file, "" for none; owned by the trace. REGISTER: "libc" where all but the general ones
	 * are those of libc's frames (LG_THREAD_IN_CALL). */
	const char *path;
};

/* ---- references -------------------------------------------------------------------------------------- */

/* What the scan finds, and what an ownership model makes of it. Only strong references make a block reachable; the
 * next two make it possible; the rest own nothing. */
#define LG_REF_KINDS(X)                                                                                      \
	X(START, "start") /* to the first byte */                                                            \
	X(INTERIOR, "interior")                                                                              \
	X(PAST_END, "past-end")                                                                              \
	X(RECOGNISED, "recognised") /* an interior one that a known layout explains: as good as a start */   \
	X(WEAK, "weak") /* a weak pointer: it may outlive its target */                                      \
	X(BORROWED, "borrowed") /* a pointer that its holder does not own: a link of a collector's list */   \
	X(PAYLOAD, "payload") /* an integer or bytes that only look like a pointer */
enum ref_kind {
#define X(name, text) REF_##name,
	LG_REF_KINDS(X)
#undef X
	    REF_KINDS
};
const char *ref_kind_name(enum ref_kind kind);

#define KINDS_STRONG (1u << REF_START | 1u << REF_RECOGNISED)
#define KINDS_INSIDE (KINDS_STRONG | 1u << REF_INTERIOR)
#define KINDS_OWNING (KINDS_INSIDE | 1u << REF_PAST_END)
static inline bool ref_kind_is_strong(enum ref_kind kind)
{
	return KINDS_STRONG >> kind & 1;
}

/* A reference out of a block: the word at offset 8 * word points at block `to`.
 * Offsets of 4 GiB and more are all stored as the last word below. */
#define REF_KIND_BITS 3
struct ref {
	uint32_t to;
	uint32_t word_kind; /* word << REF_KIND_BITS | enum ref_kind */
};
static inline enum ref_kind ref_kind(struct ref r)
{
	return (enum ref_kind)(r.word_kind & ((1u << REF_KIND_BITS) - 1));
}
static inline uint64_t ref_offset(struct ref r)
{
	return (uint64_t)(r.word_kind >> REF_KIND_BITS) * 8;
}
static inline struct ref ref_of_kind(struct ref r, enum ref_kind kind)
{
	return (struct ref){ r.to, (r.word_kind >> REF_KIND_BITS << REF_KIND_BITS) | kind };
}

struct root_ref {
	/* The word's address; REGISTER: register index * 8; LOADER, KEPT, IGNORED: the block's address */
	uint64_t at;
	uint32_t region; /* index of its root_region */
	uint32_t to;
	uint8_t kind; /* enum ref_kind */
};

struct graph {
	const struct heap *heap;
	uint64_t *first; /* nblocks + 1: block i refers by refs[first[i] .. first[i + 1]), by offset */
	struct ref *refs;
	struct root_region *regions; /* sorted by kind, then thread, then address */
	uint32_t nregions;
	struct root_ref *root_refs; /* grouped by region in order, ascending address within */
	uint64_t nroot_refs;
	/* nblocks: what makes blocks alike where not all have stacks; NULL: their stacks do */
	uint32_t *kinds;
	/* nblocks: what is alike by type, of what its runtime makes anew without allocating it, so that its stack and birth may
	 * be those of an earlier object; 0: they are its own. NULL: there is none such */
	uint32_t *reused;
	/* nblocks: the block whose stack tells where a block is from: its own, but for one that was made anew and has another that
	 * was allocated for it (a list's items). NULL: all tell of themselves */
	uint32_t *places;
	uint64_t unread_block_bytes; /* bytes of live blocks that the snapshot does not hold */
};

/* Needs h->snapshot. */
int graph_build(struct graph *g, const struct heap *h, struct err *err);
/* A reference that no scan of aligned words can see, or sees as an interior one: at an odd address, or with a tag in
 * its low bits. */
struct hidden_ref {
	uint64_t at; /* of its first byte */
	uint32_t to;
};
/* Makes recognised references of those whose holder is a block or a root, and of the others nothing. -1: no memory */
int graph_add_hidden(struct graph *g, struct hidden_ref *hidden, size_t n);
/* Adds a region of that kind, KEPT or IGNORED, that holds the blocks, which ascend. -1: no memory */
int graph_keep(struct graph *g, enum root_kind kind, const uint32_t *blocks, uint32_t n);
static inline bool root_kind_has_memory(enum root_kind kind)
{
	return kind != ROOT_LOADER && kind != ROOT_KEPT && kind != ROOT_IGNORED;
}
/* The region that holds an address of memory; NO_REGION. */
uint32_t graph_region(const struct graph *g, uint64_t addr);
#define NO_REGION UINT32_MAX
static inline uint32_t graph_place(const struct graph *g, uint32_t block)
{
	return g->places ? g->places[block] : block;
}
static inline uint32_t graph_kind(const struct graph *g, uint32_t block)
{
	return g->kinds ? g->kinds[block] : g->heap->blocks[graph_place(g, block)].stack;
}
/* Whether its runtime may have made it of what another object was freed as, whose stack and birth it then has. */
static inline bool graph_is_reused(const struct graph *g, uint32_t block)
{
	return g->reused && g->reused[block];
}
/* ... and nothing tells better where it is from. */
static inline bool graph_place_is_doubtful(const struct graph *g, uint32_t block)
{
	return graph_is_reused(g, block) && graph_place(g, block) == block;
}
/* What makes blocks alike: their kind, or where that may be another's what is alike by type. */
static inline uint32_t graph_alike(const struct graph *g, uint32_t block)
{
	return graph_place_is_doubtful(g, block) ? g->reused[block] : graph_kind(g, block);
}
/* When it was allocated, for what is oldest: what may be another object's birth comes behind all others. */
static inline uint64_t graph_age(const struct graph *g, uint32_t block)
{
	return g->heap->blocks[block].birth | (graph_is_reused(g, block) ? 1ull << 63 : 0);
}
void graph_free(struct graph *g);
bool graph_is_valid(const struct graph *g); /* the invariants above; tests call it */

#endif
