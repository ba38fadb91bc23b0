/* ring.h: the shared segment between the shim (guest) and the recorder, in plain data.
 *
 * One memfd per `leakgraph run`: control pages, then LG_AREAS areas. An area serves one process image:
 * its head, its modules, its stack tables, and one slot (unwinder scratch and event ring) per thread.
 * The recorder creates, sizes and recycles everything; a target only maps and claims.
 *
 * Ownership is written at each field: (R) the recorder writes, (T) the target writes, (R,T) by the stated
 * hand-over. All fields shared between running sides are atomic. Sizes are bytes unless the name says else. */
#ifndef LEAKGRAPH_RING_H
#define LEAKGRAPH_RING_H

#include <stdatomic.h>
#include <stdint.h>

#define LG_RING_MAGIC 0x31474e4952474c00ULL /* "\0LGRING1" */
#define LG_RING_VERSION 14u

#define LG_PAGE 4096u
#define LG_AREAS 256u /* process images at a time */
#define LG_WELCOMES 32u /* processes that are followed before they say HELLO */
#define LG_THREADS 2048u /* thread slots per area; a slot is reused when its thread is gone */
#define LG_THREADS_AHEAD 64u /* of which so many are at hand for threads that begin in a sandbox */
#define LG_RING_SLOTS 65536u /* slots per ring, a power of two; most events take one */
#define LG_RING_WAKE 32768u /* after so many slots a thread wakes a recorder that is asleep */
#define LG_RING_RESUME 32768u /* a thread whose ring was full goes on when it holds fewer than this */
#define LG_RING_FREE_ROOM 4096u /* of these, kept for frees when a ring runs full */
#define LG_SCRATCH_BYTES (400u * 1024u) /* a thread's memory for stacks: the shim's business alone */
#define LG_MODULES 2048u
#define LG_CODES (1u << 18) /* code addresses on stacks per area, a power of two */
#define LG_NODES (1u << 22) /* stack nodes per area, a power of two */
#define LG_MAX_FRAMES 1024u /* deeper stacks keep the innermost frames and are counted */

/* ---- events ------------------------------------------------------------------------------------------ */

/* What an event says. A block that moves by realloc is a pair: RELEASE before the real call (the address may
 * come back to anyone from then on), RESIZE after it (a failed call puts the old block back). */
#define LG_EVENTS(X)                                                                                         \
	X(ALLOC, 1, "a block began: address, size, stack")                                                   \
	X(FREE, 2, "a block ended: address")                                                                 \
	X(RELEASE, 3, "realloc is about to give up a block: address")                                        \
	X(RESIZE, 4,                                                                                         \
	  "realloc returned: new address (0: failed, the released block lives on; LG_UNRECORDED), size, "    \
	  "stack")                                                                                           \
	X(PAD, 5, "no event")                                                                                \
	X(MARK, 6, "the program marks an epoch: number of its name; in the trace, no event but a mark")      \
	X(TOLD, 7,                                                                                           \
	  "the program tells of its memory: address, bytes, name; in the trace, no event but a word of it")
enum lg_event_type {
#define X(name, number, help) LG_EV_##name = number,
	LG_EVENTS(X)
#undef X
};

/* What the program tells of its memory. A block is told of by any address in it, and what is told of it holds until it
 * is freed or resized. */
#define LG_TOLD(X)                                                                                           \
	X(IGNORE, 1, "ignore") /* a block that is never a leak, nor what only it holds */                    \
	X(ROOT, 2, "root") /* a range whose words hold */                                                    \
	X(NO_ROOT, 3, "no-root") /* ... no longer, by itself */                                              \
	X(WEAK, 4, "weak") /* a range whose words do not hold */                                             \
	X(NO_WEAK, 5, "no-weak") /* ... as they would otherwise */                                           \
	X(TYPE, 6, "type") /* a block's type, by name */                                                     \
	X(LEFT_OUT, 7,                                                                                       \
	  "left-out") /* the thread's first block that is not recorded, by the program's wish */             \
	X(POOL, 8, "pool") /* a range out of which the program hands out blocks */                           \
	X(NO_POOL, 9, "no-pool") /* ... no longer: all of them have ended */                                 \
	X(MEMBER, 10, "member") /* a block in a pool, with its stack */                                      \
	X(NO_MEMBER, 11, "no-member") /* ... has ended */                                                    \
	X(WATCH, 12, "watch") /* a block at whose end it wants to be called */
