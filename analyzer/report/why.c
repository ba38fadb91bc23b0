/* why.c: see why.h. */
#include "report/why.h"
#include "report/asked.h"
#include "report/holders.h"
#include "report/moments.h"
#include "report/roots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What finding out needs at every step. */
struct search {
	struct why *w;
	struct analysis *a;
	struct stack_book *book;
	struct pool *pool;
	bool keeps_all; /* references, however many */
	bool is_out_of_memory;
};

static struct why_block describe(struct search *s, uint32_t block)
{
	const struct block *b = &s->a->heap.blocks[block];
	const struct report_stack *stack =
	    stack_book_block(s->book, &s->a->heap.blocks[graph_place(&s->a->graph, block)]);

	s->is_out_of_memory |= !stack;
	return (struct why_block){
		.addr = b->addr,
		.size = b->size,
		.thread = b->thread,
		.class = s->a->is_judged ? leak_class_name((enum leak_class)s->a->classes.of[block]) : "live",
		.type = pool_text(s->pool, models_type(&s->a->models, block)),
		.stack = stack,
		.is_reused = graph_place_is_doubtful(&s->a->graph, block),
	};
}

static struct why_reference from_root(struct search *s, const struct root_ref *r)
{
	struct root_name name = root_name(s->pool, s->a, r);

	s->is_out_of_memory |= !name.text;
	return (struct why_reference){
		.root = name.text,
		.field = name.expression,
		.root_kind = root_kind_name(name.kind),
		.kind = ref_kind_name((enum ref_kind)r->kind),
	};
}

static struct why_reference from_block(struct search *s, uint32_t block, uint64_t offset, enum ref_kind kind)
{
	char field[REPORT_FIELD_MAX], global[REPORT_FIELD_MAX];
	bool is_global = models_global(&s->a->models, block, offset, global, sizeof global);
	bool is_named = models_field(&s->a->models, block, offset, field, sizeof field);

	return (struct why_reference){ .block = describe(s, block),
				       .offset = offset,
				       .field = is_named ? pool_text(s->pool, field) : NULL,
				       .global = is_global ? pool_text(s->pool, global) : NULL,
				       .access = models_access(&s->a->models, block),
				       .is_inner = models_is_inner(&s->a->models, block, offset),
				       .kind = ref_kind_name(kind) };
}

static void *take(struct search *s, size_t bytes)
{
	void *taken = pool_take(s->pool, bytes);

	s->is_out_of_memory |= !taken;
	return taken;
}

/* ---- references ---------------------------------------------------------------------------------------- */

/* "->next", "[3].key"; what repeats is counted: "->next(x17)". Returns the steps taken. */
static uint32_t put_step(struct buf *text, const struct why_reference *steps, uint32_t n)
{
	const char *field = steps[0].field;
	uint32_t times = 1;
	char count[32];

	while (times < n && !strcmp(steps[times].field, field))
		times++;
	times = times > 3 ? times : 1;
	int length = times > 1 ? snprintf(count, sizeof count, "(x%u)", times) : 0;
	if (*field != '[' && text->used)
		buf_put(text, steps[0].access, strlen(steps[0].access));
	buf_put(text, field, strlen(field));
	buf_put(text, count, (size_t)length);
	return times;
}

/* The step that an expression begins with: the root, or, unless a running module's own variables are that, the last
 * variable that anybody may name. */
static uint32_t first_named(const struct why_reference *steps, uint32_t n)
{
	for (uint32_t i = n; *steps[0].field && i-- > 1;)
		if (steps[i].global)
			return i;
	return 0;
}

/* "registry.head->next->payload", "registry['a'].next"; NULL when some word has no name. */
static const char *path_expression(struct search *s, const struct why_reference *steps, uint32_t n)
{
	struct why_reference outer[WHY_STEPS_MAX];
	struct buf text = { 0 };
	uint32_t nouter = 0, i = 0;

	for (i = 0; i < n && steps[i].field; i++)
		if (!steps[i].is_inner)
			outer[nouter++] = steps[i];
	if (!n || i < n)
		return NULL;
	uint32_t first = first_named(outer, nouter);
	const char *start = outer[first].global ? outer[first].global : outer[first].field;
	buf_put(&text, start, strlen(start));
	for (i = first + 1; i < nouter;)
		i += put_step(&text, &outer[i], nouter - i);
	buf_put(&text, "", 1);
	const char *kept = text.failed ? NULL : pool_text(s->pool, (char *)text.bytes);
	s->is_out_of_memory |= !kept;
	buf_free(&text);
	return kept;
}

