/* unwind.c: the stack above a hook, as a node in the tree of stacks.
 *
 * A walk is a function of three values (pc, sp, bp) and of the words it loads from the stack: at each frame a
 * rule gives the CFA, the return address below it, and where bp was saved, if it was. Hence verified reuse: the
 * thread keeps its last walk with every word that was loaded; as soon as a new walk meets one of its frames with
 * the same three values, and all words further out are still the same, the rest of the stack is the same, and
 * its node is known. Only the fresh frames are looked up.
 *
 * The scratch memory may be taken over by a signal handler that allocates in mid-walk: each walk takes a ticket,
 * and one that finds another ticket at its end starts again. Words are read only from pages that the kernel has
 * once vouched for, so a damaged stack ends a walk but never faults. */
#include "shim.h"
#include "sys.h"

#include <string.h>

struct frame {
	uint64_t pc, sp, bp; /* pc: return address; for a signal's victim the interrupted address + 1 */
	uint64_t bp_at; /* the word that bp was loaded from, 0: handed on by the frame inside */
	uint64_t frame; /* as in ring.h */
	uint32_t node;
};

struct scratch {
	volatile uint32_t ticket;
	uint32_t generation; /* of the rules behind `last` */
	uint64_t page_low, page_high; /* readable pages, by number, both inclusive; 0: none */
	uint32_t nlast;
	uint32_t pad;
	unsigned char cfi_work[CFI_WORK_BYTES];
	struct frame last[LG_MAX_FRAMES]; /* the last walk, outermost first */
	struct frame fresh[LG_MAX_FRAMES]; /* this walk's, innermost first */
};
_Static_assert(sizeof(struct scratch) <= LG_SCRATCH_BYTES, "fits its slot");

void *unwind_cfi_work(void)
{
	return self.scratch->cfi_work;
}

void unwind_reset(struct scratch *s)
{
	s->nlast = 0;
	s->page_low = s->page_high = 0;
}

/* ---- words of the stack ------------------------------------------------------------------------------ */

#define PAGE_GAP_MAX 4096u /* 16 MiB: further away it is another stack */

static bool pages_readable(uint64_t low, uint64_t high)
{
	for (uint64_t page = low; page <= high; page++)
		if (!sys_readable(page * LG_PAGE))
			return false;
	return true;
}

/* Extends the readable range to `page`, or starts a new one there. */
static bool page_admit(struct scratch *s, uint64_t page)
{
	if (!sys_readable(page * LG_PAGE))
		return false;
	if (page > s->page_high && page - s->page_high < PAGE_GAP_MAX &&
	    pages_readable(s->page_high + 1, page))
		s->page_high = page;
	else if (page < s->page_low && s->page_low - page < PAGE_GAP_MAX &&
		 pages_readable(page, s->page_low - 1))
		s->page_low = page;
	else
		s->page_low = s->page_high = page;
	return true;
}

bool stack_word(uint64_t addr, uint64_t *word)
{
	struct scratch *s = self.scratch;
	uint64_t page = addr / LG_PAGE;

	if (unlikely(addr % 8 || addr < LG_PAGE))
		return false;
	if (unlikely(page < s->page_low || page > s->page_high) && !page_admit(s, page))
		return false;
	*word = *(const uint64_t *)addr;
	return true;
}

/* ---- one step ---------------------------------------------------------------------------------------- */

enum step { STEP_ON, STEP_END, STEP_LOST, STEP_FULL };

/* From the frame *at to the one outside it. */
static enum step step_simple(const struct rule *rule, const struct frame *at, struct frame *out)
{
	uint64_t cfa = (rule->kind == RULE_SP ? at->sp : at->bp) + (uint64_t)(int64_t)rule->cfa_offset;

	out->sp = cfa;
	out->bp = at->bp;
	out->bp_at = 0;
	if (cfa <= at->sp || !stack_word(cfa - 8, &out->pc))
		return STEP_LOST;
	if (rule->saves_bp) {
		out->bp_at = cfa + (uint64_t)(int64_t)rule->bp_offset;
		if (!stack_word(out->bp_at, &out->bp))
			return STEP_LOST;
	}
	return out->pc ? STEP_ON : STEP_END;
}

/* Linux's rt_sigframe: rsp points at struct ucontext; gregs begin 40 bytes in, in the order of
 * <sys/ucontext.h>: r8..r15, rdi, rsi, rbp (10), rbx, rdx, rax, rcx, rsp (15), rip (16). */
static enum step step_signal(const struct frame *at, struct frame *out)
{
	uint64_t gregs = at->sp + 40;

	out->bp_at = 0;
	if (!stack_word(gregs + 10 * 8, &out->bp) || !stack_word(gregs + 15 * 8, &out->sp) ||
	    !stack_word(gregs + 16 * 8, &out->pc))
		return STEP_LOST;
	out->pc++; /* the instruction itself is looked up, not the one before */
	return STEP_ON;
}

