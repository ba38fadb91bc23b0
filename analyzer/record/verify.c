/* verify.c: see verify.h. A stack that differs is looked at once more with nothing kept from earlier walks, before it
 * is counted: a module that came or went since may have left libunwind's rows stale. */
#include "record/verify.h"

#include "leakgraph/env.h"
#include "record/proc.h"
#include "record/remote.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How a stack compares. "Ours" is the shim's. Complete: equal, and from where the program or the thread begins. */
#define FINDINGS(X)                                                                                          \
	X(COMPLETE, "complete")                                                                              \
	X(UNFINISHED, "equal, but neither leads to a beginning")                                             \
	X(DEEP, "equal, but deeper than a stack may be")                                                     \
	X(LONGER, "libunwind stopped short: equal so far, ours goes on")                                     \
	X(CUT, "ours is cut: equal so far, libunwind goes on")                                               \
	X(SHORTER, "ours ends: equal so far, libunwind goes on")                                             \
	X(OUTERMOST, "the outermost frame differs")                                                          \
	X(FRAME, "a frame differs")                                                                          \
	X(MODULE, "equal, but a frame is said to be in a module that is not there")                          \
	X(STACKLESS, "ours is not there")
enum finding {
#define X(name, text) FOUND_##name,
	FINDINGS(X)
#undef X
	    FINDINGS_N
};

static const char *const finding_texts[] = {
#define X(name, text) text,
	FINDINGS(X)
#undef X
};

struct stack {
	uint64_t frames[LG_MAX_FRAMES + 64]; /* addresses, innermost first; room for the shim's own */
	size_t n;
	bool is_cut; /* ours */
	bool is_misnamed; /* ours: a frame's module is not what is mapped there */
	enum remote_end end; /* libunwind's */
};

#define NAME_MAX_BYTES 128
#define EXAMPLES 16u

/* Differences that were stepped into from the same place are one. */
struct example {
	enum finding finding;
	char from[NAME_MAX_BYTES]; /* the frame from which the two went apart */
	char ours[NAME_MAX_BYTES], theirs[NAME_MAX_BYTES];
	char program[64];
	size_t depth;
	uint64_t count;
};

struct verifier {
	struct remote *remotes[LG_AREAS]; /* by area, while its image lives */
	struct stack ours, theirs;
	uint64_t compared, unread;
	uint64_t found[FINDINGS_N];
	struct example examples[EXAMPLES];
	size_t nexamples;
};

int verify_wanted(uint32_t *every, struct err *err)
{
	const char *text = getenv(LG_ENV_VERIFY);
	char *end;

	*every = 0;
	if (!text || !*text)
		return 0;
	unsigned long n = strtoul(text, &end, 10);
	if (*end || n > UINT32_MAX)
		return fail(err, "%s=%s: give it a number: every Nth stack is checked, 0 for none",
			    LG_ENV_VERIFY, text);
	*every = (uint32_t)n;
	return 0;
}

struct verifier *verify_open(void)
{
	return calloc(1, sizeof(struct verifier));
}

void verify_leave(struct verifier *v, const struct image *i)
{
	remote_close(v->remotes[i->index]);
	v->remotes[i->index] = NULL;
}

void verify_close(struct verifier *v)
{
	for (size_t i = 0; v && i < LG_AREAS; i++)
		remote_close(v->remotes[i]);
	free(v);
}

/* ---- the two stacks ---------------------------------------------------------------------------------- */

/* The address that a frame stands for. */
static uint64_t address_of(struct remote *r, const struct image *i, uint64_t frame, bool *is_misnamed)
{
	const struct lg_module *modules = (const void *)((const char *)i->area + LG_OFF_MODULES);
	uint64_t number = frame >> LG_FRAME_MODULE_SHIFT, addr = frame & LG_FRAME_OFFSET_MASK;

	if (!number || number >= LG_MODULES)
		return addr;
	const struct lg_module *m = &modules[number];
	addr += m->bias;
	*is_misnamed |= !remote_is_build(r, addr - 1, m->build_id, m->build_id_bytes);
	return addr;
}

static void read_ours(struct remote *r, const struct image *i, uint32_t id, struct stack *s)
{
	struct trace_node node = { .parent = id };

	s->n = 0;
	s->is_cut = s->is_misnamed = false;
	while (node.parent && s->n < LG_MAX_FRAMES && stacks_node(&i->stacks, node.parent, &node)) {
		s->is_cut = node.frame == LG_FRAME_TRUNCATED;
		if (!s->is_cut)
			s->frames[s->n++] = address_of(r, i, node.frame, &s->is_misnamed);
	}
}

/* libunwind begins inside the shim, whose frames are left out. */
static void drop_shim(struct remote *r, struct stack *s)
{
	uint64_t start, end;
	size_t n = 0;

	if (!s->n || !remote_code(r, s->frames[0], &start, &end))
		return;
	while (n < s->n && s->frames[n] >= start && s->frames[n] < end)
		n++;
	s->n -= n;
	memmove(s->frames, s->frames + n, s->n * sizeof *s->frames);
}

static bool read_theirs(struct remote *r, const struct lg_thread *t, struct stack *s)
{
	s->n = remote_unwind(r, t->check_regs, s->frames, sizeof s->frames / sizeof *s->frames, &s->end);
	drop_shim(r, s);
	return s->end != REMOTE_GONE;
}

/* ---- comparing --------------------------------------------------------------------------------------- */

static size_t common_frames(const struct stack *a, const struct stack *b)
{
	size_t n = 0;

	while (n < a->n && n < b->n && a->frames[n] == b->frames[n])
		n++;
	return n;
}