enum lg_told {
#define X(name, number, text) LG_TOLD_##name = number,
	LG_TOLD(X)
#undef X
};

/* Which entry point was called. */
#define LG_ENTRIES(X)                                                                                        \
	X(UNKNOWN, 0, "?")                                                                                   \
	X(MALLOC, 1, "malloc")                                                                               \
	X(CALLOC, 2, "calloc")                                                                               \
	X(REALLOC, 3, "realloc")                                                                             \
	X(FREE, 4, "free")                                                                                   \
	X(POSIX_MEMALIGN, 5, "posix_memalign")                                                               \
	X(MEMALIGN, 6, "memalign")                                                                           \
	X(ALIGNED_ALLOC, 7, "aligned_alloc")                                                                 \
	X(VALLOC, 8, "valloc")                                                                               \
	X(PVALLOC, 9, "pvalloc")                                                                             \
	X(FREE_SIZED, 10, "free_sized")                                                                      \
	X(FREE_ALIGNED_SIZED, 11, "free_aligned_sized")                                                      \
	X(NEW, 12, "operator new(unsigned long)")                                                            \
	X(NEW_ARRAY, 13, "operator new[](unsigned long)")                                                    \
	X(NEW_ALIGNED, 14, "operator new(unsigned long, std::align_val_t)")                                  \
	X(NEW_ARRAY_ALIGNED, 15, "operator new[](unsigned long, std::align_val_t)")                          \
	X(DELETE, 16, "operator delete(void*)")                                                              \
	X(DELETE_ARRAY, 17, "operator delete[](void*)")                                                      \
	X(DELETE_ALIGNED, 18, "operator delete(void*, std::align_val_t)")                                    \
	X(DELETE_ARRAY_ALIGNED, 19, "operator delete[](void*, std::align_val_t)")                            \
	X(POOL, 20, "leakgraph_pool_alloc") /* of no event: a block in a pool of the program's */
enum lg_entry {
#define X(name, number, text) LG_ENTRY_##name = number,
	LG_ENTRIES(X)
#undef X
	    LG_ENTRY_KINDS
};

#define LG_ENTRIES_OF_MALLOC                                                                                 \
	(1u << LG_ENTRY_MALLOC | 1u << LG_ENTRY_CALLOC | 1u << LG_ENTRY_REALLOC |                            \
	 1u << LG_ENTRY_POSIX_MEMALIGN | 1u << LG_ENTRY_MEMALIGN | 1u << LG_ENTRY_ALIGNED_ALLOC |            \
	 1u << LG_ENTRY_VALLOC | 1u << LG_ENTRY_PVALLOC)

/* The entries, as bits, whose blocks may be ended by `entry`: blocks of the same family. */
static inline uint32_t lg_entry_ends(unsigned entry)
{
	switch (entry) {
	case LG_ENTRY_FREE:
	case LG_ENTRY_REALLOC:
	case LG_ENTRY_FREE_SIZED:
	case LG_ENTRY_FREE_ALIGNED_SIZED:
		return LG_ENTRIES_OF_MALLOC;
	case LG_ENTRY_DELETE:
	case LG_ENTRY_DELETE_ARRAY:
	case LG_ENTRY_DELETE_ALIGNED:
	case LG_ENTRY_DELETE_ARRAY_ALIGNED:
		return 1u << (entry - LG_ENTRY_DELETE + LG_ENTRY_NEW);
	default:
		return 0;
	}
}

struct lg_event {
	/* Orders a thread's events, and the events of all threads in one page of memory (see lg_control.clock); never ahead
	 * of the clock, and behind it by a round of the recorder at most. 56 bits */
	uint64_t key;
	uint64_t addr;
	/* ALLOC and RESIZE: requested bytes. FREE and RELEASE that look wrong, or of which the shim cannot tell: bits
	 * 31..0 the size that a sized delete was given, bits 63..32 the stack that had freed the address before; each 0
	 * when there is none. */
	uint64_t size;
	/* Node id, 0: no stack; FREE and RELEASE have one when they look wrong, TOLD of members */
	uint32_t stack;
	uint16_t entry; /* enum lg_entry; TOLD: enum lg_told */
	/* TOLD: number of a name, or LG_NO_NAME. Else log2, modulo 16, of alignments, 0: none: bits 3..0 of ALLOC what
	 * operator new was given, of FREE and RELEASE as with size what operator delete was given; bits 11..8 of those
	 * that look wrong what operator new was given */
	uint16_t aligns;
	uint8_t type; /* enum lg_event_type */
};

