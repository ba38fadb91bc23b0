/* errors.h: frees that were wrong, judged by the events before them.
 *
 * The shim names suspects, with their stacks, by what it remembers of blocks; the replay adds frees of no live block that
 * the shim had forgotten. An error is claimed only where the events prove it. A free of an address that no event
 * tells of is none: the block may be from before the trace, or of an allocator that was not seen. Of what a forked child
 * has from its parent only a second free is an error.
 * Where such frees happen, or events were lost, nothing is claimed of addresses that look freed already either. */
#ifndef LG_HEAP_ERRORS_H
#define LG_HEAP_ERRORS_H

#include "heap/heap.h"

#define LG_HEAP_ERRORS(X)                                                                                    \
	X(DOUBLE_FREE, "double-free") /* freed before, and not handed out since */                           \
	X(INSIDE, "free-inside") /* points into a block, not to its start */                                 \
	X(NO_BLOCK, "free-no-block") /* in a module's image, on a stack: never the allocator's */            \
	X(FAMILY, "mismatch") /* of malloc, new, new[]: ended by another's */                                \
	X(SIZE, "size-mismatch") /* operator delete was given another size than new */                       \
	X(ALIGNMENT, "alignment-mismatch") /* ... another alignment */
enum heap_error_kind {
#define X(name, text) HEAP_ERROR_##name,
	LG_HEAP_ERRORS(X)
#undef X
	    HEAP_ERROR_KINDS
};
const char *heap_error_name(enum heap_error_kind kind);

/* Equal ones folded: kind, entry and stacks. */
struct heap_error {
	enum heap_error_kind kind;
	uint64_t instances;
	struct trace_suspect call; /* the first */
	uint8_t entry; /* by which it was freed */
	uint32_t thread;
	uint64_t at; /* the block's start; 0: there is none, or the parent had allocated it */
	uint64_t size; /* requested bytes */
	uint32_t stack; /* where the block was allocated */
	uint8_t block_entry;
};

struct heap_errors {
	struct heap_error *at; /* owned; in order of their first events */
	uint32_t n;
};

/* What a forked child had from its parent: blocks that lived there as it began, by start; n is 0 where that is not known. */
struct inherited {
	const struct lg_range *at;
	size_t n;
};

int heap_errors_find(struct heap_errors *out, const struct heap *h, const struct inherited *parent,
		     struct err *err);
void heap_errors_free(struct heap_errors *e);

#endif
