/* reading.h: the pages of a process that can hold references, read from outside, many places by one system call.
 *
 * Only pages that exist are read (pagemap: present or swapped), and of a heap whose blocks are known, only those where
 * something lives: the words of the others are dead. */
#ifndef LG_RECORD_READING_H
#define LG_RECORD_READING_H

#include "record/filter.h"
#include "record/hoard.h"
#include "record/kept.h"
#include "record/live.h"
#include "record/space.h"

struct reading_request {
	struct space *space;
	uint32_t tid; /* a thread that has the memory */
	/* Has the mappings, marked; gets the counts of bytes and what could not be read */
	struct trace_snapshot *to;
	struct filter *filter; /* where what was read goes */
	struct hoard *hoard; /* where it waits for that; NULL: only the last batch waits */
	struct kept *kept; /* looks at all of it; may be NULL */
	const struct live *live; /* of the heap; NULL: not known */
};

struct reading;

struct reading *reading_new(const struct reading_request *request); /* NULL: no memory */
void reading_free(struct reading *r); /* NULL is fine */
/* Reads all, while the process stands still. */
void reading_take(struct reading *r);
/* Whether the kernel was taking the memory away, for want of memory, while it was read. */
bool reading_was_reaped(const struct reading *r);
/* Hands what waits to the filter: the process may have gone on. */
void reading_finish(struct reading *r);

#endif
