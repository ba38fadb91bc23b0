/* repeated.c: see repeated.h. */
#include "report/repeated.h"

#include "report/finding.h"

#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool is_seen(const struct repeated *s, const char *fingerprint)
{
	return s->n && bsearch(fingerprint, s->seen, s->n, sizeof *s->seen, by_text);
}

/* The fingerprints of a report's findings that runs before had too. */
static size_t collect(const struct repeated *s, const struct report *r, char (*out)[FINGERPRINT_DIGITS + 1])
{
	size_t n = 0;
	struct finding f;

	for (uint32_t i = 0; i < r->nprocesses; i++)
		for (uint32_t k = 0; finding_at(&f, &r->processes[i], k); k++) {
			const char *strict = f.fingerprint->strict;

			if (!s->runs || is_seen(s, strict))
				memcpy(out[n++], strict, sizeof *out);
		}
	return n;
}

static size_t sort_once(char (*all)[FINGERPRINT_DIGITS + 1], size_t n)
{
	size_t kept = 0;

	qsort(all, n, sizeof *all, by_text);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(all[kept - 1], all[i]))
			memmove(all[kept++], all[i], sizeof *all);
	return kept;
}

int repeated_add(struct repeated *s, const struct report *r, struct err *err)
{
	size_t n = 0;

	for (uint32_t i = 0; i < r->nprocesses; i++)
		n += r->processes[i].nleaks + r->processes[i].nerrors + r->processes[i].ngrowing;
	char(*now)[FINGERPRINT_DIGITS + 1] = calloc(n + 1, sizeof *now);
	if (!now)
		return fail(err, "out of memory");
	n = sort_once(now, collect(s, r, now));
	free(s->seen);
	s->seen = now;
	s->n = n;
	s->runs++;
	return 0;
}

int repeated_mark(struct repeated *s, struct report *r, struct err *err)
{
	struct finding f;

	if (repeated_add(s, r, err))
		return -1;
	for (uint32_t i = 0; i < r->nprocesses; i++)
		for (uint32_t k = 0; finding_at(&f, &r->processes[i], k); k++)
			*f.is_unsteady = !is_seen(s, f.fingerprint->strict);
	return 0;
}

void repeated_free(struct repeated *s)
{
	free(s->seen);
	*s = (struct repeated){ 0 };
}