static int find_path(struct search *s, uint32_t block, struct err *err)
{
	struct path path = { 0 };
	int failed = path_from_root(&path, &s->a->graph, block, err);
	uint32_t kept = path.nsteps < WHY_STEPS_MAX ? path.nsteps : WHY_STEPS_MAX;
	struct why_reference *steps = take(s, kept * sizeof *steps);

	if (!failed && path.found && steps) {
		for (uint32_t i = 0; i < kept; i++)
			steps[i] = i ? from_block(s, path.steps[i - 1], ref_offset(path.refs[i - 1]),
						  ref_kind(path.refs[i - 1]))
				     : from_root(s, &path.root);
		s->w->has_path = true;
		s->w->steps = steps;
		s->w->nsteps = kept;
		s->w->nsteps_all = path.nsteps;
		s->w->expression = kept == path.nsteps ? path_expression(s, steps, kept) : NULL;
	}
	path_free(&path);
	return failed;
}

/* Who lets go of what is lost, or of what it never owned, frees nothing. */
static bool may_free(const struct search *s, uint32_t block, unsigned kind)
{
	return s->a->classes.of[block] > CLASS_INDIRECT && KINDS_OWNING >> kind & 1;
}

/* Whether the i-th referrer is a word that `owner` holds the block by. */
static bool is_owners(const struct search *s, uint32_t block, const struct referrers *found,
		      const struct holders *h, uint64_t i, uint32_t owner)
{
	bool is_root = i < found->nroots;
	uint64_t root = is_root ? found->roots[i] : 0, k = i - found->nroots;
	unsigned kind = is_root ? s->a->graph.root_refs[root].kind : found->kinds[k];
	uint32_t node =
	    is_root ? node_of_group(h->group_of[root]) : node_of_block(&h->dominators, found->blocks[k].from);

	return node == owner && may_free(s, block, kind);
}

/* What goes with the block, and which of its referrers it would go with if that one let go: its only owner's only word. */
static int weigh(struct search *s, uint32_t block, const struct referrers *found, struct err *err)
{
	struct holders h;
	int failed = holders_find(&h, s->a, err);
	uint32_t owner = failed ? NODE_TOP : dominators_sole_owner(&h.dominators, block);
	uint64_t words = 0, last = 0;

	if (!failed)
		s->w->retained = h.dominators.retained[node_of_block(&h.dominators, block)];
	for (uint64_t i = 0; owner != NODE_TOP && i < s->w->nreferrers_all; i++)
		if (is_owners(s, block, found, &h, i, owner)) {
			last = i;
			words++;
		}
	if (words == 1 && last < s->w->nreferrers)
		s->w->referrers[last].freed = s->w->retained;
	holders_free(&h);
	return failed;
}

/* How many of so many references the answer keeps. */
static uint64_t kept_of(const struct search *s, uint64_t n)
{
	return s->keeps_all || n < WHY_REFERENCES_KEPT ? n : WHY_REFERENCES_KEPT;
}

/* Roots first: they are what keeps a block alive. */
static int list_referrers(struct search *s, uint32_t block, struct err *err)
{
	struct referrers found = { 0 };
	const struct graph *g = &s->a->graph;
	uint64_t n = 0;

	if (find_referrers(&found, g, block, err))
		return -1;
	uint64_t most = kept_of(s, found.nroots + found.nblocks);
	struct why_reference *list = take(s, most * sizeof *list);
	for (uint64_t i = 0; list && i < found.nroots && n < most; i++)
		list[n++] = from_root(s, &g->root_refs[found.roots[i]]);
	for (uint64_t i = 0; list && i < found.nblocks && n < most; i++)
		list[n++] = from_block(s, found.blocks[i].from, found.blocks[i].offset,
				       (enum ref_kind)found.kinds[i]);
	s->w->referrers = list;
	s->w->nreferrers = n;
	s->w->nreferrers_all = found.nroots + found.nblocks;
	int failed = list ? weigh(s, block, &found, err) : 0;
	referrers_free(&found);
	return failed;
}

/* The word is the asked block's, so the name is its too. */
static struct why_reference to_block(struct search *s, uint32_t block, struct ref r)
{
	struct why_reference to = from_block(s, block, ref_offset(r), ref_kind(r));

	to.block = describe(s, r.to);
	return to;
}

static void list_referents(struct search *s, uint32_t block)
{
	const struct graph *g = &s->a->graph;
	uint64_t n = 0, most = kept_of(s, g->first[block + 1] - g->first[block]);
	struct why_reference *list = take(s, most * sizeof *list);

	for (uint64_t i = g->first[block]; list && n < most; i++)
		list[n++] = to_block(s, block, g->refs[i]);
	s->w->referents = list;
	s->w->nreferents = n;
	s->w->nreferents_all = g->first[block + 1] - g->first[block];
}

/* ---- leaks --------------------------------------------------------------------------------------------- */

/* Components of a leak's heads, marked in an array of all components. */
static uint8_t *mark_heads(const struct analysis *a, const struct leak *leak)
{
	const struct components *c = &a->classes.components;
	uint8_t *marks = calloc((size_t)c->ncomponents + 1, 1);

	for (uint32_t i = 0; marks && i < leak->nblocks; i++)
		if (c->of && c->of[leak->blocks[i]] != UINT32_MAX)
			marks[c->of[leak->blocks[i]]] = 1;
	return marks;
}

