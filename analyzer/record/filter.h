/* filter.h: memory of a snapshot, as it was read, into MEMORY chunks.
 *
 * Unless told otherwise, every word that is neither an address of mapped memory nor a small integer is dropped before it
 * reaches the file; pages without any word left are not written. */
#ifndef LG_RECORD_FILTER_H
#define LG_RECORD_FILTER_H

#include "record/image.h"
#include "record/mapped.h"

#include <sys/uio.h>

#define FILTER_BATCH_BYTES (4u << 20) /* the most that is taken at once */

struct filter_request {
	struct image *image; /* whose trace it is */
	const struct trace_mapping *mappings; /* marked, and outlive the filter */
	size_t nmappings;
	struct mapped_spare *spare;
	bool keeps_all;
	void (*before)(void *context); /* called before each chunk is put */
	void *context;
};

struct filter *filter_new(const struct filter_request *request); /* NULL: no memory */
void filter_free(struct filter *f); /* NULL is fine */

/* Where the next batch is read to, or put. */
uint64_t *filter_room(const struct filter *f);
/* Takes the batch in that room: pages of the runs, one after the other. A thread of its own may write what there is of
 * them meanwhile. */
void filter_take(struct filter *f, const struct iovec *runs, size_t nruns);
/* Writes what is left. False: something was lost, for want of memory. */
bool filter_finish(struct filter *f);

/* Whether the word is an address of mapped memory. False, too, for want of memory to tell. */
bool filter_is_address(struct filter *f, uint64_t word);

#endif
