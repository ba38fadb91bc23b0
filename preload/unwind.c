/* unwind.c: the stack above a hook, as a node in the tree of stacks.
 *
 * A walk is a function of three values (pc, sp, bp) and of the words it loads from the stack: at each frame a
 * rule gives the CFA, the return address below it, and where bp was saved, if it was. Hence verified reuse: the
 * thread keeps its last walk and the words it loaded; as soon as a new walk meets one of its frames with the same
 * values, and all words that led further out are still the same, the rest of the stack is the same, and its node is
 * known. Only the fresh frames are stepped, and parts that were fresh lately are kept, to be compared too. Most code
 * uses rbp like any register: its value, and the words it was loaded from, count only where a frame further out finds
 * its CFA by it.
 *
 * The scratch memory may be taken over by a signal handler that allocates in mid-walk: each walk that writes takes a
 * ticket, and one that finds another ticket at its end starts again. Words are read only from pages that the kernel
 * has once vouched for, so a damaged stack ends a walk but never faults. */
#include "shim.h"
#include "sys.h"

#include <string.h>

struct frame {
	uint64_t pc, sp, bp; /* pc: return address; for a signal's victim the interrupted address + 1 */
	uint64_t bp_at; /* the word that bp was loaded from, 0: handed on by the frame inside */
	uint32_t code; /* number of pc */
	/* In `last` only: words[0] to words[nwords - 1] lead to this frame and all further out */
	uint32_t nwords;
	uint64_t path; /* in `last` only: hash of this frame and all further out */
	bool uses_bp; /* its CFA is found by bp */
	bool wants_bp; /* bp, as it is here, leads to some frame further out */
	bool was_interrupted; /* by a signal: pc and sp come from its ucontext too */
};

/* A word that a walk loaded. */
struct word {
	const uint64_t *at;
	uint64_t value;
};
#define WORDS_A_FRAME 3 /* at most; more than two are rare */
#define WORDS_MAX (2 * LG_MAX_FRAMES + WORDS_A_FRAME)
#define FRAMES_MAX (LG_MAX_FRAMES + 1) /* with the mark that a cut stack has for its outermost frame */

/* The inner part of a walk, as far as it was fresh then. A program goes back and forth between few of them: most walks
 * that differ from the last one are a known part on the outer frames of the last one. Of those that begin alike, some
 * are kept, as many ways lead to one place. */
#define PART_WORDS 8u
struct part {
	uint64_t pc, sp, bp; /* where it begins; pc 0: vacant */
	uint64_t base_sp, base_bp, base_path; /* the frame that it stands on */
	uint32_t base; /* that is last[base] */
	uint32_t node;
	uint32_t generation;
	uint16_t nwords;
	bool wants_bp;
	struct word words[PART_WORDS]; /* outermost first, as in scratch.words */
};
#define PARTS_ALIKE 4u
#define PARTS 256u

struct scratch {
	volatile uint32_t ticket;
	uint32_t generation; /* of the rules behind `last` */
	uint32_t nlast;
	uint32_t node; /* of the last walk */
	/* Readable pages: number of the first << PAGES_BITS | how many follow it; 0: none. One word, as handlers on another stack
	 * have pages of their own. */
	_Atomic uint64_t pages;
	struct word words[WORDS_MAX]; /* behind `last`, outermost first */
	struct frame last[FRAMES_MAX]; /* the last walk, outermost first */
	struct frame fresh[FRAMES_MAX]; /* this walk's, innermost first, and the one it stands at */
	uint32_t nkept; /* parts, ever */
	struct part parts[PARTS]; /* by hash of pc and sp, PARTS_ALIKE each */
	unsigned char cfi_work[CFI_WORK_BYTES];
};
_Static_assert(sizeof(struct scratch) <= UNWIND_BYTES, "fits its slot");

void *unwind_cfi_work(void)
{
	return self.scratch->cfi_work;
}

void unwind_reset(struct scratch *s)
{
	s->nlast = 0;
	atomic_store_explicit(&s->pages, 0, memory_order_relaxed);
}

/* ---- words of the stack ------------------------------------------------------------------------------ */

#define PAGE_GAP_MAX 4096u /* 16 MiB: further away it is another stack */
#define PAGES_BITS 28

