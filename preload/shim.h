/* shim.h: the guest's rooms and who owns what.
 *
 *   hooks.c    the interposed entry points: call the real one, say what happened
 *   operators.c  C++'s operators new and delete
 *   symbols.c  what a name stands for in a loaded module
 *   exec.c     the exec family: a snapshot of the old image before it goes
 *   target.c   what an exec is about to start: can the shim be loaded into it
 *   sanitized.c  ... is it built with a sanitizer
 *   boot.c     stages from the first call to recording; fork
 *   segment.c  the shared segment
 *   fetch.c    ... where it cannot be opened
 *   recorder.c whether the recorder lives
 *   thread.c   a thread's slot in the shared segment
 *   emit.c     events into the ring
 *   memos.h    what is remembered of blocks, to see which frees look wrong
 *   sample.h   which blocks are recorded where most are not
 *   unwind.c   the stack of a call, as a node id
 *   rules.c    pc -> how to step its frame, remembered
 *   cfi.c      .eh_frame, read where rules.c knows nothing yet
 *   cfi_step.c  ... and what it means
 *   modules.c  pc -> module number
 *   stacks.c   frames -> node ids
 *   python.c   the frames of CPython's functions, and the nodes that join them to the machine's
 *   python_line.c  a line of Python source, from the table of its code
 *   verify.c   stacks handed to the recorder to be checked, when a run asks for that
 *   exit.c     the last moment of a process that exits
 *   ask.c      a snapshot asked for, and served where the recorder cannot look
 *   client.c   leakgraph/leakgraph.h: what the program tells and asks
 *   watch.c    its callbacks when blocks end
 *   lsan.c     the same by the names of LeakSanitizer's interface
 *   debugger.c the program's own ptrace
 *   locked.c   mlockall, of what is not the shim's
 *   sandbox.c  seccomp: no system call from here on
 *   sys.h      the system calls
 *
 * Nothing here allocates from the traced heap, prints, keeps a descriptor, installs a handler, or takes a lock. */
#ifndef LG_PRELOAD_SHIM_H
#define LG_PRELOAD_SHIM_H

#include "leakgraph/ring.h"
#include "sample.h"

#include <elf.h>
#include <signal.h>
#include <spawn.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What most programs touch little of stands behind the rest, which then takes up few pages. */
#define LARGE __attribute__((section(".bss.large")))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* ---- the next allocator ------------------------------------------------------------------------------ */

struct real {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
	int (*posix_memalign)(void **, size_t, size_t);
	void *(*memalign)(size_t, size_t);
	void *(*aligned_alloc)(size_t, size_t);
	void *(*valloc)(size_t);
	void *(*pvalloc)(size_t);
};
/* Points at boot.c's own functions until the first call has found the real ones. */
extern struct real real;

/* Others of libc that are passed through. */
struct real_end {
	long (*syscall)(long, ...); /* the first: see sandbox.c */
	int (*prctl)(int, ...);
	long (*ptrace)(int, ...);
	int (*mlockall)(int);
	int (*sigaltstack)(const stack_t *, stack_t *);
	int (*execve)(const char *, char *const[], char *const[]);
	int (*execv)(const char *, char *const[]);
	int (*execvp)(const char *, char *const[]);
	int (*execvpe)(const char *, char *const[], char *const[]);
	int (*fexecve)(int, char *const[], char *const[]);
	int (*execveat)(int, const char *, char *const[], char *const[], int);
	int (*posix_spawn)(pid_t *, const char *, const posix_spawn_file_actions_t *,
			   const posix_spawnattr_t *, char *const[], char *const[]);
	int (*posix_spawnp)(pid_t *, const char *, const posix_spawn_file_actions_t *,
			    const posix_spawnattr_t *, char *const[], char *const[]);
	void (*exit_now)(int); /* _exit */
	void (*abort)(void);
	void (*assert_fail)(const char *, const char *, unsigned, const char *);
	void (*assert_perror_fail)(int, const char *, unsigned, const char *);
	void (*stack_chk_fail)(void);
};
extern struct real_end real_end; /* found by boot; syscall and prctl work from the first */

/* Memory handed out while the real allocator is being looked up; it is never given back. */
#define BOOT_ARENA_BYTES (64u * 1024u)
extern unsigned char boot_arena[BOOT_ARENA_BYTES];

static inline size_t boot_offset(const void *p)
{
	return (uintptr_t)p - (uintptr_t)boot_arena;
}
static inline bool boot_contains(const void *p)
{
	return boot_offset(p) < BOOT_ARENA_BYTES;
}

