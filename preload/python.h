/* python.h: what the parts of the shim that read CPython's frames share.
 *
 *   python.c       the walk over the frames, and the nodes that join them to the machine's
 *   python_code.c  the line that an instruction of Python code is of
 *   python_line.c  ... by the table of the code
 *   python_find.c  which interpreter there is, and where it keeps what */
#ifndef LG_PRELOAD_PYTHON_H
#define LG_PRELOAD_PYTHON_H

#include "leakgraph/cpython.h"
#include "memos.h"
#include "shim.h"

/* Offsets in bytes, from CPython's headers. */
struct layout {
	uint32_t minor;
	uint16_t key; /* autoTSSkey, of _PyRuntime */
	/* Of _PyRuntime: the state that has the lock, which may be another one of this thread. 0: that which a thread
	 * has for its own is always the latest. */
	uint16_t holder;
	uint16_t thread_id, thread_frame; /* of PyThreadState */
	uint16_t cframe_frame; /* of the _PyCFrame that thread_frame points to */
	uint16_t frame_code, frame_previous, instruction, kind; /* of _PyInterpreterFrame */
	uint8_t entry_kind; /* what `kind` is where the interpreter was entered */
	bool entry_is_function; /* else that frame is no function's */
	uint16_t first_line, untraced, stamp, code_instructions; /* of PyCodeObject */
	uint16_t ascii, compact; /* of str: the characters */
};

/* The same in all of them. */
enum {
	FRAME_BYTES = 72,
	CODE_LINES = 136,
	CODE_BYTES = 208, /* less its instructions */
	BYTES_BYTES = 32,
	STR_BYTES = 72,
	UNIT = 2, /* bytes of an instruction */
	FREE_THREADED = 16, /* of _PyRuntime, 3.13 on: not 0 in builds without the lock */
};

struct python {
	const struct layout *at;
	uint64_t runtime; /* _PyRuntime */
	uint64_t code_type; /* PyCode_Type */
	_Atomic uint32_t generation; /* of the shim's, when the module was last known to be there */
};
/* Modules have gone since: whether the interpreter is still there. */
bool python_still_there(void);

/* ---- scratch ----------------------------------------------------------------------------------------- */

struct frame {
	uint64_t at; /* the interpreter's frame */
	uint64_t instruction; /* where it stands */
	uint64_t path; /* in `last` only: hash of this frame and all further out */
	uint32_t code; /* number of its line; 0: nothing to be shown */
	uint8_t kind;
	bool is_entry;
};

/* A line that is known: of an instruction, as long as the same code lies there. */
struct position {
	uint64_t instruction; /* 0: vacant */
	uint64_t code, name, stamp;
	uint32_t birth; /* of the code: see python_births */
	uint32_t number;
};

/* A path of late, and its node: the index of all paths is too large for the processor's caches. */
struct known_path {
	uint64_t path; /* 0: vacant */
	uint32_t node;
};

#define FRAMES_MAX (LG_MAX_FRAMES + 1) /* with the mark that a cut stack has for its outermost frame */
#define POSITIONS 2048u
#define KNOWN_PATHS 2048u
#define PAGES 256u
#define PLACES 2048u
struct python_walk {
	volatile uint32_t ticket;
	uint32_t n;
	uint32_t nfresh;
	uint32_t node; /* of `last` */
	struct frame last[FRAMES_MAX]; /* the last walk, outermost first */
	struct frame fresh[FRAMES_MAX]; /* this walk's, innermost first */
	uint16_t places[PLACES]; /* by hash of a frame's address: where in `last` it may be */
	struct position positions[POSITIONS]; /* by hash of the instruction */
	struct known_path known[KNOWN_PATHS]; /* by the path, which is a hash */
	uint64_t pages[PAGES]; /* readable ones, by number, at the number modulo PAGES */
	_Alignas(8) char text[sizeof(struct lg_python_code) + 2 * LG_PYTHON_STRING_MAX];
};
_Static_assert(UNWIND_BYTES + sizeof(struct python_walk) <= LG_SCRATCH_BYTES, "fits its slot");

static inline uint32_t hash_to(uint64_t value, uint32_t places)
{
	return (uint32_t)((value * 0x9e3779b97f4a7c15ULL) >> 40) % places;
}

/* ---- memory of the interpreter ----------------------------------------------------------------------- */

/* Has the kernel vouch for pages. */
bool python_ask_pages(struct python_walk *w, uint64_t first, uint64_t last);

static inline bool may_read(struct python_walk *w, uint64_t addr, uint64_t bytes)
{
	uint64_t first = addr / LG_PAGE, last = (addr + bytes - 1) / LG_PAGE;

	return (likely(first == last && w->pages[first % PAGES] == first && first)) ||
	       python_ask_pages(w, first, last);
}

static inline uint64_t word_at(uint64_t addr)
{
	return *(const uint64_t *)addr;
}

/* ---- lines ------------------------------------------------------------------------------------------- */

void python_count_lost(void);

/* Code that comes to lie where other code did is born: its block's memo has no mark of what was known there. By hash of
 * the address; what shares a place is looked at once more. */
#define BIRTHS 4096u
extern _Atomic uint32_t python_births[BIRTHS];

static inline uint32_t birth_of(uint64_t code)
{
	return atomic_load_explicit(&python_births[hash_to(code, BIRTHS)], memory_order_relaxed);
}

static inline bool is_known(uint64_t code)
{
	return atomic_load_explicit(memo_place(code), memory_order_relaxed) & MEMO_PYTHON;
}

/* The rest of line_number(): looks, and remembers in `at`. */
uint32_t learn_position(struct python_walk *w, const struct python *p, struct position *at, uint64_t code,
			uint64_t instruction);

/* The number of the line that an instruction of code is of; 0: none to be shown. */
static inline uint32_t line_number(struct python_walk *w, const struct python *p, uint64_t code,
				   uint64_t instruction)
{
	struct position *at = &w->positions[hash_to(instruction, POSITIONS)];

	if (likely(at->instruction == instruction && at->code == code && is_known(code) &&
		   at->birth == birth_of(code) && at->name == word_at(code + CODE_QUALIFIED_NAME) &&
		   at->stamp == word_at(code + p->at->stamp)))
		return at->number;
	return learn_position(w, p, at, code, instruction);
}

#endif
