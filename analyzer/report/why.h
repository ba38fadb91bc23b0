/* why.h: one leak or one block explained: what holds it, or what it was lost with. The finished answer, for the
 * renderers why_text() and why_json(). */
#ifndef LG_REPORT_WHY_H
#define LG_REPORT_WHY_H

#include "base/buf.h"
#include "base/term.h"
#include "report/model.h"

#define WHY_REFERENCES_KEPT 1000u /* unless all were asked for */
#define WHY_REFERENCES_SHOWN 10u
#define WHY_BEHIND_MAX 5u
#define WHY_STEPS_MAX 64u

struct why_block {
	uint64_t addr, size, thread;
	const char *class; /* "live" when nothing was judged */
	const char *type; /* NULL: unknown */
	const struct report_stack *stack;
	bool is_reused; /* its memory may have been another object's: the stack may be of that one */
};

/* One word that points at a block. */
struct why_reference {
	const char *root; /* what holds the word: "registry+8 in app"; NULL: `block` does */
	const char *root_kind; /* "global", ...; NULL with `block` */
	struct why_block block;
	uint64_t offset; /* of the word in `block` */
	const char *field; /* what the word is called; NULL: unknown. Of a root: the expression for it */
	const char *
	    global; /* the word is a variable of this name that no function has: "app.cache"; NULL: it is none */
	const char *access; /* what the source writes before `field` */
	bool is_inner; /* the word leads to more of what the source sees as one object */
	const char *kind; /* "start", "interior", "past-end", "recognised", "weak", ... */
	struct sum freed; /* of a referrer: what would be freed if this reference alone were cut */
};

struct why {
	struct report report; /* the process, and the pool that all this lives in */
	const struct report_leak *leak; /* asked for, or the one that the block belongs to; NULL: none */
	bool is_about_leak; /* a leak was asked for; `block` is then its oldest head */
	struct why_block block;
	uint64_t inside; /* bytes from the block's start to the address that was asked for */
	struct sum retained; /* what would be freed with the block, itself included; zero when not judged */
	/* What the block counts itself, and what was found; verdict NONE: it keeps no count */
	struct counted counted;
	int generation; /* of its runtime's collector; NO_GENERATION: none */
	bool is_shared; /* more leaks than `leak` hold the block */

	bool has_path; /* from a root; steps[0] is held by the root, each other step by the one before */
	struct why_reference *steps; /* each: what holds step i; `block` of i + 1 is what i holds */
	uint32_t nsteps, nsteps_all;
	/* The whole path as the source would write it; NULL: some word is not named */
	const char *expression;

	struct why_reference *referrers, *referents; /* referents: block is the target, offset in our block */
	uint64_t nreferrers, nreferents; /* kept */
	uint64_t nreferrers_all, nreferents_all;

	struct why_block *behind; /* is_about_leak: lost behind it, largest first */
	uint32_t nbehind;
};

/* `what` is "L3" or an address ("0x55d0c2a0"). 0, or -1 with err. */
int why_load(struct why *w, const char *path, const char *what, const struct report_options *options,
	     struct err *err);
/* Of a block in an open analysis only what it is and the path that holds it; both live in the book's pool. */
int why_held(struct why *w, struct analysis *a, uint32_t block, struct stack_book *book, struct err *err);
void why_free(struct why *w);

/* `all`: every reference that is kept, not only the first few. */
void why_text(const struct term *t, const struct why *w, bool all, bool full_stacks, const char *here);
void why_json(struct buf *out, const struct why *w);

#endif