/* ---- the process ------------------------------------------------------------------------------------- */

/* A rule as it is remembered. A place's index is the number of its code address.
 *   packed: bits 0..2 kind, 3 saves_bp, 4..15 bp_offset / 8, 16..31 generation, 32..63 cfa_offset; 0: not yet known */
struct rule_place {
	_Atomic uint64_t pc;
	_Atomic uint64_t packed;
};

#define OWNERS (1u << 16)
#define OWNER_THREAD_BITS 28

/* What is remembered of a block: memos.h. A place is for all addresses that are equal modulo so many times
 * MEMO_SPACING; the memory of places that are never used is never touched. */
typedef uint32_t memo;
#define MEMO_SPACING 32u
#define MEMOS (1u << 18)
#define MEMOS_MOST (1u << 22) /* with `ended` */

/* Memory that a forked child takes over as it is. */
struct private
{
	struct rule_place rules[LG_CODES];
	/* By page of memory: the thread that had the latest event there; page number << OWNER_THREAD_BITS | thread. */
	_Atomic uint64_t owners[OWNERS];
	_Atomic memo memos[MEMOS_MOST];
	struct sampled_bucket sampled[SAMPLED_BUCKETS]; /* where blocks are sampled */
};

enum order_clock {
	ORDER_TSC,
	ORDER_COUNTER, /* lg_control.counter */
	ORDER_BEATS, /* the program may no longer read the TSC: counts on from the recorder's last beat */
};

/* Written by boot (and again in a forked child), read by all. */
struct shim {
	/* 0: not recording. Else points at an epoch, 1 and up, on a page that the kernel wipes in forked
	 * children: a child sees 0 there, a vfork child shares its parent's. */
	volatile uint32_t *epoch;
	struct lg_control *control;
	struct lg_area *area;
	struct lg_module *modules; /* [LG_MODULES] */
	_Atomic uint64_t *frames; /* [LG_CODES] */
	_Atomic uint64_t *nodes; /* [LG_NODES] */
	struct stack_index *stacks; /* private memory, empty in a forked child */
	struct private *private;
	/* LG_ENTRIES_OF_MALLOC: of these free ends with no more to look at; 0 with `ended` */
	uint32_t plain_ends;
	uint32_t memo_mask; /* MEMOS - 1, or MEMOS_MOST - 1 */
	_Atomic uint64_t *ended; /* [MEMOS_MOST] address / 16 << 22 | stack of its free; NULL: not wanted */
	uint64_t tsc_base;
	uint64_t sample_bytes; /* lg_control's; 0: all blocks are recorded */
	uint64_t sample_seed; /* of this image */
	volatile uint32_t clock; /* enum order_clock */
	uint32_t verify_every; /* lg_control's, where the next use is in cache anyhow */
	_Atomic(const struct python *) python; /* NULL: no interpreter has been seen */
	uint64_t self_start, self_end; /* the shim's own module */
	uint64_t loader_start, loader_end;
	uint64_t libc_start, libc_end;
	volatile uint64_t fork_key; /* order key of the fork that is going on, else 0; a child finds it */
	void *first_malloc; /* what the program itself calls: not ours when the executable brings its own */
	volatile bool
	    has_left_out; /* some block of this process, or of those it was forked from, is not recorded */
	_Atomic uint32_t generation; /* bumped when a module may have gone: older rules are void */
};
extern struct shim shim;

static inline bool in_shim(uint64_t pc)
{
	return pc - shim.self_start < shim.self_end - shim.self_start;
}
static inline bool in_libc(uint64_t pc)
{
	return pc - shim.libc_start < shim.libc_end - shim.libc_start;
}
static inline bool in_loader(uint64_t pc)
{
	return pc - shim.loader_start < shim.loader_end - shim.loader_start;
}

/* First call of the process: finds the real allocator, attaches to the segment. Safe from any thread. */
void boot(void);
struct link_map;
static inline uint32_t gnu_hash(const char *name) /* as in DT_GNU_HASH */
{
	uint32_t h = 5381;

	while (*name)
		h = h * 33 + (unsigned char)*name++;
	return h;
}
/* The function (STT_FUNC) or variable (STT_OBJECT) of that name which a module defines, else NULL. */
const Elf64_Sym *symbol_in(const struct link_map *module, const char *name, unsigned char type);
/* The first module from `m` on that defines it, in the order in which the loader looks at start-up; NULL: none does. */
const struct link_map *symbol_definer(const struct link_map *m, const char *name, void **function);

