/* python.c: the Python functions that a stack runs, read from the frames that CPython keeps of them.
 *
 * A thread's state leads to the frame of its innermost function, each frame to the one outside it. A frame says which
 * code runs, and by an address inside that code where it stands: that is a line, and a line is a node as a return
 * address is one. As in unwind.c the last walk is kept, with the words that led on: where a new one meets one of its
 * frames, and nothing further out has changed, the rest is known.
 *
 * A thread has its own state in thread-specific data, also while it does without the lock of the interpreter, so nothing
 * is read that another thread may be changing. Nothing of the interpreter runs. Memory is read that the kernel has
 * once vouched for, and believed where the state names this thread and the code is of the type of code: a build with
 * other offsets has no Python frames.
 *
 * The interpreter calls itself only through C code. On each call of its own there stands a mark in the chain, so that
 * Python frames can be put where their machine frame is. As in unwind.c, a signal handler may take the scratch over in
 * mid-walk, and the ticket tells. */
#include "python.h"
#include "sys.h"

#include <link.h>
#include <pthread.h>
#include <string.h>

void python_forget(struct python_walk *w)
{
	w->n = 0;
}

void python_reset(struct python_walk *w)
{
	python_forget(w);
	memset(w->pages, 0, sizeof w->pages);
}

/* ---- memory of the interpreter ----------------------------------------------------------------------- */

bool python_ask_pages(struct python_walk *w, uint64_t first, uint64_t last)
{
	for (uint64_t page = first; page <= last; page++) {
		if (page && w->pages[page % PAGES] == page)
			continue;
		if (!page || !sys_readable(page * LG_PAGE))
			return false;
		w->pages[page % PAGES] = page;
	}
	return first <= last;
}

static inline uint64_t thread_self(void)
{
	uint64_t self_address;

	__asm__("movq %%fs:0x10, %0" : "=r"(self_address)); /* as pthread_self() */
	return self_address;
}

static bool is_own_state(struct python_walk *w, const struct layout *at, uint64_t state)
{
	return state && state % 8 == 0 && may_read(w, state, at->thread_id + 8u) &&
	       word_at(state + at->thread_id) == thread_self();
}

/* This thread's state; 0: it has none. */
static uint64_t find_state(struct python_walk *w, const struct python *p)
{
	uint64_t key = word_at(p->runtime + p->at->key); /* is it there, and above, which */
	uint64_t holder = p->at->holder ? word_at(p->runtime + p->at->holder) : 0, own;

	if ((uint32_t)key != 1)
		return 0;
	own = (uint64_t)pthread_getspecific((pthread_key_t)(key >> 32));
	if (holder && holder != own && is_own_state(w, p->at, holder))
		return holder;
	return is_own_state(w, p->at, own) ? own : 0;
}

/* The frame of the innermost function of this thread; 0: none runs. */
static uint64_t find_frame(struct python_walk *w, const struct python *p)
{
	uint64_t state = find_state(w, p), cframe;

	if (!state)
		return 0;
	cframe = word_at(state + p->at->thread_frame);
	if (p->at->cframe_frame == NO_CFRAME)
		return cframe;
	return may_read(w, cframe, 16) ? word_at(cframe + p->at->cframe_frame) : 0;
}

/* ---- the walk ---------------------------------------------------------------------------------------- */

static bool read_frame(struct python_walk *w, const struct python *p, uint64_t addr, struct frame *f)
{
	if (unlikely(addr % 8 || !may_read(w, addr, FRAME_BYTES)))
		return false;
	f->at = addr;
	f->instruction = word_at(addr + p->at->instruction);
	f->kind = *(const uint8_t *)(addr + p->at->kind);
	f->is_entry = f->kind == p->at->entry_kind;
	f->code = f->is_entry && !p->at->entry_is_function
		      ? 0
		      : line_number(w, p, word_at(addr + p->at->frame_code), f->instruction);
	return true;
}

#define ALL_HOLD UINT32_MAX