static bool is_before(const struct block *a, const struct block *b)
{
	return a->size != b->size ? a->size > b->size : a->birth < b->birth;
}

/* Keeps the largest few of what comes, in order. */
static uint32_t keep_largest(uint32_t *kept, uint32_t n, const struct block *blocks, uint32_t block)
{
	uint32_t at = n < WHY_BEHIND_MAX ? n : WHY_BEHIND_MAX - 1;

	if (n == WHY_BEHIND_MAX && !is_before(&blocks[block], &blocks[kept[at]]))
		return n;
	for (; at && is_before(&blocks[block], &blocks[kept[at - 1]]); at--)
		kept[at] = kept[at - 1];
	kept[at] = block;
	return n < WHY_BEHIND_MAX ? n + 1 : n;
}

static void list_behind(struct search *s, const struct leak *leak)
{
	const struct classes *c = &s->a->classes;
	uint8_t *heads = mark_heads(s->a, leak);
	struct why_block *behind = take(s, WHY_BEHIND_MAX * sizeof *behind);
	uint32_t kept[WHY_BEHIND_MAX], n = 0;

	for (uint32_t i = 0; heads && i < s->a->heap.nblocks; i++)
		if (c->of[i] == CLASS_INDIRECT && heads[c->head[i]])
			n = keep_largest(kept, n, s->a->heap.blocks, i);
	for (uint32_t i = 0; behind && i < n; i++)
		behind[i] = describe(s, kept[i]);
	s->is_out_of_memory |= !heads;
	s->w->behind = behind;
	s->w->nbehind = n;
	free(heads);
}

/* The leak that a block is a head of or lies behind: its index, or UINT32_MAX. */
static uint32_t leak_of(const struct analysis *a, uint32_t block)
{
	uint32_t head = a->classes.components.of ? a->classes.components.of[block] : UINT32_MAX;
	bool is_lost = head != UINT32_MAX;

	if (is_lost)
		head = a->classes.head[block];
	for (uint32_t i = 0; i < a->leaks.nleaks; i++)
		for (uint32_t k = 0; k < a->leaks.leaks[i].nblocks; k++) {
			uint32_t other = a->leaks.leaks[i].blocks[k];

			if (is_lost ? a->classes.components.of[other] == head : other == block)
				return i;
		}
	return UINT32_MAX;
}

/* ---- what was asked ------------------------------------------------------------------------------------ */

static int explain_block(struct search *s, uint32_t block, struct err *err)
{
	s->w->block = describe(s, block);
	s->w->generation = models_generation(&s->a->models, block);
	if (!s->a->is_judged)
		return 0;
	if (s->a->counts.of)
		s->w->counted = s->a->counts.of[block];
	if (list_referrers(s, block, err))
		return -1;
	list_referents(s, block);
	if (s->w->is_about_leak && s->w->leak->class != CLASS_POSSIBLE)
		return 0;
	s->w->is_shared = s->a->classes.shared[block];
	return find_path(s, block, err);
}

static int explain(struct search *s, const char *what, struct err *err)
{
	const struct report_process *p = &s->w->report.processes[0];
	struct asked asked;

	if (asked_find(&asked, s->a, what, err))
		return -1;
	uint32_t leak = asked.leak ? asked.number : s->a->is_judged ? leak_of(s->a, asked.block) : UINT32_MAX;
	s->w->is_about_leak = asked.leak;
	s->w->inside = asked.inside;
	s->w->leak = leak < p->nleaks ? &p->leaks[leak] : NULL;
	if (asked.leak)
		list_behind(s, asked.leak);
	return explain_block(s, asked.block, err);
}

int why_held(struct why *w, struct analysis *a, uint32_t block, struct stack_book *book, struct err *err)
{
	struct search s = { .w = w, .a = a, .book = book, .pool = book->pool };

	w->block = describe(&s, block);
	int failed = a->is_judged ? find_path(&s, block, err) : 0;
	return failed || !s.is_out_of_memory ? failed : fail(err, "out of memory");
}

int why_load(struct why *w, const char *path, const char *what, const struct report_options *options,
	     struct err *err)
{
	struct analysis a;
	struct ancestry ancestry = { 0 };
	struct stack_book book = { .pool = &w->report.pool };
	struct search s = {
		.w = w, .a = &a, .book = &book, .pool = &w->report.pool, .keeps_all = options->all_places
	};

	*w = (struct why){ 0 };
	int failed = moment_open_named(&a, path, &ancestry, &options->analysis, err) ||
		     report_one(&w->report, &a, &book, options, err) || explain(&s, what, err) ||
		     report_notes(&w->report, &a, err);
	if (!failed && s.is_out_of_memory)
		failed = fail(err, "out of memory");
	stack_book_free(&book);
	analysis_close(&a);
	ancestry_close(&ancestry);
	return failed ? -1 : 0;
}

void why_free(struct why *w)
{
	report_free(&w->report);
	*w = (struct why){ 0 };
}