/* The next operators new and delete: whether they are there and are followed is decided once. */
void operators_find(void);
/* Who else has the names of LeakSanitizer's interface. */
void lsan_find(void);
/* `pc` lies in one of them, or in the hooks: what it calls is part of what the hook tells. */
bool operators_contain(uint64_t pc);

/* Whether a recorder has left the segment's path in the environment, and system calls may be made. */
bool segment_find(void);
bool segment_is_named(const char *value); /* it, by what an environment says; NULL: nothing */
struct lg_control *segment_open(void); /* NULL: it is not there, or not meant */
/* An area for a new image; NULL: there is none left, or no room for it. */
struct lg_area *segment_claim(struct lg_control *control);
void segment_close(void); /* the first image has its area, or gets none */
uint64_t segment_pid_namespace(const struct lg_control *control); /* of this process; 0: not known */
/* A descriptor of the segment of that path, by the hand of a recorder that is root; negative: there is none. */
int fetch_segment(const char *path);

/* A forked child's first call: gets an area of its own. False: this child is not recorded. */
bool boot_child(void);
/* A call while nothing is recorded: it counts as lost if it comes in the midst of boot(), by a signal handler. */
void boot_pass_by(void);

/* ---- the thread -------------------------------------------------------------------------------------- */

struct scratch;

/* Touched by its own thread only (and by signal handlers on it). */
struct self {
	struct lg_slot *ring; /* NULL until a slot is claimed */
	struct lg_thread *thread;
	struct scratch *scratch;
	uint32_t epoch;
	uint32_t number; /* as in *thread */
	uint64_t key; /* of the latest event */
	uint64_t put_key; /* the latest that is in the ring */
	uint64_t beat; /* the recorder's heartbeat when the clock was read last */
	uint64_t tail; /* as the recorder had it when the ring last looked full */
	uint32_t unverified; /* stacks since the last one that was checked */
	uint32_t unlucky; /* no slot was free: events to pass by before the next try */
	volatile bool inside; /* an operator new or delete, whose own calls are not told again */
	uint32_t paused; /* pauses of this thread that are open: its new blocks are left out */
	bool has_left_out; /* told of already */
	uint32_t disabled; /* as deep as __lsan_disable() is nested: what is allocated is to be ignored */
	volatile uint32_t held; /* slot that this thread has claimed, and 1; 0: none yet */
	uint64_t unsampled; /* bytes that are still to pass before a block is recorded */
	uint64_t random;
};
extern _Thread_local struct self self;

/* Makes `self` ready to record. False: this event is lost, and counted. */
bool thread_enter(void);

/* Where a slot but the first is mapped, LG_SLOT_BYTES long; NULL: it is not. */
void *slot_memory(uint32_t i);
void slots_map_ahead(void); /* for threads to come, which will not be able to */
void slots_unmap(void); /* a forked child has its parent's */

/* ---- order ------------------------------------------------------------------------------------------- */

/* Where it cannot be read from the processor. */
uint64_t order_untimed(void);
void order_leave_tsc(void); /* the program gives up its right to read the TSC */

/* The clock that orders events, read after everything before it: the key of a free comes after its pointer did. */
static inline uint64_t order_now(void)
{
	uint32_t lo, hi, cpu;

	if (unlikely(shim.clock != ORDER_TSC))
		return order_untimed();
	__asm__ volatile("rdtscp" : "=a"(lo), "=d"(hi), "=c"(cpu)::"memory");
	self.key = ((uint64_t)hi << 32 | lo) - shim.tsc_base;
	return self.key;
}

/* By page of memory, who had the latest event there. */
static inline uint64_t order_mine(uint64_t addr)
{
	return addr / LG_PAGE << OWNER_THREAD_BITS | self.number;
}
static inline _Atomic uint64_t *order_owner(uint64_t addr)
{
	return &shim.private->owners[addr / LG_PAGE % OWNERS];
}

/* The key of the first event after a page was another thread's, or in a new round of the recorder. */
uint64_t order_take(uint64_t addr, uint64_t beat);

/* The key of an event at `addr`. What must be in order are a thread's events, and those of one block, which its page
 * stands for. So the clock, which costs more than the rest of an event, is read only to take a page over from another
 * thread, and once in each of the recorder's rounds; else a thread counts on from its last reading. As it owns the page
 * when it does so, whoever takes the page over reads the clock later than that. */
