/* hoard.h: memory of a process put aside as it is: it goes on before any of it is looked at. Made while it still runs, as
 * large as the process is, so that there is nothing to wait for but the copy, for which two threads share the batches. */
#ifndef LG_RECORD_HOARD_H
#define LG_RECORD_HOARD_H

#include "record/space.h"

#include <pthread.h>
#include <sys/uio.h>

struct hoard {
	const struct space *space;
	char *bytes; /* owned */
	size_t used, room;
	struct iovec *runs; /* owned: where they are from, batch after batch */
	size_t nruns, runs_room;
	struct hoard_batch {
		size_t at, bytes; /* its place among the bytes */
		size_t first, nruns;
		bool is_read; /* by one system call; else nothing is there yet */
	} * batches; /* owned */
	size_t nbatches, batches_room;
	bool has_maker;
	pthread_t maker;
	_Atomic bool is_made;
};

/* For a process as large as this one is; a thread may still be making it. NULL: the machine has too little memory to spare. */
struct hoard *hoard_new(const struct space *space);
bool hoard_is_being_made(const struct hoard *h); /* NULL is not */
void hoard_free(struct hoard *h); /* NULL is fine */
/* Sets the runs aside for reading. False: there is no room (left), or no memory. h may be NULL. */
bool hoard_add(struct hoard *h, const struct iovec *runs, size_t nruns, size_t bytes);
/* Reads the batches from the process, by one of its threads. */
void hoard_read(struct hoard *h, uint32_t tid);

#endif
