/* reading.c: see reading.h. What the last batch holds is looked at when the process has gone on, so that of a small memory
 * nothing but the copy is waited for. */
#include "record/reading.h"

#include "record/existing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#define BATCH_RUNS 1024u /* the most that process_vm_readv(2) takes */
#define GUESSED_MOST                                                                                         \
	(4ull << 30) /* bytes of pages that may exist or not: to read one that does not makes it */

/* Memory as it was read, before anything is dropped from it. */
struct batch {
	size_t bytes;
	struct iovec runs[BATCH_RUNS]; /* where they are from, in order */
	size_t nruns;
};

struct reading {
	struct reading_request request;
	struct live_walk heap_walk; /* over what the heap still holds; live NULL: read all of it */
	struct existing *existing;
	uint64_t guessed; /* bytes */
	struct batch batch; /* what was read last */
	uint64_t absent; /* a page of the program's own memory that does not exist; 0: none seen */
};

struct reading *reading_new(const struct reading_request *request)
{
	struct reading *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->request = *request;
	r->heap_walk.live = request->live;
	r->existing = existing_new(request->space);
	if (r->existing)
		return r;
	free(r);
	return NULL;
}

void reading_free(struct reading *r)
{
	if (r)
		existing_free(r->existing);
	free(r);
}

/* ---- batches ----------------------------------------------------------------------------------------- */

static void add_unread(struct reading *r, uint64_t start, uint64_t end, int error)
{
	struct trace_snapshot *to = r->request.to;
	struct trace_unread *last = to->nunread ? &to->unread[to->nunread - 1] : NULL;

	to->bytes_unread += end - start;
	if (last && last->end == start && last->error == error) {
		last->end = end;
		return;
	}
	struct trace_unread *grown = realloc(to->unread, (to->nunread + 1) * sizeof *grown);
	if (!grown)
		return;
	to->unread = grown;
	to->unread[to->nunread++] = (struct trace_unread){ start, end, error };
}

static bool read_bytes(const struct reading *r, uint64_t start, void *to, size_t bytes)
{
	return space_read(r->request.space, r->request.tid, start, to, bytes);
}

/* One run by itself, and where that fails page by page. What cannot be read counts as zeros. */
static void read_run(struct reading *r, const struct iovec *run, uint64_t *words)
{
	if (read_bytes(r, (uint64_t)run->iov_base, words, run->iov_len)) {
		r->request.to->bytes_read += run->iov_len;
		return;
	}
	if (run->iov_len == LG_PAGE) {
		add_unread(r, (uint64_t)run->iov_base, (uint64_t)run->iov_base + LG_PAGE, errno);
		memset(words, 0, LG_PAGE);
		return;
	}
	for (uint64_t at = 0; at < run->iov_len; at += LG_PAGE) {
		struct iovec page = { (char *)run->iov_base + at, LG_PAGE };

		read_run(r, &page, words + at / 8);
	}
}

/* Words that were read by one system call, or else run by run, are there. */
static void take_words(struct reading *r, const struct iovec *runs, size_t nruns, uint64_t *words,
		       bool is_read)
{
	for (const struct iovec *run = runs; run < runs + nruns; run++) {
		if (is_read)
			r->request.to->bytes_read += run->iov_len;
		else
			read_run(r, run, words);
		if (r->request.kept)
			kept_look(r->request.kept, words, run->iov_len / 8, (uint64_t)run->iov_base);
		words += run->iov_len / 8;
	}
}

/* Into the filter's room. */
static void read_batch(struct reading *r)
{
	const struct batch *b = &r->batch;
	uint64_t *words = filter_room(r->request.filter);
	struct iovec local = { words, b->bytes };
	bool is_read =
	    process_vm_readv((pid_t)r->request.tid, &local, 1, b->runs, b->nruns, 0) == (ssize_t)b->bytes;

	take_words(r, b->runs, b->nruns, words, is_read);
}

/* False: it is to be read at once. */
static bool put_batch_aside(struct reading *r)
{
	struct batch *b = &r->batch;

	if (!hoard_add(r->request.hoard, b->runs, b->nruns, b->bytes))
		return false;
	b->bytes = b->nruns = 0;
	return true;
}