static inline uint64_t order_key(uint64_t addr)
{
	uint64_t beat = atomic_load_explicit(&shim.control->heartbeat, memory_order_relaxed);
	bool is_mine = atomic_load_explicit(&shim.area->nthreads, memory_order_acquire) == 1 ||
		       atomic_load_explicit(order_owner(addr), memory_order_acquire) == order_mine(addr);

	if (likely(beat == self.beat && is_mine && shim.clock == ORDER_TSC))
		return ++self.key;
	return order_take(addr, beat);
}

static inline bool thread_ready(void)
{
	return likely(self.ring && self.epoch == *shim.epoch) || thread_enter();
}

/* ---- recording --------------------------------------------------------------------------------------- */

/* Where a hook was called from, by the hook's own frame pointer: [0] the caller's rbp, [1] the return address. */
#define HOOK_FRAME ((const uint64_t *)__builtin_frame_address(0))

/* False: the block is not recorded. */
bool emit_alloc(enum lg_event_type type, const void *p, size_t size, enum lg_entry entry,
		const uint64_t *frame);
/* By an aligned operator new. */
void emit_alloc_aligned(const void *p, size_t size, size_t alignment, enum lg_entry entry,
			const uint64_t *frame);
/* By an entry of malloc's family. */
void emit_free(enum lg_event_type type, const void *p, enum lg_entry entry, const uint64_t *frame);
/* By any, given a size and an alignment or 0. */
void emit_free_given(const void *p, size_t size, size_t alignment, enum lg_entry entry,
		     const uint64_t *frame);

/* The block is one that was left out; not all that were are known. */
bool emit_left_out(const void *p);
/* ... and still there, since a realloc of it has failed. */
void emit_still_left_out(const void *p, size_t size);
/* The same of a block that was recorded. */
void emit_still_recorded(const void *p);

/* The program marks an epoch, by the number of its name. */
void emit_mark(uint32_t number);
/* The program tells of its memory; a name is a number, or LG_NO_NAME. */
void emit_told(enum lg_told what, const void *p, size_t bytes, uint32_t name);
/* It hands out a block of a pool of its own. */
void emit_member(const void *p, size_t size, const uint64_t *frame);

/* The same by a program that may not be recorded. */
void tell(enum lg_told what, const void *p, size_t bytes, uint32_t name);

/* ---- blocks that the program watches ------------------------------------------------------------------ */

typedef void watch_callback(void *block, void *context);
struct watched {
	watch_callback *callback; /* NULL: the block is not watched */
	void *context;
};
extern _Atomic uint32_t nwatches;
bool watch_begin(void *p, watch_callback *callback, void *context); /* false: there is no room */
struct watched watch_take(const void *p); /* one that watches it; no longer from here on */
void watch_end(void *p); /* the block is about to end: calls all that watch it */
static inline bool is_watching(void)
{
	return unlikely(atomic_load_explicit(&nwatches, memory_order_relaxed));
}

/* A slot's scratch has a new owner. */
void unwind_reset(struct scratch *scratch);
/* The stack above a hook's frame as a node id; 0 when it could not be taken (counted). */
uint32_t unwind_stack(const uint64_t *frame);

/* ---- unwinding --------------------------------------------------------------------------------------- */

/* How to leave a frame. CFA: the stack pointer before the call that made the frame (DWARF 5, 6.4). */
enum rule_kind {
	RULE_NONE = 0, /* no rule known: no module, no CFI, or CFI that cannot be read */
	RULE_SP, /* CFA = rsp + offset, return address at CFA - 8 */
	RULE_BP, /* CFA = rbp + offset, return address at CFA - 8 */
	RULE_SIGNAL, /* a signal frame: registers in the ucontext at rsp */
	RULE_END, /* the outermost frame: the return address is undefined */
	RULE_FULL, /* anything else: cfi_step() on all registers */
};

struct rule {
	uint32_t code; /* number of the code address, 0: no room for more */
	enum rule_kind kind;
	bool saves_bp; /* rbp is at CFA + bp_offset, else unchanged */
	int32_t bp_offset; /* bytes */
	int32_t cfa_offset;
};

static inline struct rule rule_unpack(uint64_t packed, uint32_t code)
{
	return (struct rule){
		.code = code,
		.kind = packed & 7,
		.saves_bp = packed >> 3 & 1,
		.bp_offset = (int32_t)((int64_t)(packed << 48) >> 52) * 8,
		.cfa_offset = (int32_t)(packed >> 32),
	};
}

/* Calls that lie close together share a cache line, and what surrounds them a page, so that a small program touches little:
 * lines of the first pages, and of others what has no place in its own there. */
