/* options.c: see options.h. */
#include "base/options.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- nearest names ------------------------------------------------------------------------------------- */

enum { LETTERS_MAX = 64 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t edit_distance(const char *from, const char *to)
{
	size_t n = strnlen(from, LETTERS_MAX), m = strnlen(to, LETTERS_MAX);
	size_t rows[3][LETTERS_MAX + 1]; /* before the last, the last, this one */

	for (size_t k = 0; k <= m; k++)
		rows[1][k] = k;
	for (size_t i = 1; i <= n; i++) {
		size_t *older = rows[(i + 2) % 3], *old = rows[i % 3], *now = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t k = 1; k <= m; k++) {
			now[k] =
			    least(least(old[k], now[k - 1]) + 1, old[k - 1] + (from[i - 1] != to[k - 1]));
			if (i > 1 && k > 1 && from[i - 1] == to[k - 2] && from[i - 2] == to[k - 1])
				now[k] = least(now[k], older[k - 2] + 1);
		}
	}
	return rows[(n + 1) % 3][m];
}

const char *nearest_name(const char *word, const char *const *names)
{
	const char *best = NULL;
	size_t best_distance = strlen(word) <= 4 ? 2 : 3; /* near is below this */

	for (; *names; names++) {
		size_t distance = edit_distance(word, *names);

		if (distance < best_distance) {
			best_distance = distance;
			best = *names;
		}
	}
	return best;
}

/* ---- options ------------------------------------------------------------------------------------------- */

void options_start(void)
{
	optind = 0; /* glibc: start over, and look at the environment again */
	opterr = 0;
}

static const char *nearest_option(const char *word, const struct option *longs)
{
	const char *names[64];
	size_t n = 0;

	for (; longs->name && n < 63; longs++)
		names[n++] = longs->name;
	names[n] = NULL;
	return nearest_name(word, names);
}

static int complain(const char *word, const struct option *longs, struct err *err)
{
	char name[LETTERS_MAX + 1];
	size_t n = strcspn(word + 2, "=");

	snprintf(name, sizeof name, "%.*s", (int)least(n, LETTERS_MAX), word + 2);
	for (const struct option *o = longs; o->name; o++)
		if (!strcmp(o->name, name)) {
			fail(err, "--%s takes no value", name);
			return '?';
		}
	const char *near = nearest_option(name, longs);
	if (near)
		fail(err, "there is no option --%s; did you mean --%s? --help lists all", name, near);
	else
		fail(err, "there is no option --%s; --help lists all", name);
	return '?';
}

int option_next(int argc, char **argv, const char *shorts, const struct option *longs, struct err *err)
{
	int at = optind ? optind : 1;
	int c = getopt_long(argc, argv, shorts, longs, NULL);

	if (c != '?' && c != ':')
		return c;
	const char *word = at < argc ? argv[at] : "";
	if (strncmp(word, "--", 2)) /* what was permuted, or a letter within a word */
		word = argv[optind - 1];
	if (c == ':')
		fail(err, "%s needs a value", word);
	else if (!strncmp(word, "--", 2))
		return complain(word, longs, err);
	else
		fail(err, "there is no option -%c; --help lists all", optopt);
	return '?';
}

/* ---- values -------------------------------------------------------------------------------------------- */

int parse_count(const char *option, const char *word, uint64_t max, uint64_t *value, struct err *err)
{
	char *end;

	errno = 0;
	*value = strtoull(word, &end, 10);
	if (!isdigit((unsigned char)*word) || *end || errno || *value > max)
		return fail(err, "%s takes a number from 0 to %llu, not \"%s\"", option,
			    (unsigned long long)max, word);
	return 0;
}

int parse_size(const char *option, const char *word, uint64_t *bytes, struct err *err)
{
	static const char suffixes[] = "KMGT";
	char *end;

	errno = 0;
	*bytes = strtoull(word, &end, 10);
	const char *suffix = *end ? strchr(suffixes, toupper((unsigned char)*end)) : NULL;
	unsigned shift = suffix ? 10 * (unsigned)(suffix - suffixes + 1) : 0;
	if (suffix)
		end++;
	if (!strcmp(end, "iB") || !strcmp(end, "B"))
		end += strlen(end);
	if (!isdigit((unsigned char)*word) || *end || errno || *bytes > UINT64_MAX >> shift)
		return fail(err, "%s takes bytes (4096, 64K, 20M, 1G), not \"%s\"", option, word);
	*bytes <<= shift;
	return 0;
}

int parse_seconds(const char *option, const char *word, uint64_t *ns, struct err *err)
{
	char *end;
	double seconds = strtod(word, &end);

	if (!isdigit((unsigned char)*word) || *end || !isfinite(seconds) || seconds > 1e9)
		return fail(err, "%s takes seconds (2, 0.5), not \"%s\"", option, word);
	*ns = (uint64_t)(seconds * 1e9);
	return 0;
}

int parse_choice(const char *option, const char *word, const char *const *names, struct err *err)
{
	char all[256] = "";

	for (int i = 0; names[i]; i++) {
		if (!strcmp(names[i], word))
			return i;
		snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", names[i]);
	}
	return fail(err, "%s takes one of %s, not \"%s\"", option, all, word);
}