/* For the new address of a RESIZE: the block lives on where no event tells of it. No block begins there. */
#define LG_UNRECORDED (1ULL << 48)

/* ---- slots ------------------------------------------------------------------------------------------- */

/* A ring goes from core to core by cache lines, so an event takes little of one: a slot, or two in a row when it does not
 * fit. `head` is stored last (release) and says that the rest of the slot is there:
 *   bits 2..0  form
 *   bit  3     lap: set on even laps of the ring (the first is lap 0), clear on odd ones, so that neither zeroed
 *              memory nor last lap's slot ever looks committed
 * A narrow event's form is its type:
 *   head       bits 8..4 entry, 30..9 stack, 63..31 the key's lower bits
 *   rest       bits 19..0 size, 63..20 address / 8
 * A wide one has a slot of form WIDE, and behind it, there first, one of form MORE:
 *   WIDE head  bits 7..4 type, 63..8 key      rest  address
 *   MORE head  bits 19..4 entry, 35..20 aligns, 57..36 stack      rest  size */
struct lg_slot {
	_Atomic uint64_t head;
	uint64_t rest;
};
_Static_assert(sizeof(struct lg_slot) == 16, "wire size is frozen");

#define LG_SLOT_WIDE 5u
#define LG_SLOT_MORE 6u
#define LG_SLOT_FORM 7u
#define LG_SLOT_LAP 8u
_Static_assert(LG_EV_RESIZE < LG_SLOT_WIDE && LG_ENTRY_KINDS <= 32, "a narrow event's type and entry fit");

static inline uint64_t lg_slot_lap(uint64_t place)
{
	return (place / LG_RING_SLOTS) & 1 ? 0 : LG_SLOT_LAP;
}

#define LG_NARROW_KEY_SHIFT 31
#define LG_NARROW_KEY_STEP (1ULL << 32) /* half of what its bits can tell apart: a key may also be behind */

/* `key_before` is that of an event of the thread, none of whose events since has a later key than this one. */
static inline int lg_event_is_narrow(const struct lg_event *e, uint64_t key_before)
{
	return !((e->key - key_before) / LG_NARROW_KEY_STEP | e->size >> 20 | e->addr >> 47 | e->addr % 8 |
		 e->aligns) &&
	       e->type <= LG_EV_RESIZE;
}

static inline uint64_t lg_narrow_head(const struct lg_event *e)
{
	return e->key << LG_NARROW_KEY_SHIFT | (uint64_t)e->stack << 9 | (uint64_t)e->entry << 4 | e->type;
}
static inline uint64_t lg_narrow_rest(const struct lg_event *e)
{
	return e->addr / 8 << 20 | e->size;
}
static inline uint64_t lg_wide_head(const struct lg_event *e)
{
	return e->key << 8 | (uint64_t)e->type << 4 | LG_SLOT_WIDE;
}
static inline uint64_t lg_more_head(const struct lg_event *e)
{
	return (uint64_t)e->stack << 36 | (uint64_t)e->aligns << 20 | (uint64_t)e->entry << 4 | LG_SLOT_MORE;
}

/* Of a head that is narrow or WIDE; `near` is the key of another event of the thread. */
static inline uint64_t lg_head_key(uint64_t head, uint64_t near)
{
	if ((head & LG_SLOT_FORM) == LG_SLOT_WIDE)
		return head >> 8;
	uint64_t ahead = ((head >> LG_NARROW_KEY_SHIFT) - near) << LG_NARROW_KEY_SHIFT;
	return near + (uint64_t)((int64_t)ahead >> LG_NARROW_KEY_SHIFT);
}

/* ---- stacks ------------------------------------------------------------------------------------------ */

/* A frame names a place by module: bits 63..48 module number (0: none known), bits 47..0 the address minus
 * the module's load bias (the ELF virtual address), or the plain address when no module is known.
 * The address is where the frame returns to; look up address - 1. Frames that were interrupted by a signal
 * are stored one higher, so that the same subtraction is right for them. */
