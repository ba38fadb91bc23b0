/* suppress.c: applying suppressions to a report; see suppressions.h. */
#include "report/suppressions.h"

#include "names/demangle.h"
#include "report/finding.h"
#include "report/patterns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- frames -------------------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A pattern without '(' leaves out the parameters of a C++ name. */
static bool function_matches(const char *pattern, const char *function)
{
	if (glob_matches(pattern, function))
		return true;
	const char *open = strchr(pattern, '(') ? NULL : strchr(function, '(');
	char *name = open ? strndup(function, (size_t)(open - function)) : NULL;
	bool matches = name && glob_matches(pattern, name);
	free(name);
	return matches;
}

/* Files of Valgrind's carry mangled names; ours are spelled out. */
static bool fun_matches(const char *pattern, const char *function)
{
	char *spelled = demangle(pattern);
	bool matches =
	    function_matches(pattern, function) || (spelled && function_matches(spelled, function));

	free(spelled);
	return matches;
}

static bool src_matches(const char *pattern, const struct report_frame *f)
{
	char place[4096];

	if (!f->file)
		return false;
	snprintf(place, sizeof place, "%s:%u", base_name(f->file), f->line);
	return glob_matches(pattern, strchr(pattern, ':') ? place : base_name(f->file));
}

static bool frame_matches(const char *pattern, const struct report_frame *f)
{
	const char *what = pattern + 4;

	switch (*pattern) {
	case 'f':
		return (f->function && fun_matches(what, f->function)) ||
		       (f->symbol && glob_matches(what, f->symbol));
	case 'o':
		return glob_matches(what, f->module) || glob_matches(base_name(what), f->module);
	default:
		return src_matches(what, f);
	}
}

/* ---- stacks -------------------------------------------------------------------------------------------- */

static bool entry_matches(const char *pattern, const char *called)
{
	const char *const *symbols = frame_operator_symbols(called);

	if (*pattern != 'f' || !called)
		return !strcmp(pattern, "obj:*"); /* it is the allocator's, whatever that is */
	for (; symbols && *symbols; symbols++)
		if (glob_matches(pattern + 4, *symbols))
			return true;
	return fun_matches(pattern + 4, called);
}

/* Line i of a stack that begins with the function that was called at last and `nclasses` frames of allocator classes. */
static bool line_matches(const char *pattern, const struct report_stack *s, uint32_t nclasses, uint32_t i)
{
	if (!i)
		return entry_matches(pattern, s->called);
	return frame_matches(pattern, i <= nclasses ? &s->classes[i - 1] : &s->frames[i - 1 - nclasses]);
}

/* Frames from `at` on. Like a glob, with ... for *. */
static bool frames_match(const struct suppression *p, const struct report_stack *s, uint32_t nclasses,
			 uint32_t at)
{
	uint32_t i = 0, star = UINT32_MAX, resume = 0, n = s->nframes + nclasses + 1;

	while (i < p->nframes) {
		bool is_star = !strcmp(p->frames[i], "...");

		if (is_star) {
			star = ++i;
			resume = at;
		} else if (at < n && line_matches(p->frames[i], s, nclasses, at)) {
			i++;
			at++;
		} else if (star != UINT32_MAX && resume < n) {
			i = star;
			at = ++resume;
		} else {
			return false;
		}
	}
	return true;
}

/* A file may leave the allocator out, and its classes. */
static bool any_frames_match(const struct suppression *p, const struct report_stack *s, uint32_t nclasses)
{
	return frames_match(p, s, nclasses, 0) || frames_match(p, s, nclasses, 1);
}

static bool pattern_matches(const struct suppression *p, const struct report_stack *s)
{
	for (uint32_t i = 0; i < s->nframes; i++) {
		const struct report_frame *f = &s->frames[i];
		if ((f->function && lsan_matches(p->name, f->function)) ||
		    (f->file && lsan_matches(p->name, f->file)) || lsan_matches(p->name, f->module))
			return true;
	}
	return false;
}

static bool stack_matches(const struct suppression *p, const struct report_stack *s)
{
	if (p->is_pattern)
		return pattern_matches(p, s);
	return any_frames_match(p, s, 0) || (s->nclasses && any_frames_match(p, s, s->nclasses));
}

/* Of leaks the stack of any member will do, of heap errors a pattern's may be the block's. */
static bool matches(const struct suppression *p, const struct finding *f)
{
	unsigned kind = f->kind == FINDING_GROWTH ? (unsigned)CLASS_REACHABLE : f->kind;

	if (p->is_expired || !(p->kinds >> kind & 1))
		return false;
	if (stack_matches(p, f->stack))
		return true;
	for (uint32_t i = 0; f->leak && i < f->leak->nedges; i++)
		if (stack_matches(p, f->leak->edges[i].from_stack))
			return true;
	return p->is_pattern && f->error && f->error->allocation && stack_matches(p, f->error->allocation);
}

