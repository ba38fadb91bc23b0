/* declarations.c: see declarations.h. */
#include "models/declarations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OFFSET_MAX (1u << 24)
#define BLANKS " \t"

/* A file on its way to declarations. */
struct reading {
	struct declarations *all;
	struct declaration *now; /* the one that fields belong to; NULL: none yet */
	const char *file; /* in the arena */
	uint32_t line;
	struct err *err;
};

static int complain(const struct reading *r, const char *what, const char *word)
{
	return fail(r->err, "%s:%u: %s%s%s", r->file, r->line, what, word ? ": " : "", word ? word : "");
}

static char *copy(struct reading *r, const char *text)
{
	return arena_copy(&r->all->arena, text, strlen(text));
}

/* ---- fields ------------------------------------------------------------------------------------------ */

static bool is_number(const char *word)
{
	return *word >= '0' && *word <= '9';
}

static bool take_number(const char *word, uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(word, &end, 0);
	return is_number(word) && !*end && !errno && *value <= max;
}

static bool is_width(uint64_t bytes)
{
	return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

/* "refs", "8" or "8 2" */
static int take_field(struct reading *r, char *words, struct declared_field *f, uint64_t usual_bytes)
{
	char *save = NULL, *word = strtok_r(words, BLANKS, &save), *width = strtok_r(NULL, BLANKS, &save);

	if (!word)
		return complain(r, "a field is missing: its name, or its offset in bytes", NULL);
	*f = (struct declared_field){ .file = r->file, .line = r->line, .bytes = usual_bytes };
	if (width && (!is_number(word) || !take_number(width, 8, &f->bytes) || !is_width(f->bytes)))
		return complain(r, "after an offset a count has 1, 2, 4 or 8 bytes", width);
	if (strtok_r(NULL, BLANKS, &save))
		return complain(r, "too many words", NULL);
	if (!is_number(word)) {
		f->name = copy(r, word);
		f->bytes = 0;
		return f->name ? 0 : complain(r, "out of memory", NULL);
	}
	if (!take_number(word, OFFSET_MAX, &f->offset))
		return complain(r, "no offset in bytes", word);
	if (f->offset % f->bytes)
		return complain(r, "no field of its size lies at that offset", word);
	return 0;
}

static int take_count(struct reading *r, char *words)
{
	if (r->now->has_count)
		return complain(r, "a type has one count", NULL);
	r->now->has_count = true;
	return take_field(r, words, &r->now->count, 4);
}

static int take_pointer(struct reading *r, char *words, struct declared_field *fields, uint32_t *n)
{
	if (*n == DECLARED_FIELDS_MAX)
		return complain(r, "too many fields of one type", NULL);
	if (take_field(r, words, &fields[*n], 8))
		return -1;
	if (!fields[*n].name && fields[*n].bytes != 8)
		return complain(r, "a pointer has 8 bytes", NULL);
	(*n)++;
	return 0;
}

static int take_weak(struct reading *r, char *words)
{
	return take_pointer(r, words, r->now->weak, &r->now->nweak);
}

static int take_owns(struct reading *r, char *words)
{
	return take_pointer(r, words, r->now->owns, &r->now->nowns);
}

/* ---- types ------------------------------------------------------------------------------------------- */

static bool shares_word(const struct declared_field *a, const struct declared_field *b)
{
	return !a->name && !b->name && a->offset / 8 == b->offset / 8;
}

static bool is_among(const struct declared_field *f, const struct declared_field *fields, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (shares_word(f, &fields[i]) ||
		    (f->name && fields[i].name && !strcmp(f->name, fields[i].name)))
			return true;
	return false;
}

/* A word is one thing only. */
static bool is_clear(const struct declaration *d)
{
	for (uint32_t i = 0; i < d->nweak; i++)
		if (is_among(&d->weak[i], d->owns, d->nowns))
			return false;
	return !d->has_count ||
	       (!is_among(&d->count, d->weak, d->nweak) && !is_among(&d->count, d->owns, d->nowns));
}

static bool has_names(const struct declaration *d)
{
	bool any = d->has_count && d->count.name;

	for (uint32_t i = 0; i < d->nweak; i++)
		any |= d->weak[i].name != NULL;
	for (uint32_t i = 0; i < d->nowns; i++)
		any |= d->owns[i].name != NULL;
	return any;
}

static int finish(const struct reading *r)
{
	const struct declaration *d = r->now;

	if (!d)
		return 0;
	struct reading there = { .file = d->file, .line = d->line, .err = r->err };
	if (!d->has_count && !d->nweak && !d->nowns)
		return complain(&there, "nothing is said of it: count, weak and owns do",
				d->type ? d->type : d->function);
	if (d->function && has_names(d))
		return complain(&there, "blocks of a function have fields by offset only", d->function);
	if (!is_clear(d))
		return complain(&there, "one field is declared to be two things",
				d->type ? d->type : d->function);
	return 0;
}

static int begin(struct reading *r)
{
	struct declaration *d = finish(r) ? NULL : arena_take(&r->all->arena, sizeof *d);

	if (!d)
		return *r->err->text ? -1 : complain(r, "out of memory", NULL);
	d->file = r->file;
	d->line = r->line;
	if (r->all->last)
		r->all->last->next = d;
	else
		r->all->first = d;
	r->all->last = r->now = d;
	return 0;
}

static int take_type(struct reading *r, char *words)
{
	if (!*words)
		return complain(r, "a name is missing: type struct node", NULL);
	if (begin(r))
		return -1;
	r->now->type = copy(r, words);
	return r->now->type ? 0 : complain(r, "out of memory", NULL);
}

static int take_from(struct reading *r, char *words)
{
	char *save = NULL, *name = strtok_r(words, BLANKS, &save), *size = strtok_r(NULL, BLANKS, &save);

	if (!name)
		return complain(r, "a function is missing: from node_new 48", NULL);
	if (begin(r))
		return -1;
	if (size && (!take_number(size, UINT32_MAX, &r->now->size) || !r->now->size))
		return complain(r, "no size in bytes", size);
	r->now->function = copy(r, name);
	return r->now->function ? 0 : complain(r, "out of memory", NULL);
}

/* ---- lines ------------------------------------------------------------------------------------------- */

static const struct word {
	const char *text;
	int (*take)(struct reading *r, char *words);
	bool is_field;
} keywords[] = { { "type", take_type, false },
		 { "from", take_from, false },
		 { "count", take_count, true },
		 { "weak", take_weak, true },
		 { "owns", take_owns, true } };

static bool is_text(const char *line)
{
	for (; *line; line++)
		if (((unsigned char)*line < ' ' && !strchr(BLANKS, *line)) || *line == 0x7f)
			return false;
	return true;
}

static int take_line(struct reading *r, char *line)
{
	line += strspn(line, BLANKS);
	size_t length = strcspn(line, BLANKS);
	if (!*line || *line == '#')
		return 0;
	if (!is_text(line))
		return complain(r, "there are control characters in it", NULL);
	char *rest = line + length + strspn(line + length, BLANKS);
	for (char *end = rest + strlen(rest); end > rest && strchr(BLANKS, end[-1]);)
		*--end = 0;
	line[length] = 0;
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
		if (strcmp(line, keywords[i].text))
			continue;
		if (keywords[i].is_field && !r->now)
			return complain(r, "a field before the first type", line);
		return keywords[i].take(r, rest);
	}
	return complain(r, "neither type, from, count, weak nor owns", line);
}