/* The innermost of last[at] and those further out that is not as it was. The frame at last[at] is where it was. */
static inline uint32_t frame_changed(const struct python_walk *w, const struct layout *l, uint32_t at)
{
	for (;; at--) {
		const struct frame *f = &w->last[at];
		uint64_t outside = at ? f[-1].at : 0;

		if (unlikely(word_at(f->at + l->instruction) != f->instruction ||
			     word_at(f->at + l->frame_previous) != outside ||
			     *(const uint8_t *)(f->at + l->kind) != f->kind))
			return at;
		if (!at)
			return ALL_HOLD;
	}
}

/* The place in `last` of a frame that has this address, else n. */
static inline uint32_t met(const struct python_walk *w, uint64_t addr)
{
	uint32_t at = w->places[hash_to(addr, PLACES)];

	return at < w->n && w->last[at].at == addr ? at : w->n;
}

enum walked { WALKED, WALKED_DEEP, WALKED_LOST };

/* Reads frames, from the innermost, until the last walk is met and still holds: `reuse` of its frames go on. */
static enum walked read_frames(struct python_walk *w, const struct python *p, uint64_t current,
			       uint32_t *reuse)
{
	uint32_t changed = w->n; /* last[changed] and those inside are not what they were */

	w->nfresh = 0;
	*reuse = 0;
	for (uint64_t addr = current; addr; addr = word_at(addr + p->at->frame_previous)) {
		uint32_t at = met(w, addr);

		if (at < changed) {
			changed = frame_changed(w, p->at, at);
			if (changed == ALL_HOLD) {
				*reuse = at + 1;
				return WALKED;
			}
		}
		if (w->nfresh == LG_MAX_FRAMES)
			return WALKED_DEEP;
		if (!read_frame(w, p, addr, &w->fresh[w->nfresh]))
			return WALKED_LOST;
		w->nfresh++;
	}
	return WALKED;
}

static uint64_t path_of(uint64_t outside, const struct frame *f)
{
	if (f->is_entry)
		outside = path_hash(outside, LG_CODE_PYTHON_ENTRY);
	return f->code ? path_hash(outside, f->code) : outside;
}

/* The node of a path that has been added, else 0. */
static inline uint32_t find_path(struct python_walk *w, uint64_t path)
{
	volatile struct known_path *at = &w->known[path % KNOWN_PATHS];
	uint32_t ticket = w->ticket, node;

	if (likely(at->path == path)) {
		node = at->node;
		if (likely(at->path == path)) /* else a signal handler has come between */
			return node;
	}
	node = path ? stack_find(path) : 0;
	if (!node)
		return 0;
	at->path = 0;
	at->node = node;
	at->path = path;
	if (unlikely(w->ticket != ticket))
		at->path = 0;
	return node;
}

static uint32_t add_one(struct python_walk *w, uint64_t path, uint32_t parent, uint32_t code)
{
	uint32_t node = find_path(w, path);

	return node ? node : stack_add(path, parent, code);
}

/* The node of a frame on top of `node`, whose path is `outside`. 0: there are too many. */
static uint32_t add_frame(struct python_walk *w, uint64_t outside, uint32_t node, const struct frame *f)
{
	if (f->is_entry) {
		outside = path_hash(outside, LG_CODE_PYTHON_ENTRY);
		node = add_one(w, outside, node, LG_CODE_PYTHON_ENTRY);
		if (!node)
			return 0;
	}
	return f->code ? add_one(w, f->path, node, f->code) : node;
}

/* The node of last[0] to last[n - 1]; 0: none of them is shown, or there are too many. */
static uint32_t node_of(struct python_walk *w, uint32_t n)
{
	uint32_t node = 0, known = n;

	while (known && !(node = find_path(w, w->last[known - 1].path)))
		known--;
	for (; known < n; known++) {
		const struct frame *f = &w->last[known];

		if (!f->is_entry && !f->code)
			continue;
		node = add_frame(w, known ? f[-1].path : 0, node, f);
		if (!node)
			return 0;
	}
	return node;
}