static enum finding compare(const struct stack *ours, const struct stack *theirs)
{
	size_t common = common_frames(ours, theirs);

	if (!ours->n)
		return FOUND_STACKLESS;
	if (common == ours->n && common == theirs->n)
		return ours->is_misnamed				 ? FOUND_MODULE
		       : ours->is_cut || theirs->end != REMOTE_OUTERMOST ? FOUND_UNFINISHED
									 : FOUND_COMPLETE;
	if (common == ours->n)
		return common >= LG_MAX_FRAMES - 1 ? FOUND_DEEP : ours->is_cut ? FOUND_CUT : FOUND_SHORTER;
	if (common == theirs->n)
		return FOUND_LONGER;
	return common + 1 == ours->n && common + 1 == theirs->n ? FOUND_OUTERMOST : FOUND_FRAME;
}

static void name_frame(struct remote *r, const struct stack *s, size_t at, char name[NAME_MAX_BYTES])
{
	if (at < s->n)
		remote_name(r, s->frames[at], name, NAME_MAX_BYTES);
	else
		strcpy(name, s->is_cut ? "(cut)" : "(end)");
}

static void name_program(const struct image *i, char *name, size_t room)
{
	char *path = proc_link(i->pid, "exe");
	const char *slash = path ? strrchr(path, '/') : NULL;

	snprintf(name, room, "%s", slash ? slash + 1 : "?");
	free(path);
}

static void keep_example(struct verifier *v, const struct image *i, enum finding finding)
{
	struct remote *r = v->remotes[i->index];
	struct example e = { .finding = finding, .depth = common_frames(&v->ours, &v->theirs), .count = 1 };

	if (e.depth)
		name_frame(r, &v->ours, e.depth - 1, e.from);
	for (size_t n = 0; n < v->nexamples; n++)
		if (v->examples[n].finding == finding && !strcmp(v->examples[n].from, e.from)) {
			v->examples[n].count++;
			return;
		}
	if (v->nexamples == EXAMPLES)
		return;
	name_frame(r, &v->ours, e.depth, e.ours);
	name_frame(r, &v->theirs, e.depth, e.theirs);
	name_program(i, e.program, sizeof e.program);
	v->examples[v->nexamples++] = e;
}

/* False: the process is gone, or its memory is not to be read. */
static bool compare_stacks(struct verifier *v, const struct image *i, const struct lg_thread *t,
			   enum finding *finding)
{
	struct remote *r = v->remotes[i->index];

	if (!read_theirs(r, t, &v->theirs)) /* first: it notices modules that are gone */
		return false;
	read_ours(r, i, t->check_node, &v->ours);
	*finding = compare(&v->ours, &v->theirs);
	return true;
}

static bool check(struct verifier *v, const struct image *i, const struct lg_thread *t)
{
	enum finding finding;

	if (!compare_stacks(v, i, t, &finding))
		return false;
	if (finding != FOUND_COMPLETE) {
		remote_forget(v->remotes[i->index]);
		if (!compare_stacks(v, i, t, &finding))
			return false;
	}
	v->compared++;
	v->found[finding]++;
	if (finding != FOUND_COMPLETE)
		keep_example(v, i, finding);
	return true;
}

static void answer(struct verifier *v, struct image *i, struct lg_thread *t)
{
	struct remote **r = &v->remotes[i->index];
	uint32_t asked = LG_CHECK_ASKED;

	if (!atomic_compare_exchange_strong(&t->check, &asked, LG_CHECK_TAKEN))
		return;
	if (!*r)
		*r = remote_open(i->pid);
	if (!*r || !check(v, i, t))
		v->unread++;
	atomic_store(&t->check, LG_CHECK_NONE);
	syscall(SYS_futex, &t->check, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void verify_round(struct verifier *v, struct image *i)
{
	uint32_t slots = atomic_load(&i->area->slots);

	for (uint32_t n = 0; n < slots && n < LG_THREADS; n++)
		if (atomic_load_explicit(&i->area->threads[n].check, memory_order_relaxed) == LG_CHECK_ASKED)
			answer(v, i, &i->area->threads[n]);
}

/* ---- telling ----------------------------------------------------------------------------------------- */

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 100.0;
}

static void tell_finding(const struct verifier *v, enum finding finding, FILE *out)
{
	fprintf(out, "%12llu  %s\n", (unsigned long long)v->found[finding], finding_texts[finding]);
	for (size_t i = 0; i < v->nexamples; i++) {
		const struct example *e = &v->examples[i];

		if (e->finding == finding)
			fprintf(out, "%14s%llu in %s, from frame %zu, %s: ours to %s, libunwind to %s\n", "",
				(unsigned long long)e->count, e->program, e->depth,
				*e->from ? e->from : "the hook", e->ours, e->theirs);
	}
}

char *verify_text(const struct verifier *v)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);
	uint64_t complete = v->found[FOUND_COMPLETE];
	uint64_t equal = complete + v->found[FOUND_UNFINISHED] + v->found[FOUND_DEEP];

	if (!out)
		return NULL;
	fprintf(out, "stacks checked by libunwind: %llu, equal %llu (%.4f %%), complete %llu (%.4f %%)\n",
		(unsigned long long)v->compared, (unsigned long long)equal, percent(equal, v->compared),
		(unsigned long long)complete, percent(complete, v->compared));
	for (enum finding f = FOUND_COMPLETE + 1; f < FINDINGS_N; f++)
		if (v->found[f])
			tell_finding(v, f, out);
	if (v->unread)
		fprintf(out, "%12llu  not checked: the process was gone\n", (unsigned long long)v->unread);
	fclose(out);
	return text;
}
