/* lines.c: see lines.h. */
#include "report/lines.h"

#include "report/spelling.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES_SHOWN 12u
#define FUNCTION_COLUMNS 52u

const char *lines_sum(char text[SUM_TEXT], struct sum sum)
{
	char bytes[TERM_TEXT], blocks[64];

	snprintf(text, SUM_TEXT, "%s in %s", human_bytes(bytes, sum.bytes),
		 human_things(blocks, sizeof blocks, sum.blocks, "block"));
	return text;
}

/* ---- text that must fit -------------------------------------------------------------------------------- */

static bool is_inside_character(const char *at)
{
	return ((unsigned char)*at & 0xc0) == 0x80;
}

/* The byte where the last `columns` columns of text begin. */
static const char *tail_of(const char *text, size_t columns)
{
	const char *at = text + strlen(text);

	for (; at > text && columns; columns--)
		do
			at--;
		while (at > text && is_inside_character(at));
	return at;
}

static const char *head_of(const char *text, size_t columns)
{
	for (; *text && columns; columns--)
		do
			text++;
		while (is_inside_character(text));
	return text;
}

const char *lines_fit(char out[PLACE_TEXT], const char *text, size_t columns)
{
	if (columns > PLACE_TEXT / 4) /* UTF-8 has up to 4 bytes a column; most have one */
		columns = strlen(text) < PLACE_TEXT ? columns : PLACE_TEXT / 4;
	if (term_columns(text) <= columns) {
		snprintf(out, PLACE_TEXT, "%s", text);
		return out;
	}
	size_t head = (columns - 3) * 2 / 3, tail = columns - 3 - head;
	snprintf(out, PLACE_TEXT, "%.*s...%s", (int)(head_of(text, head) - text), text, tail_of(text, tail));
	return out;
}

void lines_wrap(const struct term *t, unsigned at, unsigned indent, const char *text)
{
	char *copy = strdup(text), *save = NULL;
	size_t column = at;
	const char *gap = "";

	for (char *word = copy ? strtok_r(copy, " ", &save) : NULL; word; word = strtok_r(NULL, " ", &save)) {
		size_t n = term_columns(word);

		if (*gap && column + 1 + n > LINE_COLUMNS) {
			fprintf(t->out, "\n%*s", (int)indent, "");
			column = indent;
			gap = "";
		}
		fputs(gap, t->out);
		term_clean(t, word);
		column += strlen(gap) + n;
		gap = " ";
	}
	fputc('\n', t->out);
	free(copy);
}

/* `file` below `folder`, or NULL. */
static const char *below(const char *file, const char *folder)
{
	size_t n = folder ? strlen(folder) : 0;

	return n > 1 && !strncmp(file, folder, n) && file[n] == '/' ? file + n + 1 : NULL;
}

/* "/long/way/to/src/app.c" as ".../src/app.c" */
static void last_parts(char text[PLACE_TEXT], const char *file, size_t columns)
{
	const char *at = file + strlen(file);

	for (int parts = 0; at > file && parts < 2; parts++)
		do
			at--;
		while (at > file && *at != '/');
	if (term_columns(at) + 3 <= columns && at > file)
		snprintf(text, PLACE_TEXT, "...%.*s", (int)(PLACE_TEXT - 4), at);
	else
		lines_fit(text, file, columns);
}

const char *lines_path(char text[PLACE_TEXT], const struct lines *l, const char *file, size_t columns)
{
	const char *near = below(file, l->here);

	if (!near)
		near = below(file, l->directory);
	file = near ? near : file;
	while (!strncmp(file, "./", 2))
		file += 2;
	if (term_columns(file) <= columns && strlen(file) < PLACE_TEXT)
		snprintf(text, PLACE_TEXT, "%s", file);
	else
		last_parts(text, file, columns);
	return text;
}

/* ---- frames -------------------------------------------------------------------------------------------- */

/* "std::map<...>::find(...)": template arguments and parameters of long C++ names say little; of Rust's
 * "<Type as Trait>::function" the type does. `is_bare`: "std::map::find". */
static const char *without_arguments(char out[PLACE_TEXT], const char *name, bool is_bare)
{
	size_t used = 0;

	for (const char *at = name; *at && used < PLACE_TEXT - 8; at++) {
		size_t whole = spelling_anonymous(at) + spelling_operator(at);

		if (at == name && *at == '<') {
			const char *end = spelling_closed(at), *as = strstr(at, " as ");

			used += (size_t)snprintf(out, PLACE_TEXT, "%.*s>",
						 (int)((as && as < end ? as : end) - at), at);
			at = end;
		} else if (whole) {
			used += (size_t)snprintf(out + used, PLACE_TEXT - used, "%.*s", (int)whole, at);
			at += whole - 1;
		} else if ((*at == '<' || *at == '(') && (is_bare || at[1] != ')')) {
			const char *dots = is_bare ? "" : *at == '<' ? "<...>" : "(...)";

			used += (size_t)snprintf(out + used, PLACE_TEXT - used, "%s", dots);
			at = spelling_closed(at);
		} else {
			out[used++] = *at;
		}
		if (used > PLACE_TEXT - 8)
			used = PLACE_TEXT - 8;
	}
	out[used] = 0;
	return out;
}