/* No CFI (generated code, hand-written assembly): believe in a frame pointer that looks like one. */
static enum step step_frame_pointer(const struct frame *at, struct frame *out)
{
	if (at->bp < at->sp || at->bp - at->sp > 1u << 20 || !stack_word(at->bp, &out->bp) ||
	    !stack_word(at->bp + 8, &out->pc) || out->pc < LG_PAGE)
		return STEP_LOST;
	out->sp = at->bp + 16;
	out->bp_at = at->bp;
	return STEP_ON;
}

static enum step step_out(struct frame *at, struct frame *out)
{
	struct rule rule = rule_at(at->pc - 1);

	at->frame = rule.frame;
	switch (rule.kind) {
	case RULE_SP:
	case RULE_BP:
		return step_simple(&rule, at, out);
	case RULE_SIGNAL:
		return step_signal(at, out);
	case RULE_END:
		return STEP_END;
	case RULE_FULL:
		return STEP_FULL;
	case RULE_NONE:
		break;
	}
	return step_frame_pointer(at, out);
}

/* ---- whole register sets ----------------------------------------------------------------------------- */

/* The registers here and now: those that calls preserve are enough to step on. */
#define HERE(regs)                                                                                           \
	__asm__ volatile("movq %%rbx, 24(%0)\n\tmovq %%rbp, 48(%0)\n\tmovq %%rsp, 56(%0)\n\t"                \
			 "movq %%r12, 96(%0)\n\tmovq %%r13, 104(%0)\n\tmovq %%r14, 112(%0)\n\t"              \
			 "movq %%r15, 120(%0)\n\tleaq 0f(%%rip), %%rax\n0:\n\tmovq %%rax, 128(%0)"           \
			 :                                                                                   \
			 : "r"((regs)->r)                                                                    \
			 : "rax", "memory")

static enum step step_full(struct regs *regs, bool exact, uint64_t *frame)
{
	struct cfi_where where;
	uint64_t bias, pc = regs->r[LG_REG_RIP] - !exact, sp = regs->r[LG_REG_RSP];
	uint32_t module = module_at(pc, &where, &bias);
	bool ended = false;

	*frame = (pc + 1) & LG_FRAME_OFFSET_MASK;
	if (!module)
		return STEP_LOST;
	*frame = (uint64_t)module << LG_FRAME_MODULE_SHIFT | ((pc + 1 - bias) & LG_FRAME_OFFSET_MASK);
	if (!cfi_step(&where, pc, regs, &ended))
		return STEP_LOST;
	if (ended || !regs->r[LG_REG_RIP])
		return STEP_END;
	return regs->r[LG_REG_RSP] == sp ? STEP_LOST : STEP_ON;
}

/* Walks with all registers from here, leaving out the shim's own frames. Slow; for stacks with frames that the
 * simple rules cannot say. */
static __attribute__((noinline)) enum step walk_full(struct scratch *s, uint32_t *nfresh)
{
	struct regs regs = { { 0 } };
	enum step step = STEP_ON;
	uint64_t frame, pc;
	bool exact = true;

	HERE(&regs);
	*nfresh = 0;
	while (step == STEP_ON && *nfresh < LG_MAX_FRAMES) {
		pc = regs.r[LG_REG_RIP];
		bool interrupted = rule_at(pc - !exact).kind == RULE_SIGNAL;
		step = step_full(&regs, exact, &frame);
		exact = interrupted; /* the next frame was stopped at its pc, not in a call before it */
		if (!in_shim(pc))
			s->fresh[(*nfresh)++].frame = frame;
	}
	return step;
}

#define OUT_MAX 64

bool unwind_to_program(struct regs *regs)
{
	uint64_t frame;
	bool exact = true;

	memset(regs, 0, sizeof *regs);
	HERE(regs);
	for (unsigned i = 0; i < OUT_MAX; i++) {
		struct regs inside = *regs;

		if (!in_shim(regs->r[LG_REG_RIP]) && !in_libc(regs->r[LG_REG_RIP]))
			return true;
		if (step_full(regs, exact, &frame) != STEP_ON) {
			*regs = inside; /* libc's outermost frame: better than none */
			return !in_shim(inside.r[LG_REG_RIP]);
		}
		exact = false;
	}
	return false;
}

/* ---- reuse ------------------------------------------------------------------------------------------- */

static bool same_state(const struct frame *a, const struct frame *b)
{
	return a->pc == b->pc && a->sp == b->sp && a->bp == b->bp;
}

/* Whether the step into `f` would load today what it loaded last time. */
static bool same_words(const struct frame *f)
{
	return *(const uint64_t *)(f->sp - 8) == f->pc && (!f->bp_at || *(const uint64_t *)f->bp_at == f->bp);
}