/* Files of other systems end their lines with one. */
static void cut_return(char *line)
{
	size_t n = strlen(line);

	if (n && line[n - 1] == '\r')
		line[n - 1] = 0;
}

int declarations_add(struct declarations *d, const char *file, char *text, struct err *err)
{
	struct reading r = { .all = d, .err = err };

	*err->text = 0;
	r.file = copy(&r, file);
	if (!r.file)
		return fail(err, "out of memory");
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		cut_return(line);
		r.line++;
		if (take_line(&r, line))
			return -1;
	}
	return finish(&r);
}

void declarations_free(struct declarations *d)
{
	arena_free(&d->arena);
	*d = (struct declarations){ 0 };
}

/* ---- by name ----------------------------------------------------------------------------------------- */

static int resolve(struct declared_field *f, const struct type *t, bool is_pointer, struct err *err)
{
	if (!f->name)
		return 0;
	if (!type_field(t, f->name, &f->offset, &f->bytes))
		return fail(err, "%s:%u: %s has no field %s", f->file, f->line, type_name(t), f->name);
	if (is_pointer ? f->bytes % 8 || f->offset % 8 : !is_width(f->bytes))
		return fail(err, "%s:%u: %s.%s is no %s", f->file, f->line, type_name(t), f->name,
			    is_pointer ? "pointer" : "count of 1, 2, 4 or 8 bytes");
	return 0;
}

int declaration_resolve(struct declaration *d, const struct type *t, struct err *err)
{
	int failed = d->has_count ? resolve(&d->count, t, false, err) : 0;

	for (uint32_t i = 0; i < d->nweak && !failed; i++)
		failed = resolve(&d->weak[i], t, true, err);
	for (uint32_t i = 0; i < d->nowns && !failed; i++)
		failed = resolve(&d->owns[i], t, true, err);
	return failed;
}
