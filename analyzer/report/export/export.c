/* export.c: see export.h. */
#include "report/export/export.h"
#include "base/sort.h"
#include "report/json.h"
#include "report/moments.h"
#include "report/roots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_BYTES (1u << 20)

const char *const export_value_names[] = {
#define X(name, text) text,
	EXPORT_VALUES(X)
#undef X
	    NULL
};

const char *const export_frames_names[] = {
#define X(name, text) text,
	EXPORT_FRAMES(X)
#undef X
	    NULL
};

const struct export_format export_formats[] = {
	{ "folded", "one line a stack, for flame graphs", export_folded },
	{ "pprof", "for go tool pprof, Pyroscope, Parca, Perfetto", export_pprof },
	{ "heapsnapshot", "the graph of references, for the DevTools of Chrome and memlab",
	  export_heapsnapshot },
	{ "sqlite", "tables as SQL text, for the sqlite3 shell", export_sqlite },
	{ "json", "one JSON object a line: process, stacks, leaks, blocks, references", export_json },
	{ "dot", "a picture of the leaks and what holds the rest, for graphviz", export_dot },
	{ "speedscope", "for speedscope.app", export_speedscope },
	{ "dhat", "for Valgrind's dh_view.html and the Firefox Profiler", export_dhat },
	{ "valgrind-xml", "leaks as Memcheck's XML, protocol 4", export_valgrind },
	{ NULL, NULL, NULL },
};