#define LG_FRAME_MODULE_SHIFT 48
#define LG_FRAME_OFFSET_MASK ((1ULL << 48) - 1)
#define LG_FRAME_TRUNCATED ((0xffffULL << 48) | 1) /* stands below the outermost frame of a cut stack */
/* Of this module a frame is a line of Python source: bits 46..24 say in which code (lg_python_code), 23..0 the line. */
#define LG_FRAME_PYTHON 0xfffeULL
#define LG_PYTHON_CODE_SHIFT 24
#define LG_PYTHON_CODES (1u << 23)
#define LG_PYTHON_LINE_MAX ((1u << LG_PYTHON_CODE_SHIFT) - 1)
static inline uint32_t lg_python_code_of(uint64_t frame)
{
	return (frame & LG_FRAME_OFFSET_MASK) >> LG_PYTHON_CODE_SHIFT;
}
static inline uint32_t lg_python_line_of(uint64_t frame)
{
	return frame & LG_PYTHON_LINE_MAX;
}

/* Code addresses on stacks have numbers, from 1; frames[number] is stored before a node uses the number. */
#define LG_CODE_TRUNCATED 1u /* the number of LG_FRAME_TRUNCATED */
#define LG_CODE_JOINT 2u /* no frame: see below */
#define LG_CODE_PYTHON_ENTRY                                                                                 \
	3u /* no frame: the Python frames inside run in a call of the interpreter of their own */
#define LG_CODES_RESERVED 4u

/* A node is one code address on top of its parent; node 0 is the empty stack. Nodes are numbered as they come; a node's
 * one word is stored before anything refers to it.
 *   bits 21..0   parent      bits 39..22  code number, never 0
 * Python frames are stacks of their own, of which the interpreter's frames on the machine's stack are the carriers. A joint
 * is what an event refers to that has both: its parent is the innermost machine frame, and
 *   bits 61..40  innermost Python frame */
#define LG_NODE_CODE_SHIFT 22
#define LG_NODE_PYTHON_SHIFT 40
#define LG_NODE_PARENT_MASK (LG_NODES - 1u)
_Static_assert(LG_NODES == 1u << LG_NODE_CODE_SHIFT, "a parent fits below the code number");

/* ---- modules ----------------------------------------------------------------------------------------- */

#define LG_BUILD_ID_MAX 32u
struct lg_module {
	_Atomic uint32_t ready; /* (T) 1 once the rest is written */
	uint16_t build_id_bytes;
	uint16_t path_cut; /* 1: the path did not fit */
	uint64_t start, end; /* mapped addresses, end exclusive */
	uint64_t bias; /* ELF virtual address + bias = address */
	uint64_t key; /* first seen */
	uint8_t build_id[LG_BUILD_ID_MAX];
	char path[LG_PAGE / 4 - 72]; /* empty: the executable itself; "[vdso]" for linux-vdso */
};
_Static_assert(sizeof(struct lg_module) == LG_PAGE / 4, "wire size is frozen");

/* ---- Python's code ----------------------------------------------------------------------------------- */

/* File and name of a code object, put down once: many lie in the area's Python text, 8 bytes apart, and are known by
 * their place there, in units of 8 bytes, from 1. Written before a frame refers to it. */
struct lg_python_code {
	uint16_t file_bytes, name_bytes;
	char text[4]; /* and more: the file, then the qualified name, in UTF-8 */
};
#define LG_PYTHON_UNIT 8u
_Static_assert(sizeof(struct lg_python_code) == LG_PYTHON_UNIT, "wire size is frozen");
#define LG_PYTHON_STRING_MAX 1000u /* longer ones are cut */
#define LG_PYTHON_TEXT_BYTES (4u << 20)
#define LG_PYTHON_PLACES (1u << 16) /* by hash of both: the shim's business alone */
_Static_assert(LG_PYTHON_TEXT_BYTES / LG_PYTHON_UNIT <= LG_PYTHON_CODES, "a frame can say where its text is");

/* ---- threads ----------------------------------------------------------------------------------------- */

enum lg_slot_state { LG_SLOT_FREE = 0, LG_SLOT_LIVE = 1 };

/* A thread that has its stack checked (see lg_control.verify_every) asks and waits; the recorder takes the request,
 * unwinds the waiting thread by itself, and lets it go on. */
enum lg_check {
	LG_CHECK_NONE = 0, /* (R) done; (T) given up, before it was taken */
	LG_CHECK_ASKED = 1, /* (T) */
	LG_CHECK_TAKEN = 2, /* (R) by compare-exchange */
};

/* A thread's half-page of counters, ahead of its scratch and its ring.
 * tail <= reserved <= tail + LG_RING_SLOTS, in slots since the area was claimed: a slot's next
 * owner goes on counting, so that laps stay right. */