/* Puts the fresh frames on those that are reused; says how many there are. */
static uint32_t settle(struct python_walk *w, uint32_t reuse)
{
	uint32_t n = reuse;

	w->n = 0;
	for (uint32_t i = w->nfresh; i-- > 0; n++) {
		struct frame *f = &w->last[n];

		*f = w->fresh[i];
		f->path = path_of(n ? f[-1].path : 0, f);
		w->places[hash_to(f->at, PLACES)] = (uint16_t)n;
	}
	return n;
}

/* Reads all frames there are, up to the bound, whatever is known. */
static enum walked read_anew(struct python_walk *w, const struct python *p, uint64_t current, uint32_t *reuse)
{
	w->n = 0;
	return read_frames(w, p, current, reuse);
}

/* False: a signal handler's walk came between. `node` is 0 where nothing is to be shown. */
static bool walk_once(struct python_walk *w, const struct python *p, uint64_t current, uint32_t *node)
{
	uint32_t ticket = ++w->ticket, reuse, n;
	enum walked walked = read_frames(w, p, current, &reuse);

	if (unlikely(walked == WALKED && reuse + w->nfresh > LG_MAX_FRAMES))
		walked = read_anew(w, p, current, &reuse);
	*node = 0;
	if (unlikely(walked == WALKED_DEEP))
		w->fresh[w->nfresh++] = (struct frame){ .code = LG_CODE_TRUNCATED };
	if (unlikely(walked == WALKED_LOST)) {
		python_count_lost();
	} else {
		n = settle(w, reuse);
		*node = w->node = node_of(w, n);
		w->n = walked == WALKED ? n : 0;
	}
	atomic_signal_fence(memory_order_seq_cst);
	if (likely(w->ticket == ticket))
		return true;
	w->n = 0; /* what is there may be a signal handler's */
	return false;
}

#define TRIES 4

static __attribute__((noinline)) uint32_t walk(struct python_walk *w, const struct python *p,
					       uint64_t current)
{
	uint32_t node = 0;

	for (int i = 0; i < TRIES; i++)
		if (likely(walk_once(w, p, current, &node)))
			return node;
	python_count_lost();
	return 0;
}

/* The node of the last walk, where this one would be the same; else 0. */
static inline uint32_t known_walk(const struct python_walk *w, const struct layout *l, uint64_t current)
{
	uint32_t n = w->n;

	if (!n || w->last[n - 1].at != current || frame_changed(w, l, n - 1) != ALL_HOLD)
		return 0;
	return w->node;
}

/* While a module is going nobody knows which it is. */
static inline bool is_there(const struct python *p)
{
	if (unlikely(_r_debug.r_state == RT_DELETE))
		return false;
	return likely(atomic_load_explicit(&p->generation, memory_order_relaxed) ==
		      atomic_load_explicit(&shim.generation, memory_order_relaxed)) ||
	       python_still_there();
}

static inline uint32_t join(struct python_walk *w, uint32_t machine, uint32_t python)
{
	uint64_t path = path_hash((uint64_t)machine << 32 | python, LG_CODE_JOINT);
	uint32_t node;

	w->ticket++;
	node = find_path(w, path);
	if (unlikely(!node))
		node = stack_add_joint(path, machine, python);
	return node ? node : machine;
}

uint32_t python_stack(const struct python *p, uint32_t machine)
{
	struct python_walk *w = python_scratch(self.scratch);
	uint64_t current = machine && is_there(p) ? find_frame(w, p) : 0;
	uint32_t ticket = w->ticket, node;

	if (!current)
		return machine;
	atomic_signal_fence(memory_order_acquire);
	node = known_walk(w, p->at, current);
	atomic_signal_fence(memory_order_acquire);
	if (unlikely(!node || w->ticket != ticket))
		node = walk(w, p, current);
	return node ? join(w, machine, node) : machine;
}
