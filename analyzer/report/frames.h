/* frames.h: allocation stacks as reports show them, and what a frame is to the reader: allocator, runtime library,
 * start-up code, or the program's own. */
#ifndef LG_REPORT_FRAMES_H
#define LG_REPORT_FRAMES_H

#include "heap/heap.h"
#include "names/names.h"
#include "report/pool.h"

struct report_frame {
	const char *function, *file; /* NULL: unknown */
	const char *symbol; /* with names_options.with_symbols: of what is not inlined; NULL: unknown */
	const char *module; /* "": none known */
	uint32_t line; /* 0: unknown */
	bool is_inlined; /* into the next frame */
	uint64_t address, offset; /* return address: in the process, in the ELF file */
	const char *language; /* of a line of source that is run by an interpreter: "python"; else NULL */
	bool is_interpreter; /* machine code of what runs such lines, on their stack, or of its modules */
};

#define POOL_ALLOCATOR "Python's own allocator" /* which no call was traced of */

/* "calloc" of LG_ENTRY_CALLOC */
const char *report_entry_name(uint8_t entry);

/* A stack without the allocator's own innermost frames. */
struct report_stack {
	/* What the program called: "calloc", "std::allocator<int>::allocate(unsigned long)" */
	const char *allocator;
	const char *called; /* and what that came to: "operator new(unsigned long)" */
	const struct report_frame *classes; /* frames of allocator classes between that and frames[0] */
	uint32_t nclasses;
	const struct report_frame *frames; /* innermost first */
	uint32_t nframes;
	uint32_t site; /* the frame that names the place: the innermost one of the program's own */
	uint32_t interpreters; /* how many frames are the interpreter's */
	uint32_t shown; /* frames down to main or to the thread's start; the rest is start-up code */
	bool is_cut; /* the unwinder could not reach the stack's end */
};

/* malloc and its kin, operator new, allocator classes. */
bool frame_is_allocator(const char *function);
/* The symbols that an operator new or delete may have been called by, ends with NULL; NULL: it is none. Traces do not tell
 * which calls were sized or may not throw. */
const char *const *frame_operator_symbols(const char *function);
/* A library of the tool chain (libc, libstdc++, ...), or its code instantiated in the program (std::). */
bool frame_is_runtime(const char *function, const char *module);
/* Runs before main or a thread's function. */
bool frame_is_start(const char *function);

/* The site's frame; NULL when the stack is empty. */
const struct report_frame *stack_site(const struct report_stack *s);

/* Stacks of one trace by id, each made once. */
struct stack_book {
	struct names *names; /* borrowed */
	struct pool *pool; /* borrowed: what is handed out lives there */
	struct stack_page *slots; /* owned */
	uint32_t nslots, used;
};
/* `allocator` is the entry point of a block that was allocated there. NULL: no memory. */
const struct report_stack *stack_book_get(struct stack_book *book, uint32_t stack, const char *allocator);
/* Where a block was allocated. NULL: no memory. */
const struct report_stack *stack_book_block(struct stack_book *book, const struct block *b);
void stack_book_free(struct stack_book *book);

#endif
