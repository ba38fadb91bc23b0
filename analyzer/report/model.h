/* model.h: the finished report that every renderer reads: per process image what was lost, how, and how far the
 * answer can be trusted. Renderers add nothing to it and look nothing up.
 *
 * Everything hangs in the report's pool: traces are closed again once their process is in the model. */
#ifndef LG_REPORT_MODEL_H
#define LG_REPORT_MODEL_H

#include "report/analysis.h"
#include "report/fingerprint.h"
#include "report/frames.h"
#include "report/pool.h"

#define REPORT_SIZES_MAX 64u
#define REPORT_ADDRESSES_MAX 16u
#define REPORT_FIELD_MAX 256u
#define GROWTH_MOMENTS 3u

/* Why a verdict is degraded. Those that hide leaks make a run one that cannot be judged. */
#define REPORT_REASONS(X)                                                                                    \
	X(DAMAGED, true, "do not kill leakgraph while it records, and leave room on the disk")               \
	X(UNFINISHED, true, "do not kill leakgraph while it records, and leave room on the disk")            \
	X(LOST, true, "record again without --on-full=drop, on a machine with less load")                    \
	X(CROWDED, true, "let fewer threads run at once, and begin before the program enters its sandbox")   \
	X(SAMPLED, true, "record again without --sample")                                                    \
	X(NO_SNAPSHOT, true, "leakgraph doctor says what keeps ptrace from being used here")                 \
	X(EARLY_SNAPSHOT, true, "leakgraph doctor says what keeps ptrace from being used here")              \
	X(UNSEEN_MOMENT, true, "ask of a moment with a snapshot: leakgraph growth lists them")               \
	X(PARTIAL_SNAPSHOT, true, "leakgraph doctor says what keeps ptrace from being used here")            \
	X(UNREAD, true, "leakgraph doctor says what keeps ptrace from being used here")                      \
	X(UNREAD_BLOCKS, true, "leakgraph doctor says what keeps ptrace from being used here")               \
	X(UNSTOPPED, true, "join the threads before the end, or allow ptrace: leakgraph doctor says how")    \
	X(FOREIGN, true, "link the program with the system's malloc, and dynamically")                       \
	X(BYPASSED, true, "load plugins without RTLD_DEEPBIND, and with dlopen rather than dlmopen")         \
	X(RECORDER, true, NULL)                                                                              \
	X(UNTRACED, true, "leakgraph doctor PROGRAM says why a program cannot be traced")                    \
	X(CHILD, true, NULL)
enum report_reason_code {
#define X(name, hides, cure) REASON_##name,
	REPORT_REASONS(X)
#undef X
};

/* REASON_FOREIGN's: whose malloc */
#define REPORT_FOREIGN_TEXT TRACE_UNSEEN_ALLOCATOR "the program's own calls go to the malloc of %s"
const char *report_cure(enum report_reason_code code); /* NULL: none is known */

struct report_reason {
	enum report_reason_code code;
	const char *text;
	const char *cure; /* NULL: none is known */
	bool hides_leaks;
};

/* What a baseline says of a leak. */
#define LG_BASELINE_STATES(X)                                                                                \
	X(NONE, NULL) /* there is none */                                                                    \
	X(NEW, "new")                                                                                        \
	X(GROWN, "grown")                                                                                    \
	X(KNOWN, "known")
enum baseline_state {
#define X(name, text) BASELINE_##name,
	LG_BASELINE_STATES(X)
#undef X
};

/* What a gate may count: the classes of leaks, and two kinds more. */
enum {
	FINDING_HEAP_ERROR = LEAK_CLASSES,
	FINDING_GROWTH, /* a place whose blocks became more from moment to moment */
	FINDING_KINDS,
};

/* One edge of a cycle, with where its start was allocated. */
struct report_edge {
	uint64_t from, to, offset, from_bytes;
	const struct report_stack *from_stack;
	bool from_is_reused; /* its memory may have been another object's: from_stack may be of that one */
	const char *field, *from_type, *to_type; /* NULL: unknown */
	bool is_inner; /* it leads to more of what the source sees as one object: a list's items */
	enum break_reason break_reason; /* not 0: cut this one */
	const char *break_with; /* of that one: what would not own in its place; NULL: not known */
};

/* How a place grew over the moments before the end: the snapshots and marks of a running program. */
struct report_growth {
	const char *fit; /* "linear", "rising" */
	uint64_t from_bytes, to_bytes; /* at the first of the moments, at the last */
	uint64_t bytes_per_second; /* 0: the trace's clock tells no time */
	uint32_t moments;
};