/* ---- reports ------------------------------------------------------------------------------------------- */

static bool fits(struct suppression *p, struct sum more)
{
	bool fits =
	    p->used.blocks + more.blocks <= p->max_blocks && p->used.bytes + more.bytes <= p->max_bytes;

	p->is_over |= !fits;
	return fits;
}

static const struct suppression *find(struct suppressions *s, const struct finding *f)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct suppression *p = &s->at[i];

		if (!matches(p, f) || !fits(p, f->sum))
			continue;
		p->used.blocks += f->sum.blocks;
		p->used.bytes += f->sum.bytes;
		p->uses += f->error ? f->error->instances : f->leak->instances;
		return p;
	}
	return NULL;
}

static const char *suppressed_by(const struct suppression *by, struct pool *pool)
{
	return pool_print(pool, "%s:%u: %s", by->file, by->line, by->name);
}

static void move(struct sum *from, struct sum *to, struct sum what)
{
	from->blocks -= what.blocks;
	from->bytes -= what.bytes;
	to->blocks += what.blocks;
	to->bytes += what.bytes;
}

/* What its blocks were counted as. */
static void move_sums(struct report_process *p, const struct report_leak *leak)
{
	if (leak->class == LEAK_CLASSES)
		return;
	move(&p->sums[leak->class], &p->suppressed_sum, leak->heads);
	move(&p->sums[leak->class == CLASS_POSSIBLE ? CLASS_POSSIBLE : CLASS_INDIRECT], &p->suppressed_sum,
	     leak->indirect);
}

/* Leaks that stay close ranks; those that are suppressed go to the end of `out`. */
static uint32_t sift(struct suppressions *s, struct report_process *p, struct report_leak *list, uint32_t n,
		     struct report_leak *out, struct pool *pool)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct report_leak leak = list[i];
		struct finding f = finding_of_leak(p, &leak);
		const struct suppression *by = find(s, &f);

		if (!by) {
			list[kept++] = leak;
			continue;
		}
		leak.suppressed_by = suppressed_by(by, pool);
		move_sums(p, &leak);
		out[p->nsuppressed++] = leak;
	}
	return kept;
}

static uint32_t sift_errors(struct suppressions *s, struct report_process *p, struct report_error *out,
			    struct pool *pool)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < p->nerrors; i++) {
		struct report_error error = p->errors[i];
		struct finding f = finding_of_error(p, &error);
		const struct suppression *by = find(s, &f);

		if (by) {
			error.suppressed_by = suppressed_by(by, pool);
			out[p->nsuppressed_errors++] = error;
		} else {
			p->errors[kept++] = error;
		}
	}
	return kept;
}

/* No use of an entry: holders are told beside what is counted. */
static void mark_holders(const struct suppressions *s, struct report_process *p)
{
	for (uint32_t i = 0; i < p->nholders; i++) {
		struct report_holder *h = &p->holders[i];
		struct report_leak place = { .class = CLASS_REACHABLE, .stack = h->main_stack };
		struct finding f = finding_of_leak(p, &place);

		for (uint32_t k = 0; k < s->n && h->main.blocks == h->retained.blocks; k++)
			h->is_suppressed |= matches(&s->at[k], &f);
	}
}

static void sift_places(struct suppressions *s, struct report_process *p, struct report_leak *out,
			struct pool *pool)
{
	uint32_t kept = sift(s, p, p->places, p->nplaces, out, pool);

	p->nplaces_all -= p->nplaces - kept;
	p->nplaces = kept;
}

static int apply_to(struct suppressions *s, struct report_process *p, struct pool *pool)
{
	struct report_leak *out =
	    pool_take(pool, ((size_t)p->nleaks + p->nplaces + p->ngrowing) * sizeof *out);
	struct report_error *errors = pool_take(pool, p->nerrors * sizeof *errors);

	if (!out || !errors)
		return -1;
	p->suppressed = out;
	p->suppressed_errors = errors;
	p->nleaks = sift(s, p, p->leaks, p->nleaks, out, pool);
	if (p->is_judged)
		sift_places(s, p, out, pool);
	p->ngrowing = sift(s, p, p->growing, p->ngrowing, out, pool);
	p->nerrors = sift_errors(s, p, errors, pool);
	mark_holders(s, p);
	return 0;
}

static void forget_uses(struct suppressions *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		s->at[i].used = (struct sum){ 0, 0 };
		s->at[i].uses = 0;
		s->at[i].is_over = false;
	}
}

int suppressions_apply(struct suppressions *s, struct report *r, struct err *err)
{
	forget_uses(s);
	for (uint32_t i = 0; i < r->nprocesses; i++)
		if (apply_to(s, &r->processes[i], &r->pool))
			return fail(err, "out of memory");
	r->suppressions = s;
	return 0;
}