static bool pages_readable(uint64_t low, uint64_t high)
{
	for (uint64_t page = low; page <= high; page++)
		if (!sys_readable(page * LG_PAGE))
			return false;
	return true;
}

static inline bool pages_contain(uint64_t pages, uint64_t page)
{
	return page - (pages >> PAGES_BITS) <= pages % (1u << PAGES_BITS);
}

/* Extends the readable range to `page`, or starts a new one there. */
static __attribute__((noinline)) bool page_admit(struct scratch *s, uint64_t page)
{
	uint64_t pages = atomic_load_explicit(&s->pages, memory_order_relaxed);
	uint64_t low = pages >> PAGES_BITS, high = low + pages % (1u << PAGES_BITS);

	if (!sys_readable(page * LG_PAGE))
		return false;
	if (page > high && page - high < PAGE_GAP_MAX && pages_readable(high + 1, page))
		high = page;
	else if (page < low && low - page < PAGE_GAP_MAX && pages_readable(page, low - 1))
		low = page;
	else
		low = high = page;
	atomic_store_explicit(&s->pages, low << PAGES_BITS | (high - low), memory_order_relaxed);
	return true;
}

static inline bool load(struct scratch *s, uint64_t addr, uint64_t *word)
{
	uint64_t page = addr / LG_PAGE;

	if (unlikely(addr % 8 || addr < LG_PAGE))
		return false;
	if (unlikely(!pages_contain(atomic_load_explicit(&s->pages, memory_order_relaxed), page)) &&
	    !page_admit(s, page))
		return false;
	*word = *(const uint64_t *)addr;
	return true;
}

#define VOUCHED_BELOW 64u

void unwind_vouch(void)
{
	struct scratch *s = self.scratch;
	uint64_t here = (uint64_t)__builtin_frame_address(0) / LG_PAGE;

	for (uint64_t page = here; page > here - VOUCHED_BELOW && page_admit(s, page); page--)
		;
}

bool stack_word(uint64_t addr, uint64_t *word)
{
	return load(self.scratch, addr, word);
}

/* ---- one step ---------------------------------------------------------------------------------------- */

enum step { STEP_ON, STEP_END, STEP_LOST, STEP_FULL, STEP_DEEP };

/* Frames are not larger, but for few. Further out a wrong rule may lead to what another stack was, which has been
 * readable and is gone: there the kernel is asked again. */
#define FRAME_USUAL (16u << 10)

static inline bool is_near(const struct frame *at, uint64_t cfa)
{
	return likely(cfa - at->sp < FRAME_USUAL) || (sys_readable(cfa - 16) && sys_readable(cfa - 8));
}

/* From the frame *at to the one outside it. */
static inline enum step step_simple(struct scratch *s, const struct rule *rule, const struct frame *at,
				    struct frame *out)
{
	uint64_t cfa = (rule->kind == RULE_SP ? at->sp : at->bp) + (uint64_t)(int64_t)rule->cfa_offset;

	out->sp = cfa;
	if (cfa <= at->sp || !is_near(at, cfa) || !load(s, cfa - 8, &out->pc))
		return STEP_LOST;
	if (rule->saves_bp) {
		out->bp_at = cfa + (uint64_t)(int64_t)rule->bp_offset;
		if (!load(s, out->bp_at, &out->bp))
			return STEP_LOST;
	}
	return out->pc ? STEP_ON : STEP_END;
}

/* Linux's rt_sigframe: rsp points at struct ucontext; gregs begin 40 bytes in, in the order of
 * <sys/ucontext.h>: r8..r15, rdi, rsi, rbp (10), rbx, rdx, rax, rcx, rsp (15), rip (16). */
#define BP_IN_UCONTEXT (40u + 10 * 8)
#define SP_AFTER_BP (5u * 8)
#define PC_AFTER_BP (6u * 8)

static enum step step_signal(struct scratch *s, const struct frame *at, struct frame *out)
{
	out->bp_at = at->sp + BP_IN_UCONTEXT;
	if (!load(s, out->bp_at, &out->bp) || !load(s, out->bp_at + SP_AFTER_BP, &out->sp) ||
	    !load(s, out->bp_at + PC_AFTER_BP, &out->pc))
		return STEP_LOST;
	out->pc++; /* the instruction itself is looked up, not the one before */
	out->was_interrupted = true;
	return STEP_ON;
}

