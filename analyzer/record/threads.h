/* threads.h: the threads of a process at one moment, with the registers of those that are stopped. */
#ifndef LG_RECORD_THREADS_H
#define LG_RECORD_THREADS_H

#include "record/follow.h"
#include "record/image.h"

struct threads_request {
	const struct image *image;
	const struct follower *follower;
	bool is_stopped; /* the threads that `follower` knows of are */
	uint32_t tid; /* one of them, through which /proc shows the process */
	struct trace_snapshot *to; /* has the mappings; gets the threads */
	struct callers *callers; /* threads_take()'s own */
};

/* Those that are not stopped are among them. Returns what went wrong, or NULL. */
const char *threads_take(const struct threads_request *r);

#endif