#define ALL_HOLD UINT32_MAX

/* The innermost frame further out than last[at] that today's stack no longer leads to. */
static uint32_t first_changed(const struct scratch *s, uint32_t at)
{
	while (at-- > 0)
		if (!same_words(&s->last[at]))
			return at;
	return ALL_HOLD;
}

struct walk {
	uint32_t nfresh;
	uint32_t reuse; /* frames of `last`, from the outermost, that go on below the fresh ones */
	uint32_t base; /* node under the fresh frames when nothing is reused */
	bool plain; /* only simple steps: may be reused itself */
};

/* Takes last[from], last[from - 1] ... down to, not including, last[to] as fresh frames. */
static void adopt(struct scratch *s, struct walk *w, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i > to && w->nfresh < LG_MAX_FRAMES; i--)
		s->fresh[w->nfresh++] = s->last[i];
}

static uint32_t truncated(void)
{
	struct lg_thread *t = self.thread;

	atomic_store_explicit(&t->truncated, atomic_load_explicit(&t->truncated, memory_order_relaxed) + 1,
			      memory_order_relaxed);
	return stack_intern(0, LG_FRAME_TRUNCATED);
}

/* Walks outwards from f until the stack ends or the last walk is met and still holds. */
static enum step walk_simple(struct scratch *s, struct walk *w, struct frame f)
{
	uint32_t next = s->nlast; /* last[next - 1] is the innermost frame not yet passed */
	enum step step = STEP_ON;

	while (step == STEP_ON) {
		if (unlikely(w->nfresh == LG_MAX_FRAMES))
			return STEP_LOST;
		while (next && s->last[next - 1].sp < f.sp)
			next--;
		if (next && same_state(&s->last[next - 1], &f)) {
			uint32_t changed = first_changed(s, next - 1);

			if (likely(changed == ALL_HOLD)) {
				w->reuse = next;
				return STEP_END;
			}
			adopt(s, w, next - 1, changed + 1);
			f = s->last[changed + 1];
			next = changed + 1;
			continue;
		}
		struct frame *at = &s->fresh[w->nfresh++];
		*at = f;
		step = step_out(at, &f);
	}
	return step;
}

static void walk_on(struct scratch *s, struct walk *w, struct frame f)
{
	enum step step = walk_simple(s, w, f);

	w->plain = step != STEP_FULL;
	if (step == STEP_FULL)
		step = walk_full(s, &w->nfresh);
	if (step != STEP_END) {
		w->base = truncated();
		w->plain = false; /* its outer end may differ each time */
	}
}

static uint32_t intern_fresh(struct scratch *s, const struct walk *w)
{
	uint32_t node = w->reuse ? s->last[w->reuse - 1].node : w->base;

	for (uint32_t i = w->nfresh; i-- > 0;) {
		uint32_t next = stack_intern(node, s->fresh[i].frame);

		if (unlikely(!next)) {
			truncated();
			return node;
		}
		s->fresh[i].node = node = next;
	}
	return node;
}

/* Keeps this walk for the next one. */
static void remember(struct scratch *s, const struct walk *w)
{
	if (!w->plain || w->reuse + w->nfresh > LG_MAX_FRAMES) {
		s->nlast = 0;
		return;
	}
	for (uint32_t i = 0; i < w->nfresh; i++)
		s->last[w->reuse + i] = s->fresh[w->nfresh - 1 - i];
	s->nlast = w->reuse + w->nfresh;
}

static uint32_t walk_once(struct scratch *s, const uint64_t *hook, bool *whole)
{
	struct walk w = { 0 };
	struct frame f = { .pc = hook[1], .sp = (uint64_t)(hook + 2), .bp = hook[0] };
	uint32_t ticket = ++s->ticket;
	uint32_t generation = atomic_load_explicit(&shim.generation, memory_order_relaxed);

	if (unlikely(s->generation != generation)) {
		s->nlast = 0;
		s->generation = generation;
	}
	walk_on(s, &w, f);
	uint32_t node = intern_fresh(s, &w);
	*whole = likely(s->ticket == ticket);
	if (*whole)
		remember(s, &w);
	return node;
}

#define TRIES 4

uint32_t unwind_stack(const uint64_t *hook)
{
	struct lg_thread *t = self.thread;
	bool whole = false;

	for (int i = 0; i < TRIES; i++) {
		uint32_t node = walk_once(self.scratch, hook, &whole);

		if (likely(whole))
			return node;
		self.scratch->nlast = 0;
	}
	atomic_store_explicit(&t->stackless, atomic_load_explicit(&t->stackless, memory_order_relaxed) + 1,
			      memory_order_relaxed);
	return 0;
}