/* "...::_M_create": as many of the last components as there is room for; all of it where not even one fits. */
static const char *last_components(char out[PLACE_TEXT], const char *name, size_t columns)
{
	for (const char *at = strstr(name, "::"); at; at = strstr(at + 2, "::"))
		if (term_columns(at) + 3 <= columns) {
			snprintf(out, PLACE_TEXT, "...%.*s", (int)PLACE_TEXT - 4, at);
			return out;
		}
	return lines_fit(out, name, columns);
}

#define NESTING_SHOWN 3u /* templates in templates */

const char *lines_function(char out[PLACE_TEXT], const char *name, size_t columns)
{
	char shorter[PLACE_TEXT];

	if (term_columns(name) <= columns)
		return lines_fit(out, name, columns);
	name = spelling_name(name);
	if (term_columns(without_arguments(shorter, name, false)) > columns)
		without_arguments(shorter, name, true);
	return term_columns(shorter) <= columns ? lines_fit(out, shorter, columns)
						: last_components(out, shorter, columns);
}

/* "std::vector<std::pair<...>>" for a depth of one: what lies deeper is left out. */
static void without_deeper(char out[PLACE_TEXT], const char *type, unsigned depth)
{
	size_t used = 0;
	unsigned open = 0;

	for (const char *at = type; *at && used < PLACE_TEXT - 8; at++) {
		open -= *at == '>' && open;
		if (*at == '<' && open == depth) {
			used += (size_t)snprintf(out + used, PLACE_TEXT - used, "<...>");
			at = spelling_closed(at);
			continue;
		}
		open += *at == '<';
		out[used++] = *at;
	}
	out[used] = 0;
}

const char *lines_type(char out[PLACE_TEXT], const char *type, size_t columns)
{
	char shorter[PLACE_TEXT];

	if (term_columns(type) <= columns)
		return lines_fit(out, type, columns);
	for (unsigned depth = NESTING_SHOWN; depth; depth--) {
		without_deeper(shorter, type, depth);
		if (term_columns(shorter) <= columns)
			return lines_fit(out, shorter, columns);
	}
	return lines_function(out, type, columns);
}

static const char *function_text(char text[PLACE_TEXT], const struct report_frame *f, size_t columns)
{
	if (f->function)
		return lines_function(text, f->function, columns);
	snprintf(text, PLACE_TEXT, "0x%llx", (unsigned long long)f->offset);
	return text;
}

static const char *location_text(char text[PLACE_TEXT], const struct lines *l, const struct report_frame *f,
				 size_t columns)
{
	char path[PLACE_TEXT];

	if (f->file && f->line)
		snprintf(text, PLACE_TEXT, "%.*s:%u", (int)PLACE_TEXT - 12,
			 lines_path(path, l, f->file, columns - 6), f->line);
	else
		snprintf(text, PLACE_TEXT, "%.*s", (int)PLACE_TEXT - 1,
			 lines_fit(path, *f->module ? f->module : "(no module)", columns));
	return text;
}

const char *lines_place(char text[PLACE_TEXT], const struct lines *l, const struct report_stack *s)
{
	const struct report_frame *f = stack_site(s);
	char function[PLACE_TEXT], location[PLACE_TEXT];

	if (!f)
		snprintf(text, PLACE_TEXT, "%s",
			 strcmp(s->allocator, POOL_ALLOCATOR) ? "unknown place" : "in a pool");
	else
		snprintf(text, PLACE_TEXT, "%.48s, %.72s", function_text(function, f, 40),
			 location_text(location, l, f, 40));
	return text;
}

/* Which of several calls in a function it is, where no line tells. */
static const char *offset_text(char text[32], const struct report_frame *f)
{
	bool is_wanted = f->function && !f->line && !f->language && *f->module;

	*text = 0;
	if (is_wanted)
		snprintf(text, 32, "+0x%llx", (unsigned long long)f->offset);
	return text;
}