struct lg_thread {
	_Atomic uint32_t state; /* (T) FREE -> LIVE by compare-exchange; (R) -> FREE, drained */
	_Atomic uint32_t tid; /* (T) kernel thread id; 0: it began in a sandbox and does not know */
	uint32_t number; /* (T) from 1, in order of first event; never reused within an image */
	_Atomic uint32_t check; /* (R,T) enum lg_check */
	uint32_t check_node; /* (T) the stack to be checked, while ASKED and TAKEN */
	/* Futex: 1 while the thread, its ring full, sleeps. Set by it, cleared by the recorder when it lets it go on. */
	_Atomic uint32_t waiting; /* (R,T) */
	uint64_t check_regs; /* (T) address, in the target, of the waiting thread's uint64_t[LG_REGS] */
	_Atomic uint32_t
	    asking; /* (T) it waits for an answer that the program asked for, not in the midst of a hook */
	_Atomic uint64_t signal_stack; /* (T) where the kernel has its alternate one; 0: none */
	_Alignas(64) _Atomic uint64_t reserved; /* (T) slots ever reserved */
	_Atomic uint64_t lost_allocs; /* (T) */
	_Atomic uint64_t lost_frees; /* (T) */
	_Atomic uint64_t lost_bytes; /* (T) */
	_Atomic uint64_t stackless; /* (T) events whose stack could not be taken */
	_Atomic uint64_t truncated; /* (T) stacks cut: too deep, or no way to unwind on */
	_Atomic uint64_t left_out_allocs, left_out_bytes; /* (T) by the program's wish, or the user's */
	_Alignas(64) _Atomic uint64_t tail; /* (R) slots ever drained */
};
_Static_assert(sizeof(struct lg_thread) == 192, "wire size is frozen");

/* ---- areas ------------------------------------------------------------------------------------------- */

enum lg_area_state {
	LG_AREA_FREE = 0,
	LG_AREA_CLAIMED = 1, /* (T) by compare-exchange; being filled in */
	LG_AREA_LIVE = 2, /* (T) HELLO: pid and the rest are there */
	LG_AREA_ENDED = 3, /* (T) a refused image has let go of it */
};

enum lg_accept {
	LG_ACCEPT_WAITING = 0,
	LG_ACCEPT_READ = 1, /* followed; the image must ask for its last snapshot */
	LG_ACCEPT_PTRACE = 2, /* followed by ptrace: the recorder sees the end by itself */
	LG_ACCEPT_REFUSED = 3, /* not wanted: pass through */
	LG_ACCEPT_INVITE = 4, /* no answer yet: it may not be traced before it invites (Yama) */
	LG_ACCEPT_WELCOME = 5, /* (T) before LIVE: as PTRACE, which (R) makes of it when it comes to it */
};

/* What an image waits for, and beside it what the recorder asks of the image while it waits: a part of one of its own
 * files, which the recorder must not open, put into the window. (R) sets SERVE with the window's fields filled in;
 * (T) makes it SERVING by compare-exchange, and takes that away when the answer is there. */
enum lg_request {
	LG_REQ_NONE = 0,
	LG_REQ_SNAPSHOT_EXIT = 1,
	LG_REQ_SNAPSHOT_EXEC = 2,
	LG_REQ_SNAPSHOT_NOW = 3, /* only where there was none; the others may take its place */
	LG_REQ_SNAPSHOT_CHECK = 4, /* as before: the one to judge, rather than that of the end */
	LG_REQ_WHAT = 7,
	LG_REQ_SERVE = 8,
	LG_REQ_SERVING = 16,
};

enum lg_file {
	LG_FILE_MAPS,
	LG_FILE_MEM,
	LG_FILE_PAGEMAP,
	LG_FILES, /* of /proc/PID */
	LG_RESIDENT = LG_FILES, /* which pages are in memory: a byte for each, as mincore(2) tells it */
};
#define LG_WINDOW_BYTES (256u * 1024u)

/* Names that the program gives, of marks and of types, each put down once: near where its hash says. */
enum lg_name_state { LG_NAME_FREE = 0, LG_NAME_CLAIMED = 1, LG_NAME_READY = 2 };
#define LG_NAMES 1024u
#define LG_NO_NAME LG_NAMES /* none was given, or there was no room for it */
#define LG_NAME_BYTES 124u
struct lg_name {
	_Atomic uint32_t state; /* (T) FREE -> CLAIMED by compare-exchange -> READY */
	char text[LG_NAME_BYTES]; /* (T) cut, ends with 0 */
};