/* No CFI (generated code, hand-written assembly): believe in a frame pointer that looks like one. */
static enum step step_frame_pointer(struct scratch *s, const struct frame *at, struct frame *out)
{
	if (at->bp < at->sp || at->bp - at->sp > 1u << 20 || !is_near(at, at->bp + 16) ||
	    !load(s, at->bp, &out->bp) || !load(s, at->bp + 8, &out->pc) || out->pc < LG_PAGE)
		return STEP_LOST;
	out->sp = at->bp + 16;
	out->bp_at = at->bp;
	return STEP_ON;
}

static inline enum step step_out(struct scratch *s, struct frame *at, struct frame *out)
{
	struct rule rule = rule_at(at->pc - 1);

	at->code = rule.code ? rule.code : LG_CODE_TRUNCATED;
	at->uses_bp = rule.kind == RULE_BP || rule.kind == RULE_NONE;
	out->bp = at->bp;
	out->bp_at = 0;
	out->was_interrupted = false;
	if (unlikely(!rule.code))
		return STEP_LOST;
	if (likely(rule.kind == RULE_SP || rule.kind == RULE_BP))
		return step_simple(s, &rule, at, out);
	switch (rule.kind) {
	case RULE_SIGNAL:
		return step_signal(s, at, out);
	case RULE_END:
		return STEP_END;
	case RULE_FULL:
		return STEP_FULL;
	default:
		return step_frame_pointer(s, at, out);
	}
}

/* ---- whole register sets ----------------------------------------------------------------------------- */

static enum step step_full(struct regs *regs, bool exact)
{
	struct cfi_where where;
	uint64_t bias, pc = regs->r[LG_REG_RIP] - !exact, sp = regs->r[LG_REG_RSP];
	bool ended = false;

	if (!module_at(pc, &where, &bias) || !cfi_step(&where, pc, regs, &ended))
		return STEP_LOST;
	if (ended || !regs->r[LG_REG_RIP])
		return STEP_END;
	return regs->r[LG_REG_RSP] == sp ? STEP_LOST : STEP_ON;
}

/* Walks with all registers from here, less the frames of the shim that led here. Slow; for stacks with frames that the
 * simple rules cannot say. */
static __attribute__((noinline)) enum step walk_full(struct scratch *s, uint32_t *nfresh)
{
	struct regs regs = { { 0 } };
	enum step step = STEP_ON;
	bool exact = true;

	HERE(&regs);
	*nfresh = 0;
	while (step == STEP_ON && *nfresh < LG_MAX_FRAMES) {
		uint64_t pc = regs.r[LG_REG_RIP];
		struct rule rule = rule_at(pc - !exact);

		step = step_full(&regs, exact);
		exact = rule.kind ==
			RULE_SIGNAL; /* the next frame was stopped at its pc, not in a call before it */
		if (*nfresh || !in_shim(pc))
			s->fresh[(*nfresh)++] =
			    (struct frame){ .code = rule.code ? rule.code : LG_CODE_TRUNCATED };
	}
	return step;
}

#define OUT_MAX 64

bool unwind_to_program(struct regs *regs)
{
	bool exact = true;

	memset(regs, 0, sizeof *regs);
	HERE(regs);
	for (unsigned i = 0; i < OUT_MAX; i++) {
		struct regs inside = *regs;

		if (!in_shim(regs->r[LG_REG_RIP]) && !in_libc(regs->r[LG_REG_RIP]))
			return true;
		if (step_full(regs, exact) != STEP_ON) {
			*regs = inside; /* libc's outermost frame: better than none */
			return !in_shim(inside.r[LG_REG_RIP]);
		}
		exact = false;
	}
	return false;
}

/* ---- reuse ------------------------------------------------------------------------------------------- */

/* Whether a walk that stands at `f` goes on as the last one did from `last`, as far as registers tell. */
static inline bool same_state(const struct frame *last, const struct frame *f)
{
	return last->pc == f->pc && last->sp == f->sp && (last->bp == f->bp || !last->wants_bp);
}

#define ALL_HOLD UINT32_MAX

static inline bool holds(const struct word *w)
{
	return likely(*w->at == w->value);
}

#define WORDS_A_TURN 4