static void print_frame(const struct lines *l, unsigned indent, const struct report_frame *f, size_t width)
{
	char function[PLACE_TEXT], location[PLACE_TEXT], offset[32];
	const char *inlined = f->is_inlined ? "  inlined" : "";
	size_t behind = strlen(offset_text(offset, f)) + strlen(inlined);
	const struct term *t = l->term;

	function_text(function, f, width);
	fprintf(t->out, "%*s", (int)indent, "");
	term_clean(t, function);
	fprintf(t->out, "%*s", (int)(width - term_columns(function)) + 2, "");
	term_clean(t, location_text(location, l, f, LINE_COLUMNS - indent - width - 2 - behind));
	term_print(t, SHADE_DIM, "%s%s\n", offset, inlined);
}

static bool is_same_function(const struct report_frame *a, const struct report_frame *b)
{
	if (!a->function || !b->function)
		return a->offset == b->offset && !strcmp(a->module, b->module);
	return !strcmp(a->function, b->function) && !strcmp(a->module, b->module);
}

/* How often the `period` frames at `at` come in a row: recursion. */
static uint32_t count_rounds(const struct report_stack *s, uint32_t at, uint32_t end, uint32_t period)
{
	uint32_t i = at + period;

	while (i < end && is_same_function(&s->frames[i], &s->frames[i - period]))
		i++;
	return (i - at) / period;
}

/* The recursion that begins at a frame: its period, or 0; *rounds says how often. */
static uint32_t recursion_at(const struct report_stack *s, uint32_t at, uint32_t end, uint32_t *rounds)
{
	for (uint32_t period = 1; period <= 4 && at + 2 * period <= end; period++) {
		*rounds = count_rounds(s, at, end, period);
		if (*rounds * period >= period + 2)
			return period;
	}
	return 0;
}

static size_t function_width(const struct report_stack *s, uint32_t end)
{
	char text[PLACE_TEXT];
	size_t width = 16;

	for (uint32_t i = 0; i < end; i++) {
		size_t n = term_columns(function_text(text, &s->frames[i], FUNCTION_COLUMNS));

		width = n > width ? n : width;
	}
	return width;
}

/* Prints one round of a recursion (or one frame) and returns the frame after it. */
static uint32_t print_round(const struct lines *l, unsigned indent, const struct report_stack *s, uint32_t at,
			    uint32_t end, size_t width)
{
	uint32_t rounds = 1, period = l->full_stacks ? 0 : recursion_at(s, at, end, &rounds);

	for (uint32_t i = 0; i < (period ? period : 1); i++)
		print_frame(l, indent, &s->frames[at + i], width);
	if (!period)
		return at + 1;
	term_print(l->term, SHADE_DIM, "%*s  (%u calls of %s in a row)\n", (int)indent, "", rounds * period,
		   period == 1 ? "it" : "these");
	return at + period * rounds;
}

static void print_frames(const struct lines *l, unsigned indent, const struct report_stack *s, uint32_t end,
			 uint32_t hidden)
{
	size_t width = function_width(s, end);
	uint32_t at = 0;

	for (uint32_t n = 0; at < end && (l->full_stacks || n < FRAMES_SHOWN || end - at < 3); n++)
		at = print_round(l, indent, s, at, end, width);
	hidden += end - at;
	if (hidden)
		term_print(l->term, SHADE_DIM, "%*s%u more frame%s (--full-stacks shows %s)\n", (int)indent,
			   "", hidden, hidden > 1 ? "s" : "", hidden > 1 ? "them" : "it");
	if (at == end && s->is_cut)
		term_print(l->term, SHADE_DIM, "%*s(the stack could not be followed further)\n", (int)indent,
			   "");
}

/* The lines that an interpreter runs, without its own code that runs them. */
static void print_lines_run(const struct lines *l, unsigned indent, const struct report_stack *s)
{
	struct report_frame *frames = malloc(s->nframes * sizeof *frames);
	struct report_stack run = *s;
	uint32_t n = 0, hidden = 0;

	for (uint32_t i = 0; frames && i < s->shown; i++)
		if (s->frames[i].is_interpreter)
			hidden++;
		else
			frames[n++] = s->frames[i];
	run.frames = frames;
	print_frames(l, indent, frames ? &run : s, frames ? n : s->shown, hidden);
	free(frames);
}

void lines_call(const struct lines *l, unsigned indent, const char *done, const char *call,
		const struct report_stack *s)
{
	char text[PLACE_TEXT];

	if (!s->nframes) {
		fprintf(l->term->out, "%*s%s by %s; its stack is not known\n", (int)indent, "", done, call);
		return;
	}
	fprintf(l->term->out, "%*s%s by ", (int)indent, "", done);
	term_clean(l->term, lines_function(text, call, LINE_COLUMNS - indent - 7 - strlen(done)));
	fputs(" in\n", l->term->out);
	if (l->full_stacks || !s->interpreters)
		print_frames(l, indent + 2, s, l->full_stacks ? s->nframes : s->shown, 0);
	else
		print_lines_run(l, indent + 2, s);
}

