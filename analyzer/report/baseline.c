/* baseline.c: see baseline.h. */
#include "report/baseline.h"

#include "base/options.h"
#include "base/text_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char headline[] =
    "# leakgraph baseline, " FINGERPRINT_ALGORITHM ": fingerprint, loose one, kind, blocks, bytes, place\n";

/* ---- entries ------------------------------------------------------------------------------------------- */

/* Where a fingerprint is, or belongs. */
static uint32_t place_of(const struct baseline *b, const char *strict, bool *is_there)
{
	uint32_t low = 0, high = b->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(b->at[middle].strict, strict);
		if (!order)
			low = high = middle;
		else if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*is_there = low < b->n && !strcmp(b->at[low].strict, strict);
	return low;
}

/* Behind the last one, wherever it belongs. */
static int append(struct baseline *b, struct baseline_entry entry)
{
	if (b->n == b->room) {
		uint32_t room = b->room ? 2 * b->room : 64;
		struct baseline_entry *grown = realloc(b->at, room * sizeof *grown);
		if (!grown)
			return -1;
		b->at = grown;
		b->room = room;
	}
	b->at[b->n++] = entry;
	return 0;
}

static int insert(struct baseline *b, struct baseline_entry entry)
{
	bool is_there;
	uint32_t at = place_of(b, entry.strict, &is_there), behind = b->n - at;

	if (append(b, entry))
		return -1;
	memmove(&b->at[at + 1], &b->at[at], behind * sizeof *b->at);
	b->at[at] = entry;
	return 0;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static bool take_digits(char out[FINGERPRINT_DIGITS + 1], const char *word)
{
	if (strlen(word) != FINGERPRINT_DIGITS)
		return false;
	for (size_t i = 0; word[i]; i++)
		if (!isxdigit((unsigned char)word[i]) || isupper((unsigned char)word[i]))
			return false;
	memcpy(out, word, FINGERPRINT_DIGITS + 1);
	return true;
}

/* The line's words up to the place, which goes on to the note. */
static bool take_line(struct baseline *b, char *line, struct baseline_entry *e)
{
	char *save = NULL, *word[5], *note = strstr(line, " # ");
	struct err why;

	if (note) {
		*note = 0;
		note += 3;
	}
	for (int i = 0; i < 5; i++)
		if (!(word[i] = strtok_r(i ? NULL : line, " \t", &save)))
			return false;
	while (save && *save && strchr(" \t", *save))
		save++;
	*e = (struct baseline_entry){ .kind = pool_text(&b->pool, word[2]),
				      .place = pool_text(&b->pool, save ? save : ""),
				      .note = pool_text(&b->pool, note ? note : "") };
	return take_digits(e->strict, word[0]) && take_digits(e->loose, word[1]) &&
	       !parse_count("blocks", word[3], UINT64_MAX, &e->most.blocks, &why) &&
	       !parse_count("bytes", word[4], UINT64_MAX, &e->most.bytes, &why) && e->kind && e->place &&
	       e->note;
}

/* The headline of a file that was made by another algorithm; a file without one is taken to be of this. */
static bool is_of_other_algorithm(const char *line)
{
	static const char start[] = "# leakgraph baseline, ";
	size_t n = sizeof start - 1;

	return !strncmp(line, start, n) &&
	       strncmp(line + n, FINGERPRINT_ALGORITHM ":", sizeof FINGERPRINT_ALGORITHM);
}

static int read_line(struct baseline *b, char *line, unsigned number, struct err *err)
{
	struct baseline_entry entry;

	line[strcspn(line, "\r")] = 0;
	if (number == 1 && is_of_other_algorithm(line))
		return fail(err,
			    "%s: line 1: its fingerprints are not those of " FINGERPRINT_ALGORITHM
			    ", which are made now; remove it and make it anew: leakgraph baseline create",
			    b->path);
	if (!line[strspn(line, " \t")] || *line == '#')
		return 0;
	if (!take_line(b, line, &entry))
		return fail(err, "%s: line %u: it is not FINGERPRINT LOOSE KIND BLOCKS BYTES PLACE", b->path,
			    number);
	entry.line = number;
	return append(b, entry) ? fail(err, "out of memory") : 0;
}

static int by_fingerprint(const void *a, const void *b)
{
	const struct baseline_entry *one = a, *other = b;
	int order = strcmp(one->strict, other->strict);

	return order ? order : (one->line > other->line) - (one->line < other->line);
}

/* People edit and merge these files: in any order, but each once. */
static int sort(struct baseline *b, struct err *err)
{
	if (b->n)
		qsort(b->at, b->n, sizeof *b->at, by_fingerprint);
	for (uint32_t i = 1; i < b->n; i++)
		if (!strcmp(b->at[i].strict, b->at[i - 1].strict))
			return fail(err, "%s: line %u: the fingerprint %s is there twice", b->path,
				    b->at[i].line, b->at[i].strict);
	return 0;
}

int baseline_read(struct baseline *b, const char *path, struct err *err)
{
	size_t n;
	char *text = text_file(path, "a baseline", &n, err);
	unsigned number = 0;
	int failed = text ? 0 : -1;

	b->path = pool_text(&b->pool, path);
	for (char *line = text, *end; !failed && line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = 0;
		failed = read_line(b, line, ++number, err);
	}
	free(text);
	return failed ? failed : sort(b, err);
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static void write_entries(const struct baseline *b, FILE *file)
{
	fputs(headline, file);
	for (uint32_t i = 0; i < b->n; i++) {
		const struct baseline_entry *e = &b->at[i];
		fprintf(file, "%s %s %s %llu %llu %s%s%s\n", e->strict, e->loose, e->kind,
			(unsigned long long)e->most.blocks, (unsigned long long)e->most.bytes, e->place,
			*e->note ? " # " : "", e->note);
	}
}

int baseline_write(const struct baseline *b, const char *path, struct err *err)
{
	char *temporary = NULL;
	FILE *file = asprintf(&temporary, "%s.new", path) < 0 ? NULL : fopen(temporary, "we");
	bool is_good = file;

	if (file) {
		write_entries(b, file);
		is_good = !ferror(file) && !fflush(file);
		is_good = !fclose(file) && is_good && !rename(temporary, path);
	}
	int error = errno;
	if (file && !is_good)
		unlink(temporary);
	free(temporary);
	return is_good ? 0 : fail(err, "%s cannot be written: %s", path, strerror(error));
}

void baseline_free(struct baseline *b)
{
	pool_free(&b->pool);
	free(b->at);
	*b = (struct baseline){ 0 };
}

/* ---- comparing ----------------------------------------------------------------------------------------- */

static void add(struct sum *sum, struct sum more)
{
	sum->blocks += more.blocks;
	sum->bytes += more.bytes;
}

/* What one process has at a finding's place: those of one fingerprint add up. */
static struct sum all_there(const struct report_process *p, const char *strict)
{
	struct sum sum = { 0, 0 };
	struct finding f;

	for (uint32_t i = 0; finding_at(&f, p, i); i++)
		if (!strcmp(f.fingerprint->strict, strict))
			add(&sum, f.sum);
	return sum;
}

static void see(struct baseline_entry *e, struct sum sum)
{
	e->seen.blocks = sum.blocks > e->seen.blocks ? sum.blocks : e->seen.blocks;
	e->seen.bytes = sum.bytes > e->seen.bytes ? sum.bytes : e->seen.bytes;
}

static enum baseline_state judge(const struct baseline_entry *e, struct sum sum)
{
	return sum.blocks > e->most.blocks || sum.bytes > e->most.bytes ? BASELINE_GROWN : BASELINE_KNOWN;
}

static struct baseline_entry *find_strict(struct baseline *b, const char *strict)
{
	bool is_there;
	uint32_t at = place_of(b, strict, &is_there);

	return is_there ? &b->at[at] : NULL;
}

/* An entry that nothing in the run was, with this loose fingerprint. */
static struct baseline_entry *find_loose(struct baseline *b, const char *loose, const bool *is_taken)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (!is_taken[i] && !strcmp(b->at[i].loose, loose))
			return &b->at[i];
	return NULL;
}

static void settle(const struct finding *f, struct baseline_entry *e, struct sum sum)
{
	*f->baseline = e ? judge(e, sum) : BASELINE_NEW;
	if (e)
		see(e, sum);
}

static void compare_strictly(struct baseline *b, const struct report_process *p)
{
	struct finding f;

	for (uint32_t i = 0; finding_at(&f, p, i); i++)
		settle(&f, find_strict(b, f.fingerprint->strict), all_there(p, f.fingerprint->strict));
}

/* What is not known strictly: those of one loose fingerprint add up, too, lest two take the place of one. */
static struct sum all_new_there(struct baseline *b, const struct report_process *p, const char *loose)
{
	struct sum sum = { 0, 0 };
	struct finding f;

	for (uint32_t i = 0; finding_at(&f, p, i); i++)
		if (!find_strict(b, f.fingerprint->strict) && !strcmp(f.fingerprint->loose, loose))
			add(&sum, f.sum);
	return sum;
}

static void compare_loosely(struct baseline *b, const struct report_process *p, const bool *is_taken)
{
	struct finding f;

	for (uint32_t i = 0; finding_at(&f, p, i); i++)
		if (*f.baseline == BASELINE_NEW && !fingerprint_is_vague(f.fingerprint))
			settle(&f, find_loose(b, f.fingerprint->loose, is_taken),
			       all_new_there(b, p, f.fingerprint->loose));
}

int baseline_compare(struct baseline *b, struct report *r, struct err *err)
{
	bool *is_taken = calloc((size_t)b->n + 1, sizeof *is_taken);

	if (!is_taken)
		return fail(err, "out of memory");
	for (uint32_t i = 0; i < b->n; i++)
		b->at[i].seen = (struct sum){ 0, 0 };
	for (uint32_t i = 0; i < r->nprocesses; i++) {
		b->saw_growth |= r->processes[i].has_growth;
		compare_strictly(b, &r->processes[i]);
	}
	for (uint32_t i = 0; i < b->n; i++)
		is_taken[i] = b->at[i].seen.blocks;
	for (uint32_t i = 0; i < r->nprocesses; i++)
		compare_loosely(b, &r->processes[i], is_taken);
	free(is_taken);
	r->baseline = b;
	return 0;
}

static bool is_stale(const struct baseline *b, const struct baseline_entry *e)
{
	return !e->seen.blocks && (b->saw_growth || strcmp(e->kind, finding_kind_name(FINDING_GROWTH)));
}

uint64_t baseline_stale(const struct baseline *b)
{
	uint64_t n = 0;

	for (uint32_t i = 0; b && i < b->n; i++)
		n += is_stale(b, &b->at[i]);
	return n;
}

uint64_t baseline_nameless(const struct baseline *b)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < b->n; i++)
		n += b->at[i].place[0] == '?';
	return n;
}