enum {
	LG_IMAGE_FORKED = 1u << 0,
	LG_IMAGE_FOREIGN_MALLOC = 1u << 1,
	LG_IMAGE_LEFT_OUT = 1u << 2, /* forked, and the parent had left out blocks */
	LG_IMAGE_BEHIND_MALLOC = 1u << 3, /* another preload is called first, and may keep calls */
};

/* The program asks what it has lost by now. One thread at a time; one that has given up leaves ABANDONED behind. */
enum lg_verdict_state {
	LG_VERDICT_NONE = 0, /* (T); (R) from ABANDONED */
	LG_VERDICT_ASKED = 1, /* (T) by compare-exchange */
	LG_VERDICT_TAKEN = 2, /* (R) by compare-exchange: it is being judged */
	LG_VERDICT_ABANDONED = 3, /* (T) by compare-exchange, from TAKEN */
	LG_VERDICT_GIVEN = 4, /* (R) by compare-exchange, from TAKEN */
};
struct lg_verdict {
	_Atomic uint32_t state; /* futex: enum lg_verdict_state */
	uint32_t is_known; /* (R) 0: nobody can tell */
	uint64_t blocks, bytes; /* (R) direct, cycle and indirect leaks together */
};

#define LG_PAUSED_OUTSIDE (1u << 31)
#define LG_PAUSED_SAMPLED (1u << 30)
#define LG_PAUSES (LG_PAUSED_SAMPLED - 1)
#define LG_SHIM_RANGES 2u
struct lg_range {
	uint64_t start, end;
};

enum lg_reg {
	LG_REG_RAX,
	LG_REG_RDX,
	LG_REG_RCX,
	LG_REG_RBX,
	LG_REG_RSI,
	LG_REG_RDI,
	LG_REG_RBP,
	LG_REG_RSP,
	LG_REG_R8,
	LG_REG_R9,
	LG_REG_R10,
	LG_REG_R11,
	LG_REG_R12,
	LG_REG_R13,
	LG_REG_R14,
	LG_REG_R15,
	LG_REG_RIP,
	LG_REGS /* DWARF numbers of the x86-64 psABI, figure 3.36 */
};

/* The registers of a thread that ends the image, as its code had them when it called exit or exec, or when main
 * returned. */
struct lg_exit {
	uint32_t tid;
	uint32_t pad0;
	uint64_t regs[LG_REGS];
	uint64_t fs_base;
};
enum { LG_EXIT_FIRST = 0, LG_EXIT_OTHER = 1, LG_EXITS }; /* the first thread, any other */

struct lg_area {
	_Atomic uint32_t state; /* enum lg_area_state */
	_Atomic uint32_t pid; /* (T) */
	_Atomic uint32_t accepted; /* (R) enum lg_accept; the shim waits for it, bounded */
	uint32_t flags; /* (T) LG_IMAGE_*, before LIVE */
	uint32_t parent_pid; /* (T) */
	_Atomic uint32_t invited; /* (T) 1: as INVITE wants it, until the answer is there */
	uint64_t pid_namespace; /* (T) inode of the one that `pid` and all thread ids are of; 0: not known */
	uint64_t hello_key; /* (T) */
	char allocator[256]; /* (T) file that holds the next malloc */

	_Atomic uint32_t request; /* (T) asks; (R) back to LG_REQ_NONE when done; enum lg_request */
	_Atomic uint32_t
	    exiting; /* (T) about to exit or exec, as the latest of `exits` says: 1 + which; 0: not */
	_Atomic uint32_t let_go; /* (T) a thread that is to have another tracer; (R) 0: it can */
	struct lg_exit exits[LG_EXITS]; /* (T) */
	struct lg_range shim_ranges[LG_SHIM_RANGES]; /* (T) private memory of the shim: not the program's */

	uint32_t window_file; /* (R) enum lg_file */
	uint32_t window_bytes; /* (R) */
	uint64_t
	    window_offset; /* (R) of mappings: an address, those that reach beyond it are wanted, in whole lines */
	int64_t window_answer; /* (T) bytes that are in the window, or -errno */