/* The innermost of n words that is not what it was. Never looks past it: what lies further out was found by way of
 * it. */
static inline uint32_t word_changed(const struct word *words, uint32_t n)
{
	const struct word *w = words + n;

	while (w - words >= WORDS_A_TURN && holds(w - 1) && holds(w - 2) && holds(w - 3) && holds(w - 4))
		w -= WORDS_A_TURN;
	while (w > words && holds(w - 1))
		w--;
	return w > words ? (uint32_t)(w - 1 - words) : ALL_HOLD;
}

/* The words that lead further out than last[at]. */
static inline uint32_t words_outside(const struct scratch *s, uint32_t at)
{
	return at ? s->last[at - 1].nwords : 0;
}

/* The innermost frame further out than last[at] that today's stack no longer leads to. */
static uint32_t frame_changed(const struct scratch *s, uint32_t at)
{
	uint32_t word = word_changed(s->words, words_outside(s, at));

	if (likely(word == ALL_HOLD))
		return ALL_HOLD;
	while (words_outside(s, at) > word)
		at--;
	return at;
}

struct walk {
	uint32_t nfresh;
	uint32_t reuse; /* frames of `last`, from the outermost, that go on below the fresh ones */
	bool plain; /* only simple steps: may be reused itself */
};

/* Field by field: a struct that was just written in parts is slow to load as a whole. */
static inline void frame_copy(struct frame *to, const struct frame *from)
{
	to->pc = from->pc;
	to->sp = from->sp;
	to->bp = from->bp;
	to->bp_at = from->bp_at;
	to->code = from->code;
	to->uses_bp = from->uses_bp;
	to->was_interrupted = from->was_interrupted;
}

/* The walk stands at last[from] and goes on as the last one did to last[to]: the frames inside that are fresh ones, and
 * the walk stands at it, with the rbp of today. */
static void adopt(struct scratch *s, struct walk *w, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i > to && w->nfresh < LG_MAX_FRAMES; i--) {
		struct frame *at = &s->fresh[w->nfresh++], *out = &s->fresh[w->nfresh];

		at->code = s->last[i].code;
		at->uses_bp = s->last[i].uses_bp;
		frame_copy(out, &s->last[i - 1]);
		out->bp = out->bp_at ? *(const uint64_t *)out->bp_at : at->bp;
	}
}

/* The walk stands at last[at], from where it is known to the end. How it came here is today's: the word of its rbp may
 * be another. */
static void meet(struct scratch *s, struct walk *w, uint32_t at)
{
	struct frame *met = &s->fresh[w->nfresh++];

	met->code = s->last[at].code;
	met->uses_bp = s->last[at].uses_bp;
	w->reuse = at;
}

/* Walks outwards from fresh[0] until the stack ends or the last walk is met and still holds. */
static enum step walk_simple(struct scratch *s, struct walk *w)
{
	const struct frame *next = s->last + s->nlast; /* next[-1] is the innermost frame not yet passed */
	const struct frame *end = s->fresh + LG_MAX_FRAMES;
	struct frame *f = s->fresh;
	enum step step = STEP_ON;

	while (step == STEP_ON && likely(f < end)) {
		while (next > s->last && next[-1].sp < f->sp)
			next--;
		if (next > s->last && same_state(next - 1, f)) {
			uint32_t at = (uint32_t)(next - 1 - s->last), changed = frame_changed(s, at);

			w->nfresh = (uint32_t)(f - s->fresh);
			if (likely(changed == ALL_HOLD)) {
				meet(s, w, at);
				return STEP_END;
			}
			adopt(s, w, at, changed + 1);
			next = s->last + changed + 1;
			f = s->fresh + w->nfresh;
			if (unlikely(f == end))
				return STEP_DEEP;
		}
		step = step_out(s, f, f + 1);
		f++;
	}
	w->nfresh = (uint32_t)(f - s->fresh);
	return step == STEP_ON ? STEP_DEEP : step;
}

