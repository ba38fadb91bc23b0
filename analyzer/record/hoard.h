/* hoard.h: memory of a process as it was read, put aside: it goes on before any of it is looked at. Made while it still
 * runs, as large as the process is, so that there is nothing to wait for but the copy. */
#ifndef LG_RECORD_HOARD_H
#define LG_RECORD_HOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct hoard {
	char *bytes; /* owned */
	size_t used, room;
	struct iovec *runs; /* owned: where they are from, batch after batch */
	size_t nruns, runs_room;
	struct hoard_batch {
		size_t bytes, nruns;
	} * batches; /* owned */
	size_t nbatches, batches_room;
};

/* NULL: the machine has too little memory to spare. */
struct hoard *hoard_new(uint32_t pid);
void hoard_free(struct hoard *h); /* NULL is fine */
/* Room for so many bytes, to be read to; NULL: there is none (left). */
void *hoard_place(const struct hoard *h, size_t bytes); /* h may be NULL */
/* What was read there stays. False: no memory, and it does not. */
bool hoard_keep(struct hoard *h, const struct iovec *runs, size_t nruns, size_t bytes);

#endif
