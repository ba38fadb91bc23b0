/* suppression_entries.c: ready suppressions for what counts, in the syntaxes that suppressions.h reads.
 *
 * An entry of Valgrind's names the frames down to main, so that it takes nothing else. LeakSanitizer's can name one
 * function only: that of the leak's place; of a leak in main itself, which is in every stack, none is made. */
#include "report/ci/outputs.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX 20u /* Valgrind takes 24 lines of them */

/* Entries as text, each with where it came from. */
struct entry {
	char *text; /* owned */
	size_t order;
};

struct entries {
	struct entry *at; /* owned */
	size_t n, room;
	bool failed;
};

static void put_name(struct buf *out, const char *name, char instead)
{
	for (const char *c = name; *c; c++)
		buf_put(out, (unsigned char)*c < ' ' || *c == 0x7f ? &instead : c, 1);
}

static bool has_own_place(const struct report_stack *s)
{
	const struct report_frame *site = stack_site(s);

	return site && (site->function ? strcmp(site->function, "main") != 0 : *site->module != 0);
}

static void put_lsan(struct buf *out, const struct finding *f)
{
	const struct report_frame *site = stack_site(f->stack);

	if (!has_own_place(f->stack)) {
		buf_text(
		    out,
		    "# a leak in main itself has no entry: every stack has that; Valgrind's syntax can\n");
		return;
	}
	buf_text(out, f->error ? "# leakgraph: heap-error:^" : "leak:^");
	put_name(out, site->function ? site->function : site->module, '*');
	buf_text(out, "$\n");
}

/* Of "ns::list<int>::add(int)" the "add", by which Valgrind knows it when it is inlined; of C as it is. */
static void put_inlined(struct buf *out, const char *function)
{
	char *name = malloc(strlen(function) + 1);

	out->failed |= !name;
	if (!name)
		return;
	normal_function(name, function);
	const char *last = strrchr(name, ':');
	bool is_plain = !last && !strcmp(name, function);
	buf_text(out, is_plain ? "" : "*");
	put_name(out, last ? last + 1 : name, '?');
	buf_text(out, is_plain ? "" : "*");
	free(name);
}

/* Libraries of the tool chain have several names for one function, and versions of them. */
static void put_frame(struct buf *out, const struct report_frame *f)
{
	bool is_foreign = !f->function || frame_is_runtime(NULL, f->module);

	buf_text(out, is_foreign ? "   obj:*" : "   fun:");
	if (is_foreign)
		put_name(out, f->module, '?');
	else if (f->is_inlined)
		put_inlined(out, f->function);
	else
		put_name(out, f->symbol ? f->symbol : f->function, '?');
	buf_text(out, "\n");
}

/* The first of its symbols with what may follow, where there are several. */
static void put_entry_function(struct buf *out, const char *called)
{
	const char *const *symbols = frame_operator_symbols(called);

	buf_text(out, "   fun:");
	put_name(out, symbols ? symbols[0] : called, '?');
	buf_text(out, symbols ? "*\n" : "\n");
}

static void put_valgrind(struct buf *out, const struct finding *f)
{
	const struct report_stack *s = f->stack;
	const struct report_frame *site = stack_site(s);

	buf_text(out, "{\n   ");
	put_name(out, site && site->function ? site->function : "a place without a name", '?');
	if (f->error) {
		buf_text(out, "\n   Memcheck:Free\n");
	} else {
		buf_text(out, "\n   Memcheck:Leak\n   match-leak-kinds: ");
		buf_text(out, f->kind == FINDING_GROWTH	  ? "reachable"
			      : f->kind == CLASS_POSSIBLE ? "possible"
							  : "definite");
		buf_text(out, "\n");
	}
	put_entry_function(out, f->error ? f->error->call : s->called);
	for (uint32_t i = 0; i < s->nclasses && i < FRAMES_MAX; i++)
		put_frame(out, &s->classes[i]);
	for (uint32_t i = 0; i < s->shown && i + s->nclasses < FRAMES_MAX; i++)
		put_frame(out, &s->frames[i]);
	buf_text(out, "}\n");
}

/* ---- each once ----------------------------------------------------------------------------------------- */

static void keep(struct entries *all, const struct buf *entry)
{
	if (all->n == all->room) {
		size_t room = all->room ? 2 * all->room : 64;
		struct entry *at = realloc(all->at, room * sizeof *at);
		if (!at) {
			all->failed = true;
			return;
		}
		all->at = at;
		all->room = room;
	}
	char *text = entry->failed ? NULL : strndup((char *)entry->bytes, entry->used);
	all->failed |= !text;
	if (text) {
		all->at[all->n] = (struct entry){ .text = text, .order = all->n };
		all->n++;
	}
}

static int by_text(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;
	int order = strcmp(one->text, other->text);

	return order ? order : (one->order > other->order) - (one->order < other->order);
}

static int by_order(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;

	return (one->order > other->order) - (one->order < other->order);
}

static void drop_doubles(struct entries *all)
{
	size_t kept = 0;

	qsort(all->at, all->n, sizeof *all->at, by_text);
	for (size_t i = 0; i < all->n; i++)
		if (kept && !strcmp(all->at[kept - 1].text, all->at[i].text))
			free(all->at[i].text);
		else
			all->at[kept++] = all->at[i];
	all->n = kept;
	qsort(all->at, all->n, sizeof *all->at, by_order);
}

static void write_entries(struct buf *out, const struct report *r, const struct output_context *c,
			  void (*put)(struct buf *, const struct finding *))
{
	struct entries all = { 0 };
	struct buf entry = { 0 };

	for (struct finding f = { 0 }; finding_next(&f, r, c);)
		if (!finding_is_accepted(&f)) {
			buf_clear(&entry);
			put(&entry, &f);
			keep(&all, &entry);
		}
	if (all.n)
		drop_doubles(&all);
	for (size_t i = 0; i < all.n; i++) {
		buf_text(out, all.at[i].text);
		free(all.at[i].text);
	}
	out->failed |= all.failed;
	free(all.at);
	buf_free(&entry);
}

static void write_lsan(struct buf *out, const struct report *r, const struct output_context *c)
{
	buf_text(out, "# suppressions made by leakgraph, in LeakSanitizer's syntax\n");
	write_entries(out, r, c, put_lsan);
}

static void write_valgrind(struct buf *out, const struct report *r, const struct output_context *c)
{
	buf_text(out, "# suppressions made by leakgraph, in Valgrind's syntax\n");
	write_entries(out, r, c, put_valgrind);
}

const struct output suppression_syntaxes[] = {
	{ "lsan", "LeakSanitizer's", write_lsan },
	{ "valgrind", "Valgrind's", write_valgrind },
	{ NULL, NULL, NULL },
};