	_Atomic uint32_t nthreads; /* (T) thread numbers ever given out */
	/* How many pauses of all threads the program has open (T), in LG_PAUSES, and LG_PAUSED_OUTSIDE (R): new blocks are
	 * left out. LG_PAUSED_SAMPLED (T): most of them are, see lg_control.sample_bytes. */
	_Atomic uint32_t paused;
	_Atomic uint32_t slots; /* (T) thread slots ever touched: scan no further */
	_Atomic uint32_t nmodules; /* (T) module numbers given out; slot n holds module n, from 1 */
	_Atomic uint32_t nnodes; /* (T) node numbers given out, from 1; may run past LG_NODES */
	_Atomic uint64_t lost_no_slot; /* (T) events of threads that found no slot */
	_Atomic uint64_t lost_nested; /* (T) events of signal handlers in the midst of boot */

	struct lg_verdict verdict;
	/* The machine code of CPython that carries Python frames: frames from start on, before end; 0: not known. */
	_Atomic uint64_t python_start, python_end; /* (T) */
	_Atomic uint32_t python_units; /* (T) of Python text given out; may run past its end */
	_Atomic uint32_t answers; /* (R) to requests for a snapshot before the image's end or its exec */
	_Atomic uint64_t python_lost; /* (T) stacks without the Python frames that they should have */

	struct lg_name names[LG_NAMES];
	struct lg_thread threads[LG_THREADS];
};

#define LG_AREA_HEAD_BYTES (640u * 1024u)
_Static_assert(sizeof(struct lg_area) <= LG_AREA_HEAD_BYTES, "the area's head fits its pages");

/* Offsets within an area. */
#define LG_OFF_WINDOW ((uint64_t)LG_AREA_HEAD_BYTES)
#define LG_OFF_MODULES (LG_OFF_WINDOW + LG_WINDOW_BYTES)
#define LG_OFF_FRAMES (LG_OFF_MODULES + (uint64_t)LG_MODULES * sizeof(struct lg_module))
#define LG_OFF_NODES (LG_OFF_FRAMES + (uint64_t)LG_CODES * sizeof(uint64_t))
#define LG_OFF_PYTHON (LG_OFF_NODES + (uint64_t)LG_NODES * sizeof(uint64_t))
#define LG_OFF_PYTHON_PLACES (LG_OFF_PYTHON + LG_PYTHON_TEXT_BYTES)
#define LG_OFF_SLOTS (LG_OFF_PYTHON_PLACES + LG_PYTHON_PLACES * sizeof(uint32_t))
#define LG_SLOT_BYTES ((uint64_t)LG_SCRATCH_BYTES + (uint64_t)LG_RING_SLOTS * sizeof(struct lg_slot))
#define LG_AREA_MAPPED (LG_OFF_SLOTS + LG_SLOT_BYTES) /* what a target maps at once: all but later slots */
#define LG_AREA_BYTES (LG_OFF_SLOTS + LG_THREADS * LG_SLOT_BYTES)
_Static_assert(LG_AREA_BYTES % LG_PAGE == 0, "areas are mapped one by one");

/* ---- notes ------------------------------------------------------------------------------------------- */

/* A process tells of each exec, since it, or what it becomes, may have no area. */
enum lg_note_what {
	LG_NOTE_EXECS = 0, /* it is about to exec */
	LG_NOTE_EXECS_WITH_SHIM =
	    1, /* ... and what it becomes will say HELLO, by its file and its environment */
	LG_NOTE_FAILED = 2, /* it is still here */
};
enum lg_note_state { LG_NOTE_FREE = 0, LG_NOTE_CLAIMED = 1, LG_NOTE_READY = 2 };
struct lg_note {
	_Atomic uint32_t state; /* (T) FREE -> CLAIMED by compare-exchange -> READY; (R) -> FREE */
	uint32_t pid; /* (T) as the process itself has it */
	uint64_t pid_namespace; /* (T) */
	uint32_t what; /* (T) enum lg_note_what */
	uint32_t order; /* (T) rises from note to note of a process; may wrap */
	uint32_t parent_pid; /* (T) in the same namespace; 0: it is not there */
	char path[228]; /* (T) as exec was given it, cut; empty: not known */
};
#define LG_NOTES 48u
_Static_assert(sizeof(struct lg_note) == 256, "wire size is frozen");

/* ---- demands ----------------------------------------------------------------------------------------- */

/* Another process (D) wants something of the recorder about a process that it records: `leakgraph snapshot PID`. One at
 * a time. What a demander that died has left is taken over by the next. */
