/* existing.c: see existing.h. */
#include "record/existing.h"

#include "record/proc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define RUNS 512u /* known at a time */
#define LIST_PAGES 1024u /* asked of pagemap at most at a time */
#define LEAST_BYTES (64u * LG_PAGE) /* what lies close together is asked about together */

struct existing {
	struct space *space;
	bool cannot_scan, cannot_list, cannot_ask, is_told;
	uint64_t from, to; /* what is known lies between */
	struct lg_range runs[RUNS]; /* in order */
	size_t nruns;
	uint64_t entries[LIST_PAGES];
	uint8_t *resident; /* LG_WINDOW_BYTES; NULL: not asked yet */
};

/* A line of /proc/PID/status: "VmSwap:	       0 kB". */
static bool has_swapped(uint32_t pid)
{
	size_t bytes;
	char *text = proc_read(pid, "status", &bytes);
	const char *line = text ? strstr(text, "\nVmSwap:") : NULL;
	bool has = !line || strtoull(line + strlen("\nVmSwap:"), NULL, 10);

	free(text);
	return has;
}

struct existing *existing_new(struct space *s)
{
	struct existing *p = calloc(1, sizeof *p);

	if (p)
		p->space = s;
	return p;
}

void existing_free(struct existing *p)
{
	if (p)
		free(p->resident);
	free(p);
}

/* ---- who tells ----------------------------------------------------------------------------------------- */

static bool scan(struct existing *p, uint64_t at, uint64_t end)
{
	ssize_t n = p->cannot_scan ? -1 : space_scan(p->space, at, end, p->runs, RUNS, &p->to);

	p->cannot_scan = n < 0;
	p->nruns = n < 0 ? 0 : (size_t)n;
	return n >= 0;
}

/* False: there is no room for it. */
static bool add_run(struct existing *p, uint64_t start, uint64_t end)
{
	struct lg_range *last = p->nruns ? &p->runs[p->nruns - 1] : NULL;

	if (last && last->end == start) {
		last->end = end;
		return true;
	}
	if (p->nruns == RUNS)
		return false;
	p->runs[p->nruns++] = (struct lg_range){ start, end };
	return true;
}

/* Bits 63 (present) and 62 (swapped). */
static bool list(struct existing *p, uint64_t at, uint64_t end)
{
	uint64_t pages = (end - at) / LG_PAGE;
	size_t n = p->cannot_list
		       ? 0
		       : space_pages(p->space, at, pages < LIST_PAGES ? pages : LIST_PAGES, p->entries);

	p->cannot_list = !n;
	p->to = at;
	for (size_t i = 0; i < n; i++, p->to += LG_PAGE)
		if (p->entries[i] >> 62 && !add_run(p, p->to, p->to + LG_PAGE))
			break;
	return n;
}

static bool has_room(struct existing *p)
{
	if (!p->resident && !p->cannot_ask)
		p->resident = has_swapped(p->space->pid) ? NULL : malloc(LG_WINDOW_BYTES);
	p->cannot_ask = !p->resident;
	return p->resident;
}

/* A byte for each page. One failure is of one mapping, which has changed meanwhile. */
static bool ask(struct existing *p, const struct trace_mapping *m, uint64_t at)
{
	if (m->flags & LG_MAPPING_SHARED || !has_room(p))
		return false;
	size_t n = space_resident(p->space, at, (m->end - at) / LG_PAGE, p->resident);
	const uint8_t *byte = p->resident, *last = byte + n, *start;

	p->to = at + n * LG_PAGE;
	while (n && (start = memchr(byte, 1, (size_t)(last - byte)))) {
		byte = memchr(start, 0, (size_t)(last - start));
		byte = byte ? byte : last;
		if (add_run(p, at + (uint64_t)(start - p->resident) * LG_PAGE,
			    at + (uint64_t)(byte - p->resident) * LG_PAGE))
			continue;
		p->to = at + (uint64_t)(start - p->resident) * LG_PAGE;
		break;
	}
	return n;
}

/* What exists from `at` on, some way. */
static void learn(struct existing *p, const struct trace_mapping *m, uint64_t at)
{
	uint64_t end = m->end - at > LEAST_BYTES ? m->end : at + LEAST_BYTES;

	space_breathe(p->space);
	p->from = at;
	p->nruns = 0;
	p->is_told = true;
	if (scan(p, at, end) || list(p, at, end) || ask(p, m, at))
		return;
	p->is_told = false;
	p->to = m->end;
	if (m->prot != PROT_NONE) /* guards */
		add_run(p, at, m->end);
}

bool existing_is_told(const struct existing *p)
{
	return p->is_told;
}

bool existing_next(struct existing *p, const struct trace_mapping *m, uint64_t at, struct lg_range *run)
{
	while (at < m->end) {
		if (at < p->from || at >= p->to)
			learn(p, m, at);
		for (const struct lg_range *r = p->runs; r < p->runs + p->nruns && r->start < m->end; r++)
			if (r->end > at) {
				run->start = r->start > at ? r->start : at;
				run->end = r->end < m->end ? r->end : m->end;
				return true;
			}
		at = p->to;
	}
	return false;
}