void lines_stack(const struct lines *l, unsigned indent, const struct report_stack *s)
{
	lines_call(l, indent, "allocated", s->allocator ? s->allocator : "?", s);
}

void lines_origin(const struct lines *l, unsigned indent, const struct report_stack *s, bool is_reused)
{
	const char *done = is_reused && s->nframes
			       ? "perhaps made of another that was freed; that was allocated"
			       : "allocated";

	lines_call(l, indent, done, s->allocator ? s->allocator : "?", s);
}

/* ---- verdict ------------------------------------------------------------------------------------------- */

void lines_verdict(const struct lines *l, const struct report_process *p)
{
	const char *said = NULL;

	for (uint32_t i = 0; i < p->nreasons; i++) {
		term_print(l->term, SHADE_WARN, "  degraded: ");
		lines_wrap(l->term, 12, 12, p->reasons[i].text);
	}
	for (uint32_t i = 0; i < p->nreasons; i++) {
		const char *cure = p->reasons[i].cure;

		if (cure && (!said || strcmp(said, cure))) {
			fputs("      cure: ", l->term->out);
			lines_wrap(l->term, 12, 12, cure);
		}
		said = cure ? cure : said;
	}
}

static bool has_note(const struct report_process *p, const char *note)
{
	for (uint32_t i = 0; p && i < p->nnotes; i++)
		if (!strcmp(p->notes[i], note))
			return true;
	return false;
}

void lines_notes(const struct lines *l, const struct report_process *p, const struct report_process *other)
{
	bool is_first = !other || !other->nnotes;

	for (uint32_t i = 0; i < p->nnotes; i++) {
		if (has_note(other, p->notes[i]))
			continue;
		fputs(is_first ? "\nnote: " : "note: ", l->term->out);
		lines_wrap(l->term, 6, 6, p->notes[i]);
		is_first = false;
	}
}

void lines_growth(const struct lines *l, unsigned indent, const struct report_growth *g)
{
	char from[TERM_TEXT], to[TERM_TEXT], speed[TERM_TEXT];

	fprintf(l->term->out, "%*s%s -> %s over %u moments before the end", (int)indent, "",
		human_bytes(from, g->from_bytes), human_bytes(to, g->to_bytes), g->moments);
	if (g->bytes_per_second)
		fprintf(l->term->out, ", %s/s", human_bytes(speed, g->bytes_per_second));
	fprintf(l->term->out, "; %s\n", g->fit);
}

/* ---- members ------------------------------------------------------------------------------------------- */

const char *lines_field(char text[PLACE_TEXT], const char *field, uint64_t offset)
{
	char fitted[PLACE_TEXT];

	if (field)
		snprintf(text, PLACE_TEXT, "%s%s", *field == '[' ? "" : ".", lines_fit(fitted, field, 48));
	else
		snprintf(text, PLACE_TEXT, "+%llu", (unsigned long long)offset);
	return text;
}

const char *lines_freed(char text[PLACE_TEXT], const struct report_error *e)
{
	char bytes[TERM_TEXT], at[TERM_TEXT];
	FILE *out = fmemopen(text, PLACE_TEXT, "w");

	*text = 0;
	if (!out)
		return text;
	if (!e->has_block && e->kind == HEAP_ERROR_DOUBLE_FREE)
		fputs("of what the parent process had allocated", out);
	else if (!e->has_block)
		fprintf(out, "of 0x%llx, which no allocator gave out", (unsigned long long)e->address);
	else if (e->address != e->block)
		fprintf(out, "%s into a block of %s", human_bytes(at, e->address - e->block),
			human_bytes(bytes, e->block_size));
	else
		fprintf(out, "of %s", human_bytes(bytes, e->block_size));
	if (e->kind == HEAP_ERROR_SIZE)
		fprintf(out, " as %s", human_bytes(bytes, e->size));
	if (e->kind == HEAP_ERROR_ALIGNMENT)
		fprintf(out, " aligned to %llu as to %llu", (unsigned long long)e->block_alignment,
			(unsigned long long)e->alignment);
	if (e->instances > 1)
		fprintf(out, ", %s times", human_count(bytes, e->instances));
	fclose(out);
	return text;
}

const char *lines_what(char text[PLACE_TEXT], const char *type, uint64_t bytes)
{
	char size[TERM_TEXT], name[PLACE_TEXT];

	if (type)
		snprintf(text, PLACE_TEXT, "%s, %s", lines_type(name, type, 48), human_bytes(size, bytes));
	else
		human_bytes(text, bytes);
	return text;
}