enum lg_demand_state {
	LG_DEMAND_NONE = 0, /* (D) */
	LG_DEMAND_CLAIMED = 1, /* (D) by compare-exchange; being filled in */
	LG_DEMAND_ASKED = 2, /* (D) */
	LG_DEMAND_ANSWERED = 3, /* (R) */
};
enum lg_wanted { LG_WANTED_SNAPSHOT = 0, LG_WANTED_PAUSE = 1, LG_WANTED_RESUME = 2 };
struct lg_demand {
	_Atomic uint32_t state; /* futex: enum lg_demand_state */
	_Atomic uint32_t demander; /* (D) its pid, while the state is not NONE */
	uint32_t pid; /* (D) of the process that it is about, as the recorder has it */
	uint32_t wanted; /* (D) enum lg_wanted */
	uint32_t is_refused; /* (R) */
	uint64_t snapshot; /* (R) its number in the trace */
	uint64_t pause_ns; /* (R) how long the process stood still */
	char text[1024]; /* (R) the trace's path; refused: why */
};

/* ---- the control pages ------------------------------------------------------------------------------- */

enum lg_clock {
	LG_CLOCK_TSC = 1, /* key = rdtsc - tsc_base, on machines whose kernel trusts the TSC */
	LG_CLOCK_SHARED = 2, /* key = ++lg_control.counter */
};

struct lg_control {
	uint64_t magic;
	uint32_t version;
	uint32_t clock; /* (R) enum lg_clock */
	uint64_t tsc_base; /* (R) */
	uint64_t full_wait_ns; /* (R) how long a producer waits on a heartbeat that stands still */
	uint32_t recorder_pid; /* (R) */
	uint64_t pid_namespace; /* (R) that recorder_pid is of; 0: not known */
	uint32_t drop_when_full; /* (R) 1: a full ring loses events at once, 0: its producer waits for room */
	/* (R) 1: each free's stack is taken, for double frees to tell the first one's */
	uint32_t free_stacks;
	uint32_t no_python_frames; /* (R) 1: stacks are the machine's alone */
	/* (R) each thread has every so manieth stack checked by the recorder; 0: none */
	uint32_t verify_every;
	/* (R) 0: all blocks are recorded. Else each byte that is allocated has its block recorded with a chance of one in so
	 * many, by numbers that follow from the seed, from which image of the tree it is, and which thread of that. */
	uint64_t sample_bytes, sample_seed;
	_Atomic uint64_t sampled_images; /* (T) counts them */
	_Alignas(64) _Atomic uint64_t heartbeat; /* (R) counts the recorder's rounds */
	_Atomic uint64_t beat_key; /* (R) the clock before the latest beat */
	_Atomic uint32_t doorbell; /* (R,T) futex: bumped to wake the recorder */
	/* (R) 1: it waits for the doorbell, and does not look at rings by itself soon */
	_Atomic uint32_t asleep;
	/* (R,T) 1: nobody reads the rings. Set by the recorder as it leaves, and by a target whose wait was in
	 * vain; a recorder that was only asleep clears it. */
	_Atomic uint32_t closed;
	_Alignas(64) _Atomic uint64_t counter; /* (T) LG_CLOCK_SHARED only */
	_Alignas(64) _Atomic uint64_t untraced; /* (T) images that found no area */
	_Atomic uint32_t note_order; /* (T) counts notes */
	_Atomic uint64_t forks; /* (T) by fork(3), in all of the tree */
	/* (R) pids of processes that the recorder follows, but has not met; (T) 0 as one says HELLO, which does not wait then */
	_Atomic uint32_t welcome[LG_WELCOMES];
	/* (T) FREE -> CLAIMED by compare-exchange; (R) -> ENDED while it is wiped, -> FREE */
	_Atomic uint32_t area_state[LG_AREAS];
	struct lg_note notes[LG_NOTES];
	struct lg_demand demand;
};
#define LG_CONTROL_BYTES (4u * LG_PAGE)
_Static_assert(sizeof(struct lg_control) <= LG_CONTROL_BYTES, "the control pages hold it");

#define LG_SEGMENT_BYTES (LG_CONTROL_BYTES + (uint64_t)LG_AREAS * LG_AREA_BYTES)

static inline uint64_t lg_area_offset(uint32_t index)
{
	return LG_CONTROL_BYTES + (uint64_t)index * LG_AREA_BYTES;
}

#endif
