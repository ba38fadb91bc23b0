/* space.h: the address space of a process, read from outside.
 *
 * Its files in /proc are opened while that is allowed, as the image begins, and stay readable when the process makes
 * itself undumpable, becomes another user, or loses its first thread. Where they cannot be opened at all (an executable
 * that may not be read, a kernel that lets nobody look), a process that waits for its snapshot reads them for us, into
 * the window of its area (ring.h). */
#ifndef LG_RECORD_SPACE_H
#define LG_RECORD_SPACE_H

#include "leakgraph/ring.h"
#include "trace/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct space {
	int files[LG_FILES]; /* -1: not open */
	uint32_t pid;
	struct lg_area *window; /* of a process that reads for us; NULL: none does */
	uint64_t window_until_ns; /* CLOCK_MONOTONIC */
	bool is_lost; /* the process has not read for us in time: nothing more can be had */
	/* Called now and then by all that takes its time: the recorder's heartbeat */
	void (*breathe)(void *context);
	void *context;
};

/* Opens what must be. */
void space_init(struct space *s, uint32_t pid);
/* Opens what is not open yet, by the process or one of its threads. */
void space_open(struct space *s, uint32_t tid);
/* The process that waits reads for us from here on, till the window is closed: NULL. */
void space_serve(struct space *s, struct lg_area *window);
bool space_is_open(const struct space *s); /* mappings and memory can be read from outside */
void space_close(struct space *s);

static inline void space_breathe(const struct space *s)
{
	s->breathe(s->context);
}

struct trace_mapping *space_mappings(struct space *s, size_t *n); /* for proc_mappings_free() */
/* All of the bytes, or false with errno. `tid`: a thread that has the memory. */
bool space_read(struct space *s, uint32_t tid, uint64_t start, void *to, size_t bytes);
/* The kernel's pagemap from `start` on: how many entries were read. */
size_t space_pages(struct space *s, uint64_t start, size_t pages, uint64_t *entries);
/* By pagemap, the runs of pages that exist in a part of the address space, up to where it was `walked`: how many, at most
 * `room`; -1: the kernel does not tell that. */
ssize_t space_scan(struct space *s, uint64_t start, uint64_t end, struct lg_range *runs, size_t room,
		   uint64_t *walked);
/* A byte for each page, 1: it is in memory. How many pages, at most LG_WINDOW_BYTES, the process told it of. */
size_t space_resident(struct space *s, uint64_t start, size_t pages, uint8_t *there);

#endif
