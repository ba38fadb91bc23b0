/* suppressions.c: reading suppression files; see suppressions.h. suppress.c applies them. */
#include "report/suppressions.h"

#include "base/options.h"
#include "base/text_file.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX 64u
#define ALL_KINDS ((1u << LEAK_CLASSES) - 1)

/* A file on its way to entries. */
struct reading {
	struct suppressions *s;
	const char *file, *today;
	char *next; /* the text after the line at hand; NULL at the end */
	uint32_t line;
	struct suppression bounds; /* what comments said of the next entry */
};

/* The next line without what surrounds it; NULL at the end. */
static char *read_line(struct reading *r)
{
	char *line = r->next;

	if (!line)
		return NULL;
	r->line++;
	char *end = strchr(line, '\n');
	r->next = end ? end + 1 : NULL;
	if (!end)
		end = line + strlen(line);
	while (end > line && strchr(" \t\r\n", end[-1]))
		end--;
	*end = 0;
	return line + strspn(line, " \t");
}

static int complain(const struct reading *r, struct err *err, const char *what)
{
	return fail(err, "%s: line %u: %s", r->file, r->line, what);
}

/* ---- bounds -------------------------------------------------------------------------------------------- */

static bool is_date(const char *word)
{
	static const char form[] = "0000-00-00";

	for (size_t i = 0; i < sizeof form; i++)
		if (form[i] == '0' ? word[i] < '0' || word[i] > '9' : word[i] != form[i])
			return false;
	int month = atoi(word + 5), day = atoi(word + 8);
	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static int read_bound(struct reading *r, char *word, struct err *err)
{
	char *value = strchr(word, '=');
	struct err why;

	if (value)
		*value++ = 0;
	if (value && !strcmp(word, "max-blocks") &&
	    !parse_count(word, value, UINT64_MAX - 1, &r->bounds.max_blocks, &why))
		return 0;
	if (value && !strcmp(word, "max-bytes") && !parse_size(word, value, &r->bounds.max_bytes, &why))
		return 0;
	if (value && !strcmp(word, "expires") && is_date(value)) {
		r->bounds.expires = pool_text(&r->s->pool, value);
		return r->bounds.expires ? 0 : fail(err, "out of memory");
	}
	return complain(r, err,
			"a comment for leakgraph takes max-blocks=N, max-bytes=SIZE, expires=YYYY-MM-DD, "
			"or heap-error:PATTERN");
}

static void forget_bounds(struct reading *r)
{
	r->bounds = (struct suppression){ .max_blocks = UINT64_MAX, .max_bytes = UINT64_MAX };
}

/* ---- entries ------------------------------------------------------------------------------------------- */

static int add(struct reading *r, struct suppression entry, struct err *err)
{
	struct suppressions *s = r->s;

	if (s->n == s->room) {
		uint32_t room = s->room ? 2 * s->room : 64;
		struct suppression *at = realloc(s->at, room * sizeof *at);
		if (!at)
			return fail(err, "out of memory");
		s->at = at;
		s->room = room;
	}
	entry.file = r->file;
	entry.max_blocks = r->bounds.max_blocks;
	entry.max_bytes = r->bounds.max_bytes;
	entry.expires = r->bounds.expires;
	entry.is_expired = entry.expires && strcmp(r->today, entry.expires) > 0;
	s->at[s->n++] = entry;
	forget_bounds(r);
	return 0;
}

/* `word` begins with the entry's kind: "leak:PATTERN". */
static int add_pattern(struct reading *r, const char *word, unsigned kinds, struct err *err)
{
	const char *pattern = pool_text(&r->s->pool, strchr(word, ':') + 1);

	if (!pattern)
		return fail(err, "out of memory");
	if (!*pattern)
		return fail(err, "%s: line %u: %s without a pattern would suppress everything", r->file,
			    r->line, word);
	return add(
	    r, (struct suppression){ .name = pattern, .line = r->line, .is_pattern = true, .kinds = kinds },
	    err);
}

/* "# leakgraph: max-blocks=3 expires=2027-01-31", or the whole entry "# leakgraph: heap-error:PATTERN"; other comments
 * mean nothing. */
static int read_comment(struct reading *r, char *line, struct err *err)
{
	static const char mark[] = "leakgraph:", error[] = "heap-error:";
	char *save = NULL;

	line += strspn(line, "# \t");
	if (strncmp(line, mark, sizeof mark - 1))
		return 0;
	line += sizeof mark - 1;
	line += strspn(line, " \t");
	if (!strncmp(line, error, sizeof error - 1))
		return add_pattern(r, line, 1u << FINDING_HEAP_ERROR, err);
	for (char *word = strtok_r(line, " \t,", &save); word; word = strtok_r(NULL, " \t,", &save))
		if (read_bound(r, word, err))
			return -1;
	return 0;
}

/* What LeakSanitizer's relatives suppress; theirs may stand in one file with ours. */
static bool is_of_relative(const char *line)
{
	static const char *const kinds[] = { "race",
					     "race_top",
					     "thread",
					     "mutex",
					     "signal",
					     "deadlock",
					     "called_from_lib",
					     "interceptor_name",
					     "interceptor_via_fun",
					     "interceptor_via_lib",
					     "odr_violation" };
	size_t n = strcspn(line, ":");

	for (size_t i = 0; line[n] && i < sizeof kinds / sizeof *kinds; i++)
		if (strlen(kinds[i]) == n && !memcmp(kinds[i], line, n))
			return true;
	return false;
}

/* "leak:PATTERN" */
static int read_pattern(struct reading *r, const char *line, struct err *err)
{
	static const char leak[] = "leak:";

	if (!strncmp(line, leak, sizeof leak - 1))
		return add_pattern(r, line, ALL_KINDS, err);
	if (!is_of_relative(line))
		return complain(r, err,
				"neither \"leak:PATTERN\", nor \"{\" of a Valgrind entry, nor a comment");
	forget_bounds(r);
	return 0;
}

/* Valgrind's kinds of leaks; "definite" is what nothing holds. */
static int read_kinds(struct reading *r, char *list, unsigned *kinds, struct err *err)
{
	static const struct {
		const char *name;
		unsigned kinds;
	} names[] = { { "definite", 1u << CLASS_DIRECT | 1u << CLASS_CYCLE },
		      { "indirect", 1u << CLASS_INDIRECT },
		      { "possible", 1u << CLASS_POSSIBLE },
		      { "reachable", 1u << CLASS_REACHABLE },
		      { "all", ALL_KINDS },
		      { "none", 0 } };
	char *save = NULL;

	*kinds = 0;
	for (char *word = strtok_r(list, ", \t", &save); word; word = strtok_r(NULL, ", \t", &save)) {
		size_t i = 0;
		while (i < sizeof names / sizeof *names && strcmp(word, names[i].name))
			i++;
		if (i == sizeof names / sizeof *names)
			return complain(
			    r, err, "match-leak-kinds takes definite, indirect, possible, reachable, all");
		*kinds |= names[i].kinds;
	}
	return 0;
}

static bool is_frame(const char *line)
{
	return !strncmp(line, "fun:", 4) || !strncmp(line, "obj:", 4) || !strncmp(line, "src:", 4) ||
	       !strcmp(line, "...");
}

static int read_frame(struct reading *r, const char *line, const char **frames, uint32_t *n, struct err *err)
{
	if (!is_frame(line))
		return complain(r, err, "a frame is fun:NAME, obj:NAME, src:FILE[:LINE], or ...");
	if (*n == FRAMES_MAX)
		return complain(r, err, "more than 64 frames");
	frames[*n] = pool_text(&r->s->pool, line);
	return frames[(*n)++] ? 0 : fail(err, "out of memory");
}

/* The next line of an entry that is no comment; err is filled when the file ends first. */
static char *entry_line(struct reading *r, struct err *err)
{
	char *line;

	while ((line = read_line(r)) && (!*line || *line == '#'))
		if (read_comment(r, line, err))
			return NULL;
	if (!line)
		complain(r, err, "the file ends inside a { entry");
	return line;
}

/* The kinds of what Memcheck calls so; 0: not about leaks or frees. */
static unsigned kinds_of(const char *line)
{
	const char *colon = strchr(line, ':'), *what = colon ? colon + 1 + strspn(colon + 1, " \t") : "";

	if (!colon || !strstr(line, "Memcheck"))
		return 0;
	return !strcmp(what, "Leak") ? ALL_KINDS : !strcmp(what, "Free") ? 1u << FINDING_HEAP_ERROR : 0;
}

/* What is between the braces; no kinds: the entry is none for us. */
static int read_body(struct reading *r, struct suppression *entry, const char **frames, struct err *err)
{
	char *line = entry_line(r, err);

	entry->name = line ? pool_text(&r->s->pool, line) : NULL;
	line = entry->name ? entry_line(r, err) : NULL;
	if (!line)
		return entry->name || *err->text ? -1 : fail(err, "out of memory");
	unsigned mine = entry->kinds = kinds_of(line);
	while ((line = entry_line(r, err)) && strcmp(line, "}")) {
		static const char kinds[] = "match-leak-kinds:";
		if (!mine)
			continue;
		bool is_kinds = mine == ALL_KINDS && !strncmp(line, kinds, sizeof kinds - 1);
		int failed = is_kinds ? read_kinds(r, line + sizeof kinds - 1, &entry->kinds, err)
				      : read_frame(r, line, frames, &entry->nframes, err);
		if (failed)
			return -1;
	}
	return line ? 0 : -1;
}

static int read_entry(struct reading *r, struct err *err)
{
	struct suppression entry = { .line = r->line };
	const char *frames[FRAMES_MAX];

	if (read_body(r, &entry, frames, err))
		return -1;
	if (!entry.kinds) {
		forget_bounds(r);
		return 0;
	}
	if (!entry.nframes)
		return complain(r, err, "an entry without a frame would suppress everything");
	const char **kept = pool_take(&r->s->pool, entry.nframes * sizeof *kept);
	if (!kept)
		return fail(err, "out of memory");
	memcpy(kept, frames, entry.nframes * sizeof *kept);
	entry.frames = kept;
	return add(r, entry, err);
}

/* ---- files --------------------------------------------------------------------------------------------- */

int suppressions_add(struct suppressions *s, const char *name, const char *text, size_t n, const char *today,
		     struct err *err)
{
	char *copy = malloc(n + 1), *line;
	struct reading r = { .s = s, .file = pool_text(&s->pool, name), .today = today, .next = copy };
	int failed = !copy || !r.file ? fail(err, "out of memory") : 0;

	if (copy) {
		memcpy(copy, text, n);
		copy[n] = 0;
	}
	if (!failed && strlen(copy) != n)
		failed = fail(err, "%s: a suppression file is text, and this has NUL bytes in it", name);
	err->text[0] = failed ? err->text[0] : 0;
	forget_bounds(&r);
	while (!failed && (line = read_line(&r))) {
		if (!*line || *line == '#')
			failed = read_comment(&r, line, err);
		else
			failed = strcmp(line, "{") ? read_pattern(&r, line, err) : read_entry(&r, err);
	}
	free(copy);
	return failed;
}

int suppressions_read(struct suppressions *s, const char *path, const char *today, struct err *err)
{
	size_t n;
	char *text = text_file(path, "a suppression file", &n, err);
	int failed = text ? suppressions_add(s, path, text, n, today, err) : -1;

	free(text);
	return failed;
}

void suppressions_free(struct suppressions *s)
{
	pool_free(&s->pool);
	free(s->at);
	*s = (struct suppressions){ 0 };
}