/* ---- updating ------------------------------------------------------------------------------------------ */

/* "make_leak, app": without a line, which every edit would move. */
static const char *place_text(struct pool *pool, const struct report_stack *stack)
{
	const struct report_frame *site = stack_site(stack);

	if (!site)
		return "?";
	char *text = pool_print(pool, "%s, %s", site->function ? site->function : "?", site->module);
	for (char *c = text; c && *c; c++) /* names may be anything, a line is one entry */
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return text;
}

static int add_finding(struct baseline *b, const struct finding *f, const char *note)
{
	struct sum sum = all_there(f->process, f->fingerprint->strict);
	struct baseline_entry *e = find_strict(b, f->fingerprint->strict);
	struct baseline_entry fresh = { .kind = pool_text(&b->pool, f->name),
					.place = place_text(&b->pool, f->stack),
					.note = pool_text(&b->pool, note ? note : ""),
					.most = sum,
					.seen = sum };

	if (e) {
		e->most.blocks = sum.blocks > e->most.blocks ? sum.blocks : e->most.blocks;
		e->most.bytes = sum.bytes > e->most.bytes ? sum.bytes : e->most.bytes;
		e->note = note ? pool_text(&b->pool, note) : e->note;
		return e->note ? 0 : -1;
	}
	memcpy(fresh.strict, f->fingerprint->strict, sizeof fresh.strict);
	memcpy(fresh.loose, f->fingerprint->loose, sizeof fresh.loose);
	return fresh.kind && fresh.place && fresh.note ? insert(b, fresh) : -1;
}