/* Equal findings folded: a leak, a place that grows, or one with blocks that are reachable or were alive at an
 * unjudged end. */
struct report_leak {
	char id[16]; /* "L1", "G1"; "" for a place that does not grow */
	const char *kind; /* a class's name, "growth", or "live" */
	enum leak_class class; /* LEAK_CLASSES for "live" and "growth" */
	const struct report_growth *growth; /* NULL: it is none; else `heads` are what came on */
	struct fingerprint fingerprint;
	uint64_t instances;
	struct sum heads, indirect; /* over all instances */
	uint64_t retained_bytes;
	const uint64_t *sizes; /* distinct, rising */
	uint32_t nsizes;
	const uint64_t *addresses; /* of the oldest heads */
	uint32_t naddresses;
	const struct report_stack *stack;
	bool is_reused; /* its memory may have been another object's: the stack may be of that one */
	const char *type; /* of its blocks, when it is known and the same for all; else NULL */
	const struct report_edge *edges; /* CYCLE: a shortest ring of the first instance */
	uint32_t nedges, cycle_length; /* kept, in all */
	const struct report_edge
	    *ring; /* for people: the same from object to object, without the inner ones */
	uint32_t nring;
	uint32_t members; /* CYCLE: blocks of one instance */
	enum baseline_state baseline;
	bool is_unsteady; /* it did not show in every run of several: no gate counts it */
	const char *suppressed_by; /* "libs.supp:12: name"; NULL: it is not */
	bool is_counted; /* the oldest of its heads that keeps a count: */
	uint64_t count, references; /* what it counts, and what was found */
	const char *verdict; /* what the counts of its heads say, as a sentence; NULL: nothing */
};

/* Objects of one type and place that count references which are nowhere, or have more than they count. */
struct report_counted {
	const char *type; /* NULL: unknown */
	const char *verdict; /* "surplus", "deficit" */
	uint64_t objects;
	uint64_t references; /* how many are missing, in all */
	struct sum retained; /* what would be freed with the objects */
	uint64_t reachable; /* objects that other references hold as well */
	const uint64_t *addresses; /* of the oldest */
	uint32_t naddresses;
	const struct report_stack *stack;
	bool is_reused; /* their memory may have been others': the stack may be of those */
};

/* Objects that keep a count, by how it compares with the references found. */
struct report_counts {
	uint64_t objects, exact, within, surplus, deficit;
	const struct report_counted *found; /* surplus first; by retained bytes falling */
	uint32_t nfound;
};

/* What keeps reachable blocks alive: a variable, a stack, a mapping. */
struct report_holder {
	const char *text, *kind; /* "session_registry in app", "global" */
	struct sum retained; /* what would be freed with it */
	struct sum main; /* of that, what was allocated at the one place that has most bytes */
	const struct report_stack *main_stack;
	const char *main_type; /* NULL: unknown */
	uint64_t
	    bytes_per_second; /* that the place grows by; 0: it does not, or there is no earlier moment */
	bool is_suppressed; /* all of it is what a suppression takes out of lists of reachable blocks */
};

/* A free that was wrong, equal ones folded. */
struct report_error {
	char id[16]; /* "E1" */
	enum heap_error_kind kind;
	struct fingerprint fingerprint; /* of the wrong call */
	uint64_t instances;
	uint64_t address, thread; /* of the first: what was freed, by whom */
	const char *call; /* "operator delete(void*)" */
	uint64_t size, alignment; /* that the call was given; 0: none */
	const struct report_stack *stack; /* of the call */
	const struct report_stack *first_free; /* DOUBLE_FREE: the call before; NULL: not known */
	bool has_block; /* the block that the address is, was, or points into: */
	uint64_t block, block_size, block_alignment;
	const struct report_stack *allocation;
	enum baseline_state baseline;
	bool is_unsteady; /* as a leak's */
	const char *suppressed_by; /* as a leak's */
};

/* What the program told of its memory. */
struct report_told {
	struct sum ignored; /* among the reachable */
	uint64_t root_regions, weak_ranges, typed_blocks, watched_blocks;
	struct sum left_out; /* allocations that were not to be recorded */
	uint64_t pools;
	struct sum members; /* live blocks in pools */
};

