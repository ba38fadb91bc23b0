/* retire.h: images that have ended, written to their end by a thread of its own: the recorder has other processes to look
 * after, which stand still until it does. */
#ifndef LG_RECORD_RETIRE_H
#define LG_RECORD_RETIRE_H

#include "record/builtin.h"
#include "record/image.h"
#include "record/snapshot.h"

#include <pthread.h>

struct retiree {
	struct image *image;
	struct trace_end end;
};

#define RETIREES 16u

struct retirement {
	struct segment *segment;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	struct retiree queue[RETIREES]; /* the first is being written */
	size_t first, count;
	bool closing;
	struct retiree last; /* written when all others are; image NULL: none */
	struct err trouble; /* with the first trace that could not be written */
	struct builtin_memory builtins; /* the thread's alone, while there is one */
};

void retire_open(struct retirement *r, struct segment *segment);
/* Takes the image over; its area is vacant when it is written. Waits while too many wait. */
void retire(struct retirement *r, const struct retiree *retiree);
/* The first process's last image: its trace tells how many others could not be recorded, so it is written after them. */
void retire_last(struct retirement *r, const struct retiree *retiree);
/* The same as retire(), here and now. */
void retire_at_once(struct retirement *r, const struct retiree *retiree);
void retire_close(struct retirement *r); /* waits until all are written */

#endif