static bool is_meant(const struct finding *f, const char *only)
{
	return f->kind != CLASS_POSSIBLE && (!only || !strncmp(f->fingerprint->strict, only, strlen(only)));
}

int baseline_update(struct baseline *b, const struct report *r, const char *only, const char *note,
		    struct err *err)
{
	struct finding f;
	bool is_met = !only;

	for (uint32_t i = 0; i < r->nprocesses; i++)
		for (uint32_t k = 0; finding_at(&f, &r->processes[i], k); k++) {
			if (!is_meant(&f, only))
				continue;
			is_met = true;
			if (*f.baseline != BASELINE_KNOWN && add_finding(b, &f, note))
				return fail(err, "out of memory");
		}
	return is_met ? 0 : fail(err, "no leak of the traces has a fingerprint that begins with %s", only);
}

void baseline_prune(struct baseline *b)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		struct baseline_entry e = b->at[i];

		if (is_stale(b, &e))
			continue;
		if (e.seen.blocks) {
			e.most.blocks = e.seen.blocks < e.most.blocks ? e.seen.blocks : e.most.blocks;
			e.most.bytes = e.seen.bytes < e.most.bytes ? e.seen.bytes : e.most.bytes;
		}
		b->at[kept++] = e;
	}
	b->n = kept;
}