static void finish_batch(struct reading *r)
{
	struct batch *b = &r->batch;

	if (put_batch_aside(r))
		return;
	space_breathe(r->request.space);
	read_batch(r);
	filter_take(r->request.filter, b->runs, b->nruns);
	b->bytes = b->nruns = 0;
}

static void fill_hoard(struct reading *r, struct hoard *h)
{
	hoard_read(h, r->request.tid);
	for (const struct hoard_batch *b = h->batches; b < h->batches + h->nbatches; b++)
		take_words(r, h->runs + b->first, b->nruns, (uint64_t *)(h->bytes + b->at), b->is_read);
}

/* ---- which pages ------------------------------------------------------------------------------------- */

static void add_page(struct reading *r, uint64_t addr)
{
	struct batch *b = &r->batch;
	struct iovec *last = b->nruns ? &b->runs[b->nruns - 1] : NULL;
	bool joins = last && (uint64_t)last->iov_base + last->iov_len == addr;

	if (b->bytes == FILTER_BATCH_BYTES || (!joins && b->nruns == BATCH_RUNS)) {
		finish_batch(r);
		joins = false;
	}
	if (joins)
		last->iov_len += LG_PAGE;
	else
		b->runs[b->nruns++] = (struct iovec){ (void *)addr, LG_PAGE };
	b->bytes += LG_PAGE;
}

/* Pages of the heap in which nothing lives are as good as absent. */
static void read_existing(struct reading *r, const struct trace_mapping *m, struct lg_range run)
{
	bool is_followed = r->heap_walk.live && !strcmp(m->path, "[heap]");

	for (uint64_t at = run.start; at < run.end; at += LG_PAGE)
		if (!is_followed || live_needs_page(&r->heap_walk, at))
			add_page(r, at);
}

/* How much of a run is to be read: of what may exist or not, some. The rest stays unread. */
static struct lg_range begin_of(struct reading *r, struct lg_range run)
{
	bool is_told = existing_is_told(r->existing), is_lost = r->request.space->is_lost;
	uint64_t most = is_lost ? 0 : is_told ? UINT64_MAX : GUESSED_MOST - r->guessed;

	if (run.end - run.start > most) {
		add_unread(r, run.start + most, run.end, is_lost ? ETIME : EFBIG);
		run.end = run.start + most;
	}
	r->guessed += is_told ? 0 : run.end - run.start;
	return run;
}

static void note_absent(struct reading *r, const struct trace_mapping *m, uint64_t at, uint64_t end)
{
	if (at < end && m->prot == (PROT_READ | PROT_WRITE) && m->path[0] != '/')
		r->absent = at;
}

static void read_mapping(struct reading *r, const struct trace_mapping *m)
{
	uint64_t at = m->start;
	struct lg_range run;

	for (; existing_next(r->existing, m, at, &run); at = run.end) {
		note_absent(r, m, at, run.start);
		read_existing(r, m, begin_of(r, run));
	}
	note_absent(r, m, at, m->end);
}

void reading_take(struct reading *r)
{
	const struct trace_snapshot *to = r->request.to;

	for (size_t i = 0; i < to->nmappings; i++)
		if (to->mappings[i].flags & LG_MAPPING_READ)
			read_mapping(r, &to->mappings[i]);
	if (!put_batch_aside(r))
		read_batch(r);
	if (r->request.hoard)
		fill_hoard(r, r->request.hoard);
}

/* Pages that never were can then no longer be read as zeros (Linux mm/oom_kill.c, MMF_UNSTABLE). */
bool reading_was_reaped(const struct reading *r)
{
	uint64_t word;

	return r->absent && !read_bytes(r, r->absent, &word, sizeof word);
}

void reading_finish(struct reading *r)
{
	const struct hoard *h = r->request.hoard;
	struct filter *f = r->request.filter;

	filter_take(f, r->batch.runs, r->batch.nruns);
	for (size_t i = 0; h && i < h->nbatches; i++) {
		memcpy(filter_room(f), h->bytes + h->batches[i].at, h->batches[i].bytes);
		filter_take(f, h->runs + h->batches[i].first, h->batches[i].nruns);
	}
}