static void count_truncated(void)
{
	struct lg_thread *t = self.thread;

	atomic_store_explicit(&t->truncated, atomic_load_explicit(&t->truncated, memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

/* The fresh frames, whichever way. A stack that was cut has a mark for its outermost frame. */
static void walk_on(struct scratch *s, struct walk *w)
{
	enum step step = walk_simple(s, w);

	w->plain = step == STEP_END || step == STEP_DEEP;
	if (step == STEP_FULL)
		step = walk_full(s, &w->nfresh);
	if (step == STEP_END)
		return;
	count_truncated();
	s->fresh[w->nfresh++] = (struct frame){ .code = LG_CODE_TRUNCATED, .sp = UINT64_MAX };
}

static uint32_t note_words(struct scratch *s, const struct frame *f, uint32_t n)
{
	const uint64_t *context = (const uint64_t *)(f->bp_at - BP_IN_UCONTEXT);

	if (f->code == LG_CODE_TRUNCATED)
		return n;
	if (f->was_interrupted) {
		s->words[n++] = (struct word){ context + (BP_IN_UCONTEXT + SP_AFTER_BP) / 8, f->sp };
		s->words[n++] = (struct word){ context + (BP_IN_UCONTEXT + PC_AFTER_BP) / 8, f->pc - 1 };
	} else {
		s->words[n++] = (struct word){ (const uint64_t *)(f->sp - 8), f->pc };
	}
	if (f->bp_at && f->wants_bp)
		s->words[n++] = (struct word){ (const uint64_t *)f->bp_at, f->bp };
	return n;
}

/* A deep stack keeps its innermost frames: where it was cut is no end for one of another depth. */
static bool fits_end(const struct scratch *s, const struct walk *w)
{
	uint32_t n = w->reuse + w->nfresh;

	if (!w->reuse)
		return true;
	return likely(s->last[0].code != LG_CODE_TRUNCATED) ? likely(n < FRAMES_MAX) : n == FRAMES_MAX;
}

static const struct frame no_frame; /* outside the outermost */

/* Puts the fresh frames on those that are reused; says how many there are, 0: they do not go together. */
static uint32_t settle(struct scratch *s, struct walk *w)
{
	struct frame *f = s->last + w->reuse;
	const struct frame *outside = w->reuse ? f - 1 : &no_frame;

	s->nlast = 0;
	if (unlikely(!fits_end(s, w)))
		return 0;
	for (const struct frame *fresh = s->fresh + w->nfresh; fresh-- > s->fresh; outside = f++) {
		frame_copy(f, fresh);
		f->path = path_hash(outside->path, f->code);
		f->wants_bp = f->uses_bp || (!outside->bp_at && outside->wants_bp);
		w->plain = w->plain && likely(outside->nwords <= WORDS_MAX - WORDS_A_FRAME);
		f->nwords = w->plain ? note_words(s, f, outside->nwords) : 0;
	}
	return w->reuse + w->nfresh;
}

/* Adds the frames up to last[n - 1] that are new, from the outermost. */
static uint32_t add_frames(const struct scratch *s, uint32_t reuse, uint32_t n)
{
	uint32_t node = 0, known = n - 1;

	for (uint32_t i = reuse; i < n; i++)
		stack_prefetch(s->last[i].path);
	while (known && !(node = stack_find(s->last[known - 1].path)))
		known--;
	for (; known < n; known++) {
		uint32_t next = stack_add(s->last[known].path, node, s->last[known].code);

		if (unlikely(!next)) {
			count_truncated();
			return node;
		}
		node = next;
	}
	return node;
}

/* The node of last[0] to last[n - 1], of which the first `reuse` have theirs. */
static uint32_t node_of(const struct scratch *s, uint32_t reuse, uint32_t n)
{
	uint32_t node = stack_find(s->last[n - 1].path);

	return likely(node) ? node : add_frames(s, reuse, n);
}

/* The first of those that may begin at `f`. */
static inline uint32_t parts_at(const struct frame *f)
{
	return ((f->pc ^ f->sp << 12) * 0x9e3779b97f4a7c15ULL >> 58) * PARTS_ALIKE;
}
_Static_assert(PARTS == PARTS_ALIKE << 6, "as many as the hash has values");

/* Keeps the fresh part of the walk that is in last[0] to last[n - 1], unless a signal handler's walk has come between. */
static void part_keep(struct scratch *s, const struct walk *w, uint32_t n, uint32_t ticket)
{
	const struct frame *top = &s->last[n - 1], *base = &s->last[w->reuse - 1];
	uint32_t first = words_outside(s, w->reuse), nwords = words_outside(s, n - 1) - first;
	struct part *p = &s->parts[parts_at(top) + s->nkept++ % PARTS_ALIKE];

	if (nwords > PART_WORDS)
		return;
	p->pc = 0;
	atomic_signal_fence(memory_order_seq_cst);
	p->sp = top->sp;
	p->bp = top->bp;
	p->base_sp = base->sp;
	p->base_bp = base->bp;
	p->base_path = base->path;
	p->base = w->reuse - 1;
	p->node = s->node;
	p->generation = s->generation;
	p->nwords = (uint16_t)nwords;
	p->wants_bp = top->wants_bp;
	memcpy(p->words, s->words + first, nwords * sizeof *p->words);
	p->pc = top->pc;
	atomic_signal_fence(memory_order_seq_cst);
	if (unlikely(s->ticket != ticket))
		p->pc = 0;
}

static bool walk_once(struct scratch *s, const struct frame *from, uint32_t *node)
{
	struct walk w = { 0 };
	uint32_t ticket = ++s->ticket, n;
	uint32_t generation = atomic_load_explicit(&shim.generation, memory_order_relaxed);

	if (unlikely(s->generation != generation)) {
		s->nlast = 0;
		s->generation = generation;
	}
	frame_copy(&s->fresh[0], from);
	walk_on(s, &w);
	if (unlikely(!(n = settle(s, &w))))
		return false;
	*node = s->node = node_of(s, w.reuse, n);
	s->nlast = w.plain ? n : 0;
	if (w.plain && w.reuse)
		part_keep(s, &w, n, ticket);
	atomic_signal_fence(memory_order_release);
	return likely(s->ticket == ticket); /* else what is there may be a signal handler's */
}

#define TRIES 4

static __attribute__((noinline)) uint32_t walk(struct scratch *s, const struct frame *from)
{
	struct lg_thread *t = self.thread;
	uint32_t node;

	for (int i = 0; i < TRIES; i++) {
		if (likely(walk_once(s, from, &node)))
			return node;
		s->nlast = 0;
	}
	atomic_store_explicit(&t->stackless, atomic_load_explicit(&t->stackless, memory_order_relaxed) + 1,
			      memory_order_relaxed);
	return 0;
}

/* Whether a part begins here and stands on a frame of the last walk. */
static inline bool part_fits(const struct scratch *s, const struct part *p, const struct frame *f)
{
	const struct frame *base = &s->last[p->base];

	return p->pc == f->pc && p->sp == f->sp && (p->bp == f->bp || !p->wants_bp) &&
	       p->generation == s->generation && p->base < s->nlast && p->base_path == base->path &&
	       p->base_sp == base->sp && (p->base_bp == base->bp || !base->wants_bp);
}

/* The node of a known part on the last walk's outer frames, else 0. */
static inline uint32_t known_part(const struct scratch *s, const struct frame *f)
{
	const struct part *p = &s->parts[parts_at(f)], *end = p + PARTS_ALIKE;

	for (; p < end; p++)
		if (part_fits(s, p, f) && word_changed(p->words, p->nwords) == ALL_HOLD &&
		    word_changed(s->words, s->last[p->base].nwords) == ALL_HOLD)
			return p->node;
	return 0;
}

/* The node of the last walk, where today's begins as it did and every word still holds; or of a known part; else 0. */
static inline uint32_t known_walk(const struct scratch *s, const struct frame *f)
{
	uint32_t n = s->nlast;

	if (unlikely(!n || s->generation != atomic_load_explicit(&shim.generation, memory_order_relaxed)))
		return 0;
	if (same_state(&s->last[n - 1], f) && word_changed(s->words, words_outside(s, n - 1)) == ALL_HOLD)
		return s->node;
	return known_part(s, f);
}

uint32_t unwind_stack(const uint64_t *hook)
{
	const struct frame f = { .pc = hook[1], .sp = (uint64_t)(hook + 2), .bp = hook[0] };
	struct scratch *s = self.scratch;
	uint32_t ticket = s->ticket, node;

	atomic_signal_fence(memory_order_acquire);
	node = known_walk(s, &f);
	atomic_signal_fence(memory_order_acquire);
	return likely(node && s->ticket == ticket)
		   ? node
		   : walk(s, &f); /* else a signal handler's walk came between */
}
