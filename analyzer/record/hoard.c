/* hoard.c: see hoard.h. */
#include "record/hoard.h"

#include "base/thread.h"
#include "leakgraph/ring.h"
#include "record/proc.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* What the process has in memory; it may take more before it is stopped. 0: not told. */
static size_t resident_bytes(uint32_t pid)
{
	size_t bytes, pages = 0;
	char *text = proc_read(pid, "statm", &bytes);

	if (text && bytes) {
		text[bytes - 1] = 0;
		sscanf(text, "%*s %zu", &pages);
	}
	free(text);
	return pages * LG_PAGE;
}

static size_t available_bytes(void)
{
	char line[128];
	size_t kib = 0;
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "MemAvailable: %zu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib * 1024;
}

#define SPARE_BYTES (16u << 20) /* for what it takes meanwhile */
#define LITTLE_BYTES (64u << 20) /* not worth a thread */

/* The kernel finds the pages now, rather than while the process stands still. Not huge ones: where memory is in pieces these
 * take longer to find than all else takes. */
static void *make(void *context)
{
	struct hoard *h = context;

	for (size_t at = 0; at < h->room; at += LG_PAGE)
		((volatile char *)h->bytes)[at] = 0;
	atomic_store(&h->is_made, true);
	return NULL;
}

struct hoard *hoard_new(const struct space *space)
{
	size_t resident = resident_bytes(space->pid), room = resident + resident / 16 + SPARE_BYTES;
	struct hoard *h = resident && room < available_bytes() / 2 ? calloc(1, sizeof *h) : NULL;

	if (!h)
		return NULL;
	h->space = space;
	h->room = room;
	h->bytes = aligned_alloc(LG_PAGE, (room + LG_PAGE - 1) / LG_PAGE * LG_PAGE);
	if (!h->bytes) {
		free(h);
		return NULL;
	}
	h->has_maker = room > LITTLE_BYTES && thread_begin(&h->maker, make, h);
	if (!h->has_maker)
		make(h);
	return h;
}

bool hoard_is_being_made(const struct hoard *h)
{
	return h && !atomic_load(&h->is_made);
}

void hoard_free(struct hoard *h)
{
	if (!h)
		return;
	if (h->has_maker)
		pthread_join(h->maker, NULL);
	free(h->bytes);
	free(h->runs);
	free(h->batches);
	free(h);
}

/* False: no memory for `more` items of `item` bytes besides. */
static bool grow(void **array, size_t n, size_t *room, size_t more, size_t item)
{
	if (n + more <= *room)
		return true;
	size_t wanted = (n + more) * 2;
	void *grown = realloc(*array, wanted * item);

	if (!grown)
		return false;
	*array = grown;
	*room = wanted;
	return true;
}

bool hoard_add(struct hoard *h, const struct iovec *runs, size_t nruns, size_t bytes)
{
	if (!h || h->room - h->used < bytes ||
	    !grow((void **)&h->runs, h->nruns, &h->runs_room, nruns, sizeof *runs) ||
	    !grow((void **)&h->batches, h->nbatches, &h->batches_room, 1, sizeof *h->batches))
		return false;
	memcpy(h->runs + h->nruns, runs, nruns * sizeof *runs);
	h->batches[h->nbatches++] = (struct hoard_batch){ h->used, bytes, h->nruns, nruns, false };
	h->nruns += nruns;
	h->used += bytes;
	return true;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

#define FEW_BATCHES 4u /* not worth a thread */

struct readers {
	struct hoard *hoard;
	pid_t tid;
	_Atomic size_t next; /* batch that nobody reads yet */
};

static void *read_batches(void *context)
{
	struct readers *r = context;
	struct hoard *h = r->hoard;

	for (size_t n; (n = atomic_fetch_add(&r->next, 1)) < h->nbatches;) {
		struct hoard_batch *b = &h->batches[n];
		struct iovec local = { h->bytes + b->at, b->bytes };

		b->is_read =
		    process_vm_readv(r->tid, &local, 1, h->runs + b->first, b->nruns, 0) == (ssize_t)b->bytes;
		space_breathe(h->space);
	}
	return NULL;
}

void hoard_read(struct hoard *h, uint32_t tid)
{
	struct readers r = { .hoard = h, .tid = (pid_t)tid };
	pthread_t other;
	bool has_other = h->nbatches > FEW_BATCHES && thread_begin(&other, read_batches, &r);

	read_batches(&r);
	if (has_other)
		pthread_join(other, NULL);
}