struct report_process {
	const char *trace, *name, *executable, *directory;
	char *const *argv; /* ends with NULL */
	uint32_t moment; /* that was asked for, from 1; 0: the last */
	uint64_t pid, parent_pid, image, order; /* order: where it stands among its run's images */
	uint64_t run_unix_ns; /* trace_process's */
	bool is_named; /* its trace was named by the user; else it is a child's */
	enum lg_ending ended;
	uint64_t status, signal;
	struct report_reason *reasons; /* none: the verdict is complete */
	uint32_t nreasons;
	bool is_judged; /* every block has a class; else all are `unjudged` */
	bool has_unseen_heap; /* no event, and yet memory that looks like a heap: was it traced at all? */
	struct heap_totals totals; /* up to the snapshot */
	uint64_t sample_bytes; /* 0: all blocks were recorded; else all sums are estimates, */
	uint64_t recorded; /* ... from so many live blocks */
	uint64_t events_lost, threads, duration_ns, recorder_cpu_ns;
	struct sum sums[LEAK_CLASSES], unjudged;
	struct report_told told;
	struct report_leak *leaks; /* in order of importance, possible ones last */
	uint32_t nleaks;
	struct report_error *errors; /* in order of their first events */
	uint32_t nerrors;
	bool has_growth; /* it was asked for: */
	uint32_t nmoments; /* before the end; with fewer than GROWTH_MOMENTS nothing is said to grow */
	struct report_leak *growing; /* by bytes grown falling */
	uint32_t ngrowing;
	struct report_leak *places; /* !is_judged: live at the end; else reachable ones when asked for */
	uint32_t nplaces, nplaces_all; /* kept, in all */
	const struct report_leak *suppressed; /* leaks and places that a suppression took out */
	uint32_t nsuppressed;
	const struct report_error *suppressed_errors;
	uint32_t nsuppressed_errors;
	struct sum suppressed_sum; /* of their blocks, which are in no class's sum */
	struct report_holder *holders; /* by retained bytes falling; only when asked for */
	uint32_t nholders;
	struct report_counts counts; /* of no object when none keeps a count */
	const char *const
	    *notes; /* what else to know: names that could not be resolved, traces passed over; the cure */
	uint32_t nnotes;
	const char *unsure; /* one of these: what is called reachable may be lost; NULL: no doubt */
};

struct report_options {
	bool no_children; /* leave out TRACE.children */
	bool with_reachable; /* fill `places` with reachable blocks */
	bool with_holders; /* fill `holders`, of every process */
	bool with_suspects; /* fill them of the first process, and of those with leaks */
	bool all_places; /* keep more than REPORT_PLACES_MAX places */
	struct analysis_options analysis;
};
#define REPORT_PLACES_MAX 50u

struct report {
	const char *version; /* of the tool; set by report_load */
	/* Traces as named, each followed by its children in order of birth */
	struct report_process *processes;
	uint32_t nprocesses;
	const struct suppressions *suppressions; /* borrowed; NULL: none were applied */
	const struct baseline *baseline; /* borrowed; NULL: it was compared with none */
	struct pool pool;
};

/* Reads the traces and the children they have beside them. 0, or -1 with err. */
int report_load(struct report *r, char *const *paths, size_t npaths, const struct report_options *options,
		struct err *err);
void report_free(struct report *r); /* safe on a zeroed or half-loaded one */

/* One process from an analysis that is open; `book` keeps its stacks (its pool must be `pool`). */
int report_process(struct report_process *p, struct analysis *a, struct stack_book *book, struct pool *pool,
		   const struct report_options *options, struct err *err);

/* A report of the one process whose analysis is open; `book` keeps its stacks in the report's pool. */
int report_one(struct report *r, struct analysis *a, struct stack_book *book,
	       const struct report_options *options, struct err *err);

/* Takes its notes anew: what was looked up since, for a view of the same process, may have no names. */
int report_notes(struct report *r, struct analysis *a, struct err *err);

/* verdict.c: fills p->reasons; the rest of p is there. -1: no memory. */
int report_verdict(struct report_process *p, const struct analysis *a, struct pool *pool);
/* One more note; `text` lives as long as the report. -1: no memory, also for the text (NULL). */
int report_add_note(struct report_process *p, struct pool *pool, const char *text);
/* One more reason, for what is known only outside. */
int report_add_reason(struct report_process *p, struct pool *pool, enum report_reason_code code,
		      const char *text);

bool report_is_complete(const struct report_process *p);
/* Blocks and bytes that are direct, cycle or indirect leaks. */
struct sum report_lost(const struct report_process *p);
/* "exited 0", "was killed by SIGSEGV", "became another program by exec", ... */
const char *report_ending(char *text, size_t room, const struct report_process *p);
/* "SIGSEGV", "SIG34" */
const char *report_signal(char *text, size_t room, uint64_t number);

#endif
