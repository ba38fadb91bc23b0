/* filter.c: see filter.h. While chunks are compressed and written, the next is made: the target may stand still. */
#include "record/filter.h"

#include "base/thread.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES                                                                                          \
	(1u << 20) /* the room of larger ones, new from the kernel, costs more than they save in the file */
#define WRITERS 2 /* to compress takes longer than to read and to filter */

struct filter {
	struct filter_request request;
	struct mapped *mapped; /* NULL: not needed yet */
	uint64_t *words; /* owned, CHUNK_BYTES + FILTER_BATCH_BYTES: those of `ranges`, then the batch */
	size_t kept_bytes; /* of the ranges, less than CHUNK_BYTES */
	struct trace_memory *ranges; /* of the chunk being filled */
	size_t nranges, ranges_room;
	bool is_short; /* there was no memory for a range */
	struct buf payload; /* of the chunk that they become */
	struct leaving {
		struct filter *filter;
		struct buf payload; /* of a chunk that `writer` compresses and writes meanwhile */
		pthread_t writer;
		bool is_writing;
	} leaving[WRITERS], *next; /* the one that began first */
};

struct filter *filter_new(const struct filter_request *request)
{
	struct filter *f = calloc(1, sizeof *f);

	if (!f)
		return NULL;
	f->request = *request;
	for (unsigned i = 0; i < WRITERS; i++)
		f->leaving[i].filter = f;
	f->next = f->leaving;
	f->words = malloc(CHUNK_BYTES + FILTER_BATCH_BYTES);
	if (!f->words) {
		free(f);
		return NULL;
	}
	return f;
}

/* ---- chunks ------------------------------------------------------------------------------------------ */

static void *write_leaving(void *context)
{
	struct leaving *l = context;

	image_put(l->filter->request.image, LG_CHUNK_MEMORY, &l->payload);
	return NULL;
}

static void finish_writing(struct leaving *l)
{
	if (l->is_writing)
		pthread_join(l->writer, NULL);
	l->is_writing = false;
}

static void begin_writing(struct filter *f)
{
	struct leaving *l = f->next;
	struct buf swap = l->payload;

	l->payload = f->payload;
	f->payload = swap;
	l->is_writing = thread_begin(&l->writer, write_leaving, l);
	if (!l->is_writing)
		write_leaving(l);
	f->next = l + 1 < f->leaving + WRITERS ? l + 1 : f->leaving;
}

static void fill_payload(struct filter *f)
{
	buf_clear(&f->payload);
	f->payload.failed |= f->is_short;
	if (!f->is_short)
		put_memory(&f->payload, f->ranges, f->nranges, f->words);
	f->nranges = f->kept_bytes = 0;
}

static void flush(struct filter *f)
{
	fill_payload(f);
	finish_writing(f->next);
	f->request.before(f->request.context);
	begin_writing(f);
}

/* From here on nothing else of the snapshot goes to the file. */
static void finish_all(struct filter *f)
{
	for (unsigned i = 0; i < WRITERS; i++)
		finish_writing(&f->leaving[i]);
}

/* What is left is mostly all there is: not worth a thread. */
bool filter_finish(struct filter *f)
{
	finish_all(f);
	f->request.before(f->request.context);
	if (f->nranges || f->is_short) {
		fill_payload(f);
		image_put(f->request.image, LG_CHUNK_MEMORY, &f->payload);
	}
	return !f->is_short;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	finish_all(f);
	mapped_free(f->mapped, f->request.mappings, f->request.nmappings, f->request.spare);
	free(f->words);
	free(f->ranges);
	buf_free(&f->payload);
	for (unsigned i = 0; i < WRITERS; i++)
		buf_free(&f->leaving[i].payload);
	free(f);
}

/* ---- pages ------------------------------------------------------------------------------------------- */

static bool add_range(struct filter *f, uint64_t start)
{
	if (f->nranges == f->ranges_room) {
		size_t room = f->ranges_room ? f->ranges_room * 2 : 256;
		struct trace_memory *grown = realloc(f->ranges, room * sizeof *grown);

		f->is_short |= !grown;
		if (!grown)
			return false;
		f->ranges = grown;
		f->ranges_room = room;
	}
	f->ranges[f->nranges++] = (struct trace_memory){ .start = start };
	return true;
}

/* Closes the gap that pages which were dropped have left before it. */
static void keep_page(struct filter *f, uint64_t start, const uint64_t *words)
{
	struct trace_memory *last = f->nranges ? &f->ranges[f->nranges - 1] : NULL;
	uint64_t *to = f->words + f->kept_bytes / 8;

	if ((!last || last->start + last->bytes != start) && !add_range(f, start))
		return;
	f->ranges[f->nranges - 1].bytes += LG_PAGE;
	if (to != words)
		memmove(to, words, LG_PAGE);
	f->kept_bytes += LG_PAGE;
}

/* Made when it is needed: of a small memory that is when the target has gone on. */
static bool has_mapped(struct filter *f)
{
	const struct filter_request *r = &f->request;

	if (!f->mapped)
		f->mapped = mapped_new(r->mappings, r->nmappings, r->spare);
	return f->mapped;
}

/* Drops what is neither an address nor a small number. False when nothing is left. */
static bool filter_page(const struct mapped *mapped, uint64_t *words)
{
	uint64_t left = 0;

	for (size_t i = 0; i < LG_PAGE / 8; i++) {
		bool is_kept = lg_is_small(words[i]) | mapped_has(mapped, words[i] & LG_ADDRESS_BITS);

		words[i] &= -(uint64_t)is_kept;
		left |= words[i];
	}
	return left != 0;
}

static bool is_empty(const uint64_t *page)
{
	return !page[0] && !memcmp(page, page + 1, LG_PAGE - 8);
}

uint64_t *filter_room(const struct filter *f)
{
	return f->words + f->kept_bytes / 8;
}

void filter_take(struct filter *f, const struct iovec *runs, size_t nruns)
{
	uint64_t *words = filter_room(f);
	bool is_full = f->request.keeps_all;

	if (!is_full && !has_mapped(f)) {
		f->is_short = true;
		return;
	}
	for (const struct iovec *run = runs; run < runs + nruns; run++)
		for (uint64_t at = 0; at < run->iov_len; at += LG_PAGE, words += LG_PAGE / 8) {
			if (is_full ? !is_empty(words) : filter_page(f->mapped, words))
				keep_page(f, (uint64_t)run->iov_base + at, words);
			if (f->kept_bytes == CHUNK_BYTES)
				flush(f);
		}
}

bool filter_is_address(struct filter *f, uint64_t word)
{
	return has_mapped(f) && mapped_has(f->mapped, word);
}