const struct export_format *export_format_named(const char *name)
{
	for (const struct export_format *f = export_formats; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

int export_no_memory(const struct export *e, struct err *err)
{
	return fail(err, "%s: not enough memory for its export", e->a.trace.path);
}

/* ---- which leak a block belongs to ------------------------------------------------------------------------- */

/* Heads by the leaks that list them; what is lost behind one, by the head. */
static int find_leaks(struct export *e)
{
	const struct components *c = &e->a.classes.components;
	uint32_t n = e->a.heap.nblocks;

	e->leak_of = malloc(((size_t)n + 1) * sizeof *e->leak_of);
	if (!e->leak_of)
		return -1;
	memset(e->leak_of, 0xff, n * sizeof *e->leak_of); /* NO_LEAK */
	for (uint32_t i = 0; i < e->a.leaks.nleaks; i++)
		for (uint32_t k = 0; k < e->a.leaks.leaks[i].nblocks; k++)
			e->leak_of[e->a.leaks.leaks[i].blocks[k]] = i;
	for (uint32_t i = 0; i < n; i++)
		if (e->a.classes.of[i] == CLASS_INDIRECT)
			e->leak_of[i] = e->leak_of[c->members[c->first[e->a.classes.head[i]]]];
	return 0;
}

/* ---- shares ------------------------------------------------------------------------------------------------ */

static enum leak_class class_of(const struct export *e, uint32_t block)
{
	return e->a.is_judged ? (enum leak_class)e->a.classes.of[block] : LEAK_CLASSES;
}

static uint32_t leak_of(const struct export *e, uint32_t block)
{
	return e->leak_of ? e->leak_of[block] : NO_LEAK;
}

uint32_t export_stack_id(const struct export *e, uint32_t block)
{
	uint32_t stack = e->a.heap.blocks[block].stack;

	return stack < e->a.trace.nnodes ? stack : 0;
}

#define CLASS_BITS 3u
#define LEAK_BITS (32u - CLASS_BITS) /* NO_LEAK loses bits, and is still above all leaks */

static uint64_t share_key(const struct export *e, uint32_t block)
{
	uint64_t leak = leak_of(e, block) & ((1u << LEAK_BITS) - 1);

	return (uint64_t)export_stack_id(e, block) << 32 | leak << CLASS_BITS | class_of(e, block);
}

static int make_shares(struct export *e)
{
	const struct heap *h = &e->a.heap;
	struct sort_pair *pairs = malloc(((size_t)h->nblocks + 1) * sizeof *pairs);
	uint32_t n = 0;

	for (uint32_t i = 0; pairs && i < h->nblocks; i++)
		pairs[i] = (struct sort_pair){ share_key(e, i), i };
	int failed = !pairs || sort_pairs(pairs, h->nblocks);
	for (uint32_t i = 0; !failed && i < h->nblocks; i++)
		n += !i || pairs[i].key != pairs[i - 1].key;
	e->shares = failed ? NULL : calloc((size_t)n + 1, sizeof *e->shares);
	for (uint32_t i = 0; e->shares && i < h->nblocks; i++) {
		uint32_t block = pairs[i].value;

		e->nshares += !i || pairs[i].key != pairs[i - 1].key;
		struct export_share *s = &e->shares[e->nshares - 1];
		s->stack = export_stack_id(e, block);
		s->leak = leak_of(e, block);
		s->class = class_of(e, block);
		heap_add(&s->live, h, block);
	}
	free(pairs);
	return e->shares ? 0 : -1;
}

/* ---- stacks ------------------------------------------------------------------------------------------------ */

const struct report_stack *export_stack(struct export *e, uint32_t stack)
{
	const struct report_stack *frames = stack_book_get(&e->book, stack, "");

	e->out.failed |= !frames;
	return frames;
}

static void add(struct sum *sum, struct sum more)
{
	sum->blocks += more.blocks;
	sum->bytes += more.bytes;
}

bool export_next_frameless(struct export_use *u, const struct export *e)
{
	while (u->next_stack < e->a.trace.nnodes) {
		uint32_t stack = u->next_stack++;
		const struct site *site = &e->sites.at[stack];

		u->stack = stack;
		u->shares = &e->shares[u->next_share];
		memset(u->of, 0, sizeof u->of);
		for (; u->next_share < e->nshares && e->shares[u->next_share].stack == stack;
		     u->next_share++) {
			const struct export_share *s = &e->shares[u->next_share];
			add(&u->of[EXPORT_LIVE], s->live);
			if (s->class <= CLASS_INDIRECT)
				add(&u->of[EXPORT_LEAKED], s->live);
		}
		u->nshares = (uint32_t)(&e->shares[u->next_share] - u->shares);
		u->of[EXPORT_ALLOCATED] = (struct sum){ site->allocated_blocks, site->allocated_bytes };
		u->of[EXPORT_PEAK] = (struct sum){ site->peak_blocks, site->peak_bytes };
		if (u->nshares || site->allocated_blocks || site->peak_blocks)
			return true;
	}
	return false;
}

bool export_next(struct export_use *u, struct export *e)
{
	u->frames = export_next_frameless(u, e) ? export_stack(e, u->stack) : NULL;
	return u->frames;
}

uint32_t export_number(struct export *e, struct texts *texts, const char *text)
{
	uint32_t known = texts->n, number = texts_number(texts, text);
	char *copy = number == known ? pool_text(&e->report.pool, text) : NULL;

	if (number == known)
		texts->at[number] = copy ? copy : "";
	e->out.failed |= number == NO_TEXT || (number == known && !copy);
	return number;
}

static uint32_t frame_number(struct export *e, struct export_frames_book *book, const struct report_frame *f)
{
	struct json j;

	book->frame.used = 0;
	json_start(&j, &book->frame);
	json_open_flat(&j, '{');
	json_put_frame_facts(&j, f);
	json_close(&j, '}');
	buf_put(&book->frame, "", 1);
	e->out.failed |= book->frame.failed;
	return book->frame.failed ? NO_TEXT : export_number(e, &book->texts, (char *)book->frame.bytes);
}

bool export_number_frames(struct export *e, struct export_frames_book *book, const struct report_stack *stack)
{
	if (stack->nframes > book->room) {
		uint32_t room = 2 * stack->nframes, *numbers = realloc(book->numbers, room * sizeof *numbers);

		e->out.failed |= !numbers;
		if (!numbers)
			return false;
		book->numbers = numbers;
		book->room = room;
	}
	for (uint32_t i = 0; i < stack->nframes; i++) {
		book->numbers[i] = frame_number(e, book, &stack->frames[i]);
		if (book->numbers[i] == NO_TEXT)
			return false;
	}
	return true;
}

void export_frames_free(struct export_frames_book *book)
{
	texts_free(&book->texts);
	buf_free(&book->frame);
	free(book->numbers);
	*book = (struct export_frames_book){ 0 };
}

const char *export_function(struct export *e, const struct report_frame *f)
{
	const char *module = *f->module ? f->module : "?";
	const char *function = f->function ? f->function : pool_print(&e->report.pool, "[%s]", module);

	e->out.failed |= !function;
	return function;
}

const char *export_class(const struct export *e, uint32_t block)
{
	return e->a.is_judged ? leak_class_name((enum leak_class)e->a.classes.of[block]) : "live";
}

const char *export_command(struct export *e)
{
	struct buf text = { 0 };

	for (char *const *word = e->process->argv; *word; word++) {
		buf_text(&text, word == e->process->argv ? "" : " ");
		buf_text(&text, *word);
	}
	buf_put(&text, "", 1);
	const char *command = text.failed ? NULL : pool_text(&e->report.pool, (char *)text.bytes);
	buf_free(&text);
	e->out.failed |= !command;
	return command;
}

const char *export_root(struct export *e, const struct root_ref *r)
{
	const char *text = root_name(&e->report.pool, &e->a, r).text;

	e->out.failed |= !text;
	return text;
}

/* ---- the whole --------------------------------------------------------------------------------------------- */

int export_load(struct export *e, const char *path, const struct export_options *options, struct err *err)
{
	*e = (struct export){ .options = options, .book = { .pool = &e->report.pool } };
	if (moment_open_named(&e->a, path, &e->ancestry, &options->report.analysis, err) ||
	    report_one(&e->report, &e->a, &e->book, &options->report, err) ||
	    sites_find(&e->sites, &e->a.heap, err))
		return -1;
	e->process = &e->report.processes[0];
	return (e->a.is_judged && find_leaks(e)) || make_shares(e) ? export_no_memory(e, err) : 0;
}

static void write_out(struct export *e)
{
	if (e->to && e->out.used &&
	    (fwrite(e->out.bytes, 1, e->out.used, e->to) != e->out.used || fflush(e->to))) {
		e->error = errno;
		e->to = NULL;
	}
	e->out.used = 0;
}

void export_flush(struct export *e)
{
	if (e->out.used >= FLUSH_BYTES)
		write_out(e);
}

int export_write(struct export *e, const struct export_format *format, FILE *to, const char *name,
		 struct err *err)
{
	e->to = to;
	if (format->render(e, err))
		return -1;
	if (e->out.failed)
		return export_no_memory(e, err);
	write_out(e);
	return e->to ? 0 : fail(err, "%s cannot be written: %s", name, strerror(e->error));
}

void export_free(struct export *e)
{
	free(e->leak_of);
	free(e->shares);
	buf_free(&e->out);
	stack_book_free(&e->book);
	sites_free(&e->sites);
	analysis_close(&e->a);
	ancestry_close(&e->ancestry);
	report_free(&e->report);
	*e = (struct export){ 0 };
}