#define RULES_A_LINE 4u
#define RULES_A_PAGE 256u
#define RULE_LINES_A_PAGE (RULES_A_PAGE / RULES_A_LINE)
#define RULE_PAGES_FIRST (1u << 6)
#define CODE_A_LINE 128u /* bytes of machine code */
#define CODE_A_PAGE (CODE_A_LINE * RULE_LINES_A_PAGE)
_Static_assert(RULES_A_PAGE * sizeof(struct rule_place) == LG_PAGE, "a page of places");

static inline uint32_t rule_line(uint64_t page, uint64_t pc)
{
	return (uint32_t)(page * RULES_A_PAGE + pc / CODE_A_LINE % RULE_LINES_A_PAGE * RULES_A_LINE);
}

static inline uint32_t rule_home(uint64_t pc)
{
	uint64_t page = (pc / CODE_A_PAGE * 0x9e3779b97f4a7c15ULL >> 32) % RULE_PAGES_FIRST;

	return rule_line(page, pc) + (uint32_t)(pc ^ pc >> 3) % RULES_A_LINE;
}

/* Code without a module may be anything tomorrow: it is looked at each time. */
static inline bool rule_holds(uint64_t packed, uint32_t generation)
{
	return (packed & 7) != RULE_NONE && (uint16_t)(packed >> 16) == (uint16_t)generation;
}

/* The rest of rule_at: looks further, or computes and remembers. */
struct rule rule_find(uint64_t pc);

/* The rule for the code at `pc`: an address inside the instruction (return address - 1). */
static inline struct rule rule_at(uint64_t pc)
{
	uint32_t generation = atomic_load_explicit(&shim.generation, memory_order_relaxed),
		 home = rule_home(pc);
	const struct rule_place *place = &shim.private->rules[home];
	uint64_t packed = atomic_load_explicit(&place->packed, memory_order_acquire);

	if (likely(atomic_load_explicit(&place->pc, memory_order_relaxed) == pc &&
		   rule_holds(packed, generation)))
		return rule_unpack(packed, home);
	return rule_find(pc);
}

/* Makes frames[code] say what a rule known already in the parent process is the rule of. */
void rule_publish(uint32_t code);

/* All registers of a frame, by DWARF number; RIP holds the code address. */
struct regs {
	uint64_t r[LG_REGS];
};

/* The registers here and now: those that calls preserve are enough to step on. */
#define HERE(regs)                                                                                           \
	__asm__ volatile("movq %%rbx, 24(%0)\n\tmovq %%rbp, 48(%0)\n\tmovq %%rsp, 56(%0)\n\t"                \
			 "movq %%r12, 96(%0)\n\tmovq %%r13, 104(%0)\n\tmovq %%r14, 112(%0)\n\t"              \
			 "movq %%r15, 120(%0)\n\tleaq 0f(%%rip), %%rax\n0:\n\tmovq %%rax, 128(%0)"           \
			 :                                                                                   \
			 : "r"((regs)->r)                                                                    \
			 : "rax", "memory")

/* One module's CFI, as the loader describes it. */
struct cfi_where {
	uint64_t header; /* .eh_frame_hdr */
	uint64_t low, high; /* the readable segment that holds it: nothing outside is touched */
};

/* Compiles the row for pc into a rule of the simple kinds, or RULE_FULL, RULE_NONE. */
enum rule_kind cfi_rule(const struct cfi_where *where, uint64_t pc, struct rule *rule);
/* Steps a whole register set out of the frame at regs->r[RIP] (looked up at pc). False: no way on. `*ended`: the
 * frame is the outermost. */
bool cfi_step(const struct cfi_where *where, uint64_t pc, struct regs *regs, bool *ended);
#define CFI_WORK_BYTES 6144u
void *unwind_cfi_work(void); /* this thread's CFI_WORK_BYTES */

/* A word of a stack that may be anything: checked with the kernel page by page, once. */
bool stack_word(uint64_t addr, uint64_t *word);

/* Has the kernel vouch for the pages of this thread's stack that lie below, where deeper calls will be. */
void unwind_vouch(void);

/* Registers of the code that called into libc, from where the shim was called: what libc's and the shim's frames hold
 * is nobody's. False when the stack cannot be stepped. */
bool unwind_to_program(struct regs *regs);

/* The module that holds pc. Returns its number (0: none) and its CFI. */
uint32_t module_at(uint64_t pc, struct cfi_where *where, uint64_t *bias);

