/* hoard.c: see hoard.h. */
#include "record/hoard.h"

#include "base/huge.h"
#include "leakgraph/ring.h"
#include "record/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

struct hoard *hoard_new(uint32_t pid)
{
	size_t resident = resident_bytes(pid), room = resident + resident / 16 + SPARE_BYTES;
	struct hoard *h = resident && room < available_bytes() / 2 ? calloc(1, sizeof *h) : NULL;

	if (!h)
		return NULL;
	h->bytes = huge_alloc(room);
	h->room = room;
	if (!h->bytes) {
		hoard_free(h);
		return NULL;
	}
	for (size_t at = 0; at < room; at += LG_PAGE)
		((volatile char *)h->bytes)[at] = 0; /* the kernel finds the pages now */
	return h;
}

void hoard_free(struct hoard *h)
{
	if (!h)
		return;
	free(h->bytes);
	free(h->runs);
	free(h->batches);
	free(h);
}

void *hoard_place(const struct hoard *h, size_t bytes)
{
	return h && h->room - h->used >= bytes ? h->bytes + h->used : NULL;
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

bool hoard_keep(struct hoard *h, const struct iovec *runs, size_t nruns, size_t bytes)
{
	if (!grow((void **)&h->runs, h->nruns, &h->runs_room, nruns, sizeof *runs) ||
	    !grow((void **)&h->batches, h->nbatches, &h->batches_room, 1, sizeof *h->batches))
		return false;
	memcpy(h->runs + h->nruns, runs, nruns * sizeof *runs);
	h->nruns += nruns;
	h->batches[h->nbatches++] = (struct hoard_batch){ bytes, nruns };
	h->used += bytes;
	return true;
}
