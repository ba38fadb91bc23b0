/* moments.c: see moments.h. */
#include "report/moments.h"

#include "heap/build.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *reason_name(uint64_t reason)
{
	switch (reason) {
#define X(name, number, text)                                                                                \
	case number:                                                                                         \
		return number == LG_SNAPSHOT_DEMAND ? "snapshot" : text;
		LG_SNAPSHOT_REASONS(X)
#undef X
	}
	return "snapshot";
}

/* The next snapshot from *i on that can be believed; what a damaged file says of the others may be anything. */
static const struct trace_snapshot *next_snapshot(const struct trace *t, size_t *i, uint64_t latest)
{
	while (*i < t->nsnapshots && (!t->snapshots[*i].whole || t->snapshots[*i].events < latest ||
				      t->snapshots[*i].events > t->nevents))
		++*i;
	return *i < t->nsnapshots ? &t->snapshots[*i] : NULL;
}

/* A mark lies before a snapshot; before the end of what can be read, where there is none. */
static bool is_before(const struct trace *t, const struct trace_mark *m, const struct trace_snapshot *s)
{
	if (!s)
		return m->events <= t->nevents;
	return m->events < s->events || (m->events == s->events && m->key <= s->key);
}

static void add_mark(struct moments *m, const struct trace_mark *mark)
{
	m->at[m->n++] =
	    (struct moment){ .what = "mark", .name = mark->name, .events = mark->events, .key = mark->key };
}

/* One that stands right behind a mark has its name, and its place. */
static void add_snapshot(struct moments *m, const struct trace_snapshot *s)
{
	struct moment *last = m->n ? &m->at[m->n - 1] : NULL;
	bool is_marked = last && !last->snapshot && last->events == s->events;
	const char *name = is_marked ? last->name : NULL;

	m->n -= is_marked;
	m->at[m->n++] = (struct moment){ s, reason_name(s->reason), name, s->events, s->key };
}

int moments_find(struct moments *m, const struct trace *t)
{
	const struct trace_snapshot *s;
	size_t marks = 0, snapshots = 0;
	uint64_t latest = 0;

	*m = (struct moments){ .at = calloc(t->nsnapshots + t->nmarks + 1, sizeof *m->at) };
	if (!m->at)
		return -1;
	do {
		s = next_snapshot(t, &snapshots, latest);
		for (; marks < t->nmarks && is_before(t, &t->marks[marks], s); marks++)
			add_mark(m, &t->marks[marks]);
		if (s)
			add_snapshot(m, s);
		latest = s ? s->events : latest;
		snapshots++;
	} while (s);
	const struct moment *last = m->n ? &m->at[m->n - 1] : NULL;
	if (!last || !last->snapshot || last->snapshot->reason == LG_SNAPSHOT_DEMAND ||
	    last->snapshot->reason == LG_SNAPSHOT_CHECK)
		m->at[m->n++] = (struct moment){ .what = "end", .events = t->nevents, .key = t->end.key };
	return 0;
}

void moments_free(struct moments *m)
{
	free(m->at);
	*m = (struct moments){ 0 };
}

uint32_t moments_named(const struct moments *m, const char *word)
{
	char *end;
	unsigned long number = strtoul(word, &end, 10);

	if (*word >= '1' && *word <= '9' && !*end && number <= m->n)
		return (uint32_t)number - 1;
	for (uint32_t i = 0; i < m->n; i++)
		if (m->at[i].name && !strcmp(m->at[i].name, word))
			return i;
	return NO_MOMENT;
}

uint64_t moments_between(const struct trace *t, const struct moment *from, const struct moment *to)
{
	uint64_t pace = t->process.ticks_per_second;

	return pace && to->key > from->key ? (uint64_t)((double)(to->key - from->key) * 1e9 / (double)pace)
					   : 0;
}

int moment_heap(struct heap *h, const struct analysis *a, const struct moment *moment, struct err *err)
{
	struct trace_snapshot upto = { .events = moment->events, .key = moment->key };

	return a->heap.knows_inherited
		   ? heap_build_forked(h, &a->trace, &upto, a->inherited.at, a->inherited.n, err)
		   : heap_build(h, &a->trace, &upto, err);
}

int moment_open(struct analysis *a, const char *path, const struct moment *moment, struct ancestry *ancestry,
		const struct analysis_options *options, struct err *err)
{
	if (moment->snapshot)
		return analysis_open_at(a, path, moment->snapshot->id, ancestry, options, err);
	return analysis_open_events(a, path, moment->events, moment->key, ancestry, options, err);
}

static int open_named(struct analysis *a, const char *path, const char *word, struct ancestry *ancestry,
		      const struct analysis_options *options, struct err *err)
{
	struct trace t = { 0 };
	struct moments moments = { 0 };
	int failed = trace_open(&t, path, err);

	if (!failed && moments_find(&moments, &t))
		failed = fail(err, "out of memory");
	uint32_t n = failed ? NO_MOMENT : moments_named(&moments, word);
	if (!failed && n == NO_MOMENT)
		failed = fail(err, "%s: it has no moment %s; leakgraph growth lists its %u", path, word,
			      moments.n);
	failed = failed || moment_open(a, path, &moments.at[n], ancestry, options, err);
	a->moment = failed ? 0 : n + 1;
	moments_free(&moments);
	trace_close(&t);
	return failed;
}

int moment_open_named(struct analysis *a, const char *word, struct ancestry *ancestry,
		      const struct analysis_options *options, struct err *err)
{
	const char *at = access(word, F_OK) ? strrchr(word, '@') : NULL;
	char *path = at ? strndup(word, (size_t)(at - word)) : NULL;

	*a = (struct analysis){ 0 };
	if (!at)
		return analysis_open(a, word, ancestry, options, err);
	int failed = path ? open_named(a, path, at + 1, ancestry, options, err) : fail(err, "out of memory");
	free(path);
	return failed;
}