/* A path is known by its hash alone, of which 42 bits and its place count: a new one is taken for another with a chance
 * of one in 10^11. */
static inline uint64_t path_hash(uint64_t parent, uint32_t code)
{
	uint64_t h = (parent ^ code) * 0x9e3779b97f4a7c15ULL;

	return h ^ h >> 32;
}

/* The number of a frame that is no machine code; 0: no room for more. */
uint32_t code_number(uint64_t frame);

/* Once, while the process boots: zeroed memory that begins where a huge page does. */
void stacks_open(void *memory);
extern const uint64_t stacks_bytes; /* of it */
#define HUGE_PAGE (2ULL << 20)
/* The node of a path that has been added, else 0. */
uint32_t stack_find(uint64_t path);
void stack_prefetch(uint64_t path); /* it will be looked for */
/* Adds a code address on top of `parent`; 0 when there are too many nodes. */
uint32_t stack_add(uint64_t path, uint32_t parent, uint32_t code);
/* Adds a joint of two stacks. */
uint32_t stack_add_joint(uint64_t path, uint32_t machine, uint32_t python);

/* Has the recorder compare this stack, just taken, with what libunwind makes of the thread as it stands. */
void verify_stack(uint32_t node);

/* ---- Python ------------------------------------------------------------------------------------------ */

/* A module has been seen for the first time: it may be CPython. */
void python_notice(const struct link_map *m, uint32_t module);
/* The stack of this thread, with its Python frames if it has any. */
uint32_t python_stack(const struct python *interpreter, uint32_t machine);

static inline uint32_t python_join(uint32_t machine)
{
	const struct python *p = atomic_load_explicit(&shim.python, memory_order_acquire);

	return likely(!p) ? machine : python_stack(p, machine);
}

/* Of a slot's scratch: */
#define UNWIND_BYTES (208u * 1024u) /* the unwinder's; the rest is Python's */
struct python_walk;
static inline struct python_walk *python_scratch(struct scratch *s)
{
	return (struct python_walk *)((char *)s + UNWIND_BYTES);
}
void python_reset(struct python_walk *w);
void python_forget(struct python_walk *w); /* what the last walk found: code may have come and gone unseen */

/* The line of the instruction at `offset` bytes, by a table (CPython 3.11 on, Objects/locations.md) of `n` bytes; 0: it
 * has none. */
uint32_t python_line(const uint8_t *table, uint64_t n, uint32_t first_line, uint64_t offset);

/* ---- rules, voided ----------------------------------------------------------------------------------- */

/* The loader frees: where it does so while it unloads a module, that voids the rules. */
void rules_notice_loader(void);

/* ---- other programs ------------------------------------------------------------------------------------ */

/* All that exec was given and we look at: what cannot be read is left to the kernel, which refuses it (EFAULT). */
bool target_can_be_read(const char *file, char *const *envp);
/* Whether the program that exec is about to start can have the shim loaded. `path_envp`: where to find PATH for a name
 * without a slash; NULL: it is a path as it is. */
bool target_takes_shim(const char *file, char *const *path_envp);
/* Whether an environment has the shim loaded, and leads it to the recorder of this process. */
bool target_has_shim(char *const *envp);
bool is_sanitized(int fd, const Elf64_Ehdr *elf);
/* A copy of the environment with the shim taken out of LD_PRELOAD, in target_room() bytes; 0: nothing to take out. */
size_t target_room(char *const *envp);
char *const *target_environment(void *room, char *const *envp);

/* ---- the end ----------------------------------------------------------------------------------------- */

/* Notes the calling thread's registers as the program had them when it called for the end. */
void note_end(void);
void note_signal_stack(void); /* of this thread, which is ready */
void ending_syscall(long n, long status); /* syscall(SYS_exit_group, status): sandbox.c leads there */
void exit_watch(void); /* registers the last hooks of the process */
/* Asks the recorder for a snapshot and waits, as long as the recorder lives. */
void request_snapshot(enum lg_request request);
/* A snapshot now, if the recorder can stop this process; waits for it. */
void demand_snapshot(enum lg_request what);
/* What is lost at this moment, as the recorder judges it; waits for it. False: nobody can tell. */
bool ask_verdict(uint64_t *blocks, uint64_t *bytes);
void doorbell_ring(void);
/* Whether waiting still makes sense: false once the recorder's heartbeat has stood still for
 * lg_control.full_wait_ns. Start with a zeroed patience. */
struct patience {
	uint64_t beat, since_ns;
};
bool recorder_alive(struct patience *p);

#endif
